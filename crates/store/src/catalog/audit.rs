//! Who changed what. Lines are added, never changed.

use engine::time::Timestamp;

/// What is to be kept of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who: a person's or a key's id, or `brix`.
    pub who: String,
    /// What was done, a stable word such as `definition.activate`.
    pub what: String,
    /// To what.
    pub target: String,
    /// JSON: how exactly, without secrets.
    pub detail: String,
}

/// A line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Counts the lines, upwards.
    pub number: u64,
    /// What happened.
    pub entry: AuditEntry,
}

/// Which lines; what is `None` is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By whom.
    pub who: Option<String>,
    /// To what.
    pub target: Option<String>,
    /// This only was done.
    pub what: Option<String>,
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// With a smaller number than this: the next page.
    pub before: Option<u64>,
}
