//! What waits to be written, and who is to be told.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::log::{Done, LogLimits};

/// Entries of one call, which go in together.
pub(super) struct Job {
    pub entries: Vec<Vec<u8>>,
    bytes: usize,
    pub done: Done,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    entries: usize,
    bytes: usize,
    is_closed: bool,
}

/// Filled by many threads, emptied by one.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    limits: LogLimits,
}

impl Queue {
    pub fn new(limits: LogLimits) -> Self {
        Self { waiting: Mutex::default(), arrived: Condvar::new(), limits }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes entries in, or says why not.
    pub fn put(&self, entries: Vec<Vec<u8>>, done: Done) -> Result<()> {
        let limits = &self.limits;
        if let Some(entry) = entries.iter().find(|entry| entry.len() > limits.most_entry_bytes) {
            let (found, most) = (entry.len(), limits.most_entry_bytes);
            return Err(Error::TooLarge { what: "an entry of the log", found, most });
        }
        let bytes = entries.iter().map(Vec::len).sum::<usize>();
        let most = limits.most_batch_bytes.min(limits.most_waiting_bytes);
        if bytes > most {
            return Err(Error::TooLarge { what: "a set of entries for the log", found: bytes, most });
        }
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return Err(Error::Closed);
        }
        // A call with more entries than may wait is taken when nothing else waits: else it never would be.
        let is_full = waiting.entries + entries.len() > limits.most_waiting_entries && waiting.entries > 0;
        if is_full || waiting.bytes + bytes > limits.most_waiting_bytes {
            return Err(Error::Busy { retry_after: limits.retry_after });
        }
        waiting.entries += entries.len();
        waiting.bytes += bytes;
        waiting.jobs.push_back(Job { entries, bytes, done });
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for entries and takes what one commit may have; `None` once closed and empty.
    pub fn take(&self) -> Option<Vec<Job>> {
        let mut waiting = self.waiting();
        while waiting.jobs.is_empty() && !waiting.is_closed {
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let (mut jobs, mut entries, mut bytes) = (Vec::new(), 0, 0);
        while let Some(job) = waiting.jobs.front() {
            (entries, bytes) = (entries + job.entries.len(), bytes + job.bytes);
            let is_over = entries > self.limits.most_batch_entries || bytes > self.limits.most_batch_bytes;
            if is_over && !jobs.is_empty() {
                break;
            }
            let Some(job) = waiting.jobs.pop_front() else { break };
            waiting.entries -= job.entries.len();
            waiting.bytes -= job.bytes;
            jobs.push(job);
        }
        (!jobs.is_empty()).then_some(jobs)
    }

    /// Takes nothing in any more; what waits is still given out.
    pub fn close(&self) {
        self.waiting().is_closed = true;
        self.arrived.notify_all();
    }
}
