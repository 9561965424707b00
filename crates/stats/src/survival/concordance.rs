//! How well a score orders people by their time to the event.

use super::Observation;
use crate::error::Unanswerable;

/// Harrell's concordance and the pairs behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Concordance {
    /// (concordant + half of tied) / comparable; 0.5 is chance, 1 perfect.
    pub value: f64,
    /// Pairs whose order in time is known.
    pub comparable: u64,
    /// Comparable pairs in which the higher score had the event earlier.
    pub concordant: u64,
    /// Comparable pairs with equal scores.
    pub tied: u64,
}

/// Harrell, Califf, Pryor, Lee and Rosati (1982), "Evaluating the yield of medical tests": among pairs where one is known
/// to have had the event first, how often that one had the higher score (a higher score means sooner).
///
/// An event precedes a censoring at the same time; two events at the same time are not compared. Entry is ignored, so
/// give whole lives. Costs n log n steps.
///
/// # Errors
/// [`Unanswerable::LengthsDiffer`]; [`Unanswerable::OutOfRange`] for a score that is not a number;
/// [`Unanswerable::NothingToCompare`] without a comparable pair.
pub fn concordance(observations: &[Observation], scores: &[f64]) -> Result<Concordance, Unanswerable> {
    if observations.len() != scores.len() {
        return Err(Unanswerable::LengthsDiffer { left: observations.len(), right: scores.len() });
    }
    if scores.iter().any(|score| score.is_nan()) {
        return Err(Unanswerable::OutOfRange("a score is not a number"));
    }
    let mut distinct = scores.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let rank = |score: f64| distinct.partition_point(|&other| other < score);

    let mut order: Vec<usize> = (0..observations.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(observations[index].exit));
    let mut later = Tally::new(distinct.len());
    let (mut comparable, mut concordant, mut tied) = (0, 0, 0);
    for same_time in order.chunk_by(|&a, &b| observations[a].exit == observations[b].exit) {
        let (events, censored): (Vec<usize>, Vec<usize>) =
            same_time.iter().partition(|&&index| observations[index].event);
        for index in censored {
            later.add(rank(scores[index]));
        }
        for &index in &events {
            let own = rank(scores[index]);
            let (below, up_to) = (later.count_below(own), later.count_below(own + 1));
            comparable += later.count;
            concordant += below;
            tied += up_to - below;
        }
        for index in events {
            later.add(rank(scores[index]));
        }
    }
    if comparable == 0 {
        return Err(Unanswerable::NothingToCompare("no two people whose order in time is known"));
    }
    let value = (concordant as f64 + tied as f64 / 2.0) / comparable as f64;
    Ok(Concordance { value, comparable, concordant, tied })
}

/// Counts by rank with running totals (Fenwick 1994).
struct Tally {
    sums: Vec<u64>,
    count: u64,
}

impl Tally {
    fn new(ranks: usize) -> Self {
        Self { sums: vec![0; ranks + 1], count: 0 }
    }

    fn add(&mut self, rank: usize) {
        self.count += 1;
        let mut position = rank + 1;
        while position < self.sums.len() {
            self.sums[position] += 1;
            position += position & position.wrapping_neg();
        }
    }

    fn count_below(&self, rank: usize) -> u64 {
        let mut position = rank;
        let mut sum = 0;
        while position > 0 {
            sum += self.sums[position];
            position -= position & position.wrapping_neg();
        }
        sum
    }
}
