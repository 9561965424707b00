//! When a subject's clock starts and its window ends.

use super::behaviour::GateTimes;
use super::compare::date;
use super::fold::Fold;
use super::scene::{Moment, Scene};
use super::wakes::wakes;
use crate::Timestamp;
use crate::definition::TraitOwner;
use crate::program::pass::{ClockRule, TraitRef, WindowRule};

const NEVER: i64 = i64::MAX;

impl Fold {
    /// Sets the clocks that have come to be known since the frontier; `None` if one reaches behind it.
    pub(super) fn reopen_clocks(&mut self, scene: &Scene<'_>, frontier: i64) -> Option<()> {
        let before = self.gates.clone();
        let due = self.next_due;
        self.open_clocks(scene);
        self.next_due = due;
        for (place, (gate, before)) in self.gates.iter_mut().zip(before).enumerate() {
            if matches!(scene.pass.clocks.get(scene.pass.gates[place].clock), Some(ClockRule::Trait(_))) {
                let moved = (gate.clock, gate.known_from) != (before.clock, before.known_from);
                if moved && gate.clock.min(before.clock).min(before.known_from) <= frontier {
                    return None;
                }
            } else if before.clock <= frontier {
                *gate = before;
            }
            gate.open = before.open;
            if before.clock <= frontier {
                gate.end = before.end;
            }
            if !gate.open {
                self.next_due = self.next_due.min(gate.known_from);
            }
        }
        for place in 0..self.gates.len() {
            self.bound_hot(scene, place);
        }
        self.close(scene);
        Some(())
    }

    /// Sets the clocks that are known before any event: first seen, and dates held by traits.
    pub(super) fn open_clocks(&mut self, scene: &Scene<'_>) {
        let first = first_product(scene);
        for place in 0..self.gates.len() {
            let rule = &scene.pass.gates[place];
            let gate = &mut self.gates[place];
            match scene.pass.clocks.get(rule.clock) {
                Some(ClockRule::FirstSeen) => {
                    if let Some(first) = first {
                        (gate.clock, gate.known_from) = (first, first);
                    }
                }
                Some(ClockRule::Trait(path)) => {
                    // A resumed fold may have taken a date that is no longer the first.
                    *gate = GateTimes { open: gate.open, ..GateTimes::default() };
                    if let Some((known_from, clock)) = first_date(scene, path) {
                        (gate.clock, gate.known_from) = (clock, known_from.max(clock));
                    }
                }
                Some(ClockRule::Event) | None => {}
            }
            if gate.clock != NEVER {
                gate.end = window_end(scene, &rule.window, gate.clock, gate.clock);
                self.next_due = self.next_due.min(gate.known_from);
            }
            self.bound_hot(scene, place);
        }
        self.close(scene);
    }
}

/// The time of the subject's first product event.
pub(super) fn first_product(scene: &Scene<'_>) -> Option<i64> {
    let product = &scene.binding.product;
    (0..scene.rows.len())
        .map(|place| scene.rows.row(place))
        .find(|row| product.get(scene.household.names[*row] as usize) == Some(&true))
        .map(|row| scene.household.times[row])
}

/// The earliest value of a trait that a clock reads: from when it is effective, and the date it holds.
pub(super) fn first_date(scene: &Scene<'_>, path: &TraitRef) -> Option<(i64, i64)> {
    let zone = &scene.program.workspace.zone;
    let subject = scene.subject;
    if path.owner == TraitOwner::Own && path.derived.is_none() {
        let (from, value) = scene.books.history(subject, path.slots.for_kind(subject.kind)).first()?;
        return date(value, zone).map(|date| (*from, date));
    }
    // Of another's trait, or a derived one: the first instant at which there is a value.
    for at in [i64::MIN].into_iter().chain(wakes(scene)) {
        if let Some(value) = scene.trait_value(path, Moment { at, row: None, captured: &[] }) {
            return date(&value, zone).map(|date| (at, date));
        }
    }
    None
}

pub(super) fn window_end(scene: &Scene<'_>, rule: &WindowRule, clock: i64, at: i64) -> i64 {
    let zone = &scene.program.workspace.zone;
    match rule {
        WindowRule::Open => NEVER,
        WindowRule::For(_) if clock == NEVER => NEVER,
        WindowRule::For(span) => Timestamp(clock).plus(*span, zone).0,
        WindowRule::Until(path) => {
            let value = scene.trait_value(path, Moment { at, row: None, captured: &[] });
            value.and_then(|value| date(&value, zone)).unwrap_or(NEVER)
        }
    }
}
