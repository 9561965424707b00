//! Quantiles, histograms, sample sizes, calibration and areas against numpy, scipy, statsmodels and scikit-learn.

mod support;

use stats::calibration::{brier_score, expected_calibration_error, reliability};
use stats::histogram::Histogram;
use stats::quantile::{SortedValues, order_statistic_ranks};
use stats::random::Generator;
use stats::roc::{area_clustered, area_under_curve, compare_areas, compare_areas_clustered};
use stats::sample_size::{
    events_for_ratio, people_for_two_proportions, power_of_two_proportions, smallest_visible_ratio,
};
use stats::{Confidence, Unanswerable};
use support::{close, document, list, number, numbers, relatively, within};

const LEVEL: Confidence = Confidence::NINETY_FIVE;

#[test]
fn quantiles_agree() {
    for case in document("quantiles.json").as_array().unwrap() {
        let values = SortedValues::new(list(&case["values"])).unwrap();
        let (share, level) = (number(&case["share"]), number(&case["level"]));
        let ours = values.quantile_with_interval(share, Confidence::new(level).unwrap()).unwrap();
        close(ours.value, number(&case["quantile"]));
        assert_eq!([ours.low, ours.high], [case["interval"][0].as_f64(), case["interval"][1].as_f64()]);
    }
}

#[test]
fn quantiles_of_odd_input() {
    assert_eq!(SortedValues::new(vec![]), Err(Unanswerable::NoObservations));
    assert!(SortedValues::new(vec![1.0, f64::NAN]).is_err());
    let values = SortedValues::new(vec![3.0, 1.0]).unwrap();
    assert_eq!((values.quantile(0.0), values.quantile(1.0), values.quantile(0.5)), (Some(1.0), Some(3.0), Some(2.0)));
    assert_eq!(values.quantile(1.1), None);
    assert_eq!(values.quantile(f64::NAN), None);
    assert_eq!(values.quantile_with_interval(1.0, LEVEL).map(|quantile| quantile.high), Some(None));
    assert_eq!(order_statistic_ranks(0, 0.5, LEVEL), (None, None));
    let (low, high) = order_statistic_ranks(1_000_000, 0.5, LEVEL);
    assert_eq!(low.zip(high).map(|(low, high)| low + high), Some(1_000_001));
}

#[test]
fn histograms_lose_nothing() {
    let mut histogram = Histogram::equal_width(0.0, 10.0, 5).unwrap();
    for value in [-1.0, 0.0, 1.9, 2.0, 9.99, 10.0, f64::INFINITY, f64::NAN] {
        histogram.add(value);
    }
    assert_eq!(histogram.counts(), [2, 1, 0, 0, 1]);
    assert_eq!((histogram.below(), histogram.above(), histogram.not_a_number()), (1, 2, 1));
    let copy = histogram.clone();
    assert!(histogram.merge(&copy) && histogram.counts() == [4, 2, 0, 0, 2]);
    assert!(!histogram.merge(&Histogram::with_edges(vec![0.0, 1.0]).unwrap()));
    assert_eq!(histogram.edges().len(), 6);
    for edges in [vec![], vec![1.0], vec![1.0, 1.0], vec![2.0, 1.0], vec![0.0, f64::NAN], vec![0.0, f64::INFINITY]] {
        assert_eq!(Histogram::with_edges(edges), None);
    }
    assert_eq!(Histogram::equal_width(0.0, 1.0, 0), None);
    assert_eq!(Histogram::equal_width(1.0, 1.0, 3), None);
    assert_eq!(Histogram::equal_width(f64::MIN, f64::MAX, 3), None);
}

#[test]
fn sample_sizes_agree() {
    for row in numbers("sample_sizes.csv") {
        let people = people_for_two_proportions(row[0], row[1], row[2], row[3], row[4]).unwrap();
        // Their root finder stops at a few units of the ninth digit.
        relatively(people, row[5], 1e-7);
        close(power_of_two_proportions(row[0], row[1], people, people * row[2], row[4]).unwrap(), row[3]);
        close(power_of_two_proportions(row[0], row[1], 500.0, 500.0 * row[2], row[4]).unwrap(), row[6]);
    }
    let people = people_for_two_proportions(0.10, 0.12, 1.0, 0.8, 0.05).unwrap();
    assert!((people - 3834.6).abs() < 0.05);
}

#[test]
fn buyers_needed() {
    // By hand: a ratio of 1.5, equal arms, level 0.05 on one side (0.1 on two), power 0.8.
    let events = events_for_ratio(1.5, 0.5, 0.8, 0.1).unwrap();
    within(events, (1.644_853_627 + 0.841_621_234_f64).powi(2) / (0.25 * 1.5_f64.ln().powi(2)), 1e-8);
    close(smallest_visible_ratio(events, 0.5, 0.8, 0.1).unwrap(), 1.5);
    close(events_for_ratio(1.0 / 1.5, 0.5, 0.8, 0.1).unwrap(), events);
    let odd = [f64::NAN, 0.0, 1.0, -1.0, f64::INFINITY];
    for x in odd {
        assert_eq!(events_for_ratio(x, 0.5, 0.8, 0.05), None);
        assert_eq!(events_for_ratio(2.0, x, 0.8, 0.05), None);
        assert_eq!(events_for_ratio(2.0, 0.5, x, 0.05), None);
        assert_eq!(events_for_ratio(2.0, 0.5, 0.8, x), None);
        assert_eq!(people_for_two_proportions(0.1, 0.2, 1.0, x, 0.05), None);
        assert_eq!(people_for_two_proportions(0.1, 0.2, 1.0, 0.8, x), None);
    }
    assert_eq!(people_for_two_proportions(0.1, 0.1, 1.0, 0.8, 0.05), None);
    assert_eq!(people_for_two_proportions(0.1, 1.1, 1.0, 0.8, 0.05), None);
    assert_eq!(power_of_two_proportions(0.1, 0.2, 0.0, 10.0, 0.05), None);
    assert_eq!(smallest_visible_ratio(0.0, 0.5, 0.8, 0.05), None);
}

#[test]
fn calibration_and_areas_agree() {
    for case in document("scores.json").as_array().unwrap() {
        let scores = list(&case["scores"]);
        let outcomes: Vec<bool> = list(&case["outcomes"]).iter().map(|&outcome| outcome == 1.0).collect();
        let area = area_under_curve(&scores, &outcomes, LEVEL).unwrap();
        close(area.value, number(&case["area"]));
        // Their DeLong computes in single precision.
        within(area.value, number(&case["delong_area"]), 1e-7);
        relatively(area.standard_error, number(&case["standard_error"]), 1e-6);
        close(brier_score(&scores, &outcomes).unwrap(), number(&case["brier"]));
        let all = reliability(&scores, &outcomes, 1, LEVEL).unwrap();
        assert_eq!(all.len(), 1);
        close(all[0].predicted, number(&case["mean_score"]));
        close(all[0].observed.value(), number(&case["share"]));
        for bins in [2, 7, 10_000] {
            let curve = reliability(&scores, &outcomes, bins, LEVEL).unwrap();
            assert!(curve.len() <= bins && curve.windows(2).all(|pair| pair[0].highest < pair[1].lowest));
            assert_eq!(curve.iter().map(|bin| bin.observed.trials).sum::<u64>(), scores.len() as u64);
            assert!(expected_calibration_error(&curve).is_some_and(|error| (0.0..=1.0).contains(&error)));
        }
    }
}

#[test]
fn comparing_areas() {
    let outcomes: Vec<bool> = (0..100_u32).map(|index| index % 3 == 0).collect();
    let good: Vec<f64> =
        (0..100_u32).map(|index| f64::from(index * 37 % 50 + if index % 3 == 0 { 20 } else { 0 })).collect();
    let noise: Vec<f64> = (0..100_u32).map(|index| f64::from(index * 61 % 97)).collect();
    let doubled: Vec<f64> = good.iter().map(|score| score * 2.0).collect();
    let same = compare_areas(&good, &doubled, &outcomes, LEVEL).unwrap();
    assert_eq!((same.difference.value, same.p_value), (0.0, None));
    let better = compare_areas(&good, &noise, &outcomes, LEVEL).unwrap();
    assert!(better.difference.interval.low > 0.0 && better.p_value.is_some_and(|p| p < 0.01));
    // A constant score has no variance: the difference is as sure as the other area.
    let against_none = compare_areas(&good, &[0.0; 100], &outcomes, LEVEL).unwrap();
    let alone = area_under_curve(&good, &outcomes, LEVEL).unwrap();
    close(against_none.difference.interval.high + 0.5, alone.interval.unwrap().high);
}

#[test]
fn scores_that_cannot_be_judged() {
    assert_eq!(brier_score(&[], &[]), Err(Unanswerable::NoObservations));
    assert!(brier_score(&[0.1], &[]).is_err() && brier_score(&[1.1], &[true]).is_err());
    assert!(reliability(&[0.1], &[true], 0, LEVEL).is_err() && reliability(&[f64::NAN], &[true], 1, LEVEL).is_err());
    assert_eq!(expected_calibration_error(&[]), None);
    assert!(area_under_curve(&[1.0, 2.0], &[true, false], LEVEL).is_err());
    assert!(area_under_curve(&[1.0], &[], LEVEL).is_err());
    assert!(area_under_curve(&[f64::NAN; 4], &[true, true, false, false], LEVEL).is_err());
    let perfect = area_under_curve(&[4.0, 3.0, 2.0, 1.0], &[true, true, false, false], LEVEL).unwrap();
    // Two pairs in order: both are by the square of the chance, which is 2.5 % at the lower end.
    assert_eq!((perfect.value, perfect.interval.map(|range| range.high)), (1.0, Some(1.0)));
    close(perfect.interval.unwrap().low, 0.025_f64.sqrt());
    let reversed = area_under_curve(&[1.0, 2.0, 3.0, 4.0], &[true, true, false, false], LEVEL).unwrap();
    close(reversed.interval.unwrap().high, 1.0 - 0.025_f64.sqrt());
    // All in two accounts are one pair; and equal scores say nothing at all.
    let (scores, outcomes) = ([4.0, 3.0, 2.0, 1.0], [true, true, false, false]);
    close(area_clustered(&scores, &outcomes, &[7, 7, 8, 8], LEVEL).unwrap().interval.unwrap().low, 0.025);
    close(area_clustered(&scores, &outcomes, &[7, 8, 7, 8], LEVEL).unwrap().interval.unwrap().low, 0.025);
    assert_eq!(area_under_curve(&[1.0; 4], &outcomes, LEVEL).unwrap().interval, None);
}

#[test]
fn clusters_of_one_are_people_alone() {
    let mut random = Generator::new(31);
    let outcomes: Vec<bool> = (0..400).map(|_| random.happens(0.3)).collect();
    let mut scores = || -> Vec<f64> { outcomes.iter().map(|yes| random.uniform() + 0.3 * f64::from(*yes)).collect() };
    let (first, second) = (scores(), scores());
    let alone: Vec<u64> = (0..400).collect();
    let (one, ours) = (
        area_under_curve(&first, &outcomes, LEVEL).unwrap(),
        area_clustered(&first, &outcomes, &alone, LEVEL).unwrap(),
    );
    assert!(one.value == ours.value && (one.standard_error / ours.standard_error - 1.0).abs() < 0.01);
    let plain = compare_areas(&first, &second, &outcomes, LEVEL).unwrap().difference;
    let paired = compare_areas_clustered(&first, &second, &outcomes, &alone, LEVEL).unwrap().difference;
    close(plain.value, paired.value);
    assert!((plain.interval.width() / paired.interval.width() - 1.0).abs() < 0.01);
    // Everybody ten times over says no more than everybody once.
    let tenfold = |values: &[f64]| values.iter().flat_map(|value| [*value; 10]).collect::<Vec<f64>>();
    let outcomes_tenfold: Vec<bool> = outcomes.iter().flat_map(|yes| [*yes; 10]).collect();
    let accounts: Vec<u64> = (0..4_000).map(|person| person / 10).collect();
    let copied = area_clustered(&tenfold(&first), &outcomes_tenfold, &accounts, LEVEL).unwrap();
    close(copied.standard_error, ours.standard_error);
    assert!(area_clustered(&first, &outcomes, &[1], LEVEL).is_err());
}

#[test]
fn areas_among_colleagues_cover_the_truth() {
    let mut random = Generator::new(32);
    let rounds = 600;
    let covered = (0..rounds)
        .filter(|_| {
            let (mut first, mut second, mut outcomes, mut accounts) = (vec![], vec![], vec![], vec![]);
            for account in 0..150 {
                let (buys, level, other) = (random.happens(0.25), random.uniform(), random.uniform());
                for _ in 0..=random.below(5) {
                    first.push(level + 0.2 * random.uniform());
                    second.push(other + 0.2 * random.uniform());
                    outcomes.push(buys);
                    accounts.push(account);
                }
            }
            let difference = compare_areas_clustered(&first, &second, &outcomes, &accounts, LEVEL).unwrap().difference;
            difference.interval.contains(0.0)
        })
        .count();
    // 95 % less what so few buying accounts cost, and three standard errors of the simulation.
    assert!((548..=590).contains(&covered), "{covered} of {rounds}");
}
