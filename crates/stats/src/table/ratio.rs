//! Risk ratio and odds ratio.

use serde::{Deserialize, Serialize};

use super::TwoByTwo;
use crate::confidence::{Confidence, Interval};

/// A ratio with its interval, and whether it had to be corrected to exist.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RatioEstimate {
    /// The ratio; 1 means no difference.
    pub value: f64,
    /// Its interval, made on the logarithmic scale.
    pub interval: Interval,
    /// How often such an interval covers the truth.
    pub confidence: Confidence,
    /// True where a zero cell made the plain ratio or its interval infinite: then one half was added to all four cells
    /// (Haldane 1956, Anscombe 1956), and a report should say so.
    pub corrected: bool,
}

impl TwoByTwo {
    /// The exposed rate divided by the unexposed rate: *lift*.
    ///
    /// Interval: Katz, Baptista, Azen and Pike (1978), "Obtaining confidence intervals for the risk ratio in cohort
    /// studies", method C (logarithmic). Corrected only when a group has no events, or when everybody has the event.
    /// `None` when a group is empty, or nobody has the event.
    #[must_use]
    pub fn risk_ratio(&self, confidence: Confidence) -> Option<RatioEstimate> {
        if self.exposed() == 0 || self.unexposed() == 0 || self.events() == 0 {
            return None;
        }
        let corrected = self.exposed_event == 0 || self.unexposed_event == 0 || self.no_events() == 0;
        let [a, b, c, d] = self.cells_with_correction(corrected);
        let value = (a / (a + b)) / (c / (c + d));
        let variance = (1.0 / a - 1.0 / (a + b)) + (1.0 / c - 1.0 / (c + d));
        Some(estimate(value, variance, confidence, corrected))
    }

    /// The odds of the event among the exposed divided by those among the others.
    ///
    /// Interval: Woolf (1955), "On estimating the relation between blood group and disease". Corrected only when a cell
    /// is zero. `None` when a row or a column is empty: the odds are then unknown, not merely extreme.
    #[must_use]
    pub fn odds_ratio(&self, confidence: Confidence) -> Option<RatioEstimate> {
        if self.exposed() == 0 || self.unexposed() == 0 || self.events() == 0 || self.no_events() == 0 {
            return None;
        }
        let corrected = self.cells().contains(&0.0);
        let [a, b, c, d] = self.cells_with_correction(corrected);
        let value = (a / b) * (d / c);
        let variance = 1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d;
        Some(estimate(value, variance, confidence, corrected))
    }

    fn cells_with_correction(&self, corrected: bool) -> [f64; 4] {
        let addition = if corrected { 0.5 } else { 0.0 };
        self.cells().map(|cell| cell + addition)
    }
}

fn estimate(value: f64, variance_of_logarithm: f64, confidence: Confidence, corrected: bool) -> RatioEstimate {
    let half_width = confidence.z() * variance_of_logarithm.sqrt();
    RatioEstimate { value, interval: Interval::of_logarithm(value.ln(), half_width), confidence, corrected }
}
