//! Medians and other quantiles, with intervals that assume nothing about the shape.

use serde::{Deserialize, Serialize};

use crate::confidence::Confidence;
use crate::distribution::beta_cumulative;
use crate::error::Unanswerable;

/// A quantile with an interval made of two of the values themselves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// The quantile, in the unit of the values.
    pub value: f64,
    /// Lower end; `None` when there are too few values for one.
    pub low: Option<f64>,
    /// Upper end; `None` when there are too few values for one.
    pub high: Option<f64>,
}

/// Values in ascending order. For durations that are all over; those still running belong into
/// [`crate::survival::KaplanMeier`].
#[derive(Debug, Clone, PartialEq)]
pub struct SortedValues(Vec<f64>);

impl SortedValues {
    /// Sorts the values.
    ///
    /// # Errors
    /// [`Unanswerable::NoObservations`]; [`Unanswerable::OutOfRange`] when one is not finite.
    pub fn new(mut values: Vec<f64>) -> Result<Self, Unanswerable> {
        if values.is_empty() {
            return Err(Unanswerable::NoObservations);
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Unanswerable::OutOfRange("a value is not finite"));
        }
        values.sort_by(f64::total_cmp);
        Ok(Self(values))
    }

    /// The values, ascending; never empty.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// The quantile at a share in 0..=1, between neighbours in proportion: Hyndman and Fan (1996), type 7, the default of
    /// R and NumPy. `None` for a share outside.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&share) {
            return None;
        }
        let position = share * (self.0.len() - 1) as f64;
        let below = *self.0.get(position as usize)?;
        let above = self.0.get(position as usize + 1).copied().unwrap_or(below);
        Some(below + (above - below) * position.fract())
    }

    /// The quantile with its order-statistic interval. `None` for a share outside 0..=1.
    #[must_use]
    pub fn quantile_with_interval(&self, share: f64, confidence: Confidence) -> Option<Quantile> {
        let value = self.quantile(share)?;
        let (low, high) = order_statistic_ranks(self.0.len(), share, confidence);
        let at = |rank: Option<usize>| rank.and_then(|rank| self.0.get(rank - 1).copied());
        Some(Quantile { value, low: at(low), high: at(high) })
    }

    /// The median with its order-statistic interval; `None` never happens for a share of one half, so there is always an
    /// answer.
    #[must_use]
    pub fn median(&self, confidence: Confidence) -> Option<Quantile> {
        self.quantile_with_interval(0.5, confidence)
    }
}

/// The ranks (from 1) of the values between which a quantile lies with at least the given confidence, for any
/// distribution: the largest and the smallest rank that leave at most half of the rest outside on their side (David and
/// Nagaraja 2003, *Order Statistics*, 7.1).
///
/// Either is `None` when even the extreme value leaves more outside, or the share is not inside 0..1.
#[must_use]
pub fn order_statistic_ranks(count: usize, share: f64, confidence: Confidence) -> (Option<usize>, Option<usize>) {
    if !(share > 0.0 && share < 1.0) {
        return (None, None);
    }
    let tail = confidence.tail();
    // P(at most `rank - 1` values lie below the quantile): that value `rank` lies above it.
    let lies_above = |rank: usize| 1.0 - beta_cumulative(rank as f64, (count - rank + 1) as f64, share);
    let lies_below = |rank: usize| beta_cumulative(rank as f64, (count - rank + 1) as f64, share);
    let low = first_rank(count, |rank| lies_above(rank) > tail) - 1;
    let high = first_rank(count, |rank| lies_below(rank) <= tail);
    ((low >= 1).then_some(low), (high <= count).then_some(high))
}

/// The first rank in 1..=count for which a condition holds, once true always true; `count + 1` when none.
fn first_rank(count: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (1, count + 1);
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
