//! The definition language, read: what a definition file says, as plain data. `docs/language.md` has the
//! meaning; the parser and the checks are in [`crate::language`].

mod comparison;
mod criterion;
mod events;
mod score;

use std::sync::Arc;

use crate::Span;
use crate::record::SubjectKind;

pub use comparison::{Op, Operand, Pattern, Test, TraitOwner, TraitPath};
pub use criterion::{
    Aggregate, Behaviour, CalendarUnit, Criterion, DistinctOf, Measure, Period, Quantity, Ratio, Regularity, Sequence,
    TraitAgainst, TraitTest,
};
pub use events::{Events, Filter, NamePattern};
pub use score::{Band, PointRow, ScorePart, Share, ValueRule};

/// A PQL or PQA definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The stable name; caps, holdout and `once` belong to it across versions.
    pub id: Arc<str>,
    /// For people.
    pub name: String,
    /// What is qualified.
    pub subject: SubjectKind,
    /// Who can qualify; `None`: the workspace's default.
    pub population: Option<Population>,
    /// When the subject's time starts.
    pub clock: Clock,
    /// How long after the clock `when` can be met; `None`: for ever.
    pub window: Option<Window>,
    /// The behaviour.
    pub when: Criterion,
    /// The fit, three-valued; `None`: everyone fits.
    pub fit: Option<Criterion>,
    /// 0–100, the sum of its parts, in the file's order; empty: no score.
    pub score: Vec<ScorePart>,
    /// Names for scores, highest threshold first.
    pub bands: Vec<Band>,
    /// What the lead may be worth in a year.
    pub value: Option<ValueRule>,
    /// What a conversion is; `None`: the workspace's goal.
    pub goal: Option<Goal>,
    /// Which entries are kept.
    pub entries: Entries,
}

impl Definition {
    /// A definition of a behaviour and nothing else: from first seen on, without a window, in the workspace's population,
    /// by the workspace's goal, once.
    #[must_use]
    pub fn of(id: &str, name: &str, subject: SubjectKind, when: Criterion) -> Self {
        Self {
            id: Arc::from(id),
            name: name.to_owned(),
            subject,
            population: None,
            clock: Clock::FirstSeen,
            window: None,
            when,
            fit: None,
            score: Vec::new(),
            bands: Vec::new(),
            value: None,
            goal: None,
            entries: Entries::Once,
        }
    }
}

/// Who can qualify, tested at each instant.
#[derive(Debug, Clone, PartialEq)]
pub enum Population {
    /// Everyone.
    Everyone,
    /// Whoever meets it; a missing trait is "no".
    Meeting(Criterion),
}

/// When the subject's time starts: the earliest match; repeats are ignored.
#[derive(Debug, Clone, PartialEq)]
pub enum Clock {
    /// The subject's first product event.
    FirstSeen,
    /// Its first event of these.
    Event(Events),
    /// The date held by the first value of a trait (a time, or a text that is an ISO 8601 date or time).
    Trait(TraitPath),
}

/// When `when` can no longer be met.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// This long after the clock.
    For(Span),
    /// The date held by a trait, as known at each instant.
    Until(TraitPath),
}

/// Which entries are kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Entries {
    /// The first.
    Once,
    /// All, numbered, each with its exit.
    Repeated,
    /// One for each matching event at whose instant the definition holds.
    OnEvent(Events),
}

/// What a conversion is.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// Any of these events.
    pub events: Events,
    /// On whose timeline it is looked for; `None`: the subject's own, and for a user also the account's.
    pub of: Option<SubjectKind>,
    /// Within this long after qualification; `None`: whenever.
    pub within: Option<Span>,
}
