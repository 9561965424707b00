//! The outbox: everything that leaves for the outside, when, and how it went.
//!
//! An action is there once for each lead and name. Workers lease what is due; a worker that dies loses its lease with time and another
//! one takes over, so an action may be sent twice: its key lets the destination tell.

use engine::time::Timestamp;

use super::words;
use crate::error::Result;

words! {
    /// Where an action stands.
    ActionState:
    /// To be sent when due.
    Waiting = "waiting",
    /// With a worker.
    Leased = "leased",
    /// Sent.
    Delivered = "delivered",
    /// Given up; a person can have it replayed.
    Dead = "dead",
    /// Not to be sent any more.
    Cancelled = "cancelled",
}

/// Errors are kept up to so many bytes.
pub const MOST_ERROR_BYTES: usize = 2000;

/// Something to be told to a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAction {
    /// About this lead.
    pub lead: u64,
    /// Its name; with the lead its key.
    pub action: String,
    /// The destination's id.
    pub destination: String,
    /// JSON: what to tell.
    pub payload: String,
    /// Not earlier.
    pub not_before: Timestamp,
    /// Higher ones go first.
    pub priority: i32,
}

/// An action as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its number.
    pub id: u64,
    /// About this lead.
    pub lead: u64,
    /// Its name; with the lead its key.
    pub action: String,
    /// The destination's id.
    pub destination: String,
    /// JSON: what to tell.
    pub payload: String,
    /// When it is due: to be sent, or taken from a worker that does not answer.
    pub due_at: Timestamp,
    /// Higher ones go first.
    pub priority: i32,
    /// Where it stands.
    pub state: ActionState,
    /// How often it was leased.
    pub attempts: u32,
    /// How often since it was made or last replayed.
    pub tries: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// What the destination calls what came of it.
    pub remote_id: Option<String>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The destination has it.
    Delivered {
        /// What the destination calls it.
        remote_id: Option<String>,
    },
    /// Not now.
    Failed {
        /// Why.
        error: String,
        /// When to try again.
        retry_at: Timestamp,
    },
    /// Never.
    Dead {
        /// Why.
        error: String,
    },
}

/// An attempt that a worker reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The action.
    pub action: u64,
    /// [`Action::attempts`] of the lease: a worker that has lost its lease can report but no longer decide, save that a
    /// delivery is a delivery.
    pub attempt: u32,
    /// When it began.
    pub at: Timestamp,
    /// What the destination answered, where it speaks HTTP.
    pub status: Option<u16>,
    /// How long it took.
    pub duration_ms: u64,
    /// How it ended.
    pub ending: Ending,
}

/// An attempt as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its number among the action's.
    pub attempt: u32,
    /// When it began.
    pub at: Timestamp,
    /// What the destination answered, where it speaks HTTP.
    pub status: Option<u16>,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it failed; `None`: it did not.
    pub error: Option<String>,
}

/// A destination whose last attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// When the first attempt behind the last success began.
    pub since: Timestamp,
    /// Why the last one failed.
    pub last_error: String,
}

/// Which actions; what is `None` is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionFilter {
    /// To this destination.
    pub destination: Option<String>,
    /// In this state.
    pub state: Option<ActionState>,
    /// About this lead.
    pub lead: Option<u64>,
    /// With a smaller number than this: the next page.
    pub before: Option<u64>,
}

/// What is to be told to the outside.
pub trait Outbox: Send + Sync {
    /// Takes what is due for a destination, the highest priority first, at most so many, until `now` + `lease_us` microseconds.
    ///
    /// # Errors
    /// If it cannot be read or written.
    fn lease(&self, destination: &str, now: Timestamp, most: usize, lease_us: i64) -> Result<Vec<Action>>;

    /// When the next action for a destination is due; `None` if none waits.
    ///
    /// # Errors
    /// If it cannot be read.
    fn next_due(&self, destination: &str) -> Result<Option<Timestamp>>;

    /// Keeps how attempts went, all in one transaction.
    ///
    /// # Errors
    /// If it cannot be written.
    fn settle(&self, attempts: &[Settled]) -> Result<()>;

    /// What has not been sent for a lead is not to be sent any more; gives how many that were.
    ///
    /// # Errors
    /// If it cannot be written.
    fn cancel(&self, lead: u64) -> Result<u64>;

    /// Dead actions are to be sent at once, with fresh tries; gives how many of these were dead.
    ///
    /// # Errors
    /// If it cannot be written.
    fn replay(&self, actions: &[u64], now: Timestamp) -> Result<u64>;

    /// Forgets what was told, or was not to be told any more, by actions that were last due before an instant: of each stays that there was one,
    /// so that it is never there again, and what was given up counts as cancelled. At most so many with a number above this one; gives theirs,
    /// in order.
    ///
    /// # Errors
    /// If it cannot be written.
    fn forget_told(&self, before: Timestamp, above: u64, most: usize) -> Result<Vec<u64>>;

    /// Actions, the newest first, at most so many.
    ///
    /// # Errors
    /// If it cannot be read.
    fn actions(&self, filter: &ActionFilter, most: usize) -> Result<Vec<Action>>;

    /// The attempts of an action, in order.
    ///
    /// # Errors
    /// If it cannot be read.
    fn attempts(&self, action: u64) -> Result<Vec<Attempt>>;

    /// Since when a destination fails; `None`: its last attempt went well, or none is kept.
    ///
    /// # Errors
    /// If it cannot be read.
    fn failing(&self, destination: &str) -> Result<Option<Failing>>;

    /// How many actions are in each state, for each destination.
    ///
    /// # Errors
    /// If it cannot be read.
    fn action_counts(&self) -> Result<Vec<(String, ActionState, u64)>>;
}
