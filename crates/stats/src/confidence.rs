//! Confidence levels, intervals, and a value with its interval.

use serde::{Deserialize, Serialize};

use crate::distribution::normal_quantile;

/// How often an interval made this way covers the truth: strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Confidence(f64);

impl Confidence {
    /// 90 %.
    pub const NINETY: Self = Self(0.90);
    /// 95 %, the default of every report.
    pub const NINETY_FIVE: Self = Self(0.95);
    /// 99 %.
    pub const NINETY_NINE: Self = Self(0.99);

    /// A level strictly between 0 and 1, for example `0.95`; `None` otherwise.
    #[must_use]
    pub fn new(level: f64) -> Option<Self> {
        // Levels so near to 0 or 1 that half of the rest vanishes have no finite quantile.
        (level > 1e-12 && level < 1.0 - 1e-12).then_some(Self(level))
    }

    /// The level, for example `0.95`.
    #[must_use]
    pub fn level(self) -> f64 {
        self.0
    }

    /// The probability left in each tail, for example `0.025`.
    #[must_use]
    pub fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// The two-sided standard normal quantile, for example `1.96`.
    #[must_use]
    pub fn z(self) -> f64 {
        -normal_quantile(self.tail())
    }
}

impl Default for Confidence {
    fn default() -> Self {
        Self::NINETY_FIVE
    }
}

impl TryFrom<f64> for Confidence {
    type Error = &'static str;

    fn try_from(level: f64) -> Result<Self, Self::Error> {
        Self::new(level).ok_or("a confidence level lies strictly between 0 and 1")
    }
}

impl From<Confidence> for f64 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

/// A closed interval; both ends are finite and `low <= high`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the value lies inside, ends included.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Upper minus lower end, in the unit of the ends.
    #[must_use]
    pub fn width(self) -> f64 {
        self.high - self.low
    }

    /// `center ± half_width`, cut to what is possible.
    pub(crate) fn around(center: f64, half_width: f64, least: f64, most: f64) -> Self {
        Self { low: (center - half_width).clamp(least, most), high: (center + half_width).clamp(least, most) }
    }

    /// `exp(center ± half_width)`: how intervals of ratios are made. Kept finite, because infinity is lost in JSON.
    pub(crate) fn of_logarithm(center: f64, half_width: f64) -> Self {
        Self { low: (center - half_width).exp().min(f64::MAX), high: (center + half_width).exp().min(f64::MAX) }
    }
}

/// A value with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// Its interval.
    pub interval: Interval,
    /// How often such an interval covers the truth.
    pub confidence: Confidence,
}
