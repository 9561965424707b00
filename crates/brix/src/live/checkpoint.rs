//! Checkpoints of the town, so that a start need not read everything again.
//!
//! Now and then everything is written, and between that what has changed. Bucket 0 of the snapshots names the parts that count,
//! in their order; it is replaced last, so that either the old ones count or the new ones. All parts together are the town as it
//! was at one offset of the log. They are a cache: whatever is wrong with them, the lake and the log are read instead.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use engine::Timestamp;
use engine::evaluate::STATE_VERSION;
use engine::live::Seating;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use store::snapshots::{Snapshot, Snapshots};

use super::rules::Rules;
use super::town::StoredTown;

/// The bucket that names the others.
const HEAD: u32 = 0;
/// Households in one part.
const IN_A_PART: usize = 50_000;
/// What a part may be, unpacked.
const PART_BYTES: usize = 1 << 31;
/// At least so long after the last one.
const EVERY: Duration = Duration::from_secs(60);
/// Sooner, after so many entries of the log.
const ENTRIES: u64 = 500_000;

/// Entries that may have gone into the lake since a checkpoint: whoever is in them is read again, one by one. With more of them
/// it is quicker to read everything.
const MOST_AGAIN: u64 = 20_000;

/// Which parts count.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Head {
    parts: Vec<u32>,
    /// Up to this offset everything was in the lake, and what were copies of it was known.
    through: u64,
    /// The log's time.
    now: Timestamp,
    /// See [`history::Lake::changes`].
    changes: u64,
}

impl Head {
    const fn none() -> Self {
        Self { parts: Vec::new(), through: 0, now: Timestamp::MIN, changes: 0 }
    }
}

/// What a thread has written.
struct Written {
    offset: u64,
    head: Head,
}

/// Where a town stands that is written.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The last entry that it has taken, which is committed.
    pub offset: u64,
    /// Up to this offset everything is in the lake.
    pub through: u64,
    /// The log's time: the instant at which households were looked at.
    pub now: Timestamp,
    /// How often something else than the log had changed the lake.
    pub changes: u64,
}

/// Writes checkpoints, one at a time, on a thread of its own.
pub struct Checkpoints {
    snapshots: Arc<dyn Snapshots>,
    fingerprint: String,
    /// What counts.
    head: Head,
    /// A bucket that was never used.
    next: u32,
    /// What is written next must be everything.
    whole: bool,
    /// Households written since everything was.
    since: usize,
    last: Instant,
    offset: u64,
    /// The last time went wrong: the next one waits its turn.
    has_failed: bool,
    running: Option<Receiver<Result<Written>>>,
}

impl Checkpoints {
    /// None is written yet. Those of other definitions, or of another build, are of no use.
    pub fn new(snapshots: Arc<dyn Snapshots>, rules: &Rules) -> Self {
        Self {
            snapshots,
            fingerprint: fingerprint(rules),
            head: Head::none(),
            next: HEAD + 1,
            whole: true,
            since: 0,
            last: Instant::now(),
            offset: 0,
            has_failed: false,
            running: None,
        }
    }

    /// Other definitions are in force: what was written is of no use any more. Not while one is being written.
    pub fn adopt(&mut self, rules: &Rules) {
        self.fingerprint = fingerprint(rules);
        self.whole = true;
        self.offset = 0;
    }

    /// Removes all that were written, also one that is being written.
    ///
    /// # Errors
    /// If they cannot be removed.
    pub fn drop_all(&mut self) -> Result<()> {
        // How it has ended does not matter any more.
        drop(self.finish());
        self.snapshots.drop_all().context("cannot remove checkpoints")?;
        (self.whole, self.offset) = (true, 0);
        self.head = Head::none();
        Ok(())
    }

    /// Whether one is being written.
    pub const fn is_writing(&self) -> bool {
        self.running.is_some()
    }

    /// The offset of the last one that is on the disk; 0 if there is none.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The log's time when the last one was written.
    pub const fn now(&self) -> Timestamp {
        self.head.now
    }

    /// Up to this offset everything was in the lake when the last one was written.
    pub const fn through(&self) -> u64 {
        self.head.through
    }

    /// The town as it was last written, in parts; `None` if that is of other definitions, damaged, after `committed`, the log does not
    /// reach back to it, or something was imported since. The lake stands at `through`, and was changed otherwise so often.
    pub fn read(&mut self, committed: u64, log_start: u64, lake: u64, changed: u64) -> Option<Vec<StoredTown>> {
        let buckets = self.snapshots.buckets().ok()?;
        self.next = buckets.last().map_or(HEAD, |last| *last) + 1;
        let head = self.snapshots.get(HEAD).ok()??;
        if head.fingerprint != self.fingerprint || head.offset > committed {
            return None;
        }
        let Head { parts, through, now, changes } = postcard::from_bytes(&head.bytes).ok()?;
        if changes != changed || through + 1 < log_start || lake < through || lake - through > MOST_AGAIN {
            return None;
        }
        let (snapshots, fingerprint) = (self.snapshots.as_ref(), self.fingerprint.as_str());
        let towns: Vec<StoredTown> =
            parts.par_iter().map(|bucket| part(snapshots, fingerprint, *bucket)).collect::<Option<_>>()?;
        self.whole = false;
        self.since = towns.iter().skip(1).map(|town| town.homes.len()).sum();
        self.head = Head { parts, through, now, changes };
        self.offset = head.offset;
        Some(towns)
    }

    /// Whether one should be written; the town stands at `offset`, the lake at `through`. Soon after each compaction: before that,
    /// a start would have to look for copies among what has gone into the lake.
    pub fn is_due(&self, offset: u64, through: u64) -> bool {
        if self.running.is_none() && through > self.head.through && !self.has_failed {
            return true;
        }
        let waiting = offset.saturating_sub(self.offset);
        self.running.is_none()
            && waiting > 0
            && (self.last.elapsed() >= EVERY || waiting >= ENTRIES && !self.has_failed)
    }

    /// Whether everything has to be written, where so many households have changed out of so many.
    pub const fn is_whole(&self, changed: usize, of: usize) -> bool {
        self.whole || (self.since + changed) * 2 > of
    }

    /// Writes the town, or what has changed in it, as it is.
    ///
    /// # Errors
    /// If there is no thread to be had.
    pub fn write(&mut self, town: StoredTown, at: Standing, whole: bool) -> Result<()> {
        // Until it is known to be there, nothing can rest on it.
        self.whole = true;
        self.since = if whole { 0 } else { self.since + town.homes.len() };
        self.last = Instant::now();
        let (snapshots, fingerprint) = (Arc::clone(&self.snapshots), self.fingerprint.clone());
        let kept = if whole { Vec::new() } else { self.head.parts.clone() };
        let head = Head { parts: kept, through: at.through, now: at.now, changes: at.changes };
        let first = self.next;
        self.next += u32::try_from(town.homes.len() / IN_A_PART).unwrap_or(0) + 1;
        let (sender, receiver) = channel();
        let work = move || drop(sender.send(put(snapshots.as_ref(), &fingerprint, head, first, town, at.offset)));
        std::thread::Builder::new().name("checkpoint".to_owned()).spawn(work).context("cannot write a checkpoint")?;
        self.running = Some(receiver);
        Ok(())
    }

    /// The offset of a checkpoint that has been written since this was asked the last time.
    ///
    /// # Errors
    /// When it could not be written: the one before it still counts.
    pub fn poll(&mut self) -> Result<Option<u64>> {
        let Some(running) = &self.running else { return Ok(None) };
        match running.try_recv() {
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => self.done(Err(anyhow!("a checkpoint stopped without a word"))),
            Ok(done) => self.done(done),
        }
    }

    /// Waits for one that is being written.
    ///
    /// # Errors
    /// See [`Checkpoints::poll`].
    pub fn finish(&mut self) -> Result<Option<u64>> {
        match self.running.as_ref().map(Receiver::recv) {
            None => Ok(None),
            Some(done) => {
                let done = done.context("a checkpoint stopped without a word").and_then(|done| done);
                self.done(done)
            }
        }
    }

    fn done(&mut self, done: Result<Written>) -> Result<Option<u64>> {
        self.running = None;
        self.has_failed = done.is_err();
        let written = done.context("cannot write a checkpoint")?;
        self.whole = false;
        self.head = written.head;
        self.offset = written.offset;
        Ok(Some(self.offset))
    }
}

fn fingerprint(rules: &Rules) -> String {
    format!("{}-{STATE_VERSION}-{:016x}", env!("CARGO_PKG_VERSION"), rules.program.fingerprint())
}

fn part(snapshots: &dyn Snapshots, fingerprint: &str, bucket: u32) -> Option<StoredTown> {
    let snapshot = snapshots.get(bucket).ok()??;
    if snapshot.fingerprint != fingerprint {
        return None;
    }
    let bytes = zstd::bulk::decompress(&snapshot.bytes, PART_BYTES).ok()?;
    postcard::from_bytes(&bytes).ok()
}

/// Writes the parts, then names them, then removes those that count no more.
fn put(
    snapshots: &dyn Snapshots,
    fingerprint: &str,
    mut head: Head,
    first: u32,
    town: StoredTown,
    offset: u64,
) -> Result<Written> {
    let snapshot =
        |bucket: u32, bytes: Vec<u8>| Snapshot { bucket, offset, fingerprint: fingerprint.to_owned(), bytes };
    let StoredTown { seed, names, seating, mut homes, gone } = town;
    let mut bucket = first;
    let mut rest = StoredTown { seed, names, seating, homes: Vec::new(), gone };
    loop {
        rest.homes = homes.split_off(homes.len().saturating_sub(IN_A_PART));
        let bytes = postcard::to_stdvec(&rest).context("cannot write a part")?;
        let packed = zstd::bulk::compress(&bytes, 1).context("cannot pack a part")?;
        snapshots.put(&snapshot(bucket, packed))?;
        head.parts.push(bucket);
        bucket += 1;
        if homes.is_empty() {
            break;
        }
        rest = StoredTown { seed, seating: Seating::default(), ..StoredTown::default() };
    }
    let bytes = postcard::to_stdvec(&head).context("cannot name the parts")?;
    snapshots.put(&snapshot(HEAD, bytes))?;
    for bucket in snapshots.buckets()? {
        if bucket != HEAD && !head.parts.contains(&bucket) {
            snapshots.remove(bucket)?;
        }
    }
    Ok(Written { offset, head })
}
