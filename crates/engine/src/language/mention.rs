//! The names a file uses, and where: for checks against the data and against other definitions.

use std::sync::Arc;

use super::diagnostic::Place;
use crate::definition::TraitOwner;
use crate::record::SubjectKind;

/// A name with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Of what.
    pub what: MentionOf,
    /// The name.
    pub name: Arc<str>,
    /// Where it stands.
    pub place: Place,
    /// In which part of the definition.
    pub section: Section,
}

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MentionOf {
    /// An event.
    Event,
    /// All events whose names start so.
    EventPrefix,
    /// A property of events.
    Property,
    /// A trait of the owner, on a timeline of the subject kind.
    Trait {
        /// Whose, as written.
        owner: TraitOwner,
        /// On whose timeline.
        on: SubjectKind,
    },
    /// Another definition, which must be of this kind of subject.
    Definition {
        /// The kind it must be of.
        kind: SubjectKind,
    },
}

/// A part of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `population`.
    Population,
    /// `clock`.
    Clock,
    /// `window`.
    Window,
    /// `when`.
    When,
    /// `fit`.
    Fit,
    /// `score`.
    Score,
    /// `value`.
    Value,
    /// `goal`.
    Goal,
    /// `on`.
    Entries,
    /// `limits` of `brix.yaml`.
    Limits,
}
