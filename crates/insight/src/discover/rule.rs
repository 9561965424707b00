//! What can be found: conditions on features within a window, alone or together.

use std::sync::Arc;

use engine::Value;
use engine::definition::{
    Aggregate, Behaviour, Criterion, DistinctOf, Events, Filter, Measure as Measured, NamePattern, Op, Operand, Period,
    Test, TraitOwner, TraitPath, TraitTest,
};
use engine::time::HOUR;
use serde::Serialize;

use super::bits::Bits;
use super::catalog::{Catalog, OfProperty, PropertyFeature, ShareFeature, TraitFeature, Used};
use super::cohort::Cohort;
use super::question::Question;
use super::table::{Measure, Slot};
use super::{share, timed, timing};

/// A feature compared with a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// The feature.
    pub slot: Slot,
    /// It is at least this; at least 1.
    pub at_least: u32,
    /// It is less than that.
    pub negated: bool,
}

/// Conditions of which enough hold by the end of one window.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// The window's place among the question's.
    pub window: usize,
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// How many of them must hold.
    pub least: usize,
}

impl Condition {
    /// Those for whom it holds.
    pub(crate) fn bits(&self, cohort: &Cohort<'_>, window: usize) -> Bits {
        let met = cohort.slot(self.slot).map(|slot| cohort.at_least(slot, window, self.at_least));
        let met = met.unwrap_or_else(|| Bits::none(cohort.len()));
        if self.negated { Bits::of(cohort.len(), |_| true).and_not(&met) } else { met }
    }

    /// Whether it is about how large a trait's number is.
    pub(crate) fn is_size(&self, catalog: &Catalog) -> bool {
        self.trait_feature(catalog).is_some_and(|feature| feature.is.is_none())
    }

    /// As a definition of a window, in microseconds, says it.
    #[must_use]
    pub fn criterion(&self, catalog: &Catalog, window: i64) -> Criterion {
        if self.slot.measure.is_timing() {
            return timed::criterion(self.slot, self.at_least, self.negated, catalog, window);
        }
        if let Some(feature) = self.trait_feature(catalog) {
            return self.trait_criterion(feature);
        }
        if let Some(feature) = self.share_feature(catalog) {
            return share::criterion(self.at_least, self.negated, feature, catalog);
        }
        let name = self.slot.event.and_then(|event| catalog.events.get(usize::from(event)));
        let pattern = name.map_or(NamePattern::Any, |event| NamePattern::Exactly(Arc::clone(&event.name)));
        let op = if self.negated { Op::Below } else { Op::AtLeast };
        let (mut filter, mut measure) = (None, Measured::Count);
        match self.slot.measure {
            Measure::Count | Measure::Trait | Measure::Share => {}
            Measure::Soon | Measure::Again(_) | Measure::Growth | Measure::Lately | Measure::Then => {}
            Measure::Days => measure = Measured::Days,
            Measure::Users => measure = Measured::Users,
            Measure::Kinds => measure = Measured::Distinct(DistinctOf::EventName),
            Measure::Property => {
                if let Some(feature) = self.property_feature(catalog) {
                    let property = Arc::clone(&feature.property);
                    match &feature.what {
                        OfProperty::Is(value) => {
                            let test = Test::Is(Op::Equal, Operand::Constant(value.clone()));
                            filter = Some(Filter::Test { left: Operand::Property(property), test });
                        }
                        OfProperty::Distinct => measure = Measured::Distinct(DistinctOf::Property(property)),
                        OfProperty::Sum => measure = Measured::Of(Aggregate::Sum, property),
                    }
                }
            }
        }
        Criterion::Behaviour(Box::new(Behaviour {
            events: Events { names: vec![pattern], kind: None, filter },
            measure,
            period: Period::Window,
            is: Some(Test::Is(op, Operand::Constant(Value::whole(i64::from(self.at_least))))),
            per: None,
            regularity: None,
            against_previous: false,
        }))
    }

    fn trait_criterion(&self, feature: &TraitFeature) -> Criterion {
        let test = match &feature.is {
            Some(value) => Test::Is(Op::Equal, Operand::Constant(value.clone())),
            None => Test::Is(Op::AtLeast, Operand::Constant(Value::whole(i64::from(self.at_least)))),
        };
        let test = TraitTest { path: feature.path.clone(), test, lasting: None, against: None };
        let criterion = Criterion::Trait(Box::new(test));
        if self.negated { Criterion::Not(Box::new(criterion)) } else { criterion }
    }

    /// The threshold as a person would say it; of growth and shares in hundredths.
    pub(crate) fn threshold(&self) -> u32 {
        match self.slot.measure {
            Measure::Growth => timing::growth(self.at_least).unwrap_or(0),
            Measure::Share => share::share(self.at_least).unwrap_or(0),
            Measure::Again(nth) => nth.into(),
            Measure::Soon | Measure::Then => 1,
            _ => self.at_least,
        }
    }

    pub(crate) fn property_feature<'a>(&self, catalog: &'a Catalog) -> Option<&'a PropertyFeature> {
        let of = self.slot.of.filter(|_| self.slot.measure == Measure::Property)?;
        catalog.properties.get(usize::from(of))
    }

    pub(crate) fn trait_feature<'a>(&self, catalog: &'a Catalog) -> Option<&'a TraitFeature> {
        let of = self.slot.of.filter(|_| self.slot.measure == Measure::Trait)?;
        catalog.traits.get(usize::from(of))
    }

    pub(crate) fn share_feature<'a>(&self, catalog: &'a Catalog) -> Option<&'a ShareFeature> {
        let of = self.slot.of.filter(|_| self.slot.measure == Measure::Share)?;
        catalog.shares.get(usize::from(of))
    }

    /// The trait that it is about: of a share what is used; the limit is who they are.
    pub(crate) fn trait_path<'a>(&self, catalog: &'a Catalog) -> Option<&'a TraitPath> {
        let of_trait = self.trait_feature(catalog).map(|feature| &feature.path);
        of_trait.or_else(|| match &self.share_feature(catalog)?.used {
            Used::Trait(path, _) => Some(path),
            Used::Event(_) | Used::Members => None,
        })
    }

    /// In words that stand behind "people with": `Member Invited 2 or more times`.
    #[must_use]
    pub fn words(&self, catalog: &Catalog) -> String {
        if self.slot.measure.is_timing() {
            return timed::words(self.slot, self.at_least, self.negated, catalog);
        }
        if let Some(feature) = self.share_feature(catalog) {
            return share::words(self.at_least, self.negated, feature, catalog);
        }
        let name = self.slot.event.and_then(|event| catalog.events.get(usize::from(event)));
        let name = name.map_or("any product event", |event| &event.name);
        let (least, not) = (self.at_least, if self.negated { "not " } else { "" });
        if let Some(feature) = self.trait_feature(catalog) {
            let whose = if feature.path.of == TraitOwner::Account { "account " } else { "" };
            let trait_name = &feature.path.name;
            return match &feature.is {
                Some(value) => format!("{not}{whose}{trait_name} = {}", crate::words::value(value)),
                None => format!("{not}{whose}{trait_name} of {least} or more"),
            };
        }
        if let Some(feature) = self.property_feature(catalog) {
            let property = &feature.property;
            return match (&feature.what, least) {
                (OfProperty::Is(value), 1) => format!("{not}{name} where {property} = {}", crate::words::value(value)),
                (OfProperty::Is(value), _) => {
                    format!("{not}{name} {least} or more times where {property} = {}", crate::words::value(value))
                }
                (OfProperty::Distinct, _) => format!("{not}{name} with {least} or more different {property}"),
                (OfProperty::Sum, _) => format!("{not}{name} with {property} of {least} or more in sum"),
            };
        }
        match (self.slot.measure, least) {
            (Measure::Days, 1) => format!("{not}{name} on a day"),
            (Measure::Days, _) => format!("{not}{name} on {least} or more days"),
            (Measure::Users, 1) => format!("{not}{name} by a member"),
            (Measure::Users, _) => format!("{not}{name} by {least} or more members"),
            (Measure::Kinds, _) => format!("{not}{least} or more different product events"),
            (_, 1) => format!("{not}{name}"),
            _ => format!("{not}{name} {least} or more times"),
        }
    }
}

impl Rule {
    /// A condition alone.
    #[must_use]
    pub fn one(condition: Condition, window: usize) -> Self {
        Self { window, conditions: vec![condition], least: 1 }
    }

    /// Those who meet it.
    pub(crate) fn bits(&self, cohort: &Cohort<'_>) -> Bits {
        let parts: Vec<Bits> = self.conditions.iter().map(|condition| condition.bits(cohort, self.window)).collect();
        if self.least == parts.len() {
            return parts.iter().skip(1).fold(parts.first().cloned().unwrap_or_default(), |all, part| all.and(part));
        }
        Bits::of(cohort.len(), |place| parts.iter().filter(|part| part.has(place)).count() >= self.least)
    }

    /// As a definition's `when` says it.
    #[must_use]
    pub fn criterion(&self, question: &Question) -> Criterion {
        let (catalog, window) = (&question.catalog, question.windows.get(self.window).copied().unwrap_or(0));
        let criterion = |condition: &Condition| condition.criterion(catalog, window);
        let mut parts: Vec<Criterion> = self.conditions.iter().map(criterion).collect();
        if parts.len() == 1 {
            return parts.swap_remove(0);
        }
        if self.least == parts.len() {
            return Criterion::All(parts);
        }
        Criterion::AtLeast { least: self.least as u32, of: parts }
    }

    /// In words that stand behind "people with".
    #[must_use]
    pub fn words(&self, catalog: &Catalog) -> String {
        let parts: Vec<String> = self.conditions.iter().map(|condition| condition.words(catalog)).collect();
        if self.least == parts.len() {
            return parts.join(" and ");
        }
        format!("at least {} of: {}", self.least, parts.join(", "))
    }

    /// The features that count the events it is about, each with how many of them it takes to meet it twice.
    pub(crate) fn own(&self, catalog: &Catalog, cohort: &Cohort<'_>) -> Vec<(usize, u32)> {
        let mut own: Vec<(usize, u32)> = Vec::new();
        for condition in &self.conditions {
            // One event can hold any sum; growth is a share of however many, and so is what is used of a limit.
            let is_sum = condition.property_feature(catalog).is_some_and(|feature| feature.what == OfProperty::Sum);
            let most = match condition.slot.measure {
                Measure::Growth | Measure::Share => u32::MAX,
                Measure::Again(nth) => 2 * u32::from(nth),
                Measure::Soon | Measure::Then => 2,
                _ if is_sum => 2,
                _ => 2 * condition.at_least,
            };
            for event in condition.slot.events() {
                let count = Slot { event: Some(event), measure: Measure::Count, of: None };
                let Some(slot) = cohort.slot(count) else { continue };
                match own.iter_mut().find(|(known, _)| *known == slot) {
                    Some((_, known)) => *known = most.max(*known),
                    None => own.push((slot, most)),
                }
            }
        }
        own
    }

    /// Whether it is about activity as such: then nothing is left to adjust it for.
    #[must_use]
    pub fn is_activity(&self) -> bool {
        self.conditions.iter().all(|condition| condition.slot.counts_all_use())
    }
}

/// A condition in a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConditionWords {
    /// The event (`any`: all product events), or the trait.
    pub of: Arc<str>,
    /// `count`, `days`, `users`, `distinct`, `sum`, `trait`, `share` (of a limit), `first` (how soon after the start), `gap` (from the first to the one
    /// of that number), `growth` (the second half of the window against the first), `lately` (in its last quarter) or `sequence`.
    pub measure: &'static str,
    /// Of a sequence, the later event.
    pub then: Option<Arc<str>>,
    /// Within so many hours: of the start, of the first, of the earlier event; `None`: anywhere in the window.
    pub within_hours: Option<f64>,
    /// Of a share, the trait that is the limit.
    pub limit: Option<Arc<str>>,
    /// The property that is measured or filtered by.
    pub property: Option<Arc<str>>,
    /// The property's or trait's value.
    pub value: Option<String>,
    /// The threshold; of growth and shares in hundredths.
    pub at_least: u32,
    /// It holds below the threshold.
    pub negated: bool,
}

impl ConditionWords {
    pub(crate) fn of(condition: &Condition, catalog: &Catalog) -> Self {
        let event = condition.slot.event.and_then(|event| catalog.events.get(usize::from(event)));
        let property = condition.property_feature(catalog);
        let of_trait = condition.trait_feature(catalog);
        let value = match (property.map(|feature| &feature.what), of_trait) {
            (Some(OfProperty::Is(value)), _) => Some(value),
            (_, Some(feature)) => feature.is.as_ref(),
            _ => None,
        };
        let measure = match (condition.slot.measure, property.map(|feature| &feature.what)) {
            (Measure::Days, _) => "days",
            (Measure::Users, _) => "users",
            (Measure::Trait, _) => "trait",
            (Measure::Share, _) => "share",
            (Measure::Soon, _) => "first",
            (Measure::Again(_), _) => "gap",
            (Measure::Growth, _) => "growth",
            (Measure::Lately, _) => "lately",
            (Measure::Then, _) => "sequence",
            (Measure::Kinds, _) | (_, Some(OfProperty::Distinct)) => "distinct",
            (_, Some(OfProperty::Sum)) => "sum",
            _ => "count",
        };
        let name = event.map(|event| Arc::clone(&event.name));
        let name = name.or_else(|| of_trait.map(|feature| Arc::clone(&feature.path.name)));
        let share = condition.share_feature(catalog);
        let name = name.or_else(|| share.map(|feature| feature.used.name(catalog)));
        let then = condition.slot.of.filter(|_| condition.slot.measure == Measure::Then);
        let then = then.and_then(|event| catalog.events.get(usize::from(event)));
        Self {
            then: then.map(|event| Arc::clone(&event.name)),
            within_hours: timing::span(condition.slot.measure, condition.at_least)
                .map(|span| span as f64 / HOUR as f64),
            of: name.unwrap_or_else(|| Arc::from("any")),
            measure,
            limit: share.map(|feature| Arc::clone(&feature.limit.name)),
            property: property.map(|feature| Arc::clone(&feature.property)),
            value: value.map(crate::words::value),
            at_least: condition.threshold(),
            negated: condition.negated,
        }
    }
}
