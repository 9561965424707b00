//! Several things known of a person at once, and the chance of the outcome.

use serde::{Deserialize, Serialize};

use crate::error::Unanswerable;
use crate::matrix::Square;

const MOST_STEPS: usize = 60;
const MOST_HALVINGS: usize = 30;
const MOST_SWEEPS: usize = 2_000;
/// A step is the last one when it moves no coefficient by more than this, on the scale of its column's spread.
const SMALL: f64 = 1e-9;
/// A step loses when it loses more than this share of the log-likelihood: a sum over many thousand people is not known to its last
/// digits, and one that came out a little high by rounding would never be reached again.
const NOISE: f64 = 1e-11;

/// What is fitted to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Problem<'a> {
    /// How many numbers are known of each person; at least 1.
    pub columns: usize,
    /// They, person by person; finite.
    pub cells: &'a [f64],
    /// Who had the outcome.
    pub outcomes: &'a [bool],
    /// What is added to each person's log-odds beforehand (0 where there is nothing to add).
    pub offsets: Option<&'a [f64]>,
    /// Half of this times the sum of squared coefficients (not the intercept's) is taken from the log-likelihood (ridge; le
    /// Cessie and van Houwelingen 1992). 0: plain maximum likelihood. Not negative.
    pub ridge: f64,
    /// Each coefficient is at least so large, where given: 0 for what must not count against. Each 0 or less, or minus
    /// infinity for none.
    pub least: Option<&'a [f64]>,
}

/// A fitted model: the log-odds of the outcome are the intercept plus coefficients times what is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// The log-odds of someone of whom every number is 0.
    pub intercept: f64,
    /// One for each column.
    pub coefficients: Vec<f64>,
    /// Of each coefficient, from the inverse of the penalised information; `None` for one that stands at its least.
    pub standard_errors: Vec<Option<f64>>,
    /// The logarithm of the likelihood, without the ridge's share.
    pub log_likelihood: f64,
    /// The same of the model that knows nothing but the offsets.
    pub null_log_likelihood: f64,
}

impl Logistic {
    /// Fits by Newton's method (iteratively reweighted least squares; McCullagh and Nelder 1989, 4.4), with halved steps where a
    /// whole one would lose. Bounded coefficients are found inside each step on its quadratic: by guessing
    /// which stand at their bound, else by coordinate descent (Friedman, Hastie and Tibshirani 2010).
    ///
    /// # Errors
    /// [`Unanswerable::NoObservations`] without people or columns; [`Unanswerable::LengthsDiffer`];
    /// [`Unanswerable::OutOfRange`]; [`Unanswerable::NothingToCompare`] where all or none had the outcome;
    /// [`Unanswerable::NotIdentifiable`] without ridge for columns that say the same; [`Unanswerable::DidNotConverge`].
    pub fn fit(problem: &Problem<'_>) -> Result<Self, Unanswerable> {
        let centred = Centred::of(problem)?;
        let null = centred.intercept_only()?;
        let size = problem.columns + 1;
        let mut at = vec![0.0; size];
        if let Some(intercept) = at.first_mut() {
            *intercept = null.0;
        }
        let mut value = centred.objective(&at);
        for _ in 0..MOST_STEPS {
            let (gradient, information) = centred.derivatives(&at);
            let step = centred.step(&at, &gradient, &information)?;
            let mut share = 1.0;
            let mut moved = at.clone();
            for halving in 0..=MOST_HALVINGS {
                for ((to, from), by) in moved.iter_mut().zip(&at).zip(&step) {
                    *to = from + share * by;
                }
                let there = centred.objective(&moved);
                if there >= value - value.abs() * NOISE {
                    value = there;
                    break;
                }
                if halving == MOST_HALVINGS {
                    moved.clone_from(&at);
                }
                share /= 2.0;
            }
            at = moved;
            let largest = step.iter().zip(&centred.spreads).map(|(by, spread)| (by * spread).abs()).fold(0.0, f64::max);
            if largest < SMALL {
                return Ok(centred.model(&at, null.1));
            }
        }
        Err(Unanswerable::DidNotConverge { iterations: MOST_STEPS })
    }

    /// The log-odds of someone; numbers that are missing count as 0.
    #[must_use]
    pub fn log_odds(&self, known: &[f64]) -> f64 {
        self.intercept
            + self.coefficients.iter().zip(known).map(|(coefficient, value)| coefficient * value).sum::<f64>()
    }

    /// The chance of the outcome, in 0..=1.
    #[must_use]
    pub fn probability(&self, known: &[f64]) -> f64 {
        probability(self.log_odds(known))
    }
}

/// The chance that belongs to log-odds.
#[must_use]
pub fn probability(log_odds: f64) -> f64 {
    if log_odds >= 0.0 {
        1.0 / (1.0 + (-log_odds).exp())
    } else {
        let odds = log_odds.exp();
        odds / (1.0 + odds)
    }
}

/// log(1 + exp(x)) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The problem with columns about their means: the intercept is then almost independent of the rest.
struct Centred<'a> {
    problem: &'a Problem<'a>,
    cells: Vec<f64>,
    means: Vec<f64>,
    /// 1 for the intercept, then each column's standard deviation.
    spreads: Vec<f64>,
}

impl<'a> Centred<'a> {
    fn of(problem: &'a Problem<'a>) -> Result<Self, Unanswerable> {
        let (columns, people) = (problem.columns, problem.outcomes.len());
        if columns == 0 || people == 0 {
            return Err(Unanswerable::NoObservations);
        }
        let lengths = [
            (problem.cells.len(), people * columns),
            (problem.offsets.map_or(people, <[f64]>::len), people),
            (problem.least.map_or(columns, <[f64]>::len), columns),
        ];
        if let Some((left, right)) = lengths.into_iter().find(|(left, right)| left != right) {
            return Err(Unanswerable::LengthsDiffer { left, right });
        }
        let offsets = problem.offsets.unwrap_or_default();
        if problem.cells.iter().chain(offsets).any(|value| !value.is_finite()) {
            return Err(Unanswerable::OutOfRange("a number known of a person is not finite"));
        }
        if !(problem.ridge >= 0.0 && problem.ridge.is_finite()) {
            return Err(Unanswerable::OutOfRange("the ridge is negative"));
        }
        if problem.least.unwrap_or_default().iter().any(|least| least.is_nan() || *least > 0.0) {
            return Err(Unanswerable::OutOfRange("the least coefficient is above 0"));
        }
        let mut means = vec![0.0; columns];
        for row in problem.cells.chunks_exact(columns) {
            for (mean, value) in means.iter_mut().zip(row) {
                *mean += value / people as f64;
            }
        }
        let cells: Vec<f64> = problem
            .cells
            .chunks_exact(columns)
            .flat_map(|row| row.iter().zip(&means).map(|(value, mean)| value - mean))
            .collect();
        let mut spreads = vec![0.0; columns + 1];
        for row in cells.chunks_exact(columns) {
            for (spread, value) in spreads.iter_mut().skip(1).zip(row) {
                *spread += value * value / people as f64;
            }
        }
        for spread in &mut spreads {
            *spread = spread.sqrt();
        }
        if let Some(first) = spreads.first_mut() {
            *first = 1.0;
        }
        if problem.ridge == 0.0 && spreads.iter().any(|spread| *spread <= 0.0) {
            return Err(Unanswerable::NotIdentifiable);
        }
        Ok(Self { problem, cells, means, spreads })
    }

    /// The best intercept with all coefficients 0, and its log-likelihood.
    fn intercept_only(&self) -> Result<(f64, f64), Unanswerable> {
        let people = self.problem.outcomes.len() as f64;
        let with = self.problem.outcomes.iter().filter(|outcome| **outcome).count() as f64;
        if with == 0.0 || with == people {
            return Err(Unanswerable::NothingToCompare("nobody had the outcome, or everybody"));
        }
        let mut intercept = (with / (people - with)).ln();
        let at =
            |intercept: f64| std::iter::once(intercept).chain(self.means.iter().map(|_| 0.0)).collect::<Vec<f64>>();
        if self.problem.offsets.is_some() {
            for _ in 0..MOST_STEPS {
                let (mut slope, mut bend) = (0.0, 0.0);
                self.each(&at(intercept), |_, outcome, log_odds| {
                    let chance = probability(log_odds);
                    slope += f64::from(u8::from(outcome)) - chance;
                    bend += chance * (1.0 - chance);
                });
                // Kept within what a step can be trusted for: far from the answer the curve is almost flat.
                let step = (slope / bend.max(f64::MIN_POSITIVE)).clamp(-2.0, 2.0);
                intercept += step;
                if step.abs() < SMALL {
                    break;
                }
            }
        }
        Ok((intercept, self.log_likelihood(&at(intercept))))
    }

    fn each(&self, at: &[f64], mut visit: impl FnMut(&[f64], bool, f64)) {
        let (intercept, coefficients) = at.split_first().unwrap_or((&0.0, &[]));
        let offsets = self.problem.offsets.unwrap_or_default();
        for (person, (row, outcome)) in
            self.cells.chunks_exact(self.problem.columns).zip(self.problem.outcomes).enumerate()
        {
            let sum: f64 = row.iter().zip(coefficients).map(|(value, coefficient)| value * coefficient).sum();
            visit(row, *outcome, intercept + sum + offsets.get(person).copied().unwrap_or(0.0));
        }
    }

    fn log_likelihood(&self, at: &[f64]) -> f64 {
        let mut sum = 0.0;
        self.each(at, |_, outcome, log_odds| sum -= softplus(if outcome { -log_odds } else { log_odds }));
        sum
    }

    fn objective(&self, at: &[f64]) -> f64 {
        let squares: f64 = at.iter().skip(1).map(|coefficient| coefficient * coefficient).sum();
        self.log_likelihood(at) - 0.5 * self.problem.ridge * squares
    }

    /// Of the objective: its gradient, and its second derivatives with the sign turned.
    fn derivatives(&self, at: &[f64]) -> (Vec<f64>, Square) {
        let size = at.len();
        let mut gradient = vec![0.0; size];
        let mut information = Square::zero(size);
        let mut own = vec![1.0; size];
        self.each(at, |row, outcome, log_odds| {
            own[1..].copy_from_slice(row);
            let chance = probability(log_odds);
            let (residual, weight) = (f64::from(u8::from(outcome)) - chance, chance * (1.0 - chance));
            for (place, value) in own.iter().enumerate() {
                gradient[place] += residual * value;
                if *value != 0.0 {
                    for (other, beside) in own.iter().enumerate().take(place + 1) {
                        *information.at_mut(place, other) += weight * value * beside;
                    }
                }
            }
        });
        for place in 1..size {
            gradient[place] -= self.problem.ridge * at[place];
            *information.at_mut(place, place) += self.problem.ridge;
        }
        for place in 0..size {
            for other in 0..place {
                *information.at_mut(other, place) = information.at(place, other);
            }
        }
        (gradient, information)
    }

    /// Where the quadratic of the derivatives is largest, as seen from here, inside the bounds.
    fn step(&self, at: &[f64], gradient: &[f64], information: &Square) -> Result<Vec<f64>, Unanswerable> {
        let Some(least) = self.problem.least else {
            return Ok(information.factor().ok_or(Unanswerable::NotIdentifiable)?.solve(gradient));
        };
        if (0..at.len()).any(|place| information.at(place, place) <= 0.0) {
            return Err(Unanswerable::NotIdentifiable);
        }
        let floor = |place: usize| {
            place.checked_sub(1).and_then(|column| least.get(column)).copied().unwrap_or(f64::NEG_INFINITY)
        };
        let lowest: Vec<f64> = (0..at.len()).map(|place| floor(place) - at[place]).collect();
        Ok(active_set(gradient, information, &lowest)
            .unwrap_or_else(|| coordinate_descent(gradient, information, &lowest, &self.spreads)))
    }

    fn model(&self, at: &[f64], null_log_likelihood: f64) -> Logistic {
        let coefficients: Vec<f64> = at.iter().skip(1).copied().collect();
        let shift: f64 = coefficients.iter().zip(&self.means).map(|(coefficient, mean)| coefficient * mean).sum();
        let least = self.problem.least.unwrap_or_default();
        let is_free =
            |column: usize| coefficients.get(column).zip(least.get(column)).is_none_or(|(own, least)| own > least);
        let free: Vec<usize> = (0..coefficients.len()).filter(|column| is_free(*column)).collect();
        let (_, information) = self.derivatives(at);
        // Only what can move in both directions has an error.
        let kept: Vec<usize> = std::iter::once(0).chain(free.iter().map(|column| column + 1)).collect();
        let mut reduced = Square::zero(kept.len());
        for (row, from) in kept.iter().enumerate() {
            for (column, to) in kept.iter().enumerate() {
                *reduced.at_mut(row, column) = information.at(*from, *to);
            }
        }
        let inverse = reduced.factor().map(|factor| factor.inverse());
        let mut standard_errors = vec![None; coefficients.len()];
        for (place, column) in free.iter().enumerate() {
            if let (Some(cell), Some(inverse)) = (standard_errors.get_mut(*column), &inverse) {
                *cell = Some(inverse.at(place + 1, place + 1).sqrt());
            }
        }
        Logistic {
            intercept: at.first().copied().unwrap_or(0.0) - shift,
            coefficients,
            standard_errors,
            log_likelihood: self.log_likelihood(at),
            null_log_likelihood,
        }
    }
}

/// Where a quadratic is largest with every coordinate at least at its lowest, by guessing which stand there: solve for the
/// others, put those that fall below at their lowest, let go of those that would rise (Hintermüller, Ito and Kunisch 2003).
/// `None`: the guesses go in circles, or a system cannot be solved.
fn active_set(gradient: &[f64], information: &Square, lowest: &[f64]) -> Option<Vec<f64>> {
    let size = gradient.len();
    let mut held = vec![false; size];
    for _ in 0..3 * size + 10 {
        let free: Vec<usize> = (0..size).filter(|place| !held[*place]).collect();
        let mut step: Vec<f64> = (0..size).map(|place| if held[place] { lowest[place] } else { 0.0 }).collect();
        let mut reduced = Square::zero(free.len());
        for (row, from) in free.iter().enumerate() {
            for (column, to) in free.iter().enumerate() {
                *reduced.at_mut(row, column) = information.at(*from, *to);
            }
        }
        let pull = |place: usize, step: &[f64]| -> f64 {
            step.iter().enumerate().map(|(other, by)| information.at(place, other) * by).sum()
        };
        let right: Vec<f64> = free.iter().map(|place| gradient[*place] - pull(*place, &step)).collect();
        for (place, by) in free.iter().zip(reduced.factor()?.solve(&right)) {
            step[*place] = by;
        }
        let next: Vec<bool> =
            (0..size)
                .map(|place| {
                    if held[place] { gradient[place] - pull(place, &step) <= 0.0 } else { step[place] < lowest[place] }
                })
                .collect();
        if next == held {
            return Some(step);
        }
        held = next;
    }
    None
}

/// The same, slowly and surely: one coordinate after the other.
fn coordinate_descent(gradient: &[f64], information: &Square, lowest: &[f64], spreads: &[f64]) -> Vec<f64> {
    let mut step = vec![0.0; gradient.len()];
    for _ in 0..MOST_SWEEPS {
        let mut largest = 0.0_f64;
        for place in 0..gradient.len() {
            let pull: f64 = step.iter().enumerate().map(|(other, by)| information.at(place, other) * by).sum();
            let own = step[place] + (gradient[place] - pull) / information.at(place, place);
            let bounded = own.max(lowest[place]);
            largest = largest.max((bounded - step[place]).abs() * spreads[place]);
            step[place] = bounded;
        }
        if largest < SMALL / 100.0 {
            break;
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Generator;

    /// With so many people sums differ in their last digits by more than the last steps change them.
    #[test]
    fn rounding_of_long_sums_does_not_stand_in_the_way() {
        for seed in 0..40 {
            let mut random = Generator::new(seed);
            let (people, columns) = (6_000, 4);
            let cells: Vec<f64> = (0..people * columns).map(|_| f64::from(u8::from(random.happens(0.3)))).collect();
            let outcomes: Vec<bool> =
                cells.chunks_exact(columns).map(|row| random.happens(0.02 + 0.1 * row[0] + 0.05 * row[1])).collect();
            let least = vec![0.0; columns];
            for least in [None, Some(least.as_slice())] {
                let problem = Problem { columns, cells: &cells, outcomes: &outcomes, offsets: None, ridge: 1.0, least };
                let model = Logistic::fit(&problem);
                assert!(model.is_ok(), "seed {seed}: {model:?}");
            }
        }
    }

    #[test]
    fn guessing_and_descending_find_the_same_step() {
        let mut random = Generator::new(6);
        let mut guessed = 0;
        for size in 1..30 {
            let rows: Vec<f64> = (0..size * (size + 5)).map(|_| random.uniform() - 0.3).collect();
            let mut information = Square::zero(size);
            for row in rows.chunks_exact(size) {
                for (place, one) in row.iter().enumerate() {
                    for (other, two) in row.iter().enumerate() {
                        *information.at_mut(place, other) += one * two;
                    }
                }
            }
            for place in 0..size {
                *information.at_mut(place, place) += 0.5;
            }
            let gradient: Vec<f64> = (0..size).map(|_| random.uniform() - 0.5).collect();
            let lowest: Vec<f64> = (0..size).map(|_| -0.2 * random.uniform()).collect();
            let slow = coordinate_descent(&gradient, &information, &lowest, &vec![1.0; size]);
            if let Some(quick) = active_set(&gradient, &information, &lowest) {
                guessed += 1;
                assert!(quick.iter().zip(&slow).all(|(quick, slow)| (quick - slow).abs() < 1e-7), "{quick:?} {slow:?}");
            }
        }
        assert!(guessed > 20, "{guessed} of 29");
    }
}
