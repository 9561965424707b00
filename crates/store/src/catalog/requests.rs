//! Requests that must count once however often they are sent, by the key that their sender chose: what was answered.
//!
//! Neither the key nor what was asked is kept, only digests of both.

use engine::time::Timestamp;

use super::access::Digest;

/// A request that is about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRequest {
    /// The digest of the sender's key, and of who the sender is.
    pub digest: Digest,
    /// The digest of all that is asked: a key used again for something else is known by it.
    pub asked: Digest,
    /// When.
    pub at: Timestamp,
}

/// A request that came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRequest {
    /// The digest of all that was asked.
    pub asked: Digest,
    /// When.
    pub at: Timestamp,
    /// What was answered; `None`: it never came to an end, or is not there yet.
    pub answer: Option<KeptAnswer>,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status of HTTP.
    pub status: u16,
    /// What it was; `None`: it is not to be kept, or is too long for that.
    pub body: Option<KeptBody>,
}

/// The body of an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptBody {
    /// Its media type; empty if there was none.
    pub kind: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for KeptBody {
    /// Without what it says: that is about people.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KeptBody").field("kind", &self.kind).finish_non_exhaustive()
    }
}
