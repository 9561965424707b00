//! What looks too good to be true in the searched half, or is made by the purchase itself.

use std::collections::BTreeMap;

use stats::table::{TwoByTwo, binary_entropy};

use super::catalog::Catalog;
use super::cohort::Cohort;
use super::layout::{About, Measure, Slot};
use super::rule::{Condition, Rule};
use super::search::Searched;
use super::table::FeatureTable;
use super::verdict::{VERDICTS, looks_near_certain};

/// A condition, and how those who meet it and those who do not fared.
pub(crate) type Seen = (Condition, TwoByTwo);

/// Reasons to doubt, by what they are about.
#[derive(Debug, Default)]
pub(crate) struct Leaks {
    why: BTreeMap<About, String>,
}

impl Leaks {
    /// Looks at everything that was searched.
    pub fn of(catalog: &Catalog, cohort: &Cohort<'_>, searched: &Searched) -> Self {
        let mut leaks = Self::default();
        leaks.made_by_buying(catalog, cohort.table);
        let all = searched.all.iter().map(|candidate| (candidate.condition, candidate.table));
        leaks.near_certain(catalog, all);
        let ones = searched.candidates.iter().filter(|candidate| candidate.window == 0);
        leaks.told_by_values(catalog, ones.map(|candidate| (candidate.condition, candidate.table)));
        leaks
    }

    /// Looks at conditions with how those who meet them and those who do not fared; `ones`: one condition of each feature.
    pub fn among(catalog: &Catalog, table: &FeatureTable, all: &[Seen], ones: &[Seen]) -> Self {
        let mut leaks = Self::default();
        leaks.made_by_buying(catalog, table);
        leaks.near_certain(catalog, all.iter().copied());
        leaks.told_by_values(catalog, ones.iter().copied());
        leaks
    }

    /// What is known to have been there before is no longer doubted: an event, property or trait by its name.
    pub fn trust(&mut self, catalog: &Catalog, name: &str) {
        self.why.retain(|(event, of, _), _| {
            let event_name = event.and_then(|event| catalog.events.get(usize::from(event))).map(|event| &*event.name);
            let of_name = of.and_then(|of| match event {
                Some(_) => catalog.properties.get(usize::from(of)).map(|feature| &*feature.property),
                None => catalog.traits.get(usize::from(of)).map(|feature| &*feature.path.name),
            });
            event_name != Some(name) && of_name != Some(name)
        });
    }

    /// What is doubted, and why.
    pub fn all(&self) -> impl Iterator<Item = (&About, &str)> {
        self.why.iter().map(|(about, why)| (about, why.as_str()))
    }

    /// Why a rule may be a leak.
    pub fn why(&self, rule: &Rule) -> Option<&str> {
        rule.conditions.iter().find_map(|condition| self.about(condition.slot))
    }

    /// Why what a feature is about may be a leak: the event as such, or this property or trait.
    pub fn about(&self, slot: Slot) -> Option<&str> {
        let of_events = || slot.events().find_map(|event| self.why.get(&(Some(event), None, false)));
        self.why.get(&slot.about()).or_else(of_events).map(String::as_str)
    }

    /// Events that sales made, that come just before the purchase, or after it.
    fn made_by_buying(&mut self, catalog: &Catalog, table: &FeatureTable) {
        for ((seen, event), place) in table.following.iter().zip(&catalog.events).zip(0..) {
            let mostly = |count: u64| seen.buyers >= 5 && count * 2 > seen.buyers;
            let name = &event.name;
            let why = if event.kind == engine::record::EventKind::Sales {
                format!("\"{name}\" is what sales did: whom they call is chosen because he seems to buy")
            } else if mostly(seen.just_before) {
                format!("most buyers do \"{name}\" for the first time within the hour before they buy")
            } else if mostly(seen.after) && seen.others < seen.buyers {
                format!(
                    "most buyers have \"{name}\" only after they bought, and few others have it: a plan may open it"
                )
            } else {
                continue;
            };
            self.why.insert((Some(place), None, false), why);
        }
    }

    /// What says nearly everything: an event, or a property or trait by one of its values.
    fn near_certain(&mut self, catalog: &Catalog, all: impl Iterator<Item = Seen>) {
        for (condition, _) in all.filter(|(_, table)| looks_near_certain(table)) {
            let why = format!(
                "those with {} nearly all convert, or nearly all who convert have it: it may be a step of buying, or set afterwards",
                condition.words(catalog)
            );
            for of_same in same(catalog, &condition) {
                self.why.entry(of_same).or_insert_with(|| why.clone());
            }
        }
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
                let why = format!(
                    "its values together tell {:.0} of 100 of all there is to know about converting: it may be set afterwards",
                    share * 100.0
                );
                for about in of_same {
                    self.why.entry(about).or_insert_with(|| why.clone());
                }
            }
        }
    }
}

/// What is about the same property or trait, the condition itself among it.
fn same(catalog: &Catalog, condition: &Condition) -> Vec<About> {
    if let Some(of) = condition.trait_feature(catalog) {
        let alike = catalog.traits.iter().zip(0..).filter(|(feature, _)| feature.path == of.path);
        return alike.map(|(_, place)| (None, Some(place), false)).collect();
    }
    if let Some(of) = condition.property_feature(catalog) {
        // Values of a property of few values are answers to one question; of many they are things of their own.
        let alike = catalog
            .properties
            .iter()
            .zip(0..)
            .filter(|(feature, _)| feature.event == of.event && feature.property == of.property);
        let all: Vec<About> = alike.map(|(_, place)| (Some(of.event), Some(place), false)).collect();
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
