//! A share of people, with how sure we are of it.

use serde::{Deserialize, Serialize};

use crate::confidence::{Confidence, Interval};
use crate::distribution::beta_quantile;

/// How the interval of a proportion is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProportionMethod {
    /// Wilson's score interval: covers about as often as it says, even for few people. The default.
    #[default]
    Wilson,
    /// Clopper and Pearson's exact interval: covers at least as often as it says, so it is wide.
    ClopperPearson,
    /// The Bayesian interval under Jeffreys' prior.
    Jeffreys,
}

/// A share with its counts: never shown without them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// People with the outcome.
    pub successes: u64,
    /// People counted; at least 1, at least `successes`.
    pub trials: u64,
    /// The interval of the share, inside 0..=1.
    pub interval: Interval,
    /// How the interval was made.
    pub method: ProportionMethod,
    /// How often such an interval covers the truth.
    pub confidence: Confidence,
}

impl Rate {
    /// A rate with its Wilson interval. `None` when nobody was counted, or more succeeded than were counted.
    #[must_use]
    pub fn new(successes: u64, trials: u64, confidence: Confidence) -> Option<Self> {
        Self::with_method(successes, trials, confidence, ProportionMethod::Wilson)
    }

    /// A rate with the interval of your choice. `None` as for [`Rate::new`].
    #[must_use]
    pub fn with_method(successes: u64, trials: u64, confidence: Confidence, method: ProportionMethod) -> Option<Self> {
        let interval = match method {
            ProportionMethod::Wilson => wilson(successes, trials, confidence),
            ProportionMethod::ClopperPearson => clopper_pearson(successes, trials, confidence),
            ProportionMethod::Jeffreys => jeffreys(successes, trials, confidence),
        }?;
        Some(Self { successes, trials, interval, method, confidence })
    }

    /// The share itself, in 0..=1.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.successes as f64 / self.trials as f64
    }
}

/// Wilson (1927), "Probable inference, the law of succession, and statistical inference": the score interval without
/// continuity correction.
///
/// `None` when `trials` is 0 or `successes` exceeds it.
#[must_use]
pub fn wilson(successes: u64, trials: u64, confidence: Confidence) -> Option<Interval> {
    if trials == 0 || successes > trials {
        return None;
    }
    let n = trials as f64;
    let share = successes as f64 / n;
    let z = confidence.z();
    let weight = 1.0 + z * z / n;
    let center = (share + z * z / (2.0 * n)) / weight;
    let half_width = z / weight * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let mut interval = Interval::around(center, half_width, 0.0, 1.0);
    // On paper these ends are exact; rounding must not say that "none of 20" excludes a share of zero.
    if successes == 0 {
        interval.low = 0.0;
    }
    if successes == trials {
        interval.high = 1.0;
    }
    Some(interval)
}

/// Clopper and Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the binomial", by
/// beta quantiles.
///
/// `None` when `trials` is 0 or `successes` exceeds it.
#[must_use]
pub fn clopper_pearson(successes: u64, trials: u64, confidence: Confidence) -> Option<Interval> {
    if trials == 0 || successes > trials {
        return None;
    }
    let (with, without) = (successes as f64, (trials - successes) as f64);
    let tail = confidence.tail();
    let low = if successes == 0 { 0.0 } else { beta_quantile(with, without + 1.0, tail) };
    let high = if successes == trials { 1.0 } else { beta_quantile(with + 1.0, without, 1.0 - tail) };
    Some(Interval { low, high })
}

/// The equal-tailed interval under Jeffreys' prior, as in Brown, Cai and DasGupta (2001), "Interval estimation for a
/// binomial proportion", 3.1.2, with their rule that the interval reaches 0 or 1 when all failed or all succeeded.
///
/// `None` when `trials` is 0 or `successes` exceeds it.
#[must_use]
pub fn jeffreys(successes: u64, trials: u64, confidence: Confidence) -> Option<Interval> {
    if trials == 0 || successes > trials {
        return None;
    }
    let (with, without) = (successes as f64 + 0.5, (trials - successes) as f64 + 0.5);
    let tail = confidence.tail();
    let low = if successes == 0 { 0.0 } else { beta_quantile(with, without, tail) };
    let high = if successes == trials { 1.0 } else { beta_quantile(with, without, 1.0 - tail) };
    Some(Interval { low, high })
}
