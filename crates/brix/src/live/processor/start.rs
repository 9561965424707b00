//! The start: from a checkpoint, or from everything in the lake, to the last commit.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result, ensure};
use engine::Timestamp;
use history::{Lake, LakeLock};
use store::ledger::Ledger;
use store::ledger::erasures::Stage;
use store::log::Log;

use super::{AT_ONCE, Processor, Settings, apart};
use crate::live::Status;
use crate::live::activator::Activator;
use crate::live::ahead::Ahead;
use crate::live::book::{Book, Changes, Now};
use crate::live::checkpoint::Checkpoints;
use crate::live::compaction::Compactor;
use crate::live::eraser::{Eraser, Holders};
use crate::live::logged::Logged;
use crate::live::second::Ground;
use crate::live::town::{Changed, News, StoredTown, Town};

impl Processor {
    /// Takes up what is in the lake and in the log, up to the last commit. Where definitions have changed since, leads change in
    /// silence.
    pub fn load(settings: Settings, log: Arc<dyn Log>, ledger: Arc<dyn Ledger>, status: Arc<Status>) -> Result<Self> {
        let rules = Arc::new(settings.rules);
        let lock = Arc::new(LakeLock::take(&settings.lake).context("the server needs the lake for itself")?);
        let lake = match Lake::open(&settings.lake) {
            Ok(lake) => Some(Arc::new(lake)),
            Err(history::Error::Absent(_)) => None,
            Err(error) => return Err(error).context("cannot open the lake"),
        };
        let through = lake.as_ref().map_or(0, |lake| lake.manifest().log);
        let committed = ledger.offset().context("cannot read the ledger")?;
        // Else entries would get numbers that were given before, and would be passed over.
        ensure!(
            log.end() >= committed,
            "log.db ends at entry {}, and ledger.db is made of entries up to {committed}: they are not of one moment. Put both back from one \
             backup; a copied log.db needs its -wal file",
            log.end()
        );
        let briefs = ledger.briefs().context("cannot read the leads")?;
        let next = ledger.next_lead().context("cannot read the leads")?;
        let (gate, when) = (Arc::clone(&settings.gate), settings.compaction);
        let erasing = settings.erasing;
        let holders = Holders {
            lock: Arc::clone(&lock),
            log: Arc::clone(&log),
            ledger: Arc::clone(&ledger),
            suppressed: Arc::clone(&settings.suppressed),
            rules: Arc::clone(&rules),
            gate: Arc::clone(&settings.gate),
            clock: settings.clock,
        };
        let compactor = Compactor::new(lock, Arc::clone(&log), Arc::clone(&rules), gate, when, through);
        let ground = Ground {
            lake: settings.lake,
            log: Arc::clone(&log),
            ledger: Arc::clone(&ledger),
            gate: settings.gate,
            status: Arc::clone(&status),
            erasing: Arc::clone(&erasing),
        };
        status.is_in_force(settings.edition);
        let mut checkpoints = Checkpoints::new(settings.snapshots, &rules);
        if is_unclean(ledger.as_ref())? {
            // What was written before may hold them.
            checkpoints.drop_all()?;
            holders.lock.sweep().context("cannot remove files of the lake")?;
        }
        let changes = lake.as_ref().map_or(0, |lake| lake.changes());
        let stored = checkpoints.read(committed, log.start(), through, changes);
        let seed = stored.as_ref().and_then(|towns| towns.first()).map_or_else(crate::live::seed, |town| town.seed);
        let mut processor = Self {
            town: Town::new(Arc::clone(&rules), lake, seed, Arc::clone(&erasing)),
            book: Book::new(Arc::clone(&rules), briefs, next),
            activator: Activator::new(ground, rules.workspace.clone(), settings.edition),
            rules,
            routes: settings.routes,
            suppressed: settings.suppressed,
            erasing,
            eraser: Eraser::new(holders),
            beginning: Vec::new(),
            compactor,
            checkpoints,
            through,
            clock: settings.clock,
            status,
            now: Timestamp::MIN,
            received: Timestamp::MIN,
            offset: through.min(committed),
            committed,
            ticked: None,
            pending: Changes::default(),
            evidence: HashMap::new(),
            coming: None,
            asked: None,
            surveyor: None,
            ahead: Ahead::new(Arc::clone(&log)),
            log,
            ledger,
        };
        processor.take_up(stored)?;
        processor.town.remember().context("cannot look up records in the lake")?;
        Ok(processor)
    }

    /// Takes up everything until the last commit. What is not as the ledger has it goes with the next commit, in silence.
    fn take_up(&mut self, stored: Option<Vec<StoredTown>>) -> Result<()> {
        let last = if self.committed == 0 { Ok(Vec::new()) } else { self.ahead.read(self.committed, 1) };
        let known = last.ok().and_then(|entries| entries.first().map(|(_, entry)| entry.at()));
        self.now = known.unwrap_or_else(self.clock);
        // What is said of whom, the latest of each household.
        let mut news: BTreeMap<u32, News> = BTreeMap::new();
        let is_known = stored.is_some();
        match stored {
            Some(towns) => {
                let (stored, through) = (self.checkpoints.offset(), self.checkpoints.through());
                // What was said then was said as of this time, and the same has to be said now.
                self.now = self.checkpoints.now();
                towns.into_iter().for_each(|town| self.town.restore(town));
                self.each(
                    self.through,
                    stored,
                    |town, records, _| {
                        town.keep(records);
                        Ok(Changed::default())
                    },
                    &mut news,
                )?;
                self.each(through, self.through, |town, records, now| town.read_again(&records, now), &mut news)?;
                self.offset = self.through.max(stored);
            }
            None => {
                let said = self.town.settle_lake(self.now).context("cannot take up the lake")?;
                news.extend(said.into_iter().map(|said| (said.household, said)));
                self.offset = self.through.min(self.committed);
            }
        }
        let take = |town: &mut Town, records, now| {
            let records = town.without_known(records).context("cannot look up records in the lake")?;
            town.take(records, now)
        };
        self.each(self.offset, self.committed, take, &mut news)?;
        for departure in self.erasing.all() {
            let changed = self.town.read_without(&departure.leaving, self.now)?;
            news.extend(changed.news.into_iter().map(|said| (said.household, said)));
        }
        self.status.is_restored.store(is_known, Ordering::Relaxed);
        self.offset = self.committed;
        self.tell_where();
        if !is_known {
            // Of leads of whom nothing is said now, that has to be said.
            let households = self.book.subjects().filter_map(|(kind, id)| self.town.household_of(kind, id));
            let silent: BTreeSet<u32> = households.filter(|household| !news.contains_key(household)).collect();
            let changed = self.town.look_at(silent, self.now)?;
            news.extend(changed.news.into_iter().map(|said| (said.household, said)));
        }
        let now = Now { at: self.now, is_silent: true };
        news.values().for_each(|news| self.book.read(news, now, &mut self.pending));
        let pending = std::mem::take(&mut self.pending);
        let mut pending = self.settle_doubts(pending)?;
        self.settle_goals(&mut pending)?;
        self.pending = pending;
        // With this there is a next commit; and time goes on from here.
        self.remind((self.clock)())
    }

    /// Has the town do something with the log's records after one offset, up to another.
    fn each(
        &mut self,
        after: u64,
        through: u64,
        mut work: impl FnMut(&mut Town, Vec<Logged>, Timestamp) -> Result<Changed>,
        news: &mut BTreeMap<u32, News>,
    ) -> Result<()> {
        let mut offset = after;
        while offset < through {
            let mut entries = self.ahead.read(offset + 1, AT_ONCE)?;
            entries.retain(|(offset, _)| *offset <= through);
            let Some((last, _)) = entries.last() else { break };
            offset = *last;
            self.now = entries.iter().map(|(_, entry)| entry.at()).fold(self.now, Timestamp::max);
            let changed = work(&mut self.town, apart(entries).records, self.now)?;
            changed.gone.iter().for_each(|household| drop(news.remove(household)));
            news.extend(changed.news.into_iter().map(|said| (said.household, said)));
        }
        Ok(())
    }
}

/// Whether something may still hold what was erased.
fn is_unclean(ledger: &dyn Ledger) -> Result<bool> {
    let erasures = ledger.erasures().context("cannot read the erasures")?;
    Ok(erasures.iter().any(|erasure| matches!(erasure.stage, Stage::Hidden | Stage::Rewritten)))
}
