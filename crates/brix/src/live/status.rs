//! How the processor is doing, to be read by anyone at any time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counts since the start, and where it stands.
#[derive(Debug, Default)]
pub struct Status {
    /// The last durable entry of the log.
    pub end: AtomicU64,
    /// The last entry that was taken.
    pub offset: AtomicU64,
    /// The last entry that was committed.
    pub committed: AtomicU64,
    /// Records taken.
    pub taken: AtomicU64,
    /// Copies among them.
    pub copies: AtomicU64,
    /// Households that were read again from all their records.
    pub replays: AtomicU64,
    /// Households.
    pub households: AtomicU64,
    /// Leads that have ever been.
    pub leads: AtomicU64,
    /// It started from a checkpoint; else it has read the whole lake.
    pub is_restored: AtomicBool,
    /// It has caught up since its start.
    pub is_ready: AtomicBool,
    stop: AtomicBool,
    complaint: Mutex<Option<String>>,
}

impl Status {
    /// Asks it to stop.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Keeps an error that does not stop it.
    pub fn complain(&self, error: &anyhow::Error) {
        *self.complaint.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error:#}"));
    }

    /// What was complained of has come right.
    pub fn recover(&self) {
        *self.complaint.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The latest complaint, if it still holds.
    pub fn complaint(&self) -> Option<String> {
        self.complaint.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
