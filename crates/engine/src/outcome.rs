//! What the evaluator says of a subject.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::household::Subject;
use crate::{Number, Timestamp, Value};

/// Yes, no, or not known: the fit of someone whose company size nobody knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// No.
    #[default]
    False,
    /// A trait that decides it is missing.
    Unknown,
    /// Yes.
    True,
}

impl Truth {
    /// From two values.
    #[must_use]
    pub const fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }

    /// Whether it is certain.
    #[must_use]
    pub const fn holds(self) -> bool {
        matches!(self, Self::True)
    }

    /// Unknown stays unknown.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

/// What one definition says of one subject, seen from the horizon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The definition's place in the program.
    pub definition: usize,
    /// Of whom.
    pub subject: Subject,
    /// When the subject's time started; without it nothing else is said.
    pub clock: Timestamp,
    /// The first instant from the clock on at which the subject was in the population.
    pub population_from: Option<Timestamp>,
    /// The first instant at which the behaviour was met in the population: qualified to use.
    pub met_at: Option<Timestamp>,
    /// The first instant at which behaviour and fit held but the subject was outside the population.
    pub outside_at: Option<Timestamp>,
    /// Qualified to buy: numbered from 1 by place, in time order.
    pub entries: Vec<Entry>,
    /// How things stand at the horizon.
    pub now: Standing,
    /// The instants of the goal, in order, at most [`Outcome::MOST_CONVERSIONS`].
    pub conversions: Vec<Timestamp>,
}

impl Outcome {
    /// Later conversions are counted by nobody.
    pub const MOST_CONVERSIONS: usize = 64;
}

/// The three questions at one instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// In the population.
    pub in_population: bool,
    /// The behaviour, frozen at the window's end.
    pub when: bool,
    /// The fit.
    pub fit: Truth,
}

/// A time inside a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The qualification instant.
    pub at: Timestamp,
    /// The first instant after it at which the definition no longer held.
    pub exit: Option<Timestamp>,
    /// The score at the qualification instant.
    pub score: Option<Score>,
    /// What it may be worth in a year, in the definition's currency; `None` without a rule or its trait.
    pub value: Option<Number>,
}

/// A score and how it came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The sum of the parts, with two places.
    pub total: Number,
    /// Each part's points, in the definition's order: weight × share, rounded half to even to two places.
    pub parts: Vec<Number>,
}

/// How far a subject is on the way into a definition, as of the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The definition's place in the program.
    pub definition: usize,
    /// The window's end as known now: behind it the behaviour can no longer be met. `None`: there is none.
    pub window_end: Option<Timestamp>,
    /// The behaviour's tree.
    pub when: Finding,
    /// The fit's tree.
    pub fit: Option<Finding>,
    /// The events behind the criteria are all that there were. Else they are those after a state's frontier.
    pub is_whole: bool,
    /// What is said of the subject.
    pub outcome: Outcome,
}

/// Why: each criterion of a definition for one subject at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// At which instant.
    pub at: Timestamp,
    /// The clock, if it has started.
    pub clock: Option<Timestamp>,
    /// The three questions.
    pub standing: Standing,
    /// The behaviour's tree.
    pub when: Finding,
    /// The fit's tree.
    pub fit: Option<Finding>,
    /// The population's tree, where it is a criterion.
    pub population: Option<Finding>,
    /// The score, had the subject qualified at this instant.
    pub score: Option<Score>,
}

/// What was found for one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is, where the evaluator knows: how the parts are joined. A criterion's own words come from whoever tells it.
    pub words: Arc<str>,
    /// Whether it holds.
    pub truth: Truth,
    /// The measured value, where there is one.
    pub value: Option<Value>,
    /// Since when it has held.
    pub since: Option<Timestamp>,
    /// The events counted (for a sequence: of the earliest-finished match that still stands).
    pub evidence: Evidence,
    /// The criteria inside it.
    pub parts: Vec<Self>,
}

/// The records behind a criterion.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How many.
    pub count: u64,
    /// The first one's time.
    pub first: Option<Timestamp>,
    /// The last one's time.
    pub last: Option<Timestamp>,
    /// At most 20 of them, the latest: rows of the household.
    pub rows: Vec<usize>,
}

impl Evidence {
    /// How many records are kept with a criterion.
    pub const MOST_ROWS: usize = 20;
}
