//! Units whose behaviour only grows, met without living through every event.
//!
//! Whoever a screen leaves a unit of counts has mostly enough of everything. When each count was reached is found by a look for the
//! events that it needs; when the whole behaviour comes true follows from that: `all` with its last part, `any` with its first.

use super::fold::Fold;
use super::scene::{Clockwork, Rows, Scene};
use crate::outcome::Truth;
use crate::program::pass::Node;

const NEVER: i64 = i64::MAX;

/// So many times are rows looked at for what is left, each once for a unit, rather than lived through once for all.
const MOST_LOOKS: usize = 1024;

impl Fold {
    /// Whether all that is left of the units of a screen can be met in this way.
    pub(super) fn foresees(&self, scene: &Scene<'_>) -> bool {
        let units: u32 = scene.left.iter().map(|left| left.count_ones()).sum();
        units > 0
            && !self.zoned
            && scene.rows.len().saturating_mul(units as usize) <= MOST_LOOKS
            && scene.left.iter().zip(&scene.touches.foresight.units).all(|(left, units)| left & !units == 0)
    }

    /// Evaluates each unit that is left at the instant at which its behaviour comes true, after all else has been lived through.
    pub(super) fn meet(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, horizon: i64) {
        for (place, left) in scene.left.iter().enumerate() {
            let mut left = *left;
            while left != 0 {
                let unit = place * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                let Some(rule) = scene.pass.units.get(unit) else { continue };
                // What came true before the subject's time is met when that starts.
                let at = self.comes_true(scene, clockwork, rule.when, horizon).max(self.gates[rule.gate].known_from);
                if at <= horizon {
                    self.work.using_unit(unit as u32);
                    self.evaluate_unit(scene, clockwork, at, unit);
                }
            }
        }
    }

    /// When a condition that only grows comes true; [`NEVER`] where not up to the horizon.
    fn comes_true(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, node: u32, horizon: i64) -> i64 {
        let mut of = |part: &u32| self.comes_true(scene, clockwork, *part, horizon);
        match &scene.pass.nodes[node as usize] {
            Node::Leaf(leaf) => self.reaches(scene, clockwork, *leaf, horizon),
            Node::All(parts) => parts.iter().map(of).try_fold(i64::MIN, later).unwrap_or(NEVER),
            Node::Any(parts) => parts.iter().map(of).min().unwrap_or(NEVER),
            Node::AtLeast(least, parts) => {
                // Of none there are always enough.
                let Some(last) = least.checked_sub(1) else { return i64::MIN };
                let mut times: Vec<i64> = parts.iter().map(&mut of).collect();
                times.sort_unstable();
                times.get(last as usize).copied().unwrap_or(NEVER)
            }
            Node::Not(_) => NEVER,
        }
    }

    /// When a hot leaf comes true; [`NEVER`] where not up to the horizon.
    fn reaches(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, leaf: u32, horizon: i64) -> i64 {
        let state = &self.leaves[leaf as usize];
        if state.truth.holds() {
            return state.since;
        }
        let Some(hot) = scene.pass.hot_of(leaf) else { return NEVER };
        let Some(needed) = scene.pass.hot[hot].needed(leaf) else { return NEVER };
        let at = self.count_to(scene, clockwork, hot, needed);
        if at > horizon {
            return NEVER;
        }
        self.work.using(leaf);
        let state = &mut self.leaves[leaf as usize];
        (state.truth, state.settled, state.since) = (Truth::True, true, at);
        at
    }

    /// The instant of the event by which a hot rule has counted so many, be it after the horizon.
    fn count_to(&self, scene: &Scene<'_>, clockwork: &mut Clockwork, hot: usize, needed: u32) -> i64 {
        let names = scene.household.names;
        match (&scene.touches.foresight.counted[hot][..], scene.rows) {
            ([only], Rows::Range(start, end)) => {
                let rows = names[start..end].iter().zip(start..).filter(|(name, _)| *name == only);
                self.nth(scene, clockwork, hot, needed, rows.map(|(_, row)| row))
            }
            (counted, rows) => {
                let rows = (0..rows.len()).map(|place| rows.row(place)).filter(|row| counted.contains(&names[*row]));
                self.nth(scene, clockwork, hot, needed, rows)
            }
        }
    }

    #[inline]
    fn nth(
        &self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        hot: usize,
        needed: u32,
        rows: impl Iterator<Item = usize>,
    ) -> i64 {
        let rule = &scene.pass.hot[hot];
        let (from, until) = self.hot.span(rule.span);
        let (mut count, mut last_day) = (0, None);
        for row in rows {
            let at = scene.household.times[row];
            if at >= until {
                break;
            }
            if at < from {
                continue;
            }
            if rule.days {
                let day = Some(scene.day(clockwork, at));
                if day == std::mem::replace(&mut last_day, day) {
                    continue;
                }
            }
            count += 1;
            if count == needed {
                return at;
            }
        }
        NEVER
    }
}

/// The later of two instants; `None` where the second never comes.
fn later(latest: i64, at: i64) -> Option<i64> {
    (at != NEVER).then_some(latest.max(at))
}
