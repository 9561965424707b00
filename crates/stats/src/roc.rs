//! Does a score put those who convert above those who do not?

use serde::{Deserialize, Serialize};

use crate::confidence::{Confidence, Estimate, Interval};
use crate::distribution::normal_two_sided;
use crate::error::Unanswerable;

/// The area under the receiver operating characteristic curve: the chance that someone with the outcome scores above
/// someone without (ties count half).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// The area; 0.5 is chance, 1 perfect.
    pub value: f64,
    /// DeLong's standard error.
    pub standard_error: f64,
    /// `value ± z × standard error`, cut to 0..=1. In a perfect order the standard error is 0, which would claim certainty: there it
    /// is the exact interval of pairs of which each person (or cluster) is in one only, all of them in order (Clopper and
    /// Pearson 1934). `None` where all scores are equal.
    pub interval: Option<Interval>,
    /// How often such an interval covers the truth.
    pub confidence: Confidence,
    /// People with the outcome.
    pub positives: u64,
    /// People without it.
    pub negatives: u64,
}

/// The area with DeLong's interval: DeLong, DeLong and Clarke-Pearson (1988), "Comparing the areas under two or more
/// correlated receiver operating characteristic curves", by midranks as in Sun and Xu (2014).
///
/// # Errors
/// [`Unanswerable::LengthsDiffer`]; [`Unanswerable::OutOfRange`] for a score that is not a number;
/// [`Unanswerable::NothingToCompare`] with fewer than two people on either side.
pub fn area_under_curve(scores: &[f64], outcomes: &[bool], confidence: Confidence) -> Result<Area, Unanswerable> {
    let places = Placements::of(scores, outcomes)?;
    let standard_error = covariance_of_areas(&places, &places).max(0.0).sqrt();
    let half_width = confidence.z() * standard_error;
    Ok(Area {
        value: places.area,
        standard_error,
        interval: if standard_error > 0.0 {
            Some(Interval::around(places.area, half_width, 0.0, 1.0))
        } else {
            perfect(places.area, places.positives.len().min(places.negatives.len()), confidence)
        },
        confidence,
        positives: places.positives.len() as u64,
        negatives: places.negatives.len() as u64,
    })
}

/// The difference of two areas on the same people.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AreaDifference {
    /// First area minus second area, with its interval.
    pub difference: Estimate,
    /// Two-sided p-value of there being no difference; `None` when the two order people alike.
    pub p_value: Option<f64>,
}

/// Compares two scores of the same people (DeLong, DeLong and Clarke-Pearson 1988).
///
/// # Errors
/// As [`area_under_curve`].
pub fn compare_areas(
    first_scores: &[f64],
    second_scores: &[f64],
    outcomes: &[bool],
    confidence: Confidence,
) -> Result<AreaDifference, Unanswerable> {
    let first = Placements::of(first_scores, outcomes)?;
    let second = Placements::of(second_scores, outcomes)?;
    let variance = covariance_of_areas(&first, &first) + covariance_of_areas(&second, &second)
        - 2.0 * covariance_of_areas(&first, &second);
    // Scores that order alike leave a rest of rounding.
    let standard_error = if variance > 1e-15 { variance.sqrt() } else { 0.0 };
    let value = first.area - second.area;
    let interval = Interval::around(value, confidence.z() * standard_error, -1.0, 1.0);
    Ok(AreaDifference {
        difference: Estimate { value, interval, confidence },
        p_value: (standard_error > 0.0).then(|| normal_two_sided(value / standard_error)),
    })
}

/// The same where people are not independent: those of one cluster (an account) stand or fall together.
///
/// Obuchowski (1997), "Nonparametric analysis of clustered ROC curve data", as a sum of squared influences: each cluster's is
/// the sum over its people, so that alone people give DeLong's interval but for (n − 1) / n. `clusters` has a number for each
/// person.
///
/// # Errors
/// As [`area_under_curve`].
pub fn compare_areas_clustered(
    first_scores: &[f64],
    second_scores: &[f64],
    outcomes: &[bool],
    clusters: &[u64],
    confidence: Confidence,
) -> Result<AreaDifference, Unanswerable> {
    let first = influences(&Placements::of(first_scores, outcomes)?, outcomes);
    let second = influences(&Placements::of(second_scores, outcomes)?, outcomes);
    let difference = first.1.iter().zip(&second.1).map(|(first, second)| first - second).collect::<Vec<f64>>();
    let standard_error = clustered(&difference, clusters)?;
    let value = first.0 - second.0;
    let interval = Interval::around(value, confidence.z() * standard_error, -1.0, 1.0);
    Ok(AreaDifference {
        difference: Estimate { value, interval, confidence },
        p_value: (standard_error > 0.0).then(|| normal_two_sided(value / standard_error)),
    })
}

/// [`area_under_curve`] where the people of a cluster are not independent; see [`compare_areas_clustered`].
///
/// # Errors
/// As [`area_under_curve`].
pub fn area_clustered(
    scores: &[f64],
    outcomes: &[bool],
    clusters: &[u64],
    confidence: Confidence,
) -> Result<Area, Unanswerable> {
    let places = Placements::of(scores, outcomes)?;
    let (value, influence) = influences(&places, outcomes);
    let standard_error = clustered(&influence, clusters)?;
    Ok(Area {
        value,
        standard_error,
        interval: if standard_error > 0.0 {
            Some(Interval::around(value, confidence.z() * standard_error, 0.0, 1.0))
        } else {
            perfect(value, pairs(outcomes, clusters), confidence)
        },
        confidence,
        positives: places.positives.len() as u64,
        negatives: places.negatives.len() as u64,
    })
}

/// The interval of an area of 1 or 0 by pairs that have nobody in common: each is in order by the chance that is the area, so that
/// all of them are by its power.
fn perfect(area: f64, pairs: usize, confidence: Confidence) -> Option<Interval> {
    let certain = confidence.tail().powf(1.0 / pairs.max(1) as f64);
    if area >= 1.0 {
        Some(Interval { low: certain, high: 1.0 })
    } else if area <= 0.0 {
        Some(Interval { low: 0.0, high: 1.0 - certain })
    } else {
        None
    }
}

/// How many pairs of one with the outcome and one without it can be made of different clusters, each cluster being in one only.
fn pairs(outcomes: &[bool], clusters: &[u64]) -> usize {
    let mut seen: std::collections::BTreeMap<u64, [bool; 2]> = std::collections::BTreeMap::new();
    for (outcome, cluster) in outcomes.iter().zip(clusters) {
        seen.entry(*cluster).or_default()[usize::from(*outcome)] = true;
    }
    let count = |of: usize| seen.values().filter(|has| has[of]).count();
    count(0).min(count(1)).min(seen.len() / 2)
}

/// The area, and what each person adds to its error.
fn influences(places: &Placements, outcomes: &[bool]) -> (f64, Vec<f64>) {
    let (mut positives, mut negatives) = (places.positives.iter(), places.negatives.iter());
    let (with, without) = (places.positives.len() as f64, places.negatives.len() as f64);
    let influence = outcomes
        .iter()
        .map(|outcome| {
            let (place, count) = if *outcome { (positives.next(), with) } else { (negatives.next(), without) };
            (place.copied().unwrap_or(places.area) - places.area) / count
        })
        .collect();
    (places.area, influence)
}

fn clustered(influence: &[f64], clusters: &[u64]) -> Result<f64, Unanswerable> {
    if influence.len() != clusters.len() {
        return Err(Unanswerable::LengthsDiffer { left: influence.len(), right: clusters.len() });
    }
    let mut order: Vec<usize> = (0..clusters.len()).collect();
    order.sort_by_key(|person| clusters.get(*person));
    let sums = order
        .chunk_by(|left, right| clusters.get(*left) == clusters.get(*right))
        .map(|members| members.iter().filter_map(|member| influence.get(*member)).sum::<f64>());
    let variance: f64 = sums.map(|sum| sum * sum).sum();
    // Scores that order alike leave a rest of rounding.
    Ok(if variance > 1e-15 { variance.sqrt() } else { 0.0 })
}

/// For each person the share of the other side that is on the right side of them.
struct Placements {
    area: f64,
    positives: Vec<f64>,
    negatives: Vec<f64>,
}

impl Placements {
    fn of(scores: &[f64], outcomes: &[bool]) -> Result<Self, Unanswerable> {
        if scores.len() != outcomes.len() {
            return Err(Unanswerable::LengthsDiffer { left: scores.len(), right: outcomes.len() });
        }
        if scores.iter().any(|score| score.is_nan()) {
            return Err(Unanswerable::OutOfRange("a score is not a number"));
        }
        let of_kind = |kind: bool| {
            let members = scores.iter().zip(outcomes).filter(|(_, outcome)| **outcome == kind);
            members.map(|(score, _)| *score).collect::<Vec<f64>>()
        };
        let (with, without) = (of_kind(true), of_kind(false));
        if with.len() < 2 || without.len() < 2 {
            return Err(Unanswerable::NothingToCompare(
                "fewer than two people with the outcome, or fewer than two without",
            ));
        }
        let positives = shares_below(&with, &without);
        let negatives: Vec<f64> = shares_below(&without, &with).into_iter().map(|share| 1.0 - share).collect();
        let area = positives.iter().sum::<f64>() / positives.len() as f64;
        Ok(Self { area, positives, negatives })
    }
}

/// For each score the share of the others below it, ties counting half.
fn shares_below(scores: &[f64], others: &[f64]) -> Vec<f64> {
    let mut sorted = others.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share = |score: &f64| {
        let below = sorted.partition_point(|other| other < score);
        let up_to = sorted.partition_point(|other| other <= score);
        (below + up_to) as f64 / (2 * sorted.len()) as f64
    };
    scores.iter().map(share).collect()
}

fn covariance_of_areas(first: &Placements, second: &Placements) -> f64 {
    let part = |left: &[f64], right: &[f64], (left_mean, right_mean): (f64, f64)| {
        let count = left.len() as f64;
        let sum: f64 = left.iter().zip(right).map(|(l, r)| (l - left_mean) * (r - right_mean)).sum();
        sum / (count - 1.0) / count
    };
    // The mean placement of either side is the area.
    let means = (first.area, second.area);
    part(&first.positives, &second.positives, means) + part(&first.negatives, &second.negatives, means)
}
