//! Two-by-two tables, strata and many tests against scipy, statsmodels and scikit-learn.

mod support;

use stats::Confidence;
use stats::multiplicity::{benjamini_hochberg, holm, weighted_holm};
use stats::stratified::{cochran_mantel_haenszel, common_odds_ratio, common_risk_ratio};
use stats::table::{
    AssociationTest, TwoByTwo, binary_entropy, chi_square, chi_square_yates, fisher_exact, information_gain,
};
use support::{close, document, list, number, numbers, relatively};

const LEVEL: Confidence = Confidence::NINETY_FIVE;

fn table(cells: &[f64]) -> TwoByTwo {
    TwoByTwo {
        exposed_event: cells[0] as u64,
        exposed_no_event: cells[1] as u64,
        unexposed_event: cells[2] as u64,
        unexposed_no_event: cells[3] as u64,
    }
}

#[test]
fn tables_agree() {
    for row in numbers("tables.csv") {
        let table = table(&row);
        relatively(fisher_exact(&table).unwrap().p_value, row[4], 1e-8);
        let (plain, yates) = (chi_square(&table).unwrap(), chi_square_yates(&table).unwrap());
        close(plain.statistic.unwrap(), row[5]);
        relatively(plain.p_value, row[6], 1e-8);
        close(yates.statistic.unwrap(), row[7]);
        relatively(yates.p_value, row[8], 1e-8);
        let risk = table.risk_ratio(LEVEL).unwrap();
        close(risk.value, row[9]);
        close(risk.interval.low, row[10]);
        close(risk.interval.high, row[11]);
        assert_eq!(risk.corrected, row[0] == 0.0 || row[2] == 0.0);
        let odds = table.odds_ratio(LEVEL).unwrap();
        close(odds.value, row[12]);
        close(odds.interval.low, row[13]);
        close(odds.interval.high, row[14]);
        assert_eq!(odds.corrected, row[..4].contains(&0.0));
        close(table.phi().unwrap(), row[15]);
        close(information_gain(&table).unwrap(), row[16]);
    }
}

#[test]
fn house_values_of_a_table() {
    let small = table(&[8.0, 2.0, 1.0, 5.0]);
    close(small.odds_ratio(LEVEL).unwrap().value, 20.0);
    assert!((fisher_exact(&small).unwrap().p_value - 0.034_965_034_965).abs() < 1e-12);
    assert!((chi_square_yates(&small).unwrap().p_value - 0.050_961_937_0).abs() < 1e-10);
    assert!((chi_square(&small).unwrap().p_value - 0.013_425_424_9).abs() < 1e-10);
    assert_eq!(small.association().unwrap().test, AssociationTest::FisherExact);

    let groups = TwoByTwo::from_groups((56, 70), (48, 80)).unwrap();
    assert_eq!(groups.association().unwrap().test, AssociationTest::ChiSquare);
    let risk = groups.risk_ratio(LEVEL).unwrap().interval;
    assert!((risk.low - 1.076_626_4).abs() < 5e-8 && (risk.high - 1.651_248_5).abs() < 5e-8);
    let odds = groups.odds_ratio(LEVEL).unwrap().interval;
    assert!((odds.low - 1.276_217_9).abs() < 5e-8 && (odds.high - 5.572_019_7).abs() < 5e-8);
    let difference = groups.difference(LEVEL).unwrap().interval;
    assert!((difference.low - 0.052_431_5).abs() < 5e-8 && (difference.high - 0.333_872_7).abs() < 5e-8);
}

#[test]
fn precision_and_recall_are_of_the_right_people() {
    let mut table = TwoByTwo::default();
    for (exposed, event, count) in [(true, true, 3), (true, false, 7), (false, true, 1), (false, false, 9)] {
        for _ in 0..count {
            table.add(exposed, event);
        }
    }
    let counts = |rate: Option<stats::proportion::Rate>| rate.map(|rate| (rate.successes, rate.trials));
    assert_eq!(counts(table.precision(LEVEL)), Some((3, 10)));
    assert_eq!(counts(table.recall(LEVEL)), Some((3, 4)));
    assert_eq!(counts(table.unexposed_rate(LEVEL)), Some((1, 10)));
    assert_eq!(counts(table.base_rate(LEVEL)), Some((4, 20)));
    assert_eq!(table.smallest_expected(), Some(2.0));
    let mut twice = table;
    twice.merge(&table);
    assert_eq!(twice.total(), 40);
}

#[test]
fn the_smallest_expected_cell_decides() {
    // 20 + 20 people with 10 events: exactly 5 expected on either side.
    let at_five = TwoByTwo::from_groups((8, 20), (2, 20)).unwrap();
    assert_eq!(at_five.recommended_test(), Some(AssociationTest::ChiSquare));
    let below = TwoByTwo::from_groups((7, 20), (2, 20)).unwrap();
    assert_eq!(below.recommended_test(), Some(AssociationTest::FisherExact));
}

#[test]
fn exact_test_is_the_sum_over_all_tables() {
    // The slow and obvious version: every table with the same margins, weighed by counting.
    let choose = |n: u64, k: u64| (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64);
    for row in 1_u64..9 {
        for other_row in 1_u64..9 {
            for column in 1..(row + other_row) {
                let possible = column.saturating_sub(other_row)..=row.min(column);
                let weight = |count: u64| choose(row, count) * choose(other_row, column - count);
                let sum: f64 = possible.clone().map(weight).sum();
                for count in possible.clone() {
                    let limit = weight(count) * (1.0 + 1e-7);
                    let unlikely: f64 = possible.clone().map(weight).filter(|weight| *weight <= limit).sum();
                    let table = TwoByTwo::from_groups((count, row), (column - count, other_row)).unwrap();
                    close(fisher_exact(&table).unwrap().p_value, unlikely / sum);
                }
            }
        }
    }
}

#[test]
fn empty_margins_have_no_answer() {
    for cells in [[0.0; 4], [5.0, 3.0, 0.0, 0.0], [0.0, 3.0, 0.0, 4.0], [3.0, 0.0, 4.0, 0.0]] {
        let table = table(&cells);
        assert_eq!(fisher_exact(&table), None);
        assert_eq!(chi_square(&table), None);
        assert_eq!(table.odds_ratio(LEVEL), None);
        assert_eq!(table.phi(), None);
        assert_eq!(cochran_mantel_haenszel(&[table], false), None);
        assert_eq!(common_odds_ratio(&[table], LEVEL), None);
    }
    assert_eq!(TwoByTwo::from_groups((3, 2), (0, 1)), None);
    // Everybody has the event: no ratio is extreme, so the interval must not be a point.
    let everybody = table(&[3.0, 0.0, 4.0, 0.0]).risk_ratio(LEVEL).unwrap();
    assert!(everybody.corrected && everybody.interval.width() > 0.1);
    assert_eq!(information_gain(&TwoByTwo::default()), None);
    let huge = TwoByTwo {
        exposed_event: u64::MAX,
        exposed_no_event: u64::MAX,
        unexposed_event: u64::MAX,
        unexposed_no_event: 1,
    };
    assert_eq!(fisher_exact(&huge), None);
    assert!(chi_square(&huge).is_some() && huge.risk_ratio(LEVEL).is_some() && huge.association().is_some());
}

#[test]
fn entropy_has_its_known_values() {
    assert_eq!([0.0, 0.5, 1.0].map(binary_entropy), [0.0, 1.0, 0.0]);
    assert!(binary_entropy(1.5).is_nan());
    close(information_gain(&table(&[10.0, 0.0, 0.0, 10.0])).unwrap(), 1.0);
    close(information_gain(&table(&[5.0, 5.0, 5.0, 5.0])).unwrap(), 0.0);
}

#[test]
fn strata_agree() {
    for case in document("stratified.json").as_array().unwrap() {
        let strata: Vec<TwoByTwo> =
            case["tables"].as_array().unwrap().iter().map(|cells| table(&list(cells))).collect();
        let plain = cochran_mantel_haenszel(&strata, false).unwrap();
        close(plain.statistic, number(&case["statistic"]));
        close(plain.p_value, number(&case["p_value"]));
        let corrected = cochran_mantel_haenszel(&strata, true).unwrap();
        // Within one half of zero statsmodels lets the correction overshoot to the other side; ours stops at zero.
        if corrected.statistic > 0.0 {
            close(corrected.statistic, number(&case["corrected_statistic"]));
            close(corrected.p_value, number(&case["corrected_p_value"]));
        } else {
            assert!(plain.p_value > 0.8);
        }
        let odds = common_odds_ratio(&strata, LEVEL).unwrap();
        close(odds.value, number(&case["odds_ratio"]));
        let ends = list(&case["odds_interval"]);
        close(odds.interval.low, ends[0]);
        close(odds.interval.high, ends[1]);
        close(common_risk_ratio(&strata, LEVEL).unwrap().value, number(&case["risk_ratio"]));
    }
}

#[test]
fn one_stratum_is_the_plain_table() {
    let only = TwoByTwo::from_groups((56, 70), (48, 80)).unwrap();
    let (common, plain) = (common_risk_ratio(&[only], LEVEL).unwrap(), only.risk_ratio(LEVEL).unwrap());
    close(common.value, plain.value);
    close(common.interval.low, plain.interval.low);
    close(common.interval.high, plain.interval.high);
}

#[test]
fn strata_undo_confounding() {
    // In both segments nothing happens, but the qualified are in the one that buys.
    let strata = [TwoByTwo::from_groups((90, 300), (30, 100)), TwoByTwo::from_groups((2, 100), (6, 300))];
    let strata = strata.map(Option::unwrap);
    let mut crude = strata[0];
    crude.merge(&strata[1]);
    assert!(crude.risk_ratio(LEVEL).unwrap().interval.low > 1.5);
    close(common_risk_ratio(&strata, LEVEL).unwrap().value, 1.0);
    close(common_odds_ratio(&strata, LEVEL).unwrap().value, 1.0);
    close(cochran_mantel_haenszel(&strata, false).unwrap().p_value, 1.0);
}

#[test]
fn adjusted_p_values_agree() {
    for case in document("multiplicity.json").as_array().unwrap() {
        let p_values = list(&case["p_values"]);
        for (ours, theirs) in [(benjamini_hochberg(&p_values), "benjamini_hochberg"), (holm(&p_values), "holm")] {
            let theirs = list(&case[theirs]);
            assert_eq!(p_values.len(), theirs.len());
            ours.unwrap().into_iter().zip(theirs).for_each(|(ours, theirs)| close(ours, theirs));
        }
    }
    assert_eq!(holm(&[]), Some(vec![]));
    for odd in [f64::NAN, -0.1, 1.1] {
        assert_eq!(benjamini_hochberg(&[0.5, odd]), None);
        assert_eq!(holm(&[odd]), None);
    }
}

/// The slow, obvious version: a finding stands if every set of findings that holds it is refused by Bonferroni's rule with the
/// set's weights (closed testing: Marcus, Peritz and Gabriel 1976).
fn by_closure(p_values: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0_f64; p_values.len()];
    for set in 1_u32..1 << p_values.len() {
        let members: Vec<usize> = (0..p_values.len()).filter(|place| set >> place & 1 == 1).collect();
        let weight: f64 = members.iter().map(|place| weights[*place]).sum();
        let refused = members.iter().map(|place| p_values[*place] * weight / weights[*place]).fold(1.0, f64::min);
        members.iter().for_each(|place| adjusted[*place] = adjusted[*place].max(refused));
    }
    adjusted
}

#[test]
fn weighted_correction_is_closed_testing() {
    let mut generator = stats::random::Generator::new(5);
    for _ in 0..200 {
        let count = 1 + generator.below(7) as usize;
        let p_values: Vec<f64> = (0..count).map(|_| generator.uniform().powi(4)).collect();
        let weights: Vec<f64> = (0..count).map(|_| 0.05 + generator.uniform()).collect();
        let ours = weighted_holm(&p_values, &weights).unwrap();
        ours.iter().zip(by_closure(&p_values, &weights)).for_each(|(ours, theirs)| close(*ours, theirs));
        let equal = weighted_holm(&p_values, &vec![3.0; count]).unwrap();
        equal.iter().zip(holm(&p_values).unwrap()).for_each(|(ours, theirs)| close(*ours, theirs));
    }
    assert_eq!(weighted_holm(&[0.5], &[0.0]), None);
    assert_eq!(weighted_holm(&[0.5], &[]), None);
    assert_eq!(weighted_holm(&[f64::NAN], &[1.0]), None);
}
