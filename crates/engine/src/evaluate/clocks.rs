//! When a subject's clock starts and its window ends.

use super::compare::date;
use super::scene::{Moment, Scene};
use super::wakes::wakes;
use crate::Timestamp;
use crate::program::pass::{TraitRef, WindowRule};

const NEVER: i64 = i64::MAX;

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
    let history = scene.books.history(subject, path.slots.for_kind(subject.kind));
    if let Some((from, value)) = history.first() {
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
