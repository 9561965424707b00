//! When an entry could first have been known.

use std::collections::BTreeSet;

use super::Evaluator;
use crate::household::{Household, Membership, PropertySource, Run, Subject, TraitFact};
use crate::{Number, Timestamp, Value};

/// Rows of a household that were in effect by some instant.
struct Selected<'a> {
    rows: Vec<usize>,
    inner: &'a dyn PropertySource,
}

impl PropertySource for Selected<'_> {
    fn value(&self, row: usize, slot: u32) -> Option<Value> {
        self.inner.value(*self.rows.get(row)?, slot)
    }

    fn number(&self, row: usize, slot: u32) -> Option<Number> {
        self.inner.number(*self.rows.get(row)?, slot)
    }
}

impl Evaluator<'_> {
    /// The earliest instant at which the records then in effect give this entry: `number` counts from 0.
    /// Not before the entry's own instant.
    pub fn knowable_at(
        &mut self,
        household: &Household<'_>,
        definition: usize,
        subject: Subject,
        number: usize,
        entered: Timestamp,
    ) -> Timestamp {
        let mut candidates: BTreeSet<i64> = BTreeSet::new();
        let mut late = |known: i64| {
            if known > entered.0 {
                candidates.insert(known);
            }
        };
        for known in [household.known, household.known_to_account].into_iter().flatten() {
            for (row, known) in known.iter().enumerate() {
                if household.times[row] <= entered.0 {
                    late(*known);
                }
            }
        }
        household.traits.iter().filter(|fact| fact.at <= entered).for_each(|fact| late(fact.known.0));
        household.memberships.iter().filter(|tie| tie.at <= entered).for_each(|tie| late(tie.known.0));
        let horizon = std::mem::replace(&mut self.horizon, entered);
        let mut answer = entered;
        for moment in std::iter::once(entered.0).chain(candidates) {
            answer = Timestamp(moment);
            if self.gives(household, definition, subject, number, entered, moment) {
                break;
            }
        }
        self.horizon = horizon;
        answer
    }

    /// Whether the records in effect by `moment` give the entry.
    fn gives(
        &mut self,
        household: &Household<'_>,
        definition: usize,
        subject: Subject,
        number: usize,
        entered: Timestamp,
        moment: i64,
    ) -> bool {
        let in_effect = |row: &usize| {
            household.times[*row] <= entered.0 && household.known.is_none_or(|known| known[*row] <= moment)
        };
        let mut rows = Vec::new();
        let mut users = Vec::new();
        for run in household.users {
            let start = rows.len();
            rows.extend((run.start..run.end).filter(in_effect));
            users.push(Run { user: run.user, start, end: rows.len() });
        }
        let pick = |column: &[u32]| -> Vec<u32> { rows.iter().map(|row| column[*row]).collect() };
        let times: Vec<i64> = rows.iter().map(|row| household.times[*row]).collect();
        let names = pick(household.names);
        let accounts = household.accounts.map(|codes| -> Vec<u32> {
            let known = |row: usize| household.known_to_account.is_none_or(|known| known[row] <= moment);
            rows.iter().map(|row| if known(*row) { codes[*row] } else { 0 }).collect()
        });
        let workspaces = household.workspaces.map(pick);
        let traits: Vec<TraitFact> = household.traits.iter().filter(|fact| fact.known.0 <= moment).cloned().collect();
        let memberships: Vec<Membership> =
            household.memberships.iter().filter(|tie| tie.known.0 <= moment).copied().collect();
        let selected = Selected { rows, inner: household.properties };
        let then = Household {
            times: &times,
            names: &names,
            users: &users,
            accounts: accounts.as_deref(),
            workspaces: workspaces.as_deref(),
            known: None,
            known_to_account: None,
            properties: &selected,
            traits: &traits,
            memberships: &memberships,
            directory: household.directory,
        };
        let mut found = false;
        // Whoever refuses to be judged now may have agreed by then, and the other way round.
        self.passes(&then, self.program.passes.len(), false, &mut |scene, fold, horizon| {
            let places = 0..if scene.subject == subject { scene.pass.units.len() } else { 0 };
            for outcome in places.filter_map(|place| fold.anybodys_outcome(scene, place, horizon)) {
                let entry = outcome.entries.get(number).filter(|_| outcome.definition == definition);
                found |= entry.is_some_and(|entry| entry.at == entered);
            }
        });
        found
    }
}
