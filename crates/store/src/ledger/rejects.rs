//! Rejected input: nothing is dropped in silence. The latest of each source are kept with their reasons, all are counted for ever.

use engine::time::Timestamp;

use crate::error::Result;

/// So many are kept of each source.
pub const MOST_KEPT: u64 = 1000;
/// The reason's text, the place and the sample are kept up to so many bytes each.
pub const MOST_TEXT_BYTES: usize = 4096;

/// One piece of input that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// When it came.
    pub at: Timestamp,
    /// From which source.
    pub source: String,
    /// The reason's stable code.
    pub reason: String,
    /// The reason in words.
    pub text: String,
    /// Where in what was sent.
    pub place: String,
    /// What was sent, or its beginning.
    pub sample: String,
}

/// How much was rejected, since ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectTotal {
    /// From which source.
    pub source: String,
    /// The reason's stable code.
    pub reason: String,
    /// How often.
    pub total: u64,
    /// When last.
    pub last_at: Timestamp,
}

/// Where rejected input is kept. What processing rejects comes by way of [`super::Commit::rejects`]; what is turned away before it is in
/// the log, by way of [`Rejects::reject`]: best many at a time, for each call is a sync.
pub trait Rejects: Send + Sync {
    /// Keeps and counts them. What says nothing, neither a text nor a place nor a sample, is only counted: it pushes out nothing that does.
    ///
    /// # Errors
    /// If it cannot be written.
    fn reject(&self, rejects: &[Reject]) -> Result<()>;

    /// The latest, the newest first, at most so many; of one source if it is named.
    ///
    /// # Errors
    /// If it cannot be read.
    fn rejects(&self, source: Option<&str>, most: usize) -> Result<Vec<Reject>>;

    /// Forgets what came before an instant, at most so many, the oldest first; gives how many that were. The totals stay.
    ///
    /// # Errors
    /// If it cannot be written.
    fn forget_rejects(&self, before: Timestamp, most: usize) -> Result<u64>;

    /// The totals, by source and reason.
    ///
    /// # Errors
    /// If it cannot be read.
    fn reject_totals(&self) -> Result<Vec<RejectTotal>>;
}
