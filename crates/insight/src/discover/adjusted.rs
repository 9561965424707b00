//! The same comparison among the equally active: does a behaviour say more than "is active"?

use serde::Serialize;
use stats::distribution::normal_two_sided;
use stats::stratified::{cochran_mantel_haenszel, common_risk_ratio};
use stats::table::TwoByTwo;

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
}

/// A stratum of each place; people of one stratum are alike.
pub(crate) struct Strata {
    of: Vec<u16>,
    count: usize,
}

/// How many groups of equal size the other activity is cut into at most.
const MOST_GROUPS: usize = 10;
/// Counts of events from here on are as good as each other.
const MOST_COUNTED: u32 = 50_000;
/// The least people at risk in a group.
const LEAST_PEOPLE: usize = 50;

impl Strata {
    /// By how much else people did in a window: their product events less those that the rule itself counts.
    pub fn of_activity(cohort: &Cohort<'_>, window: usize, own: &[usize]) -> Self {
        let landmark = &cohort.landmarks[window];
        let windows = cohort.table.layout.windows;
        let levels = &cohort.table.layout.levels;
        let others = |place: usize| {
            let Some(of_place) = cohort.levels(place) else { return 0 };
            let own: u32 = own.iter().map(|slot| levels.least(of_place[slot * windows + window])).sum();
            cohort.activity(place, window).saturating_sub(own)
        };
        let values: Vec<(u32, usize)> = landmark.at_risk.places().map(|place| (others(place), place)).collect();
        let groups = (values.len() / LEAST_PEOPLE).clamp(1, MOST_GROUPS);
        let ends = quantiles(&values, groups);
        let mut of = vec![0; cohort.len()];
        for (value, place) in values {
            of[place] = ends.partition_point(|end| *end <= value) as u16;
        }
        Self { of, count: ends.len() + 1 }
    }
}

/// The values that cut people into groups of equal size, as far as equal values allow: by counting, not by sorting.
fn quantiles(values: &[(u32, usize)], groups: usize) -> Vec<u32> {
    let mut counts = vec![0_usize; MOST_COUNTED as usize + 1];
    values.iter().for_each(|(value, _)| counts[(*value).min(MOST_COUNTED) as usize] += 1);
    let mut ends = Vec::new();
    let (mut below, mut group) = (0, 1);
    for (value, count) in counts.iter().enumerate() {
        below += count;
        // The value of the person in place `group × people / groups`.
        while group < groups && group * values.len() / groups < below {
            ends.push(value as u32);
            group += 1;
        }
    }
    ends.dedup();
    ends
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
    Adjusted { lift, p_value, strata: test.map_or(0, |test| test.strata_used), kept }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_sorted_values() {
        let mut generator = stats::random::Generator::new(3);
        for groups in 1..12 {
            let values: Vec<(u32, usize)> =
                (0..997).map(|place| (generator.below(1 + groups * 5) as u32, place)).collect();
            let groups = groups as usize;
            let mut sorted: Vec<u32> = values.iter().map(|(value, _)| *value).collect();
            sorted.sort_unstable();
            let mut expect: Vec<u32> = (1..groups).map(|group| sorted[group * sorted.len() / groups]).collect();
            expect.dedup();
            assert_eq!(quantiles(&values, groups), expect);
        }
        assert_eq!(quantiles(&[], 5), Vec::<u32>::new());
    }
}
