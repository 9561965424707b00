//! The card: rows chosen one after the other, then rounded to whole points.

use serde::{Serialize, Serializer};
use stats::logistic::{Logistic, Problem, probability};

use super::candidates::Candidate;
use super::folds;
use super::path::{Path, Teachers};
use super::people::Sides;
use super::{RULES, Total};
use crate::discover::Question;
use crate::discover::bits::Bits;
use crate::discover::rule::Condition;
use crate::figure::Share;

/// A little ridge keeps a row that all buyers meet from running away.
const RIDGE: f64 = 1.0;

/// One row of a card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// In words: "Member Invited 2 or more times".
    pub words: String,
    /// Its points.
    pub points: u32,
    /// Its coefficient in the model that was rounded, in log-odds.
    pub coefficient: f64,
    /// Of those who taught, met.
    pub met: Share,
    /// Of those who met it, the converted.
    pub converted: Share,
    /// The condition itself.
    #[serde(rename = "at_least", serialize_with = "threshold")]
    pub condition: Condition,
}

fn threshold<S: Serializer>(condition: &Condition, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(condition.threshold())
}

/// A learned card.
pub(super) struct Card {
    pub rows: Vec<Row>,
    /// Conditions that were looked at.
    pub looked_at: u64,
    /// The least total that a definition asks for.
    pub threshold: u32,
    /// The total that the tenth with the most points reaches.
    pub high: u32,
    /// Of nobody's points, and of each point.
    pub log_odds: [f64; 2],
    totals: Vec<u32>,
}

impl Card {
    /// `None`: nothing says anything.
    pub fn learn(mut candidates: Vec<Candidate>, question: &Question, sides: &Sides, monotone: bool) -> Option<Self> {
        let taught = Teachers::all(sides);
        let looked_at = candidates.len() as u64;
        if !monotone {
            candidates.extend(candidates.iter().filter_map(|own| own.negated(sides.len())).collect::<Vec<Candidate>>());
        }
        let most_rows = folds::rows(&candidates, &taught);
        let mut path = Path::of(&candidates, &taught, most_rows);
        let model = path.models.pop()?;
        let (chosen, outcomes) = (path.chosen, taught.outcomes);
        let points = round(&chosen, &model, &outcomes)?;
        let words = |candidate: &Candidate| candidate.condition.words(&question.catalog);
        let mut rows: Vec<(Row, &Bits)> = chosen
            .iter()
            .zip(&model.coefficients)
            .zip(&points)
            .filter(|(_, points)| **points > 0)
            .map(|((candidate, coefficient), points)| {
                let met = outcomes.iter().enumerate().filter(|(place, _)| candidate.met.has(*place));
                let (count, won) = met.fold((0, 0), |(count, won), (_, yes)| (count + 1, won + u64::from(*yes)));
                let row = Row {
                    words: words(candidate),
                    points: *points,
                    coefficient: *coefficient,
                    met: Share::new(count, outcomes.len() as u64),
                    converted: Share::new(won, count),
                    condition: candidate.condition,
                };
                (row, &candidate.met)
            })
            .collect();
        rows.sort_by(|left, right| right.0.points.cmp(&left.0.points).then_with(|| left.0.words.cmp(&right.0.words)));
        let totals: Vec<u32> = (0..sides.len())
            .map(|place| rows.iter().filter(|(_, met)| met.has(place)).map(|(row, _)| row.points).sum())
            .collect();
        let of_teachers: Vec<f64> = totals.iter().take(outcomes.len()).map(|total| f64::from(*total)).collect();
        let line = fit(1, &of_teachers, &outcomes)?;
        let (threshold, high) = thresholds(&totals[..outcomes.len()], &outcomes);
        Some(Self {
            rows: rows.into_iter().map(|(row, _)| row).collect(),
            looked_at,
            threshold,
            high,
            log_odds: [line.intercept, *line.coefficients.first()?],
            totals,
        })
    }

    /// A person's points.
    pub fn total(&self, place: usize) -> u32 {
        self.totals.get(place).copied().unwrap_or(0)
    }

    /// What so many points say.
    pub fn probability(&self, total: u32) -> f64 {
        let [none, each] = self.log_odds;
        probability(none + each * f64::from(total))
    }

    /// All points.
    pub fn most(&self) -> u32 {
        self.rows.iter().map(|row| row.points).sum()
    }

    /// People by their points, in at most six groups of about equal size, none split.
    pub fn groups(&self, totals: &[u32], outcomes: &[bool]) -> Vec<Total> {
        let mut people: Vec<(u32, bool)> = totals.iter().copied().zip(outcomes.iter().copied()).collect();
        people.sort_unstable();
        let least = people.len().div_ceil(6).max(1);
        let mut groups: Vec<Vec<(u32, bool)>> = Vec::new();
        for equal in people.chunk_by(|left, right| left.0 == right.0) {
            match groups.last_mut().filter(|last| last.len() < least) {
                Some(last) => last.extend(equal),
                None => groups.push(equal.to_vec()),
            }
        }
        groups
            .iter()
            .map(|group| Total {
                from: group.first().map_or(0, |(total, _)| *total),
                to: group.last().map_or(0, |(total, _)| *total),
                predicted: group.iter().map(|(total, _)| self.probability(*total)).sum::<f64>() / group.len() as f64,
                converted: Share::new(group.iter().filter(|(_, won)| *won).count() as u64, group.len() as u64),
            })
            .collect()
    }
}

pub(super) fn fit(columns: usize, cells: &[f64], outcomes: &[bool]) -> Option<Logistic> {
    let least = vec![0.0; columns];
    let problem = Problem { columns, cells, outcomes, offsets: None, ridge: RIDGE, least: Some(&least) };
    Logistic::fit(&problem).ok()
}

/// The coarsest whole points that lose little of the likelihood: coefficients over a unit, rounded.
fn round(chosen: &[&Candidate], model: &Logistic, outcomes: &[bool]) -> Option<Vec<u32>> {
    let largest = model.coefficients.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return None;
    }
    let tried = (1..=RULES.most_points).filter_map(|most| {
        let points: Vec<u32> =
            model.coefficients.iter().map(|own| in_points(*own, largest / f64::from(most))).collect();
        let total = |person: usize| {
            chosen.iter().zip(&points).filter(|(row, _)| row.met.has(person)).map(|(_, points)| *points).sum::<u32>()
        };
        let totals: Vec<f64> = (0..outcomes.len()).map(|person| f64::from(total(person))).collect();
        Some((points, fit(1, &totals, outcomes)?.log_likelihood))
    });
    let tried: Vec<(Vec<u32>, f64)> = tried.collect();
    let best = tried.iter().map(|(_, likelihood)| *likelihood).fold(f64::NEG_INFINITY, f64::max);
    let allowed = best - RULES.rounding_loss * (best - model.null_log_likelihood);
    tried.into_iter().find(|(_, likelihood)| *likelihood >= allowed).map(|(points, _)| points)
}

/// What counts at all has at least a point: else one strong row would swallow all others, which were chosen because they say
/// something beside it.
fn in_points(coefficient: f64, unit: f64) -> u32 {
    if coefficient > 0.0 { ((coefficient / unit).round() as u32).max(1) } else { 0 }
}

/// The total with the best balance of precision and recall, and the one that the top tenth reaches; at least 1.
fn thresholds(totals: &[u32], outcomes: &[bool]) -> (u32, u32) {
    let buyers = outcomes.iter().filter(|won| **won).count() as f64;
    let most = totals.iter().copied().max().unwrap_or(1).max(1);
    let mut best = (0.0, 1);
    let mut high = most;
    for least in 1..=most {
        let reached = totals.iter().zip(outcomes).filter(|(total, _)| **total >= least);
        let (people, won) =
            reached.fold((0.0, 0.0), |(people, won), (_, yes)| (people + 1.0, won + f64::from(u8::from(*yes))));
        let balance = 2.0 * won / (people + buyers);
        if balance > best.0 {
            best = (balance, least);
        }
        if people * 10.0 <= totals.len() as f64 {
            high = high.min(least);
        }
    }
    (best.1, high.max(best.1))
}
