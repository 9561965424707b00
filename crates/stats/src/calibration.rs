//! Do people with a predicted 20 % convert in 20 % of cases?

use serde::{Deserialize, Serialize};

use crate::confidence::Confidence;
use crate::error::Unanswerable;
use crate::proportion::Rate;

/// The mean squared distance of predicted probability and outcome, in 0..=1, smaller is better (Brier 1950,
/// "Verification of forecasts expressed in terms of probability").
///
/// # Errors
/// [`Unanswerable::NoObservations`]; [`Unanswerable::LengthsDiffer`]; [`Unanswerable::OutOfRange`] for a prediction outside
/// 0..=1.
pub fn brier_score(predictions: &[f64], outcomes: &[bool]) -> Result<f64, Unanswerable> {
    check(predictions, outcomes)?;
    let sum: f64 = predictions
        .iter()
        .zip(outcomes)
        .map(|(prediction, &outcome)| (prediction - f64::from(u8::from(outcome))).powi(2))
        .sum();
    Ok(sum / predictions.len() as f64)
}

/// People with similar predictions, and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// The lowest prediction in the bin.
    pub lowest: f64,
    /// The highest prediction in the bin.
    pub highest: f64,
    /// The mean prediction.
    pub predicted: f64,
    /// The share with the outcome, with its Wilson interval.
    pub observed: Rate,
}

/// The reliability curve in bins of about equally many people, from the lowest predictions to the highest.
///
/// Equal predictions are never split, so there may be fewer bins than asked for. The intervals are those of the single
/// bins.
///
/// # Errors
/// As [`brier_score`]; [`Unanswerable::OutOfRange`] for no bins.
pub fn reliability(
    predictions: &[f64],
    outcomes: &[bool],
    bins: usize,
    confidence: Confidence,
) -> Result<Vec<ReliabilityBin>, Unanswerable> {
    check(predictions, outcomes)?;
    if bins == 0 {
        return Err(Unanswerable::OutOfRange("no bins"));
    }
    let mut pairs: Vec<(f64, bool)> = predictions.iter().copied().zip(outcomes.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = pairs.len();
    let mut curve: Vec<ReliabilityBin> = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for equal in pairs.chunk_by(|a, b| a.0 == b.0) {
        end += equal.len();
        let due = (curve.len() + 1) as f64 * count as f64 / bins as f64;
        if (end as f64) < due && end < count {
            continue;
        }
        curve.extend(pairs.get(start..end).and_then(|members| bin(members, confidence)));
        start = end;
    }
    Ok(curve)
}

/// The mean distance of predicted and observed share over the bins, weighted by their people (Naeini, Cooper and
/// Hauskrecht 2015): 0 is perfect. `None` without bins.
#[must_use]
pub fn expected_calibration_error(curve: &[ReliabilityBin]) -> Option<f64> {
    let people: f64 = curve.iter().map(|bin| bin.observed.trials as f64).sum();
    let off = |bin: &ReliabilityBin| (bin.predicted - bin.observed.value()).abs() * bin.observed.trials as f64;
    (people > 0.0).then(|| curve.iter().map(off).sum::<f64>() / people)
}

fn bin(members: &[(f64, bool)], confidence: Confidence) -> Option<ReliabilityBin> {
    let (lowest, highest) = (members.first()?.0, members.last()?.0);
    let successes = members.iter().filter(|(_, outcome)| *outcome).count() as u64;
    let predicted = members.iter().map(|(prediction, _)| prediction).sum::<f64>() / members.len() as f64;
    let observed = Rate::new(successes, members.len() as u64, confidence)?;
    Some(ReliabilityBin { lowest, highest, predicted, observed })
}

fn check(predictions: &[f64], outcomes: &[bool]) -> Result<(), Unanswerable> {
    if predictions.len() != outcomes.len() {
        return Err(Unanswerable::LengthsDiffer { left: predictions.len(), right: outcomes.len() });
    }
    if predictions.is_empty() {
        return Err(Unanswerable::NoObservations);
    }
    if predictions.iter().any(|prediction| !(0.0..=1.0).contains(prediction)) {
        return Err(Unanswerable::OutOfRange("a prediction is not in 0..=1"));
    }
    Ok(())
}
