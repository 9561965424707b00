//! Proportional hazards against lifelines, with and without covariates that change.

mod support;

use stats::survival::{Cox, CoxRow, Observation, RiskTable, concordance, log_rank};
use stats::{Confidence, Unanswerable};
use support::{close, document, list, number, numbers, within};

fn rossi() -> Vec<CoxRow> {
    let row = |row: Vec<f64>| CoxRow {
        observation: Observation::new(row[0] as u64, row[1] == 1.0),
        covariates: row[2..].to_vec(),
    };
    numbers("rossi.csv").into_iter().map(row).collect()
}

fn stanford() -> Vec<CoxRow> {
    let row = |row: Vec<f64>| CoxRow {
        observation: Observation::delayed(row[0] as u64, row[1] as u64, row[2] == 1.0),
        covariates: row[3..].to_vec(),
    };
    numbers("stanford.csv").into_iter().map(row).collect()
}

fn check(fitted: &Cox, theirs: &serde_json::Value) {
    let (coefficients, errors) = (list(&theirs["coefficients"]), list(&theirs["standard_errors"]));
    assert_eq!(fitted.covariates.len(), coefficients.len());
    for ((ours, coefficient), error) in fitted.covariates.iter().zip(coefficients).zip(errors) {
        within(ours.coefficient, coefficient, 1e-8);
        // lifelines takes its matrix one step before the top.
        within(ours.standard_error, error, 1e-7);
    }
    close(fitted.log_likelihood, number(&theirs["log_likelihood"]));
    within(fitted.likelihood_ratio_test().0, number(&theirs["likelihood_ratio"]), 1e-8);
}

#[test]
fn rossi_agrees() {
    let rows = rossi();
    let fitted = Cox::fit(&rows).unwrap();
    let theirs = document("cox.json")["rossi"].take();
    check(&fitted, &theirs);
    let prior = fitted.covariates[6];
    assert!((prior.coefficient - 0.0915).abs() < 5e-5 && (prior.standard_error - 0.028_65).abs() < 5e-6);
    assert!(prior.interval(Confidence::NINETY_FIVE).contains(prior.hazard_ratio()) && prior.p_value() < 0.002);
    let lives: Vec<_> = rows.iter().map(|row| row.observation).collect();
    let scores: Vec<_> = rows.iter().map(|row| fitted.log_relative_hazard(&row.covariates).unwrap()).collect();
    close(concordance(&lives, &scores).unwrap().value, number(&theirs["concordance"]));
    assert_eq!((fitted.rows, fitted.events), (432, 114));
    assert_eq!(fitted.log_relative_hazard(&[1.0]), None);
}

#[test]
fn changing_covariates_agree() {
    check(&Cox::fit(&stanford()).unwrap(), &document("cox.json")["stanford"]);
}

#[test]
fn cutting_a_row_in_two_changes_nothing() {
    let whole = Cox::fit(&rossi()).unwrap();
    let cut: Vec<CoxRow> = rossi()
        .into_iter()
        .flat_map(|row| {
            let (before, after) = row.observation.split_at(Some(row.observation.exit / 2));
            let part = move |observation| CoxRow { observation, covariates: row.covariates.clone() };
            [before, after].into_iter().flatten().map(part).collect::<Vec<_>>()
        })
        .collect();
    let cut = Cox::fit(&cut).unwrap();
    close(whole.log_likelihood, cut.log_likelihood);
    for (whole, cut) in whole.covariates.iter().zip(&cut.covariates) {
        close(whole.coefficient, cut.coefficient);
        close(whole.standard_error, cut.standard_error);
    }
}

#[test]
fn without_ties_the_score_test_is_the_log_rank_test() {
    let group = |index: u64| f64::from(u8::from(index.is_multiple_of(3)));
    let rows: Vec<CoxRow> = (0..60)
        .map(|index| CoxRow {
            observation: Observation::new(index * 37 % 61 + 1, !index.is_multiple_of(4)),
            covariates: vec![group(index)],
        })
        .collect();
    let fitted = Cox::fit(&rows).unwrap();
    let mut tables = [RiskTable::default(), RiskTable::default()];
    for row in &rows {
        tables[row.covariates[0] as usize].add(row.observation).unwrap();
    }
    // The likelihood ratio, Wald and score (log-rank) tests agree to first order.
    let log_rank = log_rank(&tables).unwrap();
    assert!((fitted.likelihood_ratio_test().0 - log_rank.statistic).abs() < 0.2 * log_rank.statistic.max(0.1));
}

#[test]
fn scale_and_shift_of_a_column_do_not_matter() {
    let plain = Cox::fit(&rossi()).unwrap();
    let mut moved = rossi();
    for row in &mut moved {
        row.covariates[1] = row.covariates[1] * 1e6 + 1e9;
    }
    let moved = Cox::fit(&moved).unwrap();
    within(plain.log_likelihood, moved.log_likelihood, 1e-9);
    within(plain.covariates[1].coefficient, moved.covariates[1].coefficient * 1e6, 1e-7);
}

#[test]
fn what_cannot_be_answered_says_so() {
    let row = |exit, event, covariates: &[f64]| CoxRow {
        observation: Observation::new(exit, event),
        covariates: covariates.to_vec(),
    };
    assert_eq!(Cox::fit(&[]), Err(Unanswerable::NoObservations));
    assert_eq!(Cox::fit(&[row(1, true, &[])]), Err(Unanswerable::NoObservations));
    assert_eq!(Cox::fit(&[row(1, false, &[1.0]), row(2, false, &[2.0])]), Err(Unanswerable::NoObservations));
    let lengths = Cox::fit(&[row(1, true, &[1.0]), row(2, true, &[])]);
    assert_eq!(lengths, Err(Unanswerable::LengthsDiffer { left: 1, right: 0 }));
    for odd in [f64::NAN, f64::INFINITY] {
        assert!(matches!(Cox::fit(&[row(1, true, &[odd])]), Err(Unanswerable::OutOfRange(_))));
    }
    let constant: Vec<_> = (0..9).map(|time| row(time, true, &[0.1])).collect();
    assert_eq!(Cox::fit(&constant), Err(Unanswerable::NotIdentifiable));
    let twice: Vec<_> = rossi()
        .into_iter()
        .map(|mut row| {
            row.covariates.push(row.covariates[0] + 2.0 * row.covariates[6]);
            row
        })
        .collect();
    assert_eq!(Cox::fit(&twice), Err(Unanswerable::NotIdentifiable));
    // Whoever has the mark has the event, and first: the ratio is infinite.
    let separated: Vec<_> = (0..20_u64).map(|time| row(time, time < 10, &[f64::from(u8::from(time < 10))])).collect();
    assert!(matches!(Cox::fit(&separated), Err(Unanswerable::DidNotConverge { .. })), "{:?}", Cox::fit(&separated));
    let extreme: Vec<_> = (0..9_u64).map(|time| row(time, true, &[1e300 * time as f64])).collect();
    assert!(Cox::fit(&extreme).is_err());
}
