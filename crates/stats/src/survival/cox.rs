//! Several influences on the pace of the event at once.

use serde::{Deserialize, Serialize};

use super::Observation;
use super::partial_likelihood::{Derivatives, PartialLikelihood};
use crate::confidence::{Confidence, Interval};
use crate::distribution::{chi_squared_upper_tail, normal_two_sided};
use crate::error::Unanswerable;

const MOST_STEPS: usize = 50;
const MOST_HALVINGS: usize = 30;

/// One stretch of a life with the covariates that held during it.
///
/// A covariate that changes gives several rows per person: `(start, stop]` each, the event on the last.
#[derive(Debug, Clone, PartialEq)]
pub struct CoxRow {
    /// When the row applies, and whether it ends with the event.
    pub observation: Observation,
    /// One finite number per covariate, in the same order in every row.
    pub covariates: Vec<f64>,
}

/// The effect of one covariate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Covariate {
    /// The logarithm of the hazard ratio for one unit more.
    pub coefficient: f64,
    /// Its standard error, from the inverse of the observed information.
    pub standard_error: f64,
}

impl Covariate {
    /// How many times as fast the event comes for one unit more.
    #[must_use]
    pub fn hazard_ratio(&self) -> f64 {
        self.coefficient.exp()
    }

    /// Wald's interval of the hazard ratio.
    #[must_use]
    pub fn interval(&self, confidence: Confidence) -> Interval {
        Interval::of_logarithm(self.coefficient, confidence.z() * self.standard_error)
    }

    /// Coefficient divided by its standard error.
    #[must_use]
    pub fn z(&self) -> f64 {
        self.coefficient / self.standard_error
    }

    /// Wald's two-sided p-value.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        normal_two_sided(self.z())
    }
}

/// A fitted proportional hazards model.
///
/// Cox (1972), "Regression models and life-tables"; tied event times after Efron (1977), "The efficiency of Cox's
/// likelihood function for censored data"; rows with delayed entry as in Andersen and Gill (1982).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cox {
    /// The covariates, in the order given.
    pub covariates: Vec<Covariate>,
    /// The logarithm of the partial likelihood.
    pub log_likelihood: f64,
    /// The same with all coefficients 0.
    pub null_log_likelihood: f64,
    /// Rows that were ever at risk.
    pub rows: usize,
    /// Events.
    pub events: u64,
    means: Vec<f64>,
}

impl Cox {
    /// Fits by Newton's method.
    ///
    /// # Errors
    /// [`Unanswerable::NoObservations`] without rows, covariates or events; [`Unanswerable::LengthsDiffer`] when rows have
    /// different numbers of covariates; [`Unanswerable::OutOfRange`] for a covariate that is not finite;
    /// [`Unanswerable::EndsBeforeItBegins`]; [`Unanswerable::NotIdentifiable`]; [`Unanswerable::DidNotConverge`].
    pub fn fit(rows: &[CoxRow]) -> Result<Self, Unanswerable> {
        let size = rows.first().ok_or(Unanswerable::NoObservations)?.covariates.len();
        for (index, row) in rows.iter().enumerate() {
            row.observation.check(index)?;
            if row.covariates.len() != size {
                return Err(Unanswerable::LengthsDiffer { left: size, right: row.covariates.len() });
            }
            if row.covariates.iter().any(|value| !value.is_finite()) {
                return Err(Unanswerable::OutOfRange("a covariate is not finite"));
            }
        }
        let used: Vec<&CoxRow> = rows.iter().filter(|row| row.observation.is_ever_at_risk()).collect();
        let events = used.iter().filter(|row| row.observation.event).count() as u64;
        if size == 0 || events == 0 {
            return Err(Unanswerable::NoObservations);
        }

        // Centred and scaled columns keep the exponentials and the information matrix tame.
        let scales = (0..size).map(|column| Scale::of(&used, column)).collect::<Result<Vec<_>, _>>()?;
        let scaled: Vec<f64> = used
            .iter()
            .flat_map(|row| {
                row.covariates.iter().zip(&scales).map(|(value, scale)| (value - scale.mean) / scale.spread)
            })
            .collect();
        let observations: Vec<Observation> = used.iter().map(|row| row.observation).collect();
        let likelihood = PartialLikelihood::new(&observations, &scaled, size);

        let null = likelihood.at(&vec![0.0; size]);
        let null_log_likelihood = null.log_likelihood;
        let (coefficients, best) = climb(&likelihood, null, size)?;
        let inverse = best.information.factor().ok_or(Unanswerable::NotIdentifiable)?.inverse();
        let covariates = coefficients
            .iter()
            .zip(&scales)
            .enumerate()
            .map(|(index, (coefficient, scale))| Covariate {
                coefficient: coefficient / scale.spread,
                standard_error: inverse.at(index, index).sqrt() / scale.spread,
            })
            .collect();
        Ok(Self {
            covariates,
            log_likelihood: best.log_likelihood,
            null_log_likelihood,
            rows: used.len(),
            events,
            means: scales.into_iter().map(|scale| scale.mean).collect(),
        })
    }

    /// The logarithm of the hazard relative to that of average covariates; `None` for the wrong number of covariates.
    #[must_use]
    pub fn log_relative_hazard(&self, covariates: &[f64]) -> Option<f64> {
        (covariates.len() == self.covariates.len()).then(|| {
            let parts = self.covariates.iter().zip(&self.means).zip(covariates);
            parts.map(|((fitted, mean), value)| fitted.coefficient * (value - mean)).sum()
        })
    }

    /// The likelihood ratio test of all coefficients being 0: `(statistic, p-value)`, with one degree of freedom each.
    #[must_use]
    pub fn likelihood_ratio_test(&self) -> (f64, f64) {
        let statistic = (2.0 * (self.log_likelihood - self.null_log_likelihood)).max(0.0);
        let degrees_of_freedom = u32::try_from(self.covariates.len()).unwrap_or(u32::MAX);
        (statistic, chi_squared_upper_tail(statistic, degrees_of_freedom))
    }
}

struct Scale {
    mean: f64,
    spread: f64,
}

impl Scale {
    fn of(rows: &[&CoxRow], column: usize) -> Result<Self, Unanswerable> {
        let count = rows.len() as f64;
        let values = || rows.iter().map(|row| row.covariates[column]);
        let mean = values().sum::<f64>() / count;
        let spread = (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        if !mean.is_finite() || !spread.is_finite() {
            return Err(Unanswerable::OutOfRange("a covariate is too large"));
        }
        // A constant column differs from its mean by rounding only.
        if spread <= 1e-12 * mean.abs() {
            return Err(Unanswerable::NotIdentifiable);
        }
        Ok(Self { mean, spread })
    }
}

/// Newton's method from zero, each step halved until it climbs.
fn climb(
    likelihood: &PartialLikelihood<'_>,
    start: Derivatives,
    size: usize,
) -> Result<(Vec<f64>, Derivatives), Unanswerable> {
    let mut coefficients = vec![0.0; size];
    let mut here = start;
    for iterations in 1..=MOST_STEPS {
        let factor = here.information.factor().ok_or(if iterations == 1 {
            Unanswerable::NotIdentifiable
        } else {
            // What could be told apart at zero cannot be out here: the coefficients are running away.
            Unanswerable::DidNotConverge { iterations }
        })?;
        let step = factor.solve(&here.gradient);
        // Twice the climb still to be expected.
        let decrement: f64 = step.iter().zip(&here.gradient).map(|(s, g)| s * g).sum();
        let mut length = 1.0;
        let mut next = None;
        for _ in 0..MOST_HALVINGS {
            let tried: Vec<f64> = coefficients.iter().zip(&step).map(|(b, s)| b + length * s).collect();
            let there = likelihood.at(&tried);
            // Close to the top rounding decides which is higher.
            if there.log_likelihood >= here.log_likelihood - 1e-9 * here.log_likelihood.abs() {
                next = Some((tried, there));
                break;
            }
            length /= 2.0;
        }
        (coefficients, here) = next.ok_or(Unanswerable::DidNotConverge { iterations })?;
        // Twenty standard deviations of a covariate away from zero: the top is at infinity.
        if coefficients.iter().any(|value| !value.is_finite() || value.abs() > 20.0) {
            return Err(Unanswerable::DidNotConverge { iterations });
        }
        if decrement.abs() < 1e-18 * (1.0 + here.log_likelihood.abs()) || decrement.abs() < 1e-16 {
            return Ok((coefficients, here));
        }
    }
    Err(Unanswerable::DidNotConverge { iterations: MOST_STEPS })
}
