//! The same comparison inside each segment, put together again.
//!
//! When a definition picks people from segments that buy anyway, the crude ratio is the segments' and not the
//! definition's. These estimates compare like with like.

use serde::{Deserialize, Serialize};

use crate::confidence::{Confidence, Estimate, Interval};
use crate::distribution::chi_squared_upper_tail;
use crate::table::TwoByTwo;

/// The Cochran-Mantel-Haenszel test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CochranMantelHaenszel {
    /// Chi-squared with one degree of freedom.
    pub statistic: f64,
    /// P-value.
    pub p_value: f64,
    /// Strata that could contribute: no empty row or column.
    pub strata_used: usize,
}

/// Tests whether group and event are independent within every stratum.
///
/// Mantel and Haenszel (1959), "Statistical aspects of the analysis of data from retrospective studies". With
/// `continuity_correction` the difference moves one half towards zero, not past it.
/// `None` when no stratum has both groups and both outcomes.
#[must_use]
pub fn cochran_mantel_haenszel(strata: &[TwoByTwo], continuity_correction: bool) -> Option<CochranMantelHaenszel> {
    let (mut difference, mut variance, mut strata_used) = (0.0, 0.0, 0);
    for stratum in strata {
        let [a, b, c, d] = stratum.cells();
        let total = a + b + c + d;
        let margins = (a + b) * (c + d) * (a + c) * (b + d);
        if total < 2.0 || margins == 0.0 {
            continue;
        }
        difference += a - (a + b) * (a + c) / total;
        variance += margins / (total * total * (total - 1.0));
        strata_used += 1;
    }
    if strata_used == 0 {
        return None;
    }
    let correction = if continuity_correction { 0.5 } else { 0.0 };
    let off = (f64::abs(difference) - correction).max(0.0);
    let statistic = off * off / variance;
    Some(CochranMantelHaenszel { statistic, p_value: chi_squared_upper_tail(statistic, 1), strata_used })
}

/// The odds ratio common to all strata.
///
/// Estimate: Mantel and Haenszel (1959). Variance of its logarithm: Robins, Breslow and Greenland (1986), "Estimators of
/// the Mantel-Haenszel variance consistent in both sparse data and large-strata limiting models".
/// `None` when it is 0, infinite, or there is nothing to compare.
#[must_use]
pub fn common_odds_ratio(strata: &[TwoByTwo], confidence: Confidence) -> Option<Estimate> {
    let (mut for_sum, mut against_sum) = (0.0, 0.0);
    let (mut for_part, mut mixed_part, mut against_part) = (0.0, 0.0, 0.0);
    for stratum in strata {
        let [a, b, c, d] = stratum.cells();
        let total = a + b + c + d;
        if total == 0.0 {
            continue;
        }
        let (concordant, discordant) = ((a + d) / total, (b + c) / total);
        let (in_favour, against) = (a * d / total, b * c / total);
        for_sum += in_favour;
        against_sum += against;
        for_part += concordant * in_favour;
        mixed_part += concordant * against + discordant * in_favour;
        against_part += discordant * against;
    }
    if for_sum == 0.0 || against_sum == 0.0 {
        return None;
    }
    let variance = for_part / (2.0 * for_sum * for_sum)
        + mixed_part / (2.0 * for_sum * against_sum)
        + against_part / (2.0 * against_sum * against_sum);
    Some(ratio(for_sum / against_sum, variance, confidence))
}

/// The risk ratio (lift) common to all strata.
///
/// Estimate: Rothman's Mantel-Haenszel form; variance of its logarithm: Greenland and Robins (1985), "Estimation of a
/// common effect parameter from sparse follow-up data". For a single stratum both are those of
/// [`TwoByTwo::risk_ratio`]. `None` when it is 0, infinite, or there is nothing to compare.
#[must_use]
pub fn common_risk_ratio(strata: &[TwoByTwo], confidence: Confidence) -> Option<Estimate> {
    let (mut exposed_sum, mut unexposed_sum, mut spread) = (0.0, 0.0, 0.0);
    for stratum in strata {
        let [a, b, c, d] = stratum.cells();
        let (exposed, unexposed, total) = (a + b, c + d, a + b + c + d);
        if exposed == 0.0 || unexposed == 0.0 {
            continue;
        }
        exposed_sum += a * unexposed / total;
        unexposed_sum += c * exposed / total;
        spread += ((a + c) * exposed * unexposed - a * c * total) / (total * total);
    }
    if exposed_sum == 0.0 || unexposed_sum == 0.0 {
        return None;
    }
    let variance = (spread / (exposed_sum * unexposed_sum)).max(0.0);
    Some(ratio(exposed_sum / unexposed_sum, variance, confidence))
}

fn ratio(value: f64, variance_of_logarithm: f64, confidence: Confidence) -> Estimate {
    let half_width = confidence.z() * variance_of_logarithm.sqrt();
    Estimate { value, interval: Interval::of_logarithm(value.ln(), half_width), confidence }
}
