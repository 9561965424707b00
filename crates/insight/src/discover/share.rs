//! How much of a limit is used: of the seats or projects that a plan gives, how many were taken by the landmark.
//!
//! A limit is a trait whose name says so: `seat_limit`, `max_projects`, `storage_quota`. What counts against it is found by the
//! words that are left of the name: events and numbers that share one, and for seats the members who were active. A limit that
//! names nothing (`plan_limit`) is one of the most frequent events. Whose limit is not known uses no share of it.
//!
//! A value is a number of steps, 0 where less than half is used: so "at least so many steps" is a share that a person would write.

use std::sync::Arc;

use engine::definition::{
    Behaviour, Criterion, Events, Measure as Measured, NamePattern, Op, Operand, Period, Quantity, Ratio, Test,
    TraitOwner, TraitPath,
};
use engine::record::{EventKind, SubjectKind};
use engine::{Number, Value};

use super::catalog::{Catalog, ShareFeature, Used, spaced, stem};
use super::layout::{Layout, Measure, Slot};

/// Of 100 that a limit allows, so many at least.
const STEPS: [u32; 4] = [50, 80, 90, 100];
/// The most features of limits.
const MOST_SHARES: usize = 40;
/// Of a limit that names nothing, so many of the most frequent events may be what counts against it.
const MOST_UNNAMED: usize = 8;

/// Words that make a trait a limit.
pub const LIMITS: [&str; 7] = ["limit", "max", "maximum", "quota", "allowance", "allowed", "included"];
/// Words that do not say what is limited.
const SAYS_NOTHING: [&str; 19] = [
    "plan",
    "free",
    "trial",
    "paid",
    "usage",
    "account",
    "workspace",
    "per",
    "a",
    "of",
    "day",
    "daily",
    "week",
    "weekly",
    "month",
    "monthly",
    "year",
    "total",
    "number",
];
/// Words for who takes a seat.
const SEATS: [&str; 7] = ["seat", "user", "member", "teammate", "licence", "license", "colleague"];
/// Words of events that add to what there is; where a limit has such events, only these count against it.
const ADDS: [&str; 11] = [
    "created",
    "added",
    "invited",
    "joined",
    "imported",
    "uploaded",
    "sent",
    "posted",
    "published",
    "connected",
    "started",
];
/// Words of events that take something away.
const TAKES: [&str; 4] = ["deleted", "removed", "archived", "left"];
/// Words that have no plural.
const UNCOUNTED: [&str; 7] = ["storage", "space", "bandwidth", "traffic", "memory", "data", "usage"];

/// The words of a name, without their endings.
fn stems(name: &str) -> Vec<String> {
    spaced(name).split_whitespace().map(stem).collect()
}

fn has_any(words: &[String], of: &[&str]) -> bool {
    of.iter().any(|word| words.contains(&stem(word)))
}

/// What a limit's name says that is limited; `None`: it is no limit.
fn limited(name: &str) -> Option<Vec<String>> {
    let words = stems(name);
    let says = |word: &&String| !has_any(std::slice::from_ref(*word), &[&LIMITS[..], &SAYS_NOTHING].concat());
    has_any(&words, &LIMITS).then(|| words.iter().filter(says).cloned().collect())
}

/// The limits among a catalog's traits, each with all that counts against it.
#[must_use]
pub fn shares(catalog: &Catalog, subject: SubjectKind) -> Vec<ShareFeature> {
    let numbers = || catalog.traits.iter().filter(|feature| feature.is.is_none());
    let mut found = Vec::new();
    for of_limit in numbers() {
        let Some(words) = limited(&of_limit.path.name) else { continue };
        let is_seats = has_any(&words, &SEATS);
        let is_about = |name: &str| {
            let other = stems(name);
            words.iter().any(|word| other.contains(word)) || is_seats && has_any(&other, &SEATS)
        };
        let mut used: Vec<Used> = Vec::new();
        if is_seats && subject != SubjectKind::User {
            used.push(Used::Members);
        }
        let is_used =
            |path: &TraitPath| path.of == of_limit.path.of && limited(&path.name).is_none() && is_about(&path.name);
        let traits = numbers().filter(|feature| is_used(&feature.path));
        used.extend(traits.map(|feature| Used::Trait(feature.path.clone(), feature.slot)));
        used.extend(events(catalog, |name| words.is_empty() || is_about(name), words.is_empty()));
        found.extend(used.into_iter().map(|used| ShareFeature {
            used,
            limit: of_limit.path.clone(),
            slot: of_limit.slot,
        }));
    }
    found.truncate(MOST_SHARES);
    found
}

/// The events that count against a limit.
fn events(catalog: &Catalog, is_about: impl Fn(&str) -> bool, is_unnamed: bool) -> Vec<Used> {
    let product = catalog.events.iter().zip(0..).filter(|(event, _)| event.kind == EventKind::Product);
    let about: Vec<(Vec<String>, u16)> = product
        .filter(|(event, _)| is_about(&event.name))
        .map(|(event, place)| (stems(&event.name), place))
        .filter(|(words, _)| !has_any(words, &TAKES))
        .collect();
    let adds = |words: &[String]| has_any(words, &ADDS);
    let only_adding = !is_unnamed && about.iter().any(|(words, _)| adds(words));
    let most = if is_unnamed { MOST_UNNAMED } else { MOST_SHARES };
    let counted = about.iter().filter(|(words, _)| !only_adding || adds(words)).take(most);
    counted.map(|(_, place)| Used::Event(*place)).collect()
}

/// How many steps a share reaches; a limit of nothing has no shares.
pub(crate) fn steps(used: Option<Number>, limit: Option<Number>) -> u8 {
    let share = used.zip(limit).and_then(|(used, limit)| Number::ratio(used.0, limit.0));
    share.map_or(0, |share| STEPS.iter().filter(|step| hundredths(**step) <= share).count() as u8)
}

fn hundredths(step: u32) -> Number {
    Number::ratio(step.into(), 100).unwrap_or(Number::ZERO)
}

/// The share that a number of steps asks for, in hundredths.
pub(crate) fn share(steps: u32) -> Option<u32> {
    STEPS.get((steps as usize).checked_sub(1)?).copied()
}

/// The feature that counts what is used in the window.
const fn counted(used: &Used) -> Option<Slot> {
    match used {
        Used::Event(event) => Some(Slot { event: Some(*event), measure: Measure::Count, of: None }),
        Used::Members => Some(Slot { event: None, measure: Measure::Users, of: None }),
        Used::Trait(..) => None,
    }
}

/// The exact sums of a subject that shares are made of: levels are too coarse for large limits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums {
    /// The features that are summed, ascending.
    counted: Vec<usize>,
    /// By feature, then by window.
    sums: Vec<u32>,
    windows: usize,
}

impl Sums {
    pub fn new(catalog: &Catalog, layout: &Layout) -> Self {
        let counted = catalog.shares.iter().filter_map(|feature| counted(&feature.used));
        let mut counted: Vec<usize> =
            counted.filter_map(|slot| layout.slots.iter().position(|known| *known == slot)).collect();
        counted.sort_unstable();
        counted.dedup();
        Self { sums: vec![0; counted.len() * layout.windows], counted, windows: layout.windows }
    }

    /// Keeps a feature's sum in a window, where a share is made of it.
    #[inline]
    pub fn keep(&mut self, feature: usize, window: usize, sum: u32) {
        if let Ok(place) = self.counted.binary_search(&feature) {
            self.sums[place * self.windows + window] = sum;
        }
    }

    /// What was counted in a window; `None`: it is a trait that is used.
    pub fn of(&self, used: &Used, layout: &Layout, window: usize) -> Option<Number> {
        let slot = counted(used)?;
        let counted = self.counted.iter().position(|feature| layout.slots.get(*feature) == Some(&slot))?;
        let sum = self.sums.get(counted * self.windows + window)?;
        Some(Number::whole(i64::from(*sum)))
    }

    /// Forgets the life at hand.
    pub fn clear(&mut self) {
        self.sums.fill(0);
    }
}

/// As a definition says it.
pub(crate) fn criterion(at_least: u32, negated: bool, feature: &ShareFeature, catalog: &Catalog) -> Criterion {
    let counts = |name: NamePattern, measure: Measured| {
        Quantity::Measure(Box::new(Behaviour {
            events: Events { names: vec![name], kind: None, filter: None },
            measure,
            period: Period::Window,
            is: None,
            per: None,
            regularity: None,
            against_previous: false,
        }))
    };
    let of = match &feature.used {
        Used::Event(_) => counts(NamePattern::Exactly(feature.used.name(catalog)), Measured::Count),
        Used::Members => counts(NamePattern::Any, Measured::Users),
        Used::Trait(path, _) => Quantity::Trait(path.clone()),
    };
    let least = hundredths(share(at_least).unwrap_or(0));
    let met = Criterion::Ratio(Box::new(Ratio {
        of,
        to: Quantity::Trait(feature.limit.clone()),
        is: Test::Is(Op::AtLeast, Operand::Constant(Value::Number(least))),
    }));
    if negated { Criterion::Not(Box::new(met)) } else { met }
}

/// In words that stand behind "people with": `80 % or more of their projects used (Project Created against max_projects)`.
pub(crate) fn words(at_least: u32, negated: bool, feature: &ShareFeature, catalog: &Catalog) -> String {
    let not = if negated { "not " } else { "" };
    let whose = if feature.limit.of == TraitOwner::Account { "their account's" } else { "their" };
    let used = match &feature.used {
        Used::Members => Arc::from("active members"),
        other => other.name(catalog),
    };
    let (least, limit) = (share(at_least).unwrap_or(0), &feature.limit.name);
    format!("{not}{least} % or more of {whose} {} used ({used} against {limit})", things(limit))
}

/// What is limited, as people say it: `projects` of `max_projects`.
fn things(limit: &str) -> String {
    let all = spaced(limit);
    let silent = [&LIMITS[..], &SAYS_NOTHING].concat();
    let says = |word: &&str| !has_any(&[stem(word)], &silent);
    let words: Vec<&str> = all.split_whitespace().filter(says).collect();
    let Some(last) = words.last() else { return all.split_whitespace().collect::<Vec<_>>().join(" ") };
    let many = if last.ends_with('s') || UNCOUNTED.contains(last) { "" } else { "s" };
    format!("{}{many}", words.join(" "))
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
