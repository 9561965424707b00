//! How the processor is doing, to be read by anyone at any time.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::progress::Progress;
use super::promptness::Promptness;

/// Counts since the start, and where it stands.
#[derive(Debug, Default)]
pub struct Status {
    /// The last durable entry of the log.
    pub end: AtomicU64,
    /// The last entry that was taken.
    pub offset: AtomicU64,
    /// The log's time there, in microseconds.
    pub now: AtomicI64,
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
    /// Households that went because nothing was heard of them for long.
    pub households_gone: AtomicU64,
    /// It started from a checkpoint; else it has read the whole lake.
    pub is_restored: AtomicBool,
    /// It has caught up since its start.
    pub is_ready: AtomicBool,
    /// Which edition of the definitions is in force.
    pub edition: AtomicU64,
    /// Which one comes into force next, and how far it is.
    activating: Mutex<Option<(u64, Arc<Progress>)>>,
    /// How soon leads are there.
    pub promptness: Promptness,
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

    /// An edition of the definitions is on its way.
    pub fn activate(&self, edition: u64, progress: Arc<Progress>) {
        *self.activating.lock().unwrap_or_else(PoisonError::into_inner) = Some((edition, progress));
    }

    /// An edition of the definitions is in force.
    pub fn is_in_force(&self, edition: u64) {
        let mut activating = self.activating.lock().unwrap_or_else(PoisonError::into_inner);
        self.edition.store(edition, Ordering::Relaxed);
        if activating.as_ref().is_some_and(|(next, _)| *next <= edition) {
            *activating = None;
        }
    }

    /// Which edition comes into force next: how many records were taken for it, and of how many.
    pub fn activating(&self) -> Option<(u64, u64, u64)> {
        let activating = self.activating.lock().unwrap_or_else(PoisonError::into_inner);
        let (edition, progress) = activating.as_ref()?;
        let (done, total) = progress.figures();
        Some((*edition, done, total))
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
