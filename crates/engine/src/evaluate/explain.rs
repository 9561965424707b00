//! Why: each criterion of a definition for one subject at one instant, with the events behind it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::calendar::lasted;
use super::fold::{Fold, Trace};
use super::scene::{Clockwork, Moment, Scene};
use super::{Evaluator, score};
use crate::household::{Household, Subject};
use crate::outcome::{Evidence, Explanation, Finding, Standing, Truth};
use crate::program::pass::{Behaviour, Grouping, LeafKind, Measure, Node, Period};
use crate::{Timestamp, Value};

impl Evaluator<'_> {
    /// Explains a definition for a subject as of an instant; `None` if the subject is not in the household, or refuses to be
    /// judged.
    pub fn explain(
        &mut self,
        household: &Household<'_>,
        definition: usize,
        subject: Subject,
        at: Timestamp,
    ) -> Option<Explanation> {
        let (place, unit) = self.program.passes.iter().enumerate().find_map(|(place, pass)| {
            let unit = pass
                .units
                .iter()
                .position(|unit| unit.definition.as_ref().is_some_and(|found| found.place == definition))?;
            Some((place, unit))
        })?;
        if self.program.passes[place].kind != Some(subject.kind) {
            return None;
        }
        let horizon = std::mem::replace(&mut self.horizon, at);
        self.passes(household, place, false, &mut |_, _, _| {});
        let mut trace = Trace::default();
        let mut hits = Vec::new();
        let mut clockwork = Clockwork::new(self.program);
        let mut explanation = None;
        // Twice: once for the events behind each criterion, once for what the fold says of them.
        self.trace(household, place, subject, &mut trace, &mut |_, _| {});
        hits.append(&mut trace.hits);
        self.trace(household, place, subject, &mut Trace::default(), &mut |scene, fold| {
            if scene.books.refuses_profile(scene.program, subject) {
                return;
            }
            let mut teller = Teller { scene, fold, clockwork: &mut clockwork, hits: &hits, is_whole: true, at: at.0 };
            explanation = Some(teller.explain(unit));
        });
        self.horizon = horizon;
        explanation
    }
}

/// Tells what a fold says of its units.
pub(super) struct Teller<'a, 'b> {
    pub scene: &'a Scene<'b>,
    pub fold: &'a mut Fold,
    pub clockwork: &'a mut Clockwork,
    pub hits: &'a [(u32, usize, i64)],
    /// The hits are all that there were; else only the latest.
    pub is_whole: bool,
    pub at: i64,
}

impl Teller<'_, '_> {
    fn explain(&mut self, place: usize) -> Explanation {
        let unit = &self.scene.pass.units[place];
        let gate = self.fold.gates[unit.gate];
        let outcome = self.fold.outcome(self.scene, place, self.at);
        let standing = outcome.map_or_else(Standing::default, |outcome| outcome.now);
        Explanation {
            at: Timestamp(self.at),
            clock: gate.open.then_some(Timestamp(gate.clock)),
            standing,
            when: self.finding(unit.when),
            fit: unit.fit.map(|node| self.finding(node)),
            population: unit.given_population.map(|node| self.finding(node)),
            score: if gate.open { score::score(self.fold, self.scene, self.clockwork, place, self.at) } else { None },
        }
    }

    pub fn finding(&mut self, node: u32) -> Finding {
        let truth = self.fold.truth(self.scene.pass, node);
        let inner = |words: &str, parts: Vec<Finding>| Finding {
            words: Arc::from(words),
            truth,
            value: None,
            since: None,
            evidence: Evidence::default(),
            parts,
        };
        match &self.scene.pass.nodes[node as usize] {
            Node::All(parts) => inner("all of", parts.iter().map(|part| self.finding(*part)).collect()),
            Node::Any(parts) => inner("one of", parts.iter().map(|part| self.finding(*part)).collect()),
            Node::Not(part) => inner("not", vec![self.finding(*part)]),
            Node::AtLeast(least, parts) => {
                let parts: Vec<Finding> = parts.iter().map(|part| self.finding(*part)).collect();
                inner(&format!("at least {least} of"), parts)
            }
            Node::Leaf(leaf) => self.leaf(*leaf),
        }
    }

    fn leaf(&mut self, place: u32) -> Finding {
        let leaf = &self.scene.pass.leaves[place as usize];
        let moment = Moment { at: self.at, row: None, captured: &[] };
        let value: Option<Value> = match &leaf.kind {
            LeafKind::Behaviour(_) => self.fold.leaf_value(self.scene, self.clockwork, place as usize, self.at),
            LeafKind::Trait(leaf) => self.scene.trait_value(&leaf.path, moment),
            _ => None,
        };
        let evidence = match &leaf.kind {
            LeafKind::Behaviour(rule) => self.evidence(place, rule, leaf.gate),
            _ => Evidence::default(),
        };
        let value = match &leaf.kind {
            _ if !self.is_whole => value,
            // Only as many as are needed are remembered; the events tell how many there were.
            LeafKind::Behaviour(Behaviour { last_times: Some(_), measure: Measure::Count, .. }) => {
                Some(Value::whole(i64::try_from(evidence.count).unwrap_or(i64::MAX)))
            }
            LeafKind::Behaviour(Behaviour { last_times: Some(_), .. }) => Some(Value::whole(self.days(place))),
            _ => value,
        };
        let state = &self.fold.leaves[place as usize];
        let since = (state.truth == Truth::True && state.since != i64::MAX).then_some(Timestamp(state.since));
        Finding { words: leaf.words.clone(), truth: state.truth, value, since, evidence, parts: Vec::new() }
    }

    /// On how many days the events of a rolling period lie.
    fn days(&mut self, place: u32) -> i64 {
        let LeafKind::Behaviour(rule) = &self.scene.pass.leaves[place as usize].kind else { return 0 };
        let Period::Last(span) = rule.period else { return 0 };
        let zone = &self.scene.program.workspace().zone;
        let mut days = BTreeSet::new();
        for (leaf, _, time) in self.hits {
            if *leaf == place && lasted(*time, span, zone) > self.at {
                days.insert(self.scene.day(self.clockwork, *time));
            }
        }
        days.len() as i64
    }

    /// The events that a behaviour counted and that are still in its period.
    fn evidence(&mut self, place: u32, rule: &Behaviour, gate: usize) -> Evidence {
        let zone = &self.scene.program.workspace().zone;
        let (at, period) = (self.at, &rule.period);
        let stays = |time: i64| match period {
            Period::Last(span) => lasted(time, *span, zone) > at,
            _ => true,
        };
        let marker = match &rule.period {
            Period::Since { .. } => self.fold.marker(place as usize),
            _ => None,
        };
        let unit = match (&rule.period, rule.units) {
            (Period::Calendar, Some(unit)) => Some((unit, 1)),
            (_, Some(unit)) => match rule.grouping {
                Grouping::Regular { units, .. } => Some((unit, units as i32)),
                Grouping::Whole | Grouping::Current | Grouping::Some => None,
            },
            (_, None) => None,
        };
        let unit = unit.map(|(unit, units)| {
            let now = self.scene.unit(self.clockwork, self.at, unit);
            (unit, now.saturating_sub(units - 1)..=now)
        });
        let open = self.fold.gates[gate].open;
        let mut rows: Vec<(i64, usize)> = Vec::new();
        for (leaf, row, time) in self.hits {
            let counted = *leaf == place && stays(*time) && marker.is_none_or(|marker| *time >= marker);
            let in_unit = counted
                && unit.as_ref().is_none_or(|(unit, now)| now.contains(&self.scene.unit(self.clockwork, *time, *unit)));
            if in_unit && open {
                rows.push((*time, *row));
            }
        }
        rows.sort_unstable();
        let latest = rows.iter().rev().take(Evidence::MOST_ROWS).map(|(_, row)| *row);
        let mut kept: Vec<usize> = latest.collect();
        kept.reverse();
        Evidence {
            count: rows.len() as u64,
            first: rows.first().map(|(time, _)| Timestamp(*time)),
            last: rows.last().map(|(time, _)| Timestamp(*time)),
            rows: kept,
        }
    }
}
