//! How much history, or how long an experiment, an effect needs to be seen.
//!
//! `significance` is the two-sided level (0.05), `power` the chance to see an effect that is there (0.8); both strictly
//! between 0 and 1.

use crate::distribution::{normal_quantile, normal_upper_tail};

/// Cohen's h: the difference of two proportions on the arcsine scale, where its variance does not depend on them
/// (Cohen 1988, *Statistical Power Analysis*, chapter 6). `None` unless both are in 0..=1.
#[must_use]
pub fn arcsine_effect(first: f64, second: f64) -> Option<f64> {
    let possible = (0.0..=1.0).contains(&first) && (0.0..=1.0).contains(&second);
    possible.then(|| 2.0 * second.sqrt().asin() - 2.0 * first.sqrt().asin())
}

/// The chance that a two-sided test sees the difference of two proportions (arcsine).
///
/// The arms have `first_people` and `second_people`; `None` unless those are positive and the rest is in range.
#[must_use]
pub fn power_of_two_proportions(
    first: f64,
    second: f64,
    first_people: f64,
    second_people: f64,
    significance: f64,
) -> Option<f64> {
    if !(first_people > 0.0 && second_people > 0.0 && is_inside(significance)) {
        return None;
    }
    let effect = arcsine_effect(first, second)?;
    let people = 1.0 / (1.0 / first_people + 1.0 / second_people);
    Some(power_of_effect(effect.abs() * people.sqrt(), significance))
}

/// People needed in the first arm, not rounded, to see a change from `first` to `second` (arcsine).
///
/// The second arm has `ratio` times as many (1 for equal arms). `None` when the proportions are equal or anything is out
/// of range, also when `power` is not above `significance`.
#[must_use]
pub fn people_for_two_proportions(first: f64, second: f64, ratio: f64, power: f64, significance: f64) -> Option<f64> {
    let effect = arcsine_effect(first, second)?.abs();
    if effect == 0.0 || !(ratio > 0.0 && ratio.is_finite()) {
        return None;
    }
    let needed = shift_for_power(power, significance)?;
    Some((needed / effect).powi(2) * (1.0 + 1.0 / ratio))
}

/// Events (buyers) needed in all, not rounded, to see that the exposed have the event `times` as fast.
///
/// Schoenfeld (1981; 1983, "Sample-size formula for the proportional-hazards regression model"):
/// (z₁ + z₂)² / (q (1 - q) ln² times), where `exposed_share` q is the share of people who are exposed. For rare events the
/// same as for a risk ratio. `None` when `times` is 1 or not positive, or anything is out of range.
#[must_use]
pub fn events_for_ratio(times: f64, exposed_share: f64, power: f64, significance: f64) -> Option<f64> {
    let logarithm = times.ln();
    if !(logarithm.is_finite() && logarithm != 0.0 && is_inside(exposed_share)) {
        return None;
    }
    let sum = quantile_sum(power, significance)?;
    Some(sum * sum / (exposed_share * (1.0 - exposed_share) * logarithm * logarithm))
}

/// The smallest ratio above 1 that so many events can show: the inverse of [`events_for_ratio`].
#[must_use]
pub fn smallest_visible_ratio(events: f64, exposed_share: f64, power: f64, significance: f64) -> Option<f64> {
    if !(events > 0.0 && is_inside(exposed_share)) {
        return None;
    }
    let sum = quantile_sum(power, significance)?;
    Some((sum / (events * exposed_share * (1.0 - exposed_share)).sqrt()).exp())
}

fn is_inside(probability: f64) -> bool {
    probability > 0.0 && probability < 1.0
}

/// The quantiles of level and power added up; `None` when the power is not above the level.
fn quantile_sum(power: f64, significance: f64) -> Option<f64> {
    (is_inside(power) && is_inside(significance) && power > significance)
        .then(|| normal_quantile(power) - normal_quantile(significance / 2.0))
}

/// P(|Z + shift| > z), both tails.
fn power_of_effect(shift: f64, significance: f64) -> f64 {
    let critical = -normal_quantile(significance / 2.0);
    normal_upper_tail(critical - shift) + normal_upper_tail(critical + shift)
}

/// The shift with the given power, both tails counted, so that power and size are inverses of each other.
fn shift_for_power(power: f64, significance: f64) -> Option<f64> {
    let mut high = quantile_sum(power, significance)?.max(0.0);
    // The one-tailed answer is at most a little too large.
    while power_of_effect(high, significance) < power {
        high = high * 2.0 + 1e-3;
    }
    let mut low = 0.0;
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if power_of_effect(middle, significance) < power {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}
