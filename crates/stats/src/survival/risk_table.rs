//! Who was at risk when: all that the estimators need to know of the observations.

use std::collections::BTreeMap;

use super::Observation;
use crate::error::Unanswerable;

/// Counts by time. Built in any order and merged, so it can be a fold over many parts of the data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RiskTable {
    changes: BTreeMap<u64, Change>,
    from_the_beginning: u64,
    never_at_risk: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Change {
    entered: u64,
    events: u64,
    censored: u64,
}

/// The counts at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskMoment {
    /// The time.
    pub time: u64,
    /// Stretches at risk at this time: begun before, not ended before.
    pub at_risk: u64,
    /// Events at this time.
    pub events: u64,
    /// Stretches that end here without the event; still at risk at this time, since events precede censorings.
    pub censored: u64,
    /// Stretches that begin here; at risk only afterwards.
    pub entered: u64,
}

impl RiskTable {
    /// A table of observations.
    ///
    /// # Errors
    /// [`Unanswerable::EndsBeforeItBegins`] with the position of the first such observation.
    pub fn of(observations: &[Observation]) -> Result<Self, Unanswerable> {
        let mut table = Self::default();
        for (index, &observation) in observations.iter().enumerate() {
            table.insert(observation.check(index)?, 1);
        }
        Ok(table)
    }

    /// Adds one observation.
    ///
    /// # Errors
    /// [`Unanswerable::EndsBeforeItBegins`] (with index 0) when it ends before it begins; the table is unchanged.
    pub fn add(&mut self, observation: Observation) -> Result<(), Unanswerable> {
        self.insert(observation.check(0)?, 1);
        Ok(())
    }

    /// Adds many equal observations at once.
    ///
    /// # Errors
    /// As [`RiskTable::add`].
    pub fn add_many(&mut self, observation: Observation, count: u64) -> Result<(), Unanswerable> {
        if count > 0 {
            self.insert(observation.check(0)?, count);
        }
        Ok(())
    }

    /// Adds another table over other stretches.
    pub fn merge(&mut self, other: &Self) {
        self.from_the_beginning = self.from_the_beginning.saturating_add(other.from_the_beginning);
        self.never_at_risk = self.never_at_risk.saturating_add(other.never_at_risk);
        for (&time, change) in &other.changes {
            let mine = self.changes.entry(time).or_default();
            mine.entered = mine.entered.saturating_add(change.entered);
            mine.events = mine.events.saturating_add(change.events);
            mine.censored = mine.censored.saturating_add(change.censored);
        }
    }

    /// Observations that ended where they began and so were never at risk: counted, to be shown, not used.
    #[must_use]
    pub fn never_at_risk(&self) -> u64 {
        self.never_at_risk
    }

    /// Whether nobody was ever at risk.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Events in all.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.changes.values().fold(0, |sum, change| sum.saturating_add(change.events))
    }

    /// The times at which anything happened, ascending, with the counts.
    pub fn moments(&self) -> impl Iterator<Item = RiskMoment> + '_ {
        let mut at_risk = self.from_the_beginning;
        self.changes.iter().map(move |(&time, change)| {
            let moment =
                RiskMoment { time, at_risk, events: change.events, censored: change.censored, entered: change.entered };
            at_risk =
                at_risk.saturating_sub(change.events).saturating_sub(change.censored).saturating_add(change.entered);
            moment
        })
    }

    fn insert(&mut self, observation: Observation, count: u64) {
        if !observation.is_ever_at_risk() {
            self.never_at_risk = self.never_at_risk.saturating_add(count);
            return;
        }
        match observation.entry {
            None => self.from_the_beginning = self.from_the_beginning.saturating_add(count),
            Some(entry) => {
                let change = self.changes.entry(entry).or_default();
                change.entered = change.entered.saturating_add(count);
            }
        }
        let change = self.changes.entry(observation.exit).or_default();
        let kind = if observation.event { &mut change.events } else { &mut change.censored };
        *kind = kind.saturating_add(count);
    }
}
