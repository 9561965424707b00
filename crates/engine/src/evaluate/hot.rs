//! Counts and separate days within an anchored period, as one number each.

use serde::{Deserialize, Serialize};

use super::fold::{Fold, Trace};
use super::scene::{Clockwork, Scene};
use crate::Timestamp;
use crate::program::pass::Period;

/// What is remembered of a hot leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hot {
    /// Events from here on count …
    from: i64,
    /// … and from here on no more.
    until: i64,
    /// How many events or days.
    pub count: u32,
    last_day: i32,
    /// All days, kept only for subjects whose zone can bring earlier ones back.
    days: Vec<i32>,
}

impl Default for Hot {
    fn default() -> Self {
        Self { from: i64::MAX, until: i64::MAX, count: 0, last_day: i32::MIN, days: Vec::new() }
    }
}

impl Hot {
    pub fn clear(&mut self) {
        self.from = i64::MAX;
        self.count = 0;
        self.last_day = i32::MIN;
        if !self.days.is_empty() {
            self.days.clear();
        }
    }

    /// Whether the day is a new one; remembers it.
    #[inline]
    fn is_new(&mut self, day: i32, zoned: bool) -> bool {
        if zoned {
            return match self.days.binary_search(&day) {
                Ok(_) => false,
                Err(place) => {
                    self.days.insert(place, day);
                    true
                }
            };
        }
        let new = day != self.last_day;
        self.last_day = day;
        new
    }
}

impl Fold {
    /// Sets the periods of a gate's hot leaves after its clock or end has changed.
    pub(super) fn bound_hot(&mut self, scene: &Scene<'_>, gate: usize) {
        let times = self.gates[gate];
        let zone = &scene.program.workspace().zone;
        let clock = Timestamp(times.clock);
        for place in &scene.pass.gate_hot[gate] {
            let hot = &mut self.hot[*place as usize];
            (hot.from, hot.until) = match &scene.pass.hot[*place as usize].period {
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

    /// Counts an event for a hot leaf.
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
        let zoned = self.is_zoned();
        let hot = &mut self.hot[place as usize];
        if at < hot.from || at >= hot.until || (hot.count >= rule.needed && trace.is_none()) {
            return;
        }
        if let Some(trace) = trace {
            trace.hits.push((rule.leaf, row, at));
        }
        if rule.days && !hot.is_new(scene.day(clockwork, at), zoned) {
            return;
        }
        hot.count += 1;
        if hot.count == rule.needed {
            self.hot_holds(scene, rule.leaf, at);
        }
    }
}
