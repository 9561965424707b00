//! How much of a limit is used: of the seats or projects that a plan gives, how many were taken by the landmark.
//!
//! A limit is a trait that the workspace says is one, or whose name says so ([`Named`]): `seat_limit`, `max_projects`,
//! `plan_projects`. What counts against it is declared with it, or found by the words that are left of the name: events and numbers
//! that share one, and for seats the members who were active. A limit that names nothing (`plan_limit`) is one of the most
//! frequent events. Whose limit is not known uses no share of it.
//!
//! A value is a number of steps, 0 where less than half is used: so "at least so many steps" is a share that a person would write.

use std::sync::Arc;

use engine::definition::{
    Behaviour, Criterion, Events, Measure as Measured, NamePattern, Op, Operand, Period, Quantity, Ratio, Test,
    TraitOwner, TraitPath,
};
use engine::record::SubjectKind;
use engine::workspace::{Limit, LimitUse};
use engine::{Number, Value};

use super::catalog::{Catalog, ShareFeature, TraitFeature, Used};
use super::layout::{Layout, Measure, Slot};
pub use super::limit_names::{GIVES, LIMITS};
use super::limit_names::{Named, things};

/// Of 100 that a limit allows, so many at least.
const STEPS: [u32; 4] = [50, 80, 90, 100];
/// The most features of limits.
const MOST_SHARES: usize = 40;

/// The limits among a catalog's traits, each with all that counts against it: those that the workspace has declared, then those whose
/// names say so.
#[must_use]
pub fn shares(catalog: &Catalog, subject: SubjectKind, declared: &[Limit]) -> Vec<ShareFeature> {
    let mut found: Vec<ShareFeature> =
        declared.iter().flat_map(|limit| declared_shares(catalog, subject, limit)).collect();
    let is_open = |feature: &&TraitFeature| !declared.iter().any(|limit| is_of(&limit.limit, feature, subject));
    let open: Vec<(&TraitFeature, Named)> =
        numbers(catalog).filter(is_open).filter_map(|limit| Some((limit, Named::of(&limit.path.name)?))).collect();
    for is_of_plan in [false, true] {
        for (limit, named) in open.iter().filter(|(_, named)| named.is_of_plan == is_of_plan) {
            let used = named_uses(catalog, subject, &limit.path, named, declared);
            found.extend(used.into_iter().map(|used| ShareFeature {
                used,
                limit: limit.path.clone(),
                slot: limit.slot,
            }));
        }
    }
    found.truncate(MOST_SHARES);
    found
}

/// Limits of which the team can say more than their names: what only a plan gives, what does not say of what it is a limit, and what
/// nothing is found to count against. Each with what was found first.
#[must_use]
pub fn doubtful(catalog: &Catalog, subject: SubjectKind) -> Vec<(TraitPath, Option<Used>)> {
    let doubted = numbers(catalog).filter_map(|limit| {
        let named = Named::of(&limit.path.name)?;
        let used = named_uses(catalog, subject, &limit.path, &named, &[]).into_iter().next();
        let is_doubtful = if named.is_of_plan { used.is_some() } else { named.things.is_empty() || used.is_none() };
        is_doubtful.then(|| (limit.path.clone(), used.filter(|_| !named.things.is_empty())))
    });
    doubted.collect()
}

fn numbers(catalog: &Catalog) -> impl Iterator<Item = &TraitFeature> {
    catalog.traits.iter().filter(|feature| feature.is.is_none())
}

/// Whether a feature is of the trait that a workspace names: without an owner, of whomever is looked at or their account.
fn is_of(path: &TraitPath, feature: &TraitFeature, subject: SubjectKind) -> bool {
    let whose = if feature.path.of == TraitOwner::Account { SubjectKind::Account } else { subject };
    let is_whose = match path.of {
        TraitOwner::Account => whose == SubjectKind::Account,
        TraitOwner::Workspace => whose == SubjectKind::Workspace,
        TraitOwner::User => whose == SubjectKind::User,
        _ => true,
    };
    is_whose && feature.path.name == path.name
}

/// A declared limit with what is declared to count against it, whatever they are called.
fn declared_shares(catalog: &Catalog, subject: SubjectKind, limit: &Limit) -> Vec<ShareFeature> {
    let of_feature = |feature: &TraitFeature| {
        let used = match &limit.used {
            LimitUse::Event(name) => {
                let place = catalog.events.iter().position(|event| event.name == *name)?;
                Used::Event(u16::try_from(place).ok()?)
            }
            LimitUse::Members if subject == SubjectKind::User => return None,
            LimitUse::Members => Used::Members,
            LimitUse::Trait(name) => {
                let is_it = |other: &&TraitFeature| other.path.of == feature.path.of && other.path.name == *name;
                let used = numbers(catalog).find(is_it)?;
                Used::Trait(used.path.clone(), used.slot)
            }
        };
        Some(ShareFeature { used, limit: feature.path.clone(), slot: feature.slot })
    };
    numbers(catalog).filter(|feature| is_of(&limit.limit, feature, subject)).filter_map(of_feature).collect()
}

/// What counts against a limit by its name.
fn named_uses(
    catalog: &Catalog,
    subject: SubjectKind,
    limit: &TraitPath,
    named: &Named,
    declared: &[Limit],
) -> Vec<Used> {
    let mut used: Vec<Used> = Vec::new();
    if named.is_seats() && subject != SubjectKind::User {
        used.push(Used::Members);
    }
    let is_used = |feature: &&TraitFeature| {
        feature.path.of == limit.of
            && named.is_counted_by(&feature.path.name)
            && !declared.iter().any(|limit| is_of(&limit.limit, feature, subject))
    };
    used.extend(numbers(catalog).filter(is_used).map(|feature| Used::Trait(feature.path.clone(), feature.slot)));
    used.extend(named.used_by(catalog).into_iter().map(Used::Event));
    used
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

    /// Whether no share is made of what is counted.
    pub const fn is_empty(&self) -> bool {
        self.counted.is_empty()
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
    // What others of the account did counts for nobody but them.
    let own = matches!(feature.used, Used::Event(_)) && feature.limit.of == TraitOwner::Account;
    let by = if own { " by themselves" } else { "" };
    let used = match &feature.used {
        Used::Members => Arc::from("active members"),
        other => other.name(catalog),
    };
    let (least, limit) = (share(at_least).unwrap_or(0), &feature.limit.name);
    format!("{not}{least} % or more of {whose} {} used{by} ({used} against {limit})", things(limit))
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
