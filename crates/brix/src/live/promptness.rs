//! How soon leads are there: from the receipt of what made them, and from what happened, to the commit that holds them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use engine::Timestamp;
use prometheus_client::metrics::histogram::Histogram;

/// The latest leads are looked at, so many of them.
const KEPT: usize = 10_000;

/// The bounds of the histogram's buckets, in seconds: 5 ms to a minute.
const BOUNDS: [f64; 13] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// How long one lead took, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Took {
    since_receipt: i64,
    since_event: i64,
}

/// How long leads took, since the start.
#[derive(Debug)]
pub struct Promptness {
    latest: Mutex<VecDeque<Took>>,
    /// Of all leads, from the receipt of what made them.
    histogram: Histogram,
}

impl Default for Promptness {
    fn default() -> Self {
        Self { latest: Mutex::default(), histogram: Histogram::new(BOUNDS) }
    }
}

/// How long leads took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    /// So many leads.
    pub leads: usize,
    /// From the receipt of the entry that made it a lead, or of the first that was taken together with it, in microseconds: half of
    /// the leads took at most this,
    pub median: i64,
    /// 99 of 100 this; `None` for fewer than 100 leads,
    pub p99: Option<i64>,
    /// and all of them this.
    pub longest: i64,
    /// From the qualification instant, half of the leads at most this: what was on the way to the server counts too.
    pub median_since_event: i64,
}

impl Promptness {
    /// A lead that people are told of is committed.
    pub fn note(&self, received: Timestamp, qualified_at: Timestamp, committed: Timestamp) {
        let since = |from: Timestamp| committed.0.saturating_sub(from.0).max(0);
        let took = Took { since_receipt: since(received), since_event: since(qualified_at) };
        self.histogram.observe(took.since_receipt as f64 / 1e6);
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.len() == KEPT {
            latest.pop_front();
        }
        latest.push_back(took);
    }

    /// How long all of them took from the receipt of what made them, in seconds.
    pub fn histogram(&self) -> Histogram {
        self.histogram.clone()
    }

    /// How long the latest took; `None` where there were none.
    pub fn delay(&self) -> Option<Delay> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sorted = |of: fn(&Took) -> i64| {
            let mut all: Vec<i64> = latest.iter().map(of).collect();
            all.sort_unstable();
            all
        };
        let (received, happened) = (sorted(|took| took.since_receipt), sorted(|took| took.since_event));
        let middle = |all: &[i64]| all.get((all.len().max(1) - 1) / 2).copied();
        Some(Delay {
            leads: received.len(),
            median: middle(&received)?,
            p99: received.get((received.len() * 99).div_ceil(100) - 1).copied().filter(|_| received.len() >= 100),
            longest: *received.last()?,
            median_since_event: middle(&happened)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_end_of_the_latest() {
        let promptness = Promptness::default();
        assert_eq!(promptness.delay(), None);
        for took in [5, 1, 9] {
            promptness.note(Timestamp(100 - took), Timestamp(100 - 10 * took), Timestamp(100));
        }
        let few = Delay { leads: 3, median: 5, p99: None, longest: 9, median_since_event: 50 };
        assert_eq!(promptness.delay(), Some(few));
        for took in 1..=KEPT as i64 {
            promptness.note(Timestamp(0), Timestamp(took), Timestamp(took));
        }
        let many = Delay { leads: KEPT, median: 5_000, p99: Some(9_900), longest: 10_000, median_since_event: 0 };
        assert_eq!(promptness.delay(), Some(many));
    }
}
