//! Do the intervals cover the truth as often as they say? Simulated, with fixed seeds.

use stats::Confidence;
use stats::difference::difference_of_proportions;
use stats::proportion::{clopper_pearson, jeffreys, wilson};
use stats::quantile::SortedValues;
use stats::random::Generator;
use stats::roc::area_under_curve;
use stats::stratified::{cochran_mantel_haenszel, common_odds_ratio, common_risk_ratio};
use stats::survival::{Cox, CoxRow, KaplanMeier, Observation, RiskTable, log_rank};
use stats::table::{TwoByTwo, chi_square, fisher_exact};

const LEVEL: Confidence = Confidence::NINETY_FIVE;
const ROUNDS: u32 = 4_000;

/// Successes among `trials`.
fn successes(random: &mut Generator, trials: u64, share: f64) -> u64 {
    (0..trials).filter(|_| random.happens(share)).count() as u64
}

/// The share of rounds in which the truth was covered, which must lie between the bounds. Four standard errors of the
/// simulation itself are 0.014.
#[track_caller]
fn covers(least: f64, most: f64, mut covered: impl FnMut(&mut Generator) -> bool) {
    let mut random = Generator::new(20_260_101);
    let share = (0..ROUNDS).filter(|_| covered(&mut random)).count() as f64 / f64::from(ROUNDS);
    assert!((least..=most).contains(&share), "covered in {share}");
}

#[test]
fn shares() {
    for (trials, share) in [(30, 0.1), (200, 0.06), (100, 0.5), (500, 0.02)] {
        let any = |random: &mut Generator| successes(random, trials, share);
        covers(0.925, 0.975, |random| wilson(any(random), trials, LEVEL).is_some_and(|i| i.contains(share)));
        covers(0.915, 0.985, |random| jeffreys(any(random), trials, LEVEL).is_some_and(|i| i.contains(share)));
        covers(0.945, 1.0, |random| clopper_pearson(any(random), trials, LEVEL).is_some_and(|i| i.contains(share)));
    }
}

#[test]
fn differences() {
    for (first, second) in [((60, 0.2), (200, 0.05)), ((100, 0.5), (100, 0.4)), ((300, 0.06), (300, 0.06))] {
        covers(0.935, 0.975, |random| {
            let first_group = (successes(random, first.0, first.1), first.0);
            let second_group = (successes(random, second.0, second.1), second.0);
            difference_of_proportions(first_group, second_group, LEVEL)
                .is_some_and(|estimate| estimate.interval.contains(first.1 - second.1))
        });
    }
}

#[test]
fn ratios() {
    for (exposed, unexposed) in [((100, 0.2), (400, 0.05)), ((200, 0.1), (200, 0.1)), ((50, 0.4), (500, 0.1))] {
        let table = |random: &mut Generator| {
            let exposed_group = (successes(random, exposed.0, exposed.1), exposed.0);
            let unexposed_group = (successes(random, unexposed.0, unexposed.1), unexposed.0);
            TwoByTwo::from_groups(exposed_group, unexposed_group)
        };
        covers(0.935, 0.975, |random| {
            let ratio = table(random).and_then(|table| table.risk_ratio(LEVEL));
            ratio.is_some_and(|ratio| ratio.interval.contains(exposed.1 / unexposed.1))
        });
        let odds = |share: f64| share / (1.0 - share);
        covers(0.935, 0.975, |random| {
            let ratio = table(random).and_then(|table| table.odds_ratio(LEVEL));
            ratio.is_some_and(|ratio| ratio.interval.contains(odds(exposed.1) / odds(unexposed.1)))
        });
    }
}

#[test]
fn common_ratios() {
    // The same ratio of 2 in three segments with different rates.
    covers(0.935, 0.97, |random| {
        let mut strata = Vec::new();
        for (people, rate) in [(60, 0.05), (100, 0.1), (40, 0.3)] {
            let exposed_group = (successes(random, people, 2.0 * rate), people);
            let unexposed_group = (successes(random, 3 * people, rate), 3 * people);
            strata.extend(TwoByTwo::from_groups(exposed_group, unexposed_group));
        }
        common_risk_ratio(&strata, LEVEL).is_some_and(|ratio| ratio.interval.contains(2.0))
    });
}

#[test]
fn common_odds() {
    // Odds of 1/9, 1/4 and 1, and three times those.
    covers(0.935, 0.97, |random| {
        let mut strata = Vec::new();
        for (people, share, tripled) in [(60, 0.1, 0.25), (100, 0.2, 3.0 / 7.0), (40, 0.5, 0.75)] {
            let exposed_group = (successes(random, people, tripled), people);
            let unexposed_group = (successes(random, 3 * people, share), 3 * people);
            strata.extend(TwoByTwo::from_groups(exposed_group, unexposed_group));
        }
        common_odds_ratio(&strata, LEVEL).is_some_and(|ratio| ratio.interval.contains(3.0))
    });
}

#[test]
fn tests_raise_few_false_alarms() {
    let quiet = |p_value: Option<f64>| p_value.is_none_or(|p| p > 0.05);
    let table = |random: &mut Generator, people: u64, share: f64| {
        let exposed_group = (successes(random, people, share), people);
        TwoByTwo::from_groups(exposed_group, (successes(random, 2 * people, share), 2 * people))
    };
    covers(0.935, 0.965, |random| {
        quiet(table(random, 100, 0.2).and_then(|table| chi_square(&table)).map(|test| test.p_value))
    });
    // The exact test is careful: with few events it alarms more rarely than it may.
    covers(0.95, 1.0, |random| {
        quiet(table(random, 30, 0.05).and_then(|table| fisher_exact(&table)).map(|test| test.p_value))
    });
    covers(0.935, 0.965, |random| {
        let strata: Vec<_> = [0.05, 0.2, 0.5].iter().filter_map(|&share| table(random, 40, share)).collect();
        quiet(cochran_mantel_haenszel(&strata, false).map(|test| test.p_value))
    });
    covers(0.935, 0.965, |random| {
        // Three groups that enter at different ages and leave at different times.
        let groups = [0, 200, 400].map(|latest_entry| {
            let mut group = RiskTable::default();
            for _ in 0..60 {
                let (entry, event) = (random.below(latest_entry + 1), (random.exponential() * 1_000.0) as u64);
                let censored = 500 + random.below(1_000 + latest_entry);
                if entry < event {
                    let life = Observation::delayed(entry, event.min(censored), event < censored);
                    group.add(life).unwrap();
                }
            }
            group
        });
        quiet(log_rank(&groups).ok().map(|test| test.p_value))
    });
}

#[test]
fn hazard_ratios() {
    // One covariate doubles the pace, the other does nothing; times are coarse, so there are ties.
    for (column, truth) in [(0, 2.0), (1, 1.0)] {
        covers(0.93, 0.97, |random| {
            let rows: Vec<CoxRow> = (0..80)
                .map(|index| {
                    let (mark, noise) = (f64::from(index % 2), random.uniform());
                    let event = (random.exponential() * 150.0 / (1.0 + mark)) as u64;
                    let censored = random.below(300);
                    let observation = Observation::new(event.min(censored), event < censored);
                    CoxRow { observation, covariates: vec![mark, noise] }
                })
                .collect();
            let fitted = Cox::fit(&rows).ok();
            fitted.is_some_and(|fitted| fitted.covariates[column].interval(LEVEL).contains(truth))
        });
    }
}

#[test]
fn survival_shares() {
    // Exponential with mean 100, watched for a uniform time up to 200; with and without delayed entry.
    for latest_entry in [0, 60] {
        covers(0.93, 0.97, |random| {
            let lives: Vec<Observation> = (0..150)
                .map(|_| {
                    let event = (random.exponential() * 1e6) as u64;
                    let censored = random.below(2_000_000);
                    let entry = random.below(latest_entry * 10_000 + 1);
                    (entry, event, censored)
                })
                .filter(|(entry, event, censored)| entry < event && entry < censored)
                .map(|(entry, event, censored)| Observation {
                    entry: (latest_entry > 0).then_some(entry),
                    exit: event.min(censored),
                    event: event < censored,
                })
                .collect();
            let curve = KaplanMeier::fit(&lives).ok();
            let interval = curve.and_then(|curve| curve.interval_at(500_000, LEVEL));
            let truth = (-0.5_f64).exp();
            interval.is_some_and(|interval| interval.contains(truth))
        });
    }
}

#[test]
fn medians() {
    covers(0.94, 0.985, |random| {
        let values = (0..41).map(|_| random.exponential()).collect();
        let median = SortedValues::new(values).ok().and_then(|values| values.median(LEVEL));
        median.is_some_and(|median| {
            median.low.is_some_and(|low| low <= 2_f64.ln()) && median.high.is_some_and(|high| 2_f64.ln() <= high)
        })
    });
}

#[test]
fn areas() {
    // Exponentials of rates 2 and 1: the slower one is greater in two of three cases.
    covers(0.925, 0.97, |random| {
        let outcomes: Vec<bool> = (0..120).map(|index| index < 40).collect();
        let score = |outcome: &bool, random: &mut Generator| random.exponential() * if *outcome { 2.0 } else { 1.0 };
        let scores: Vec<f64> = outcomes.iter().map(|outcome| score(outcome, random)).collect();
        let area = area_under_curve(&scores, &outcomes, LEVEL).ok().and_then(|area| area.interval);
        area.is_some_and(|interval| interval.contains(2.0 / 3.0))
    });
}
