//! A second town: how everything would stand with other definitions, built beside the one that serves.
//!
//! It takes up the lake and follows the log, on threads of its own, while the first town goes on. Compaction waits meanwhile. What
//! would change then (a plan) and what does change (definitions that go live) come from the same second town.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use engine::Timestamp;
use history::Lake;
use store::ledger::Ledger;
use store::ledger::lead::Brief;
use store::log::Log;

use super::book::{Book, Changes, Now};
use super::entry::Entry;
use super::erasing::{Departure, Erasing};
use super::evidence::{EntryKey, entry_of, inquiry};
use super::gate::{Gate, Held};
use super::logged::Logged;
use super::progress::Progress;
use super::rules::Rules;
use super::status::Status;
use super::town::{Changed, Inquiry, News, Town};

/// Entries taken at a time.
const AT_ONCE: usize = 10_000;
/// It has caught up when no more entries are missing than these.
const NEAR: u64 = 2_000;

/// What a second town is built from.
#[derive(Clone)]
pub struct Ground {
    /// The folder of the lake.
    pub lake: PathBuf,
    /// The log.
    pub log: Arc<dyn Log>,
    /// All leads.
    pub ledger: Arc<dyn Ledger>,
    /// Keeps compaction away.
    pub gate: Arc<Gate>,
    /// How far the processor is.
    pub status: Arc<Status>,
    /// Who is on their way out.
    pub erasing: Arc<Erasing>,
}

/// A town on its way through lake and log, and what it says of everyone.
pub struct Second {
    /// What it was built by.
    pub rules: Arc<Rules>,
    /// How everything stands at `offset`.
    pub town: Town,
    /// The last entry that it has taken.
    pub offset: u64,
    /// The log's time there.
    pub now: Timestamp,
    /// What is said of whom, the latest of each household.
    pub news: BTreeMap<u32, News>,
    /// The lake that it reads stays as it is.
    _held: Held,
}

/// What differs from the leads that are known.
pub struct Differences {
    /// The leads that were known.
    pub briefs: Vec<Brief>,
    /// The leads as they would be.
    pub book: Book,
    /// What turns the ones into the others.
    pub changes: Changes,
}

impl Ground {
    /// Does something on threads that the processor does not wait for.
    ///
    /// # Errors
    /// There are no threads, and what the work says.
    pub fn beside<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let threads = rayon::ThreadPoolBuilder::new().build().context("cannot start threads")?;
        threads.install(work)
    }

    /// Builds a second town as far as the processor is; `None` if nobody wants it any more.
    ///
    /// # Errors
    /// Lake or log cannot be read.
    pub fn build(&self, rules: Arc<Rules>, progress: &Progress) -> Result<Option<Second>> {
        let held = self.gate.hold();
        let lake = match Lake::open(&self.lake) {
            Ok(lake) => Some(Arc::new(lake)),
            Err(history::Error::Absent(_)) => None,
            Err(error) => return Err(error).context("cannot open the lake"),
        };
        let rows = lake.as_ref().map_or(0, |lake| rows_of(lake));
        let offset = lake.as_ref().map_or(0, |lake| lake.manifest().log);
        let now = Timestamp(self.status.now.load(Ordering::Relaxed));
        let town = Town::new(Arc::clone(&rules), lake, super::seed(), Arc::clone(&self.erasing));
        // Only the first one to be built is watched.
        let _ = progress.settled.set(town.settled());
        let mut second = Second { rules, town, offset, now, news: BTreeMap::new(), _held: held };
        let ahead = || self.status.offset.load(Ordering::Relaxed);
        progress.total.store(rows + ahead().saturating_sub(offset), Ordering::Relaxed);
        let said = second.town.settle_lake(now).context("cannot take up the lake")?;
        second.read(said);
        while ahead().saturating_sub(second.offset) > NEAR {
            if progress.is_cancelled.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let to = ahead().min(second.offset + AT_ONCE as u64);
            second.follow(self.log.as_ref(), to, now)?;
            progress.followed.fetch_add(AT_ONCE as u64, Ordering::Relaxed);
        }
        second.follow(self.log.as_ref(), ahead(), now)?;
        Ok(Some(second))
    }

    /// What differs from the leads that the ledger has.
    ///
    /// # Errors
    /// Log or ledger cannot be read.
    pub fn compare(&self, second: &mut Second) -> Result<Differences> {
        let (briefs, next) = loop {
            let before = self.ledger.offset().context("cannot read the ledger")?;
            let briefs = self.ledger.briefs().context("cannot read the leads")?;
            let next = self.ledger.next_lead().context("cannot read the leads")?;
            let after = self.ledger.offset().context("cannot read the ledger")?;
            // Both must be of the same moment; between commits no lead changes.
            second.follow(self.log.as_ref(), after, second.now)?;
            if before == after {
                break (briefs, next);
            }
        };
        let mut book = Book::new(Arc::clone(&second.rules), briefs.clone(), next);
        let mut changes = Changes::default();
        second.tell(&mut book, &mut changes)?;
        Ok(Differences { briefs, book, changes })
    }
}

impl Second {
    /// Takes entries of the log up to an offset. Time goes on to `now` at least.
    ///
    /// # Errors
    /// Log or lake cannot be read.
    pub fn follow(&mut self, log: &dyn Log, to: u64, now: Timestamp) -> Result<()> {
        while self.offset < to {
            let mut records = Vec::new();
            let entries = log.read(self.offset + 1, AT_ONCE).context("cannot read the log")?;
            anyhow::ensure!(!entries.is_empty(), "the log has no entry {}, though it was taken", self.offset + 1);
            for (offset, bytes) in entries.into_iter().take_while(|(offset, _)| *offset <= to) {
                self.offset = offset;
                let entry = Entry::decode(&bytes).with_context(|| format!("entry {offset} of the log"))?;
                self.now = self.now.max(entry.at());
                if let Entry::Record(record) = entry {
                    records.push(Logged { offset, record });
                }
            }
            let records = self.town.without_known(records).context("cannot look up records in the lake")?;
            let changed = self.town.take(records, self.now)?;
            self.change(changed);
        }
        if now > self.now {
            self.now = now;
            let changed = self.town.take(Vec::new(), now)?;
            self.change(changed);
        }
        Ok(())
    }

    /// Reads those again who are among who is on their way out: some may have been erased since it was built.
    ///
    /// # Errors
    /// A life cannot be read.
    pub fn without(&mut self, departures: &[Arc<Departure>]) -> Result<()> {
        for departure in departures {
            let changed = self.town.read_without(&departure.leaving, self.now)?;
            self.change(changed);
        }
        Ok(())
    }

    fn change(&mut self, changed: Changed) {
        changed.gone.iter().for_each(|household| drop(self.news.remove(household)));
        self.read(changed.news);
    }

    fn read(&mut self, news: Vec<News>) {
        self.news.extend(news.into_iter().map(|said| (said.household, said)));
    }

    /// Has the book know what this town says of everyone, in silence. Of leads of whom nothing is said, that has to be said.
    ///
    /// # Errors
    /// A life cannot be read.
    pub fn tell(&mut self, book: &mut Book, changes: &mut Changes) -> Result<()> {
        let households = book.subjects().filter_map(|(kind, id)| self.town.household_of(kind, id));
        let silent: BTreeSet<u32> = households.filter(|household| !self.news.contains_key(household)).collect();
        let changed = self.town.look_at(silent, self.now)?;
        self.change(changed);
        let now = Now { at: self.now, is_silent: true };
        self.news.values().for_each(|news| book.read(news, now, changes));
        // What late data has done to a lead that stands, the first town has seen to. What is kept of it is of the version that made it.
        changes.doubts.clear();
        Ok(())
    }
}

impl Differences {
    /// The evidence of leads that are new or moved.
    ///
    /// # Errors
    /// A life cannot be read from the lake.
    pub fn evidence(&self, second: &Second) -> Result<HashMap<EntryKey, String>> {
        let asked =
            self.changes.leads.iter().filter_map(|change| {
                Some((entry_of(change, &self.book)?, inquiry(change, &self.book, &second.rules)?))
            });
        let (keys, inquiries): (Vec<EntryKey>, Vec<Inquiry<'_>>) = asked.unzip();
        let found = keys.into_iter().zip(second.town.reasons(&inquiries)?);
        Ok(found.filter_map(|(key, reasons)| Some((key, reasons?.evidence))).collect())
    }
}

/// How many rows a lake has.
fn rows_of(lake: &Lake) -> u64 {
    lake.manifest().runs.iter().map(|run| run.rows).sum()
}
