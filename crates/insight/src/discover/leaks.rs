//! What looks too good to be true in the searched half, or is made by the purchase itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::definition::{TraitOwner, TraitPath};
use engine::record::EventKind;
use serde::Serialize;
use stats::table::{TwoByTwo, binary_entropy};

use super::catalog::{Catalog, TraitFeature, Used};
use super::cohort::Cohort;
use super::layout::{About, Measure, Slot, Taken};
use super::measures::Measures;
use super::question::Question;
use super::rule::{Condition, Rule};
use super::search::Searched;
use super::sentence::hundredths;
use super::table::FeatureTable;
use super::verdict::{VERDICTS, looks_certain, looks_near_certain};

/// A condition, and how those who meet it and those who do not fared.
pub(crate) type Seen = (Condition, TwoByTwo);

/// What is declared to have been known before the outcome, of that which a rule is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Declared {
    /// The names that were declared.
    pub names: Vec<Arc<str>>,
    /// Why it would be doubted otherwise; `None`: there was nothing to doubt.
    pub why: Option<String>,
}

/// Reasons to doubt, by what they are about.
#[derive(Debug, Default)]
pub(crate) struct Leaks {
    why: BTreeMap<About, String>,
    /// What would be doubted, were it not declared to have been known before.
    declared: BTreeMap<About, String>,
    trusted: Vec<Arc<str>>,
}

impl Leaks {
    /// Looks at everything that was searched.
    pub fn of(question: &Question, cohort: &Cohort<'_>, searched: &Searched) -> Self {
        let catalog = &question.catalog;
        let mut leaks = Self::default();
        leaks.made_by_buying(catalog, cohort.table);
        let all = searched.all.iter().map(|candidate| (candidate.condition, candidate.table));
        leaks.near_certain(catalog, all);
        let ones = searched.candidates.iter().filter(|candidate| candidate.window == 0);
        leaks.told_by_values(catalog, ones.map(|candidate| (candidate.condition, candidate.table)));
        leaks.made_of_doubted(catalog);
        for name in &question.trusted {
            leaks.trust(catalog, name);
        }
        leaks
    }

    /// Looks at conditions with how those who meet them and those who do not fared; `ones`: one condition of each feature.
    pub fn among(catalog: &Catalog, table: &FeatureTable, all: &[Seen], ones: &[Seen]) -> Self {
        let mut leaks = Self::default();
        leaks.made_by_buying(catalog, table);
        leaks.near_certain(catalog, all.iter().copied());
        leaks.told_by_values(catalog, ones.iter().copied());
        leaks.made_of_doubted(catalog);
        leaks
    }

    /// What is known to have been there before is no longer doubted: an event, property or trait by its name.
    pub fn trust(&mut self, catalog: &Catalog, name: &str) {
        self.trusted.push(Arc::from(name));
        let (declared, why) =
            std::mem::take(&mut self.why).into_iter().partition(|(about, _)| is_called(catalog, *about, name));
        self.why = why;
        let declared: BTreeMap<About, String> = declared;
        self.declared.extend(declared);
    }

    /// Whether a rule is about something that is declared to have been known before; and why it would be doubted otherwise.
    pub fn declared(&self, catalog: &Catalog, rule: &Rule) -> Option<Declared> {
        let slots = || rule.conditions.iter().map(|condition| condition.slot);
        let abouts = |slot: Slot| slot.events().map(alone).chain([slot.about()]);
        let is_of = |name: &Arc<str>| slots().flat_map(abouts).any(|about| is_called(catalog, about, name));
        let why = slots().find_map(|slot| abouts(slot).find_map(|about| self.declared.get(&about)));
        let names: Vec<Arc<str>> = self.trusted.iter().filter(|name| is_of(name)).map(Arc::clone).collect();
        (!names.is_empty()).then(|| Declared { names, why: why.cloned() })
    }

    /// Events that are doubted as such and count as use of the product.
    pub fn of_use(&self, catalog: &Catalog) -> Vec<u16> {
        let is_use =
            |event: &u16| catalog.events.get(usize::from(*event)).is_some_and(|event| event.kind == EventKind::Product);
        let events = self.why.keys().filter(|(_, of, _)| of.is_none()).filter_map(|(event, ..)| *event);
        let mut events: Vec<u16> = events.filter(is_use).collect();
        events.dedup();
        events
    }

    /// What is doubted, and why.
    pub fn all(&self) -> impl Iterator<Item = (&About, &str)> {
        self.why.iter().map(|(about, why)| (about, why.as_str()))
    }

    /// Why, each once; without events that are left out anyway.
    pub fn told(&self, left_out: &[usize]) -> Vec<String> {
        let mut told: Vec<String> = Vec::new();
        let is_doubted = |event: u16| self.why.contains_key(&alone(event));
        let any = self.why.keys().any(|(event, of, _)| event.is_some() && of.is_none());
        for ((event, of, taken), why) in &self.why {
            let is_left_out = event.is_some_and(|event| left_out.contains(&usize::from(event)));
            // An order is doubted for one of its events, and use as such for what is counted in it.
            let is_said = *taken == Taken::InOrder && [*event, *of].into_iter().flatten().any(is_doubted)
                || any && event.is_none() && of.is_none();
            if !is_left_out && !is_said && told.iter().all(|other| other != why) {
                told.push(why.clone());
            }
        }
        told
    }

    /// Why a rule may be a leak.
    pub fn why(&self, rule: &Rule) -> Option<&str> {
        rule.conditions.iter().find_map(|condition| self.about(condition.slot))
    }

    /// Why what a feature is about may be a leak: the event as such, or this property or trait.
    pub fn about(&self, slot: Slot) -> Option<&str> {
        let of_events = || slot.events().find_map(|event| self.why.get(&alone(event)));
        self.why.get(&slot.about()).or_else(of_events).map(String::as_str)
    }

    /// Events that sales made, that come just before the purchase, or after it.
    fn made_by_buying(&mut self, catalog: &Catalog, table: &FeatureTable) {
        for ((seen, event), place) in table.following.iter().zip(&catalog.events).zip(0..) {
            let mostly = |count: u64| seen.buyers >= 5 && count * 2 > seen.buyers;
            let name = &event.name;
            let why = if event.kind == EventKind::Sales {
                format!("\"{name}\" is what sales did: whom they call is chosen because they seem to buy")
            } else if mostly(seen.just_before) {
                format!("most buyers do \"{name}\" for the first time within the hour before they buy")
            } else if mostly(seen.after) && seen.others < seen.buyers {
                format!(
                    "most buyers have \"{name}\" only after they bought, and few others have it: a plan may open it"
                )
            } else {
                continue;
            };
            self.why.insert(alone(place), why);
        }
    }

    /// What says nearly everything: an event, or a property or trait by one of its values.
    fn near_certain(&mut self, catalog: &Catalog, all: impl Iterator<Item = Seen>) {
        // Of whom a number is known at all is often a matter of who they are, and not of what became of them.
        let is_too_good = |(condition, table): &Seen| {
            looks_certain(table) || !condition.is_size(catalog) && looks_near_certain(table)
        };
        for (condition, table) in all.filter(is_too_good) {
            let why = too_good(&condition.words(catalog), &table);
            for of_same in same(catalog, &condition) {
                self.why.entry(of_same).or_insert_with(|| why.clone());
            }
        }
    }

    /// Shares of limits that may be set by the purchase, or of amounts that may be.
    fn made_of_doubted(&mut self, catalog: &Catalog) {
        let doubted = |path: &TraitPath| {
            let mut alike = catalog.traits.iter().zip(0..).filter(|(feature, _)| feature.path == *path);
            alike.find_map(|(_, place)| self.why.get(&(None, Some(place), Taken::Alone)))
        };
        let of_shares = catalog.shares.iter().zip(0..).filter_map(|(share, place)| {
            let used = if let Used::Trait(path, _) = &share.used { doubted(path) } else { None };
            let why = doubted(&share.limit).or(used)?;
            Some(((share.used.event(), Some(place), Taken::OfLimit), why.clone()))
        });
        let of_shares: Vec<(About, String)> = of_shares.collect();
        of_shares.into_iter().for_each(|(about, why)| _ = self.why.entry(about).or_insert(why));
    }

    /// A property or trait that says nearly everything by all of its values together.
    fn told_by_values(&mut self, catalog: &Catalog, ones: impl Iterator<Item = Seen>) {
        let mut by_values: BTreeMap<Vec<About>, Vec<Seen>> = BTreeMap::new();
        for seen in ones {
            let of_same = same(catalog, &seen.0);
            if of_same.len() > 1 {
                by_values.entry(of_same).or_default().push(seen);
            }
        }
        for (of_same, candidates) in by_values {
            let share = told(&candidates);
            if share >= VERDICTS.told_by_values {
                let name = candidates.iter().find_map(|(condition, _)| condition.trait_feature(catalog)).map(told_name);
                let why = format!(
                    "the values of {} together tell {:.0} of 100 of all there is to know about converting: it may be set afterwards",
                    name.unwrap_or_default(),
                    share * 100.0
                );
                for about in of_same {
                    self.why.entry(about).or_insert_with(|| why.clone());
                }
            }
        }
    }
}

/// A trait by the name under which it can be trusted, and whose it is.
fn told_name(feature: &TraitFeature) -> String {
    let whose = if feature.path.of == TraitOwner::Account { " of the account" } else { "" };
    format!("\"{}\"{whose}", feature.path.name)
}

/// What is too good to be true about those with something, by its figures.
fn too_good(words: &str, table: &TwoByTwo) -> String {
    let share = |part: u64, all: u64| hundredths(part as f64 / all.max(1) as f64);
    let (with, without) =
        (share(table.exposed_event, table.exposed()), share(table.unexposed_event, table.unexposed()));
    let found = share(table.exposed_event, table.events());
    format!(
        "of 100 with {words} {with} convert, of others {without}, and {found} of 100 who convert have it: it may be a step of buying, or set afterwards"
    )
}

/// What is too good to be true by the figures of the later signups.
pub(crate) fn too_good_later(words: &str, held_out: &Measures) -> String {
    let others = (held_out.buyers - held_out.met_buyers, held_out.people - held_out.met);
    let table = TwoByTwo::from_groups((held_out.met_buyers, held_out.met), others).unwrap_or_default();
    format!("only the later signups show it, so that combined rules may hold it: {}", too_good(words, &table))
}

/// An event by itself.
const fn alone(event: u16) -> About {
    (Some(event), None, Taken::Alone)
}

/// Whether an event, property or trait is called so.
fn is_called(catalog: &Catalog, (event, of, taken): About, name: &str) -> bool {
    let name_of = |event: u16| catalog.events.get(usize::from(event)).map(|event| &*event.name);
    let event_name = event.and_then(name_of);
    if let (Taken::OfLimit, Some(of)) = (taken, of) {
        let share = catalog.shares.get(usize::from(of));
        return share.is_some_and(|share| *share.limit.name == *name || *share.used.name(catalog) == *name);
    }
    let of_name = of.and_then(|of| match event {
        Some(_) if taken == Taken::InOrder => name_of(of),
        Some(_) => catalog.properties.get(usize::from(of)).map(|feature| &*feature.property),
        None => catalog.traits.get(usize::from(of)).map(|feature| &*feature.path.name),
    });
    event_name == Some(name) || of_name == Some(name)
}

/// What is about the same property or trait, the condition itself among it.
fn same(catalog: &Catalog, condition: &Condition) -> Vec<About> {
    if let Some(of) = condition.trait_feature(catalog) {
        let alike = catalog.traits.iter().zip(0..).filter(|(feature, _)| feature.path == of.path);
        return alike.map(|(_, place)| (None, Some(place), Taken::Alone)).collect();
    }
    if let Some(of) = condition.property_feature(catalog) {
        // Values of a property of few values are answers to one question; of many they are things of their own.
        let alike = catalog
            .properties
            .iter()
            .zip(0..)
            .filter(|(feature, _)| feature.event == of.event && feature.property == of.property);
        let all: Vec<About> = alike.map(|(_, place)| (Some(of.event), Some(place), Taken::Alone)).collect();
        return if all.len() <= FEW_VALUES { all } else { vec![condition.slot.about()] };
    }
    vec![condition.slot.about()]
}

const FEW_VALUES: usize = 12;

/// The share of the uncertainty about converting that the values of one trait take away, each person having one of them.
fn told(candidates: &[Seen]) -> f64 {
    let Some((_, first)) = candidates.first() else { return 0.0 };
    if !candidates.iter().all(|(condition, _)| matches!(condition.slot.measure, Measure::Trait)) {
        return 0.0;
    }
    let (people, won) = (first.total(), first.events());
    let (met, met_won) =
        candidates.iter().fold((0, 0), |sum, (_, table)| (sum.0 + table.exposed(), sum.1 + table.exposed_event));
    if met > people || people == 0 || won == 0 || won == people {
        return 0.0;
    }
    let entropy = |table: (u64, u64)| {
        if table.0 == 0 { 0.0 } else { table.0 as f64 * binary_entropy(table.1 as f64 / table.0 as f64) }
    };
    let of = |table: &TwoByTwo| entropy((table.exposed(), table.exposed_event));
    let left: f64 = candidates.iter().map(|(_, table)| of(table)).sum::<f64>() + entropy((people - met, won - met_won));
    1.0 - left / entropy((people, won))
}
