//! Erasures: what was asked for, how far each is, and what it found. And what is said elsewhere in the ledger of who is erased.

use engine::time::Timestamp;

use super::words;
use crate::error::Result;

words! {
    /// How far an erasure is.
    Stage:
    /// Nobody is shown what is erased; files still hold it.
    Hidden = "hidden",
    /// The lake holds it no more.
    Rewritten = "rewritten",
    /// Nothing holds it but pages of files that are free.
    Swept = "swept",
    /// Nothing holds it.
    Done = "done",
}

/// An erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// By which it is asked for.
    pub id: String,
    /// Offset of its entry in the log.
    pub offset: u64,
    /// When it was asked for.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// How far it is.
    pub stage: Stage,
    /// JSON, as its owner writes it: as long as it is not done, with the ids.
    pub detail: String,
}

/// How much was said elsewhere of who is erased, and is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mentions {
    /// Evidence of others' leads.
    pub evidence: u64,
    /// Notes on others' leads, and reasons and stages of these.
    pub notes: u64,
    /// What was to be told of others, or was, and what destinations answered.
    pub actions: u64,
    /// Lines of others' histories.
    pub changes: u64,
    /// Rejected input.
    pub rejects: u64,
}

/// Where erasures are kept. One begins with the commit that hides what is erased, see [`super::Commit::erasures`].
pub trait Erasures: Send + Sync {
    /// All of them, the latest first.
    ///
    /// # Errors
    /// If they cannot be read.
    fn erasures(&self) -> Result<Vec<Erasure>>;

    /// One of them.
    ///
    /// # Errors
    /// If it cannot be read.
    fn erasure(&self, id: &str) -> Result<Option<Erasure>>;

    /// One has got further: its stage and detail are others.
    ///
    /// # Errors
    /// If it cannot be written.
    fn keep_erasure(&self, erasure: &Erasure) -> Result<()>;

    /// Takes out texts that a function finds somebody in: evidence, notes, what actions and changes say, rejected input. What was not
    /// sent of such an action is not sent.
    ///
    /// # Errors
    /// If it cannot be read or written: then nothing has changed.
    fn forget_mentions(&self, is_mentioned: &dyn Fn(&str) -> bool) -> Result<Mentions>;
}
