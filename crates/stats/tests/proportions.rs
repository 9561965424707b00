//! Shares and their differences against statsmodels, distributions against scipy.

mod support;

use stats::difference::difference_of_proportions;
use stats::distribution::{beta_cumulative, beta_quantile, chi_squared_upper_tail, normal_quantile, normal_upper_tail};
use stats::proportion::{ProportionMethod, Rate, clopper_pearson, jeffreys, wilson};
use stats::{Confidence, Interval};
use support::{cells, close, numbers, relatively};

#[test]
fn distributions_agree() {
    for row in cells("distributions.csv") {
        let [a, b, c, theirs] = [1, 2, 3, 4].map(|index: usize| row[index].parse::<f64>().unwrap());
        let ours = match row[0].as_str() {
            "normal_upper_tail" => normal_upper_tail(a),
            "normal_quantile" => normal_quantile(a),
            "chi_squared_upper_tail" => chi_squared_upper_tail(a, b as u32),
            "beta_cumulative" => beta_cumulative(a, b, c),
            "beta_quantile" => beta_quantile(a, b, c),
            other => unreachable!("{other}"),
        };
        // At a hundred million trials 1 - x has lost a digit.
        let tolerance = if a + b > 1e7 { 1e-8 } else { 1e-9 };
        assert!((ours - theirs).abs() <= tolerance * theirs.abs(), "{row:?}: ours {ours}");
    }
}

#[test]
fn intervals_of_a_share_agree() {
    for row in numbers("proportions.csv") {
        let (successes, trials) = (row[0] as u64, row[1] as u64);
        let confidence = Confidence::new(row[2]).unwrap();
        let check = |ours: Interval, low: f64, high: f64| {
            relatively(ours.low, low, 1e-8);
            relatively(ours.high, high, 1e-8);
        };
        let score = wilson(successes, trials, confidence).unwrap();
        // Next to zero statsmodels' own rounding shows.
        close(score.low, row[3]);
        close(score.high, row[4]);
        check(clopper_pearson(successes, trials, confidence).unwrap(), row[5], row[6]);
        let ours = jeffreys(successes, trials, confidence).unwrap();
        // statsmodels leaves out the rule for none and all.
        check(ours, if successes == 0 { 0.0 } else { row[7] }, if successes == trials { 1.0 } else { row[8] });
    }
}

#[test]
fn house_values_of_a_share() {
    let ends = |method| Rate::with_method(206, 966, Confidence::NINETY_FIVE, method).unwrap().interval;
    for (method, low, high) in [
        (ProportionMethod::Wilson, 0.188_582_6, 0.240_190_0),
        (ProportionMethod::ClopperPearson, 0.187_808_8, 0.240_453_0),
        (ProportionMethod::Jeffreys, 0.188_302_1, 0.239_914_2),
    ] {
        let ours = ends(method);
        assert!((ours.low - low).abs() < 5e-8 && (ours.high - high).abs() < 5e-8, "{method:?}: {ours:?}");
    }
}

#[test]
fn differences_agree() {
    for row in numbers("differences.csv") {
        let [first, first_trials, second, second_trials] = [0, 1, 2, 3].map(|index: usize| row[index] as u64);
        let confidence = Confidence::new(row[4]).unwrap();
        let ours = difference_of_proportions((first, first_trials), (second, second_trials), confidence).unwrap();
        close(ours.interval.low, row[5]);
        close(ours.interval.high, row[6]);
        assert!(ours.interval.contains(ours.value));
    }
}

#[test]
fn nobody_has_no_rate() {
    for confidence in [Confidence::NINETY, Confidence::NINETY_NINE] {
        assert_eq!(Rate::new(0, 0, confidence), None);
        assert_eq!(Rate::new(2, 1, confidence), None);
        assert_eq!(difference_of_proportions((1, 2), (0, 0), confidence), None);
    }
    for level in [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(Confidence::new(level), None);
        assert!(serde_json::from_str::<Confidence>(&level.to_string()).is_err());
    }
}

#[test]
fn distributions_take_anything() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e-320, 0.5, 1.0, 2.0, 1e300, f64::MAX];
    let probability = |p: f64| assert!(p.is_nan() || (0.0..=1.0).contains(&p), "{p}");
    for a in odd {
        probability(normal_upper_tail(a));
        assert!(normal_quantile(a).is_nan() || (0.0..=1.0).contains(&a));
        for degrees_of_freedom in [0, 1, 7, u32::MAX] {
            probability(chi_squared_upper_tail(a, degrees_of_freedom));
        }
        for b in odd {
            for c in odd {
                probability(beta_cumulative(a, b, c));
                probability(beta_quantile(a, b, c));
            }
        }
    }
    assert!(wilson(u64::MAX, u64::MAX, Confidence::NINETY).is_some());
    assert!(clopper_pearson(u64::MAX / 2, u64::MAX, Confidence::NINETY).is_some());
}
