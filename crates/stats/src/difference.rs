//! The difference of two shares.

use crate::confidence::{Confidence, Estimate, Interval};
use crate::proportion::wilson;

/// First share minus second share, with Newcombe's interval.
///
/// Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10: a hybrid of
/// the two Wilson score intervals, without continuity correction. Value and ends are in -1..=1.
///
/// Each argument is `(successes, trials)`; `None` when either has no trials, or more successes than trials.
#[must_use]
pub fn difference_of_proportions(first: (u64, u64), second: (u64, u64), confidence: Confidence) -> Option<Estimate> {
    let first_interval = wilson(first.0, first.1, confidence)?;
    let second_interval = wilson(second.0, second.1, confidence)?;
    let first_share = first.0 as f64 / first.1 as f64;
    let second_share = second.0 as f64 / second.1 as f64;
    let value = first_share - second_share;
    let below = (first_share - first_interval.low).hypot(second_interval.high - second_share);
    let above = (first_interval.high - first_share).hypot(second_share - second_interval.low);
    let interval = Interval { low: (value - below).max(-1.0), high: (value + above).min(1.0) };
    Some(Estimate { value, interval, confidence })
}
