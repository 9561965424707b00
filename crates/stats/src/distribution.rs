//! Tail probabilities and quantiles, made safe to call with anything.
//!
//! The normal and chi-squared functions are `statrs`; its incomplete beta function stops after 140 terms and its
//! inverse never returns at a million trials, so that pair is in `incomplete_beta`.

use statrs::function::erf::{erfc, erfc_inv};
use statrs::function::gamma::checked_gamma_ur;

pub use crate::incomplete_beta::{beta_cumulative, beta_quantile};

/// P(Z > z) for a standard normal Z. Not a number in, not a number out.
#[must_use]
pub fn normal_upper_tail(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// P(|Z| > |z|) for a standard normal Z: the two-sided p-value.
#[must_use]
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The z below which a standard normal variable falls with the given probability; infinite at 0 and 1, not a number
/// outside.
#[must_use]
pub fn normal_quantile(probability: f64) -> f64 {
    if !(0.0..=1.0).contains(&probability) {
        return f64::NAN;
    }
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * probability)
}

/// P(X > statistic) for X chi-squared with the given degrees of freedom; 1 at and below zero.
///
/// Not a number when the statistic is, or when there are no degrees of freedom.
#[must_use]
pub fn chi_squared_upper_tail(statistic: f64, degrees_of_freedom: u32) -> f64 {
    if statistic.is_nan() || degrees_of_freedom == 0 {
        return f64::NAN;
    }
    if statistic <= 0.0 {
        return 1.0;
    }
    if statistic.is_infinite() {
        return 0.0;
    }
    if degrees_of_freedom == 1 {
        // One degree of freedom is a squared normal: full relative accuracy far out in the tail.
        return erfc((statistic / 2.0).sqrt());
    }
    checked_gamma_ur(f64::from(degrees_of_freedom) / 2.0, statistic / 2.0).unwrap_or(f64::NAN)
}
