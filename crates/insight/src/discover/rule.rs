//! What can be found: conditions on features within a window, alone or together.

use std::sync::Arc;

use engine::Value;
use engine::definition::{
    Behaviour, Criterion, DistinctOf, Events, Measure as Measured, NamePattern, Op, Operand, Period, Test,
};
use serde::Serialize;

use super::bits::Bits;
use super::catalog::Catalog;
use super::cohort::Cohort;
use super::table::{Measure, Slot};

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

    /// As a definition says it.
    #[must_use]
    pub fn criterion(&self, catalog: &Catalog) -> Criterion {
        let name = self.slot.event.and_then(|event| catalog.events.get(usize::from(event)));
        let pattern = name.map_or(NamePattern::Any, |event| NamePattern::Exactly(Arc::clone(&event.name)));
        let op = if self.negated { Op::Below } else { Op::AtLeast };
        Criterion::Behaviour(Box::new(Behaviour {
            events: Events { names: vec![pattern], kind: None, filter: None },
            measure: match self.slot.measure {
                Measure::Count => Measured::Count,
                Measure::Days => Measured::Days,
                Measure::Users => Measured::Users,
                Measure::Kinds => Measured::Distinct(DistinctOf::EventName),
            },
            period: Period::Window,
            is: Some(Test::Is(op, Operand::Constant(Value::whole(i64::from(self.at_least))))),
            per: None,
            regularity: None,
            against_previous: false,
        }))
    }

    /// In words that stand behind "people with": `Member Invited 2 or more times`.
    #[must_use]
    pub fn words(&self, catalog: &Catalog) -> String {
        let name = self.slot.event.and_then(|event| catalog.events.get(usize::from(event)));
        let name = name.map_or("any product event", |event| &event.name);
        let (least, not) = (self.at_least, if self.negated { "not " } else { "" });
        match (self.slot.measure, least) {
            (Measure::Count, 1) => format!("{not}{name}"),
            (Measure::Count, _) => format!("{not}{name} {least} or more times"),
            (Measure::Days, 1) => format!("{not}{name} on a day"),
            (Measure::Days, _) => format!("{not}{name} on {least} or more days"),
            (Measure::Users, 1) => format!("{not}{name} by a member"),
            (Measure::Users, _) => format!("{not}{name} by {least} or more members"),
            (Measure::Kinds, _) => format!("{not}{least} or more different product events"),
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
    pub fn criterion(&self, catalog: &Catalog) -> Criterion {
        let mut parts: Vec<Criterion> = self.conditions.iter().map(|condition| condition.criterion(catalog)).collect();
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

    /// The features of product events that it counts itself.
    pub(crate) fn own(&self, cohort: &Cohort<'_>) -> Vec<usize> {
        let slots = self.conditions.iter().filter_map(|condition| {
            condition.slot.event?;
            cohort.slot(Slot { measure: Measure::Count, ..condition.slot })
        });
        let mut slots: Vec<usize> = slots.collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Whether it is about activity as such: then nothing is left to adjust it for.
    #[must_use]
    pub fn is_activity(&self) -> bool {
        self.conditions.iter().all(|condition| condition.slot.event.is_none())
    }
}

/// A condition in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionWords {
    /// The event; `any` for all product events.
    pub event: Arc<str>,
    /// `count`, `days`, `users` or `distinct`.
    pub measure: &'static str,
    /// The threshold.
    pub at_least: u32,
    /// It holds below the threshold.
    pub negated: bool,
}

impl ConditionWords {
    pub(crate) fn of(condition: &Condition, catalog: &Catalog) -> Self {
        let event = condition.slot.event.and_then(|event| catalog.events.get(usize::from(event)));
        Self {
            event: event.map_or_else(|| Arc::from("any"), |event| Arc::clone(&event.name)),
            measure: match condition.slot.measure {
                Measure::Count => "count",
                Measure::Days => "days",
                Measure::Users => "users",
                Measure::Kinds => "distinct",
            },
            at_least: condition.at_least,
            negated: condition.negated,
        }
    }
}
