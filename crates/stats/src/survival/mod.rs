//! Time until an event that some have not had *yet*.
//!
//! Leaving out those who are still on trial, or counting them as lost, both mislead. Here they count while they were
//! watched (they are *censored*), and nobody counts before they could have been seen (*delayed entry*).
//!
//! Times are whole numbers in any unit, the same for all (days, milliseconds), measured from each person's own clock.

mod concordance;
mod cox;
mod kaplan_meier;
mod log_rank;
mod partial_likelihood;
mod risk_table;

pub use concordance::{Concordance, concordance};
pub use cox::{Covariate, Cox, CoxRow};
pub use kaplan_meier::{KaplanMeier, QuantileTime, Step};
pub use log_rank::{GroupCount, LogRank, log_rank};
pub use risk_table::{RiskMoment, RiskTable};

use serde::{Deserialize, Serialize};

use crate::error::Unanswerable;

/// A stretch of one person's life during which the event could have been seen.
///
/// At risk at time t when `entry < t <= exit`; without entry from the very beginning, so that an event at time 0 counts.
/// A person may give several stretches, none overlapping, for example one per state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Observation {
    /// When watching began; `None` for from the beginning.
    pub entry: Option<u64>,
    /// When the event happened, or watching ended.
    pub exit: u64,
    /// Whether the stretch ended with the event.
    pub event: bool,
}

impl Observation {
    /// Watched from the beginning until `exit`.
    #[must_use]
    pub fn new(exit: u64, event: bool) -> Self {
        Self { entry: None, exit, event }
    }

    /// Watched after `entry` until `exit`.
    #[must_use]
    pub fn delayed(entry: u64, exit: u64, event: bool) -> Self {
        Self { entry: Some(entry), exit, event }
    }

    /// Cuts a life at the moment of a change (say, of qualifying), so that nobody is counted among the changed at an age
    /// at which they had not changed: the cure for immortal time (Suissa 2008, "Immortal time bias in
    /// pharmacoepidemiology").
    ///
    /// Gives the stretch before and the stretch after, either of which may be missing. An event at the very moment of
    /// the change belongs to the stretch before: the change did not precede it. Without a change everything is before.
    #[must_use]
    pub fn split_at(self, change: Option<u64>) -> (Option<Self>, Option<Self>) {
        match change {
            Some(time) if self.entry.is_some_and(|entry| time <= entry) => (None, Some(self)),
            Some(time) if time < self.exit => {
                (Some(Self { exit: time, event: false, ..self }), Some(Self { entry: Some(time), ..self }))
            }
            Some(_) | None => (Some(self), None),
        }
    }

    /// Whether the stretch has any length; one that ends where it began was never at risk.
    #[must_use]
    pub fn is_ever_at_risk(self) -> bool {
        self.entry.is_none_or(|entry| entry < self.exit)
    }

    fn check(self, index: usize) -> Result<Self, Unanswerable> {
        if self.entry.is_some_and(|entry| entry > self.exit) {
            return Err(Unanswerable::EndsBeforeItBegins { index });
        }
        Ok(self)
    }
}
