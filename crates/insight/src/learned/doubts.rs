//! What is left out because it looks too good to be true: what discovery doubts, a score does not learn either.

use engine::record::EventKind;

use super::candidates::Candidate;
use super::people::{Side, Sides};
use crate::discover::Question;
use crate::discover::layout::Taken;
use crate::discover::leaks::{Leaks, Seen};
use crate::discover::table::{FeatureTable, Measure, Slot};

/// People on either side of a condition at least: of a handful it is no wonder that all convert.
const LEAST_PEOPLE: u64 = 20;

/// What is doubted among conditions.
pub(super) struct Doubts {
    leaks: Leaks,
    /// Something doubted counts as use of the product: then so does whatever counts all use.
    of_use: bool,
    /// In words, each once.
    pub told: Vec<String>,
}

impl Doubts {
    /// Looks at both sides: a step of buying may come up only later. Nothing is learned by that, only left out. `looked_at`: whether a
    /// feature may be a row.
    pub fn of(
        table: &FeatureTable,
        question: &Question,
        sides: &Sides,
        candidates: &[Candidate],
        trusted: &[String],
        looked_at: impl Fn(Slot) -> bool,
    ) -> Self {
        let seen = |side: Side| -> Vec<Seen> {
            let all = candidates.iter().map(|candidate| (candidate.condition, candidate.table(sides, side)));
            let is_enough = |(_, table): &Seen| table.exposed().min(table.unexposed()) >= LEAST_PEOPLE;
            all.filter(is_enough).collect()
        };
        let teaching = seen(Side::Teaching);
        let all: Vec<Seen> = [teaching.clone(), seen(Side::Judging)].concat();
        let mut ones = teaching;
        ones.dedup_by_key(|(condition, _)| condition.slot);
        let mut leaks = Leaks::among(&question.catalog, table, &all, &ones);
        for name in trusted {
            leaks.trust(&question.catalog, name);
        }
        let is_use = |event: u16| {
            let event = question.catalog.events.get(usize::from(event));
            event.is_some_and(|event| event.kind == EventKind::Product)
        };
        let of_use = leaks.all().any(|((event, of, _), _)| of.is_none() && event.is_some_and(is_use));
        let mut told: Vec<String> = Vec::new();
        for ((event, of, taken), why) in leaks.all() {
            // A limit that is no row by itself is told by the shares that are left out for it.
            let is_trait = event.is_none() && of.is_some() && *taken == Taken::Alone;
            if is_trait && !looked_at(Slot { event: None, measure: Measure::Trait, of: *of }) {
                continue;
            }
            // Use as such is doubted because of what is counted in it.
            let is_all_use = event.is_none() && of.is_none();
            if (!is_all_use || !of_use) && told.iter().all(|other| other != why) {
                told.push(why.to_owned());
            }
        }
        Self { leaks, of_use, told }
    }

    /// Whether a feature is left out.
    pub fn about(&self, slot: Slot) -> bool {
        self.leaks.about(slot).is_some() || (self.of_use && slot.counts_all_use())
    }
}
