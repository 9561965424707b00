//! The running state of a sequence: matches of its first steps, of which the latest started is worth most.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::behaviour::GateTimes;
use super::calendar::lasted;
use super::scene::{Clockwork, Scene};
use crate::program::pass::{Capture, Period, Sequence};
use crate::{Timestamp, Value};

/// A match of the first steps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Partial {
    /// The calendar unit it lies in, for calendar periods.
    unit: i32,
    /// What later steps need of its steps.
    captured: Vec<Option<Value>>,
    /// The first step's time.
    start: i64,
    /// When the first of its steps leaves a rolling period; `i64::MAX` without one.
    leaves: i64,
    /// Rows of this instant that are its steps; empty once the instant is over.
    used: Vec<usize>,
}

/// What is remembered of a sequence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SequenceState {
    /// By number of steps matched, from 1 to all but one.
    partials: Vec<Vec<Partial>>,
    /// For each calendar unit (0 without) when the last whole match leaves a rolling period.
    complete: BTreeMap<i32, i64>,
    marker: Option<i64>,
}

/// An event of the instant at hand that matches names and kind of some step.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub step: u8,
    pub row: usize,
    pub filter: u32,
}

impl SequenceState {
    pub fn clear(&mut self) {
        self.partials.iter_mut().for_each(Vec::clear);
        if !self.complete.is_empty() {
            self.complete.clear();
        }
        self.marker = None;
    }

    /// A `since` period starts anew (or for the first time) at an instant.
    pub fn mark(&mut self, rule: &Sequence, gate: GateTimes, at: i64) {
        let Period::Since { latest } = rule.period else { return };
        if at < gate.clock || at >= gate.end || (self.marker.is_some() && (!latest || self.marker == Some(at))) {
            return;
        }
        self.clear();
        self.marker = Some(at);
    }

    fn admits(&self, scene: &Scene<'_>, rule: &Sequence, gate: GateTimes, at: i64) -> bool {
        if matches!(rule.period, Period::Ever) {
            return true;
        }
        if at < gate.clock || at >= gate.end {
            return false;
        }
        let zone = &scene.program.workspace.zone;
        let clock = Timestamp(gate.clock);
        match &rule.period {
            Period::Within(span) => at < clock.plus(*span, zone).0,
            Period::FromTo(from, to) => clock.plus(*from, zone).0 <= at && at < clock.plus(*to, zone).0,
            Period::Since { .. } => self.marker.is_some(),
            _ => true,
        }
    }

    /// Takes in the events of one instant, in whatever order they are.
    pub fn take(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        rule: &Sequence,
        gate: GateTimes,
        at: i64,
        candidates: &[Candidate],
    ) {
        if !self.admits(scene, rule, gate, at) {
            return;
        }
        self.partials.resize_with(rule.steps.saturating_sub(1), Vec::new);
        self.forget(rule, at);
        let unit = rule.units.map_or(0, |unit| scene.unit(clockwork, at, unit));
        // Steps ascend, so that several events of one instant can follow each other in any order.
        for step in 0..rule.steps {
            let mut extended = Vec::new();
            for candidate in candidates.iter().filter(|candidate| usize::from(candidate.step) == step) {
                self.extend(scene, clockwork, rule, at, unit, *candidate, &mut extended);
            }
            if step + 1 == rule.steps {
                for partial in extended {
                    let best = self.complete.entry(partial.unit).or_insert(partial.leaves);
                    *best = (*best).max(partial.leaves);
                }
            } else {
                self.partials[step].append(&mut extended);
                keep_best(&mut self.partials[step]);
            }
        }
        for level in &mut self.partials {
            for partial in level.iter_mut() {
                partial.used.clear();
            }
            keep_best(level);
        }
    }

    /// Adds what a candidate makes of the matches of the steps before it.
    #[expect(clippy::too_many_arguments, reason = "one step of a loop, split off for its length")]
    fn extend(
        &self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        rule: &Sequence,
        at: i64,
        unit: i32,
        candidate: Candidate,
        extended: &mut Vec<Partial>,
    ) {
        let step = usize::from(candidate.step);
        let Candidate { row, filter, .. } = candidate;
        let leaves = match &rule.period {
            Period::Last(span) => lasted(at, *span, &scene.program.workspace.zone),
            _ => i64::MAX,
        };
        let seed = [Partial { unit, captured: Vec::new(), start: at, leaves, used: Vec::new() }];
        let before: &[Partial] = if step == 0 { &seed } else { &self.partials[step - 1] };
        for partial in before {
            let too_long = rule.span.is_some_and(|span| at - partial.start > span);
            if too_long || partial.unit != unit || partial.used.contains(&row) {
                continue;
            }
            if !scene.passes_filter(filter, at, row, &partial.captured, Some(clockwork)) {
                continue;
            }
            let mut next = partial.clone();
            next.leaves = next.leaves.min(leaves);
            for capture in &rule.captures[step] {
                next.captured.push(match capture {
                    Capture::Property(slot) => scene.household.properties.value(row, *slot),
                    Capture::Day => Some(Value::whole(i64::from(scene.day(clockwork, at)))),
                    Capture::Time => Some(Value::Time(Timestamp(at))),
                });
            }
            if !rule.disjoint {
                next.used.push(row);
            }
            extended.push(next);
        }
    }

    /// Drops matches that can no longer become whole.
    fn forget(&mut self, rule: &Sequence, at: i64) {
        if !matches!(rule.period, Period::Last(_)) && rule.span.is_none() {
            return;
        }
        let earliest = rule.span.map_or(i64::MIN, |span| at.saturating_sub(span));
        for level in &mut self.partials {
            level.retain(|partial| partial.start >= earliest && partial.leaves > at);
        }
    }

    /// Whether a whole match lies in the period at an instant.
    pub fn holds(&self, scene: &Scene<'_>, clockwork: &mut Clockwork, rule: &Sequence, at: i64) -> bool {
        match (&rule.period, rule.units) {
            (Period::Last(_), _) => self.complete.values().any(|leaves| *leaves > at),
            (Period::Calendar, Some(unit)) => self.complete.contains_key(&scene.unit(clockwork, at, unit)),
            _ => !self.complete.is_empty(),
        }
    }

    /// The next instant at which it can stop holding without an event.
    pub fn due(&self, scene: &Scene<'_>, clockwork: &mut Clockwork, rule: &Sequence, at: i64) -> i64 {
        match (&rule.period, rule.units) {
            (Period::Last(_), _) => {
                self.complete.values().copied().filter(|leaves| *leaves > at).min().unwrap_or(i64::MAX)
            }
            (Period::Calendar, Some(unit)) if !self.complete.is_empty() => scene.next_unit(clockwork, at, unit),
            _ => i64::MAX,
        }
    }
}

/// Of matches that later steps cannot tell apart, the latest started is as good as all that leave no later.
fn keep_best(level: &mut Vec<Partial>) {
    if level.len() < 2 {
        return;
    }
    level.sort_unstable_by(|left, right| {
        let by_start = right.start.cmp(&left.start).then(right.leaves.cmp(&left.leaves));
        (left.unit, &left.captured, &left.used).cmp(&(right.unit, &right.captured, &right.used)).then(by_start)
    });
    level.dedup_by(|next, kept| {
        let alike = next.unit == kept.unit && next.captured == kept.captured && next.used == kept.used;
        alike && next.leaves <= kept.leaves
    });
}
