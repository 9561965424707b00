//! Reads the log for the processor: while it works on one stretch, the next one is read and decoded already.

use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use store::log::Log;

use super::entry::Entry;

/// Entries with their offsets.
pub type Entries = Vec<(u64, Entry)>;

/// A reader of the log.
pub struct Ahead {
    log: Arc<dyn Log>,
    /// From which offset on is being read.
    coming: Option<(u64, JoinHandle<Result<Entries>>)>,
}

impl Ahead {
    /// Of a log.
    pub const fn new(log: Arc<dyn Log>) -> Self {
        Self { log, coming: None }
    }

    /// The entries from an offset on, at most so many; none if there is nothing yet.
    ///
    /// # Errors
    /// When they cannot be read, or an entry is damaged.
    pub fn read(&mut self, from: u64, most: usize) -> Result<Entries> {
        let entries = match self.arrived() {
            Some((start, entries)) if start == from && !entries.is_empty() => entries,
            _ => read(&*self.log, from, most)?,
        };
        let next = from + entries.len() as u64;
        if entries.len() == most && next <= self.log.end() {
            let log = Arc::clone(&self.log);
            let thread = std::thread::Builder::new().name("ahead".to_owned());
            // Without a thread it is read when it is asked for.
            self.coming = thread.spawn(move || read(&*log, next, most)).ok().map(|thread| (next, thread));
        }
        Ok(entries)
    }

    /// What was read ahead. What could not be read is asked for again, so that the error comes where it belongs.
    fn arrived(&mut self) -> Option<(u64, Entries)> {
        let (from, thread) = self.coming.take()?;
        thread.join().ok()?.ok().map(|entries| (from, entries))
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.arrived();
    }
}

fn read(log: &dyn Log, from: u64, most: usize) -> Result<Entries> {
    let decode = |(offset, bytes): (u64, Vec<u8>)| {
        let entry = Entry::decode(&bytes).with_context(|| format!("entry {offset} of the log"))?;
        Ok((offset, entry))
    };
    log.read(from, most).context("cannot read the log")?.into_iter().map(decode).collect()
}
