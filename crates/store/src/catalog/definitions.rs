//! Definitions as texts with a history, and which of them was in force when.

use engine::time::Timestamp;

/// One text of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The definition's id.
    pub definition: String,
    /// Counts the definition's texts, from 1 on, without gaps.
    pub number: u32,
    /// The hash of what it means. Texts that differ in comments only have the same.
    pub version: String,
    /// The text, as it was written.
    pub text: String,
    /// Why it was changed.
    pub note: String,
    /// Who changed it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// From an offset of the log on, a text of a definition is in force, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// The definition's id.
    pub definition: String,
    /// The number of its text; `None`: it is retired.
    pub revision: Option<u32>,
    /// From this entry of the log on.
    pub offset: u64,
    /// When it was decided.
    pub at: Timestamp,
}

/// How a definition stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionState {
    /// Its newest text.
    pub latest: Revision,
    /// What was decided last about its being in force; `None`: it never was.
    pub activation: Option<Activation>,
}
