//! The log as a table of batches.
//!
//! One thread writes. It takes all that waits, packs it into one row, commits, and tells everyone concerned: the longer a sync
//! takes, the more entries share the next one. Nothing waits on purpose.
//!
//! Measured (debug build, two cores, syncs of 0.2 ms): 283 µs an entry where one thread appends them one by one, 4.8 µs by the
//! hundred, 2.1 µs by the thousand; `docs/store.md` has more.

mod batch;
mod queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use self::batch::Batch;
use self::queue::{Job, Queue};
use super::database::{Database, Kind, refused};
use super::statement::statement;
use crate::error::{Error, Result};
use crate::log::{Appended, Done, Log, LogLimits, Rewriter};

pub(super) const KIND: Kind = Kind { what: "a log", mark: 0x4272_784C, formats: &[include_str!("log_0001.sql")] };
const SQL: &str = include_str!("log.sql");
const APPEND: &str = statement(SQL, "append");
const BOUNDS: &str = statement(SQL, "bounds");
const READ: &str = statement(SQL, "read");
const BATCH_OF: &str = statement(SQL, "batch of");
const OLDEST: &str = statement(SQL, "oldest");
const FORGET: &str = statement(SQL, "forget");
const REMEMBER_FORGETTING: &str = statement(SQL, "remember forgetting");
const NEXT_BATCH: &str = statement(SQL, "next batch");
const REPLACE: &str = statement(SQL, "replace");

/// A reader gets no more bytes at a time than about this.
const MOST_READ_BYTES: usize = 16 << 20;
/// Appends wait while batches are forgotten, so they go in small transactions.
const FORGOTTEN_AT_ONCE: i64 = 64;
/// For the same reason: pages given back to the disk at a time.
const PAGES_AT_ONCE: i64 = 2048;

/// The first and the last offset that can be read.
#[derive(Clone, Copy)]
struct Bounds {
    start: u64,
    end: u64,
}

/// What the writing thread and the rest look at.
struct Shared {
    database: Database,
    queue: Queue,
    bounds: Mutex<Bounds>,
    durable: Condvar,
}

/// The embedded log.
pub struct SqliteLog {
    shared: Arc<Shared>,
    writing: Option<JoinHandle<()>>,
}

impl SqliteLog {
    /// Opens the log in this file, or makes one.
    ///
    /// # Errors
    /// If the file cannot be opened or written, is something else, or was made by a later Brix.
    pub fn open(path: &Path, limits: LogLimits) -> Result<Self> {
        let database = Database::open(path, &KIND)?;
        let (start, end) =
            database.read(|reader| reader.query_row(BOUNDS, [], |row| Ok((row.get(0)?, row.get(1)?))))?;
        let (queue, bounds) = (Queue::new(limits), Mutex::new(Bounds { start, end }));
        let shared = Arc::new(Shared { database, queue, bounds, durable: Condvar::new() });
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("log".to_owned());
        let writing = thread.spawn(move || own.write_all()).map_err(Error::system("start the writer of", path))?;
        Ok(Self { shared, writing: Some(writing) })
    }
}

impl Drop for SqliteLog {
    /// Writes what waits, then closes.
    fn drop(&mut self) {
        self.shared.queue.close();
        // If the thread panicked, those who wait have been told by the drop of their callbacks.
        drop(self.writing.take().map(JoinHandle::join));
    }
}

impl Shared {
    fn bounds(&self) -> MutexGuard<'_, Bounds> {
        self.bounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of the writing thread.
    fn write_all(&self) {
        while let Some(jobs) = self.queue.take() {
            self.write(jobs);
        }
    }

    /// One commit.
    fn write(&self, mut jobs: Vec<Job>) {
        let counts: Vec<u64> = jobs.iter().map(|job| job.entries.len() as u64).collect();
        let entries: Vec<Vec<u8>> = jobs.iter_mut().flat_map(|job| std::mem::take(&mut job.entries)).collect();
        let mut first = self.bounds().end + 1;
        let outcome = if entries.is_empty() { Ok(()) } else { self.insert(first, &entries) };
        if outcome.is_ok() {
            self.bounds().end += entries.len() as u64;
            self.durable.notify_all();
        }
        for (job, count) in jobs.into_iter().zip(counts) {
            let outcome = outcome.clone().map(|()| Appended { first, last: first + count - 1 });
            // A caller that panics must not stop everyone's log; the panic has been reported where it happened.
            drop(catch_unwind(AssertUnwindSafe(|| (job.done)(outcome))));
            first += count;
        }
    }

    fn insert(&self, first: u64, entries: &[Vec<u8>]) -> Result<()> {
        let path = self.database.path();
        let batch = Batch::pack(first, entries).map_err(Error::system("pack entries for", path))?;
        let writer = self.database.writer();
        let run = || {
            let mut statement = writer.prepare_cached(APPEND)?;
            let checksum = batch.checksum.cast_signed();
            statement.execute(params![batch.first, batch.entries, batch.format, batch.bytes, checksum, batch.packed])
        };
        run().map(drop).map_err(refused("append to", path))
    }

    fn damaged(&self, first: u64, last: u64, why: impl Into<String>) -> Error {
        Error::DamagedEntries { path: self.database.path().to_owned(), first, last, why: why.into() }
    }

    fn unpack(&self, batch: &Batch) -> Result<Vec<Vec<u8>>> {
        batch.unpack().map_err(|why| self.damaged(batch.first, batch.last(), why))
    }

    /// Whole batches from the one that holds `from` on, with at least `most` entries from there or [`MOST_READ_BYTES`].
    fn batches(&self, from: u64, most: usize) -> Result<Vec<Batch>> {
        self.database.read(|reader| {
            let mut statement = reader.prepare_cached(READ)?;
            let mut rows = statement.query([from])?;
            let (mut batches, mut bytes) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let batch = Batch::from_row(row)?;
                bytes += batch.packed.len();
                let read = (batch.last() + 1).saturating_sub(from);
                batches.push(batch);
                if read >= most as u64 || bytes >= MOST_READ_BYTES {
                    break;
                }
            }
            Ok(batches)
        })
    }

    /// The first offset that stays if all below `before` may go: that of the batch that holds it.
    fn kept_from(&self, before: u64) -> Result<u64> {
        let batch = |reader: &Connection| {
            reader.query_row(BATCH_OF, [before], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)?))).optional()
        };
        let start = self.bounds().start;
        Ok(match self.database.read(batch)? {
            None => start,
            Some((first, entries)) if first + entries <= before => first + entries,
            Some((first, _)) => first,
        })
    }

    /// Deletes a few of the oldest batches before the offset; false when none was left.
    fn forget_some(&self, kept_from: u64) -> Result<bool> {
        self.database.write("forget entries of", |transaction| {
            let oldest: Option<u64> =
                transaction.query_row(OLDEST, params![kept_from, FORGOTTEN_AT_ONCE], |row| row.get(0))?;
            let Some(oldest) = oldest else { return Ok(false) };
            transaction.execute(FORGET, [oldest])?;
            transaction.execute(REMEMBER_FORGETTING, [kept_from - 1])?;
            Ok(true)
        })
    }

    /// Gives some pages back to the disk; false when there was none.
    fn shrink(&self) -> Result<bool> {
        let writer = self.database.writer();
        let free = |writer: &Connection| writer.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
        let run = || {
            let before = free(&writer)?;
            writer.pragma(None, "incremental_vacuum", PAGES_AT_ONCE, |_| Ok(()))?;
            Ok(free(&writer)? < before)
        };
        run().map_err(refused("shrink", self.database.path()))
    }

    /// Rewrites the first batch at or after the offset; `None` when there is none. Gives its last offset and how many changed.
    fn rewrite_next(&self, from: u64, change: &mut Rewriter<'_>) -> Result<Option<(u64, u64)>> {
        let path = self.database.path();
        let writer = self.database.writer();
        let batch = writer.query_row(NEXT_BATCH, [from], Batch::from_row).optional().map_err(refused("read", path))?;
        let Some(batch) = batch else { return Ok(None) };
        let mut entries = self.unpack(&batch)?;
        let mut changed = 0;
        for (offset, entry) in (batch.first..).zip(&mut entries) {
            if let Some(new) = change(offset, entry) {
                *entry = new;
                changed += 1;
            }
        }
        if changed > 0 {
            let new = Batch::pack(batch.first, &entries).map_err(Error::system("pack entries for", path))?;
            writer
                .execute(REPLACE, params![new.first, new.format, new.bytes, new.checksum.cast_signed(), new.packed])
                .map_err(refused("rewrite", path))?;
        }
        Ok(Some((batch.last(), changed)))
    }
}

impl Log for SqliteLog {
    fn submit(&self, entries: Vec<Vec<u8>>, done: Done) -> Result<()> {
        self.shared.queue.put(entries, done)
    }

    fn read(&self, from: u64, most_entries: usize) -> Result<Vec<(u64, Vec<u8>)>> {
        let Bounds { start, end } = *self.shared.bounds();
        if from < start {
            return Err(Error::Forgotten { asked: from, start });
        }
        if from > end || most_entries == 0 {
            return Ok(Vec::new());
        }
        let (mut expected, mut entries) = (from, Vec::new());
        let batches = self.shared.batches(from, most_entries)?;
        for (place, batch) in batches.iter().enumerate() {
            let is_next = batch.first == expected || (place == 0 && batch.first < from && batch.last() >= from);
            if !is_next {
                break;
            }
            let numbered = (batch.first..).zip(self.shared.unpack(batch)?);
            entries.extend(numbered.skip_while(|(offset, _)| *offset < from).take(most_entries - entries.len()));
            expected = batch.last() + 1;
        }
        if entries.is_empty() {
            // Gone since the bounds were read, or lost.
            let start = self.shared.bounds().start;
            let last =
                batches.iter().map(|batch| batch.first).find(|first| *first > from).map_or(end, |first| first - 1);
            return Err(match from < start {
                true => Error::Forgotten { asked: from, start },
                false => self.shared.damaged(from, last, "they are missing"),
            });
        }
        Ok(entries)
    }

    fn end(&self) -> u64 {
        self.shared.bounds().end
    }

    fn start(&self) -> u64 {
        self.shared.bounds().start
    }

    fn wait(&self, after: u64, timeout: Duration) -> u64 {
        let is_nothing_new = |bounds: &mut Bounds| bounds.end <= after;
        let woken = self.shared.durable.wait_timeout_while(self.shared.bounds(), timeout, is_nothing_new);
        woken.unwrap_or_else(PoisonError::into_inner).0.end
    }

    fn forget(&self, before: u64) -> Result<u64> {
        let kept_from = self.shared.kept_from(before)?;
        // First nobody may read them, then they go.
        self.shared.bounds().start = kept_from;
        while self.shared.forget_some(kept_from)? {}
        while self.shared.shrink()? {}
        Ok(kept_from)
    }

    fn rewrite(&self, change: &mut Rewriter<'_>) -> Result<u64> {
        let Bounds { start, end } = *self.shared.bounds();
        let (mut from, mut changed) = (start, 0);
        while from <= end {
            let Some((last, count)) = self.shared.rewrite_next(from, change)? else { break };
            (from, changed) = (last + 1, changed + count);
        }
        // Even if nothing changed: an earlier attempt may have died before this.
        self.shared.database.rewrite()?;
        Ok(changed)
    }
}
