//! The log into the lake, while everything goes on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use engine::batch::Batch;
use history::{Lake, LakeLock, LakeWriter};
use store::log::Log;

use super::entry::Entry;
use super::gate::Gate;
use super::rules::Rules;

/// Entries read at a time.
const AT_ONCE: usize = 20_000;
/// How long until what is urgent is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// When the log goes into the lake.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// At least so long after the last time.
    pub every: Duration,
    /// Sooner, if so many entries have come together.
    pub entries: u64,
}

/// A lake that holds the log up to an offset.
pub struct Compacted {
    /// The lake.
    pub lake: Arc<Lake>,
    /// Up to this offset everything is in it.
    pub through: u64,
    /// Entries whose records were in it before, or came twice.
    pub copies: BTreeSet<u64>,
}

/// Brings the log into the lake from time to time, on a thread of its own.
pub struct Compactor {
    /// A served lake has no other writer: readers rely on the files of their version.
    lock: Arc<LakeLock>,
    log: Arc<dyn Log>,
    rules: Arc<Rules>,
    gate: Arc<Gate>,
    when: When,
    last: Instant,
    through: u64,
    /// The last time went wrong: the next one waits its turn, however much has come together.
    has_failed: bool,
    /// It goes as soon as everything up to this entry is there.
    hurry: u64,
    /// As it was the last time: what has been read of it is not read again.
    lake: Option<Arc<Lake>>,
    running: Option<Receiver<Result<Compacted>>>,
}

impl Compactor {
    /// Starts with a lake that holds the log up to an offset.
    pub fn new(
        lock: Arc<LakeLock>,
        log: Arc<dyn Log>,
        rules: Arc<Rules>,
        gate: Arc<Gate>,
        when: When,
        through: u64,
    ) -> Self {
        Self {
            lock,
            log,
            rules,
            gate,
            when,
            last: Instant::now(),
            through,
            has_failed: false,
            hurry: 0,
            lake: None,
            running: None,
        }
    }

    /// Whether it is under way.
    pub const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Has the log up to an entry go into the lake as soon as it is there.
    pub const fn hurry(&mut self, until: u64) {
        self.hurry = until;
    }

    /// Whether it is time for what has come up to an offset.
    pub fn is_due(&self, offset: u64) -> bool {
        let waiting = offset.saturating_sub(self.through);
        let is_much = waiting >= self.when.entries && !self.has_failed;
        let is_urgent = self.hurry > self.through && offset >= self.hurry;
        let is_time = self.last.elapsed() >= self.when.every.min(if is_urgent { AGAIN } else { self.when.every });
        self.running.is_none() && waiting > 0 && (is_time || is_much || is_urgent && !self.has_failed)
    }

    /// Goes to work if it is time, and gives what has been done. Nothing after `committed` goes into the lake.
    ///
    /// # Errors
    /// When the lake could not be written; the log keeps what it has, and it is tried again next time.
    pub fn poll(&mut self, committed: u64) -> Result<Option<Compacted>> {
        if let Some(running) = &self.running {
            let done = match running.try_recv() {
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => Err(anyhow!("compaction stopped without a word")),
                Ok(done) => done,
            };
            return self.done(done).map(Some);
        }
        if self.is_due(committed) && self.gate.begin() {
            self.start(committed).inspect_err(|_| self.gate.end())?;
        }
        Ok(None)
    }

    fn start(&mut self, through: u64) -> Result<()> {
        let (sender, receiver) = channel();
        let (lock, lake) = (Arc::clone(&self.lock), self.lake.take());
        let (log, rules, from) = (Arc::clone(&self.log), Arc::clone(&self.rules), self.through + 1);
        let work = move || {
            // Nobody waits any more if the processor has stopped.
            drop(sender.send(compact(lock, lake, log.as_ref(), &rules, from, through)));
        };
        std::thread::Builder::new().name("compaction".to_owned()).spawn(work).context("cannot start compaction")?;
        self.running = Some(receiver);
        Ok(())
    }

    /// Waits for what is under way.
    ///
    /// # Errors
    /// See [`Compactor::poll`].
    pub fn finish(&mut self) -> Result<Option<Compacted>> {
        match self.running.as_ref().map(Receiver::recv) {
            None => Ok(None),
            Some(done) => {
                let done = done.context("compaction stopped without a word").and_then(|done| done);
                self.done(done).map(Some)
            }
        }
    }

    fn done(&mut self, done: Result<Compacted>) -> Result<Compacted> {
        self.running = None;
        self.gate.end();
        self.last = Instant::now();
        self.has_failed = done.is_err();
        let compacted = done?;
        self.through = compacted.through;
        self.lake = Some(Arc::clone(&compacted.lake));
        Ok(compacted)
    }
}

fn compact(
    lock: Arc<LakeLock>,
    lake: Option<Arc<Lake>>,
    log: &dyn Log,
    rules: &Rules,
    from: u64,
    through: u64,
) -> Result<Compacted> {
    let mut writer = LakeWriter::begin_with(lock, &rules.workspace, lake).context("cannot write to the lake")?;
    let mut next = from;
    // Of the rows that were not refused.
    let mut offsets = Vec::new();
    while next <= through {
        let entries = log.read(next, AT_ONCE).context("cannot read the log")?;
        let Some((last, _)) = entries.last() else { break };
        next = last + 1;
        let mut batch = Batch::default();
        let mut rows = Vec::new();
        for (offset, bytes) in entries.iter().filter(|(offset, _)| *offset <= through) {
            let entry = Entry::decode(bytes).with_context(|| format!("entry {offset} of the log"))?;
            if let Entry::Record(record) = entry {
                batch.push_record(&record);
                rows.push(*offset);
            }
        }
        let refused = writer.append(&batch).context("cannot put the log into the lake")?;
        let refused: BTreeSet<usize> = refused.into_iter().map(|(row, _)| row).collect();
        offsets
            .extend(rows.into_iter().enumerate().filter(|(row, _)| !refused.contains(row)).map(|(_, offset)| offset));
    }
    writer.log(through);
    let (summary, lake) = writer.commit_and_open().context("cannot put the log into the lake")?;
    let copies = summary.copies.iter().filter_map(|row| offsets.get(*row as usize)).copied().collect();
    Ok(Compacted { lake, through, copies })
}
