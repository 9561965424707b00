//! Counts and separate days within an anchored period, as one number each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fold::{Fold, Trace};
use super::saved::{Sparse, sparse, spread};
use super::scene::{Clockwork, Scene};
use crate::Timestamp;
use crate::program::Pass;
use crate::program::pass::Period;

/// What is remembered of a pass's hot leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hot {
    /// For each different period: events from here on count, and from there on no more.
    spans: Vec<(i64, i64)>,
    /// How many events or days.
    counts: Vec<u32>,
    /// How many thresholds have been reached.
    reached: Vec<u32>,
    /// For counts of days: the last one.
    last_days: Vec<i32>,
    /// All days, kept only for subjects whose zone can bring earlier ones back.
    days: BTreeMap<u32, Vec<i32>>,
}

/// Hot leaves as they are stored, see [`super::saved`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedHot {
    spans: Sparse<(i64, i64)>,
    counts: Sparse<(u32, u32, i32)>,
    days: BTreeMap<u32, Vec<i32>>,
}

impl SavedHot {
    /// Whether a pass has places for all of it.
    pub fn fits(&self, pass: &Pass) -> bool {
        self.spans.iter().all(|(place, _)| (*place as usize) < pass.hot_spans.len())
            && self.counts.iter().all(|(place, _)| (*place as usize) < pass.hot.len())
    }
}

/// Of a period that has not begun.
const NO_SPAN: (i64, i64) = (i64::MAX, i64::MAX);

impl Hot {
    pub fn new(pass: &Pass) -> Self {
        Self {
            spans: vec![NO_SPAN; pass.hot_spans.len()],
            counts: vec![0; pass.hot.len()],
            reached: vec![0; pass.hot.len()],
            last_days: vec![0; pass.hot.len()],
            days: BTreeMap::new(),
        }
    }

    /// As it is stored.
    pub fn saved(&self) -> SavedHot {
        let columns = self.counts.iter().zip(&self.reached).zip(&self.last_days);
        let columns: Vec<(u32, u32, i32)> = columns.map(|((count, reached), day)| (*count, *reached, *day)).collect();
        SavedHot {
            spans: sparse(&self.spans, |_, span| *span == NO_SPAN),
            counts: sparse(&columns, |_, column| *column == (0, 0, 0)),
            days: self.days.clone(),
        }
    }

    /// Becomes what was stored; it must be as new.
    pub fn restore(&mut self, saved: &SavedHot) {
        spread(&saved.spans, &mut self.spans);
        for (place, (count, reached, day)) in &saved.counts {
            let place = *place as usize;
            if let (Some(of), Some(thresholds), Some(last)) =
                (self.counts.get_mut(place), self.reached.get_mut(place), self.last_days.get_mut(place))
            {
                (*of, *thresholds, *last) = (*count, *reached, *day);
            }
        }
        self.days.clone_from(&saved.days);
    }

    pub fn clear(&mut self) {
        self.spans.fill(NO_SPAN);
        self.counts.fill(0);
        self.reached.fill(0);
        if !self.days.is_empty() {
            self.days.clear();
        }
    }

    /// From when until when events count, by the place of a period.
    pub fn span(&self, place: u32) -> (i64, i64) {
        self.spans.get(place as usize).copied().unwrap_or(NO_SPAN)
    }

    /// How many events or days have been counted; in the quick way only as many as are needed.
    pub fn count(&self, place: usize) -> u32 {
        self.counts.get(place).copied().unwrap_or(0)
    }

    /// Whether the day is a new one; remembers it.
    #[inline]
    fn is_new(&mut self, place: u32, day: i32, zoned: bool) -> bool {
        if zoned {
            let days = self.days.entry(place).or_default();
            return match days.binary_search(&day) {
                Ok(_) => false,
                Err(gap) => {
                    days.insert(gap, day);
                    true
                }
            };
        }
        let last = &mut self.last_days[place as usize];
        let new = self.counts[place as usize] == 0 || *last != day;
        *last = day;
        new
    }
}

impl Fold {
    /// Sets the periods of a gate's hot leaves after its clock or end has changed; [`Fold::close`] is to follow.
    pub(super) fn bound_hot(&mut self, scene: &Scene<'_>, gate: usize) {
        let times = self.gates[gate];
        let zone = &scene.program.workspace().zone;
        let clock = Timestamp(times.clock);
        for (place, (of, period)) in scene.pass.hot_spans.iter().enumerate() {
            if *of != gate {
                continue;
            }
            self.hot.spans[place] = match period {
                Period::Ever => (i64::MIN, i64::MAX),
                _ if times.clock == i64::MAX => (i64::MAX, i64::MAX),
                Period::Within(span) => (clock.0, clock.plus(*span, zone).0.min(times.end)),
                Period::FromTo(from, to) => {
                    (clock.plus(*from, zone).0.max(clock.0), clock.plus(*to, zone).0.min(times.end))
                }
                _ => (clock.0, times.end),
            };
        }
    }

    /// Finds out when the last window ends of those that somebody still looks into.
    pub(super) fn close(&mut self, scene: &Scene<'_>) {
        let open = |place: &usize| {
            let of_gate = scene.pass.screen.of_gate(*place);
            self.work.left.is_empty() || self.work.left.iter().zip(of_gate).any(|(left, of)| left & of != 0)
        };
        let ends = (0..self.gates.len()).filter(open).map(|gate| self.gates[gate].end).max();
        self.work.closes = if scene.pass.fixed_windows { ends.unwrap_or(i64::MIN) } else { i64::MAX };
    }

    /// Counts the events from a place on, as long as no leaf comes true: up to the first one at or after an instant, or that touches
    /// something else than hot leaves. The place behind what was counted, and the instant at which leaves came true.
    pub(super) fn count_on(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        from: usize,
        until: i64,
    ) -> (usize, Option<i64>) {
        let (times, rows) = (scene.household.times, scene.rows);
        let mut place = from;
        loop {
            place = scene.next_that_matters(place, until, &self.work.left);
            if place == rows.len() {
                return (place, None);
            }
            let row = rows.row(place);
            let at = times[row];
            let hot = scene.touches.only_hot(scene.household.names[row]);
            let alone = || place + 1 == rows.len() || times[rows.row(place + 1)] != at;
            if at >= until || hot.is_empty() || !(scene.pass.unordered || alone()) {
                return (place, None);
            }
            for hot in hot {
                if scene.pass.screen.reads(*hot, &self.work.left) {
                    self.count_hot(scene, clockwork, at, row, *hot, None);
                }
            }
            place += 1;
            if self.work.is_pending() {
                return (place, Some(at));
            }
        }
    }

    /// Counts an event.
    #[inline]
    pub(super) fn count_hot(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        at: i64,
        row: usize,
        place: u32,
        trace: Option<&mut Trace>,
    ) {
        let rule = &scene.pass.hot[place as usize];
        let (from, until) = self.hot.spans[rule.span as usize];
        let reached = self.hot.reached[place as usize] as usize;
        if at < from || at >= until || (reached >= rule.thresholds.len() && trace.is_none()) {
            return;
        }
        if let Some(trace) = trace {
            trace.hits.extend(rule.thresholds.iter().map(|(_, leaf)| (*leaf, row, at)));
        }
        if rule.days && !self.hot.is_new(place, scene.day(clockwork, at), self.zoned) {
            return;
        }
        let count = &mut self.hot.counts[place as usize];
        *count = count.saturating_add(1);
        let count = *count;
        // `> 1` and `>= 2` are two leaves with one threshold.
        for (_, leaf) in rule.thresholds.iter().skip(reached).take_while(|(needed, _)| count >= *needed) {
            self.hot.reached[place as usize] += 1;
            self.hot_holds(scene, *leaf, at);
        }
    }
}
