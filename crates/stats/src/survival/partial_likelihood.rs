//! Cox's partial likelihood with Efron's treatment of ties, and its derivatives.

use super::Observation;
use crate::matrix::Square;

/// The likelihood as a function of the coefficients.
pub(super) struct PartialLikelihood<'a> {
    observations: &'a [Observation],
    /// Row after row, `size` numbers each.
    covariates: &'a [f64],
    size: usize,
    /// Row numbers by descending exit, and those with an entry by descending entry.
    by_exit: Vec<usize>,
    by_entry: Vec<usize>,
}

/// Value and derivatives at one point.
pub(super) struct Derivatives {
    pub(super) log_likelihood: f64,
    pub(super) gradient: Vec<f64>,
    /// Minus the second derivatives.
    pub(super) information: Square,
}

/// Weighted sums over a set of rows: of 1, of the covariates, and of their products.
#[derive(Clone)]
struct Sums {
    weight: f64,
    first: Vec<f64>,
    second: Square,
}

impl Sums {
    fn zero(size: usize) -> Self {
        Self { weight: 0.0, first: vec![0.0; size], second: Square::zero(size) }
    }

    fn add(&mut self, weight: f64, row: &[f64]) {
        self.weight += weight;
        for (i, &left) in row.iter().enumerate() {
            self.first[i] += weight * left;
            for (j, &right) in row.iter().enumerate().take(i + 1) {
                *self.second.at_mut(i, j) += weight * left * right;
            }
        }
    }
}

impl<'a> PartialLikelihood<'a> {
    /// `covariates` holds `size` numbers per observation.
    pub(super) fn new(observations: &'a [Observation], covariates: &'a [f64], size: usize) -> Self {
        let mut by_exit: Vec<usize> = (0..observations.len()).collect();
        by_exit.sort_by_key(|&row| std::cmp::Reverse(observations[row].exit));
        let mut by_entry: Vec<usize> =
            (0..observations.len()).filter(|&row| observations[row].entry.is_some()).collect();
        by_entry.sort_by_key(|&row| std::cmp::Reverse(observations[row].entry));
        Self { observations, covariates, size, by_exit, by_entry }
    }

    fn row(&self, index: usize) -> &[f64] {
        &self.covariates[index * self.size..(index + 1) * self.size]
    }

    /// Walks back in time: people join the risk set at their exit and leave it at their entry.
    pub(super) fn at(&self, coefficients: &[f64]) -> Derivatives {
        let linear: Vec<f64> = (0..self.observations.len())
            .map(|index| self.row(index).iter().zip(coefficients).map(|(x, b)| x * b).sum())
            .collect();
        let mut result =
            Derivatives { log_likelihood: 0.0, gradient: vec![0.0; self.size], information: Square::zero(self.size) };
        let mut at_risk = Sums::zero(self.size);
        let mut leaving = self.by_entry.iter().peekable();
        for same_exit in self.by_exit.chunk_by(|&a, &b| self.observations[a].exit == self.observations[b].exit) {
            let time = same_exit.first().map_or(0, |&index| self.observations[index].exit);
            while let Some(&index) =
                leaving.next_if(|&&index| self.observations[index].entry.is_some_and(|entry| entry >= time))
            {
                at_risk.add(-linear[index].exp(), self.row(index));
            }
            let mut tied = Sums::zero(self.size);
            let mut events = 0_u32;
            for &index in same_exit {
                let weight = linear[index].exp();
                at_risk.add(weight, self.row(index));
                if self.observations[index].event {
                    tied.add(weight, self.row(index));
                    events += 1;
                    result.log_likelihood += linear[index];
                    for (sum, x) in result.gradient.iter_mut().zip(self.row(index)) {
                        *sum += x;
                    }
                }
            }
            self.subtract_risk_sets(&mut result, &at_risk, &tied, events);
        }
        result
    }

    /// Efron: of d tied events the k-th finds the tied ones at risk with weight 1 - k/d.
    fn subtract_risk_sets(&self, result: &mut Derivatives, at_risk: &Sums, tied: &Sums, events: u32) {
        let mut mean = vec![0.0; self.size];
        for event in 0..events {
            let gone = f64::from(event) / f64::from(events);
            let weight = at_risk.weight - gone * tied.weight;
            result.log_likelihood -= weight.ln();
            for i in 0..self.size {
                mean[i] = (at_risk.first[i] - gone * tied.first[i]) / weight;
                result.gradient[i] -= mean[i];
                for j in 0..=i {
                    let product = (at_risk.second.at(i, j) - gone * tied.second.at(i, j)) / weight;
                    *result.information.at_mut(i, j) += product - mean[i] * mean[j];
                }
            }
        }
    }
}
