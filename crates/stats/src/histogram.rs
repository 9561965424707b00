//! Counts in bins.

use serde::{Deserialize, Serialize};

/// Counts of values between ascending edges: bin i holds `edges[i] <= value < edges[i + 1]`.
///
/// Values outside are counted too, so the counts always add up to what was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    edges: Vec<f64>,
    counts: Vec<u64>,
    below: u64,
    above: u64,
    not_a_number: u64,
}

impl Histogram {
    /// An empty histogram. `None` unless there are at least two edges, all finite and strictly ascending.
    #[must_use]
    pub fn with_edges(edges: Vec<f64>) -> Option<Self> {
        let ascending = edges.windows(2).all(|pair| matches!(pair, [left, right] if left < right));
        if edges.len() < 2 || !ascending || edges.iter().any(|edge| !edge.is_finite()) {
            return None;
        }
        let counts = vec![0; edges.len() - 1];
        Some(Self { edges, counts, below: 0, above: 0, not_a_number: 0 })
    }

    /// An empty histogram of `bins` bins of equal width. `None` unless `low < high`, both finite, and 1..=10,000 bins.
    #[must_use]
    pub fn equal_width(low: f64, high: f64, bins: usize) -> Option<Self> {
        if !(1..=10_000).contains(&bins) {
            return None;
        }
        let width = (high - low) / bins as f64;
        let mut edges: Vec<f64> = (0..bins).map(|bin| low + width * bin as f64).collect();
        edges.push(high);
        Self::with_edges(edges)
    }

    /// Counts one value.
    pub fn add(&mut self, value: f64) {
        if value.is_nan() {
            self.not_a_number = self.not_a_number.saturating_add(1);
            return;
        }
        let edges_up_to = self.edges.partition_point(|&edge| edge <= value);
        let cell = match edges_up_to.checked_sub(1) {
            None => &mut self.below,
            Some(bin) => self.counts.get_mut(bin).unwrap_or(&mut self.above),
        };
        *cell = cell.saturating_add(1);
    }

    /// Adds the counts of another histogram; `false`, and nothing changed, when its edges differ.
    #[must_use = "nothing is added when the edges differ"]
    pub fn merge(&mut self, other: &Self) -> bool {
        if self.edges != other.edges {
            return false;
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine = mine.saturating_add(*theirs);
        }
        self.below = self.below.saturating_add(other.below);
        self.above = self.above.saturating_add(other.above);
        self.not_a_number = self.not_a_number.saturating_add(other.not_a_number);
        true
    }

    /// The edges, one more than there are bins.
    #[must_use]
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// The counts, one per bin.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Values below the first edge.
    #[must_use]
    pub fn below(&self) -> u64 {
        self.below
    }

    /// Values at or above the last edge.
    #[must_use]
    pub fn above(&self) -> u64 {
        self.above
    }

    /// Values that were not a number.
    #[must_use]
    pub fn not_a_number(&self) -> u64 {
        self.not_a_number
    }
}
