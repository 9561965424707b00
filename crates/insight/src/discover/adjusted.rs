//! The same comparison among people who are alike: does a behaviour say more than "is active", or "is the right kind of customer"?

use serde::Serialize;
use stats::distribution::normal_two_sided;
use stats::stratified::{cochran_mantel_haenszel, common_risk_ratio};
use stats::table::TwoByTwo;

use super::alike::Strata;
use super::bits::Bits;
use super::cohort::{Cohort, Half};
use crate::figure::{CONFIDENCE, Ranged};

/// A lift within strata of people who are alike in everything else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Adjusted {
    /// The lift common to all strata (Mantel and Haenszel; Greenland and Robins 1985), with its interval.
    pub lift: Option<Ranged>,
    /// The p-value of Cochran, Mantel and Haenszel.
    pub p_value: f64,
    /// Strata that could say something.
    pub strata: usize,
    /// How much of the plain lift is left, on the logarithmic scale: 1 all of it, 0 nothing.
    pub kept: Option<f64>,
    /// Whether they are alike in fit (what their traits let expect) as well as in activity.
    pub by_fit: bool,
}

/// The lift within strata in one half.
pub(crate) fn adjusted(
    cohort: &Cohort<'_>,
    bits: &Bits,
    window: usize,
    half: Half,
    strata: &Strata,
    plain: Option<f64>,
) -> Adjusted {
    let landmark = &cohort.landmarks[window];
    let mut tables = vec![TwoByTwo::default(); strata.count];
    for place in cohort.range(half).filter(|place| landmark.at_risk.has(*place)) {
        tables[usize::from(strata.of[place])].add(bits.has(place), landmark.won.has(place));
    }
    let test = cochran_mantel_haenszel(&tables, false);
    let lift = common_risk_ratio(&tables, CONFIDENCE).map(Ranged::from);
    let (lift, p_value) = match lift {
        Some(lift) if cohort.is_clustered => {
            let deviation = robust_deviation(cohort, bits, window, half, strata, &tables);
            let plain_deviation = (lift.high / lift.low).ln() / (2.0 * CONFIDENCE.z());
            let deviation = deviation.max(plain_deviation);
            let ends = CONFIDENCE.z() * deviation;
            let lift = Ranged { value: lift.value, low: lift.value * (-ends).exp(), high: lift.value * ends.exp() };
            let p_value = normal_two_sided(lift.value.ln() / deviation);
            (Some(lift), p_value.max(test.map_or(1.0, |test| test.p_value)))
        }
        lift => (lift, test.map_or(1.0, |test| test.p_value)),
    };
    let kept = match (lift, plain) {
        (Some(lift), Some(plain)) if plain > 0.0 && plain != 1.0 => Some(lift.value.ln() / plain.ln()),
        _ => None,
    };
    Adjusted { lift, p_value, strata: test.map_or(0, |test| test.strata_used), kept, by_fit: strata.by_fit }
}

/// The standard deviation of the common lift's logarithm with households as the units of chance: the root of the sum of their
/// squared influences.
fn robust_deviation(
    cohort: &Cohort<'_>,
    bits: &Bits,
    window: usize,
    half: Half,
    strata: &Strata,
    tables: &[TwoByTwo],
) -> f64 {
    let landmark = &cohort.landmarks[window];
    let (mut with_sum, mut without_sum) = (0.0, 0.0);
    let weights: Vec<[f64; 4]> = tables
        .iter()
        .map(|table| {
            let (exposed, unexposed, total) =
                (table.exposed() as f64, table.unexposed() as f64, table.total().max(1) as f64);
            with_sum += table.exposed_event as f64 * unexposed / total;
            without_sum += table.unexposed_event as f64 * exposed / total;
            let share = |events: u64, people: f64| if people > 0.0 { events as f64 / people } else { 0.0 };
            [
                unexposed / total,
                exposed / total,
                share(table.exposed_event, exposed),
                share(table.unexposed_event, unexposed),
            ]
        })
        .collect();
    if with_sum == 0.0 || without_sum == 0.0 {
        return 0.0;
    }
    let mut squares = 0.0;
    for household in cohort.households(half) {
        let mut influence = 0.0;
        for place in household.filter(|place| landmark.at_risk.has(*place)) {
            let [with_weight, without_weight, with, without] = weights[usize::from(strata.of[place])];
            let won = f64::from(u8::from(landmark.won.has(place)));
            influence += if bits.has(place) {
                (won - with) * with_weight / with_sum
            } else {
                -(won - without) * without_weight / without_sum
            };
        }
        squares += influence * influence;
    }
    squares.sqrt()
}
