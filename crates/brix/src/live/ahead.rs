//! Reads the log for the processor: while it works on one stretch, the next one is read and decoded already.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use store::log::Log;

use super::entry::Entry;

/// Entries with their offsets.
pub type Entries = Vec<(u64, Entry)>;

/// A reader of the log.
pub struct Ahead {
    log: Arc<dyn Log>,
    reader: Option<Reader>,
    /// From which offset on is being read.
    coming: Option<u64>,
}

/// A thread that reads what it is asked for. It stays, for a thread that comes and goes has its memory come and go with it.
struct Reader {
    asked: Sender<(u64, usize)>,
    read: Receiver<Result<Entries>>,
    thread: JoinHandle<()>,
}

impl Ahead {
    /// Of a log.
    pub const fn new(log: Arc<dyn Log>) -> Self {
        Self { log, reader: None, coming: None }
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
            self.ask(next, most);
        }
        Ok(entries)
    }

    /// Without a thread it is read when it is asked for.
    fn ask(&mut self, from: u64, most: usize) {
        if self.reader.is_none() {
            self.reader = Reader::start(Arc::clone(&self.log));
        }
        let is_asked = self.reader.as_ref().is_some_and(|reader| reader.asked.send((from, most)).is_ok());
        self.coming = is_asked.then_some(from);
    }

    /// What was read ahead. What could not be read is asked for again, so that the error comes where it belongs.
    fn arrived(&mut self) -> Option<(u64, Entries)> {
        let from = self.coming.take()?;
        match self.reader.as_ref()?.read.recv() {
            Ok(read) => read.ok().map(|entries| (from, entries)),
            Err(_) => {
                self.reader = None;
                None
            }
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if let Some(Reader { asked, read, thread }) = self.reader.take() {
            drop((asked, read));
            // Whether it has come to grief matters to nobody any more.
            drop(thread.join());
        }
    }
}

impl Reader {
    fn start(log: Arc<dyn Log>) -> Option<Self> {
        let (asked, questions) = channel();
        let (answers, arrived) = channel();
        let work = move || {
            for (from, most) in questions {
                if answers.send(read(&*log, from, most)).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("ahead".to_owned()).spawn(work).ok()?;
        Some(Self { asked, read: arrived, thread })
    }
}

fn read(log: &dyn Log, from: u64, most: usize) -> Result<Entries> {
    let decode = |(offset, bytes): (u64, Vec<u8>)| {
        let entry = Entry::decode(&bytes).with_context(|| format!("entry {offset} of the log"))?;
        Ok((offset, entry))
    };
    log.read(from, most).context("cannot read the log")?.into_iter().map(decode).collect()
}
