//! When there are enough people to say something. All thresholds of the reports, in one place.
//!
//! Below them a report gives the counts, which are always exact, and "not enough data" in place of the figure that
//! would rest on them.

use serde::Serialize;

use crate::figure::{Answer, NotEnough};

/// The least numbers behind each kind of figure. They are written into every JSON report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Thresholds {
    /// People behind a percentage.
    pub share: u64,
    /// People behind a median or another quantile.
    pub quantile: u64,
    /// Conversions on either side of a ratio (lift, hazard ratio).
    pub conversions_in_ratio: u64,
    /// People on either side of a comparison.
    pub people_in_comparison: u64,
    /// People still watched behind a point of a curve.
    pub at_risk: u64,
    /// Whole weeks behind "per week" figures.
    pub weeks: u64,
}

/// The thresholds in force.
///
/// Ten people make a 95 % Wilson interval at most 54 points wide: less than that says nothing. Five conversions on
/// each side is where the interval of a logarithm of a ratio begins to cover about as often as it says.
pub const THRESHOLDS: Thresholds =
    Thresholds { share: 10, quantile: 5, conversions_in_ratio: 5, people_in_comparison: 10, at_risk: 10, weeks: 2 };

/// Refuses where there are too few, in words.
pub(crate) fn at_least<T>(have: u64, need: u64, of: &str, then: impl FnOnce() -> Option<T>) -> Answer<T> {
    if have < need {
        return Answer::NotEnough(NotEnough::new(have, need, of));
    }
    then().map_or_else(|| Answer::NotEnough(NotEnough::undefined(have, of)), Answer::Known)
}
