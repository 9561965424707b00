//! Logistic regression and isotonic fits against statsmodels, scikit-learn and scipy, and what they say of odd input.

mod support;

use stats::Unanswerable;
use stats::isotonic::Isotonic;
use stats::logistic::{Logistic, Problem};
use stats::random::Generator;
use support::{close, document, list, number, within};

#[test]
fn models_agree() {
    for case in document("logistic.json").as_array().unwrap() {
        let rows: Vec<Vec<f64>> = case["rows"].as_array().unwrap().iter().map(list).collect();
        let outcomes: Vec<bool> = list(&case["outcomes"]).into_iter().map(|outcome| outcome > 0.5).collect();
        let offsets = case["offsets"].is_array().then(|| list(&case["offsets"]));
        let least = case["least"].is_array().then(|| list(&case["least"]));
        let problem = Problem {
            columns: rows[0].len(),
            cells: &rows.concat(),
            outcomes: &outcomes,
            offsets: offsets.as_deref(),
            ridge: number(&case["ridge"]),
            least: least.as_deref(),
        };
        let ours = Logistic::fit(&problem).unwrap();
        // The bounded reference stops a little early.
        let tolerance = if least.is_some() { 2e-5 } else { 1e-7 };
        within(ours.intercept, number(&case["intercept"]), tolerance);
        for (ours, theirs) in ours.coefficients.iter().zip(list(&case["coefficients"])) {
            within(*ours, theirs, tolerance);
        }
        if case["log_likelihood"].is_number() {
            close(ours.log_likelihood, number(&case["log_likelihood"]));
            close(ours.null_log_likelihood, number(&case["null_log_likelihood"]));
            for (ours, theirs) in ours.standard_errors.iter().zip(list(&case["standard_errors"])) {
                within(ours.unwrap(), theirs, 1e-6);
            }
        }
        if least.is_some() {
            for (coefficient, error) in ours.coefficients.iter().zip(&ours.standard_errors) {
                assert!(*coefficient >= 0.0);
                assert_eq!(error.is_none(), *coefficient == 0.0, "who stands at the bound has no error");
            }
        }
    }
}

#[test]
fn isotonic_fits_agree() {
    for case in document("isotonic.json").as_array().unwrap() {
        let places = list(&case["places"]);
        let ours = Isotonic::fit(&places, &list(&case["values"]), &list(&case["weights"])).unwrap();
        for (place, theirs) in places.iter().zip(list(&case["fitted"])) {
            close(ours.at(*place), theirs);
        }
        assert!(ours.value.windows(2).all(|pair| pair[0] < pair[1]), "steps rise");
        assert!(ours.at(-1e9) == ours.value[0] && ours.at(1e9) == *ours.value.last().unwrap());
    }
    assert_eq!(Isotonic::fit(&[], &[], &[]), Err(Unanswerable::NoObservations));
    assert!(Isotonic::fit(&[1.0], &[1.0], &[0.0]).is_err());
    assert!(Isotonic::fit(&[1.0], &[f64::NAN], &[1.0]).is_err());
    assert!(Isotonic::fit(&[1.0, 2.0], &[1.0], &[1.0]).is_err());
}

fn plain<'a>(columns: usize, cells: &'a [f64], outcomes: &'a [bool]) -> Problem<'a> {
    Problem { columns, cells, outcomes, offsets: None, ridge: 0.0, least: None }
}

#[test]
fn what_cannot_be_fitted_is_said() {
    let outcomes = [true, false, true, false];
    let fit = |problem: &Problem<'_>| Logistic::fit(problem).map(|_| ());
    assert_eq!(fit(&plain(0, &[], &outcomes)), Err(Unanswerable::NoObservations));
    assert_eq!(fit(&plain(1, &[], &[])), Err(Unanswerable::NoObservations));
    assert!(matches!(fit(&plain(1, &[1.0], &outcomes)), Err(Unanswerable::LengthsDiffer { .. })));
    assert!(matches!(fit(&plain(1, &[1.0, 2.0, f64::NAN, 0.0], &outcomes)), Err(Unanswerable::OutOfRange(_))));
    assert!(matches!(fit(&plain(1, &[1.0, 2.0, 3.0, 4.0], &[true; 4])), Err(Unanswerable::NothingToCompare(_))));
    assert_eq!(fit(&plain(1, &[1.0; 4], &outcomes)), Err(Unanswerable::NotIdentifiable));
    let twice = [1.0, 1.0, 2.0, 2.0, 0.0, 0.0, 1.5, 1.5];
    assert_eq!(fit(&plain(2, &twice, &outcomes)), Err(Unanswerable::NotIdentifiable));
    // Above 2 everybody, below nobody: the coefficient runs away, and a ridge holds it.
    let parted = plain(1, &[3.0, 1.0, 4.0, 0.5], &outcomes);
    assert!(matches!(fit(&parted), Err(Unanswerable::DidNotConverge { .. } | Unanswerable::NotIdentifiable)));
    let held = Logistic::fit(&Problem { ridge: 1.0, ..parted }).unwrap();
    assert!(held.coefficients[0] > 0.0 && held.probability(&[4.0]) > 0.5 && held.probability(&[0.0]) < 0.5);
    assert!(fit(&Problem { ridge: -1.0, ..parted }).is_err());
    assert!(fit(&Problem { least: Some(&[1.0]), ..parted }).is_err());
}

#[test]
fn the_answer_is_the_top_of_the_hill() {
    // The obvious check: no small move of any coefficient makes the likelihood larger.
    let mut random = Generator::new(3);
    for _ in 0..20 {
        let cells: Vec<f64> = (0..600).map(|_| random.uniform() * 4.0).collect();
        let outcomes: Vec<bool> =
            cells.chunks(3).map(|row| random.happens(stats::logistic::probability(row[0] - row[1] - 0.5))).collect();
        let model = Logistic::fit(&Problem { ridge: 0.3, ..plain(3, &cells, &outcomes) }).unwrap();
        let value = |model: &Logistic| {
            let of = |(row, outcome): (&[f64], &bool)| {
                let chance = model.probability(row);
                if *outcome { chance.ln() } else { (1.0 - chance).ln() }
            };
            let ridge: f64 = model.coefficients.iter().map(|own| 0.15 * own * own).sum();
            cells.chunks(3).zip(&outcomes).map(of).sum::<f64>() - ridge
        };
        let top = value(&model);
        for column in 0..3 {
            for by in [-1e-3, 1e-3] {
                let mut moved = model.clone();
                moved.coefficients[column] += by;
                assert!(value(&moved) < top);
            }
        }
    }
}

#[test]
fn errors_cover_the_truth() {
    let mut random = Generator::new(5);
    let rounds = 400;
    let covered = (0..rounds)
        .filter(|_| {
            let cells: Vec<f64> = (0..800).map(|_| random.uniform() * 2.0).collect();
            let outcomes: Vec<bool> = cells
                .chunks(2)
                .map(|row| random.happens(stats::logistic::probability(0.8 * row[0] - 0.4 * row[1] - 0.7)))
                .collect();
            let model = Logistic::fit(&plain(2, &cells, &outcomes)).unwrap();
            let error = model.standard_errors[0].unwrap();
            (model.coefficients[0] - 0.8).abs() <= 1.96 * error
        })
        .count();
    // 95 % and four standard errors of the simulation.
    assert!((362..=397).contains(&covered), "{covered} of {rounds}");
}
