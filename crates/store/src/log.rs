//! The log: everything that came in, in one order.
//!
//! An entry is bytes, which the store does not look into. Its offset is its number, from 1 on, without gaps. Whoever appends
//! waits until the entry is durable; many who append at the same time share one commit.

use std::time::Duration;

use crate::error::{Error, Result};

/// The offsets that an append was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Of the first entry.
    pub first: u64,
    /// Of the last entry.
    pub last: u64,
}

/// Called once, when entries are durable or will never be.
pub type Done = Box<dyn FnOnce(Result<Appended>) + Send>;

/// What an entry becomes, given its offset and bytes; `None` leaves it as it is.
pub type Rewriter<'a> = dyn FnMut(u64, &[u8]) -> Option<Vec<u8>> + 'a;

/// What may wait for a commit, and how large one may be. Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// The largest entry.
    pub most_entry_bytes: usize,
    /// How many entries may wait.
    pub most_waiting_entries: usize,
    /// How many bytes may wait.
    pub most_waiting_bytes: usize,
    /// How many entries one commit takes.
    pub most_batch_entries: usize,
    /// How many bytes one commit takes.
    pub most_batch_bytes: usize,
    /// When to come again if too much waits.
    pub retry_after: Duration,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self {
            most_entry_bytes: 4 << 20,
            most_waiting_entries: 200_000,
            most_waiting_bytes: 64 << 20,
            most_batch_entries: 20_000,
            most_batch_bytes: 8 << 20,
            retry_after: Duration::from_secs(1),
        }
    }
}

/// A durable, append-only sequence of entries.
pub trait Log: Send + Sync {
    /// Hands entries over and returns at once; `done` is told when they are durable. The entries of one call get consecutive
    /// offsets, and are kept all or none. `done` runs on the thread that writes: it must be quick and must not wait.
    ///
    /// # Errors
    /// [`Error::Busy`] if too much waits, [`Error::TooLarge`], [`Error::Closed`]; `done` is not called then.
    fn submit(&self, entries: Vec<Vec<u8>>, done: Done) -> Result<()>;

    /// At most so many entries, from the offset `from` on, with their offsets. It gives fewer if they are large, and none only
    /// if there are none.
    ///
    /// # Errors
    /// [`Error::Forgotten`] if `from` is before [`Log::start`], [`Error::DamagedEntries`] if they are not as written.
    fn read(&self, from: u64, most_entries: usize) -> Result<Vec<(u64, Vec<u8>)>>;

    /// Offset of the last durable entry; 0 before the first.
    fn end(&self) -> u64;

    /// Offset of the first entry that is kept; one past the end if none is.
    fn start(&self) -> u64;

    /// Waits until there is a durable entry after the offset, or for so long; gives [`Log::end`].
    fn wait(&self, after: u64, timeout: Duration) -> u64;

    /// Entries below the offset are not needed any more: they are in the lake. They go as far as whole batches go. Gives the new
    /// [`Log::start`].
    ///
    /// # Errors
    /// If it cannot be written.
    fn forget(&self, before: u64) -> Result<u64>;

    /// Shows all entries that are kept to a function and puts what it gives in their places, so that nothing of what they were
    /// can be read from the files. Offsets stay. Gives the number of entries changed. If it fails, or the process dies, some
    /// are changed and some are not: do it again.
    ///
    /// # Errors
    /// If an entry is damaged or cannot be written.
    fn rewrite(&self, change: &mut Rewriter<'_>) -> Result<u64>;

    /// Hands entries over and waits until they are durable.
    ///
    /// # Errors
    /// As [`Log::submit`], and if it cannot be written: then none of them is kept.
    fn append(&self, entries: Vec<Vec<u8>>) -> Result<Appended> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        // A receiver that is gone needs no answer.
        self.submit(entries, Box::new(move |outcome| drop(sender.send(outcome))))?;
        receiver.recv().unwrap_or(Err(Error::Closed))
    }
}
