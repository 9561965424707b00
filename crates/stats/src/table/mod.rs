//! Two groups, one outcome: the four counts behind every "do the qualified convert more often?".

mod association;
mod information;
mod ratio;

pub use association::{Association, AssociationTest, chi_square, chi_square_yates, fisher_exact};
pub use information::{binary_entropy, information_gain};
pub use ratio::RatioEstimate;

use serde::{Deserialize, Serialize};

use crate::confidence::{Confidence, Estimate};
use crate::difference::difference_of_proportions;
use crate::proportion::Rate;

/// Counts of people by group and outcome.
///
/// The exposed are those the question is about (say, the qualified); the event is the outcome (say, bought).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct TwoByTwo {
    /// Exposed people with the event.
    pub exposed_event: u64,
    /// Exposed people without the event.
    pub exposed_no_event: u64,
    /// Other people with the event.
    pub unexposed_event: u64,
    /// Other people without the event.
    pub unexposed_no_event: u64,
}

impl TwoByTwo {
    /// A table from `(events, people)` of the exposed and of the others.
    ///
    /// `None` when a group has more events than people.
    #[must_use]
    pub fn from_groups(exposed: (u64, u64), unexposed: (u64, u64)) -> Option<Self> {
        Some(Self {
            exposed_event: exposed.0,
            exposed_no_event: exposed.1.checked_sub(exposed.0)?,
            unexposed_event: unexposed.0,
            unexposed_no_event: unexposed.1.checked_sub(unexposed.0)?,
        })
    }

    /// Counts one person.
    pub fn add(&mut self, exposed: bool, event: bool) {
        let cell = match (exposed, event) {
            (true, true) => &mut self.exposed_event,
            (true, false) => &mut self.exposed_no_event,
            (false, true) => &mut self.unexposed_event,
            (false, false) => &mut self.unexposed_no_event,
        };
        *cell = cell.saturating_add(1);
    }

    /// Adds the counts of another table over other people.
    pub fn merge(&mut self, other: &Self) {
        self.exposed_event = self.exposed_event.saturating_add(other.exposed_event);
        self.exposed_no_event = self.exposed_no_event.saturating_add(other.exposed_no_event);
        self.unexposed_event = self.unexposed_event.saturating_add(other.unexposed_event);
        self.unexposed_no_event = self.unexposed_no_event.saturating_add(other.unexposed_no_event);
    }

    /// Exposed people.
    #[must_use]
    pub fn exposed(&self) -> u64 {
        self.exposed_event.saturating_add(self.exposed_no_event)
    }

    /// People who are not exposed.
    #[must_use]
    pub fn unexposed(&self) -> u64 {
        self.unexposed_event.saturating_add(self.unexposed_no_event)
    }

    /// People with the event.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.exposed_event.saturating_add(self.unexposed_event)
    }

    /// People without the event.
    #[must_use]
    pub fn no_events(&self) -> u64 {
        self.exposed_no_event.saturating_add(self.unexposed_no_event)
    }

    /// All people.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.exposed().saturating_add(self.unexposed())
    }

    /// Of the exposed, the share with the event: *precision*, the conversion rate of the qualified.
    #[must_use]
    pub fn precision(&self, confidence: Confidence) -> Option<Rate> {
        Rate::new(self.exposed_event, self.exposed(), confidence)
    }

    /// Of those with the event, the share that was exposed: *recall*, the buyers a definition would have caught.
    #[must_use]
    pub fn recall(&self, confidence: Confidence) -> Option<Rate> {
        Rate::new(self.exposed_event, self.events(), confidence)
    }

    /// Of the unexposed, the share with the event: what to compare precision with.
    #[must_use]
    pub fn unexposed_rate(&self, confidence: Confidence) -> Option<Rate> {
        Rate::new(self.unexposed_event, self.unexposed(), confidence)
    }

    /// Of all, the share with the event.
    #[must_use]
    pub fn base_rate(&self, confidence: Confidence) -> Option<Rate> {
        Rate::new(self.events(), self.total(), confidence)
    }

    /// Exposed rate minus unexposed rate, with Newcombe's interval.
    #[must_use]
    pub fn difference(&self, confidence: Confidence) -> Option<Estimate> {
        difference_of_proportions(
            (self.exposed_event, self.exposed()),
            (self.unexposed_event, self.unexposed()),
            confidence,
        )
    }

    /// The smallest count that independence of group and event would lead us to expect in a cell; `None` for an empty
    /// table.
    #[must_use]
    pub fn smallest_expected(&self) -> Option<f64> {
        if self.total() == 0 {
            return None;
        }
        let row = self.exposed().min(self.unexposed()) as f64;
        let column = self.events().min(self.no_events()) as f64;
        Some(row / self.total() as f64 * column)
    }

    /// The correlation of group and event, in -1..=1 (Yule 1912; Pearson's correlation of two yes/no columns).
    ///
    /// `None` when a row or column is empty.
    #[must_use]
    pub fn phi(&self) -> Option<f64> {
        let [a, b, c, d] = self.cells();
        let margins = (a + b).sqrt() * (c + d).sqrt() * (a + c).sqrt() * (b + d).sqrt();
        (margins > 0.0).then(|| ((a * d - b * c) / margins).clamp(-1.0, 1.0))
    }

    /// Exposed with and without, unexposed with and without.
    pub(crate) fn cells(&self) -> [f64; 4] {
        [
            self.exposed_event as f64,
            self.exposed_no_event as f64,
            self.unexposed_event as f64,
            self.unexposed_no_event as f64,
        ]
    }
}
