//! Erasures on threads of their own: first the lake is written anew, then everything else that still holds something.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use engine::Timestamp;
use history::{Erased, Lake, LakeLock};
use store::ledger::Ledger;
use store::ledger::erasures::{Erasure, Stage};
use store::log::Log;

use super::entry::{Entry, LeadAct};
use super::erasing::{Departure, Sought};
use super::erasure::Kept;
use super::gate::Gate;
use super::put_aside;
use super::rules::Rules;
use super::suppressed::Suppressed;

/// How long to wait after a failure.
const PATIENCE: Duration = Duration::from_secs(10);

/// What holds something of those who are erased.
#[derive(Clone)]
pub struct Holders {
    /// The lake, which has no other writer.
    pub lock: Arc<LakeLock>,
    /// What came in.
    pub log: Arc<dyn Log>,
    /// Leads, rejected input and the erasures themselves.
    pub ledger: Arc<dyn Ledger>,
    /// Who is suppressed.
    pub suppressed: Arc<Suppressed>,
    /// The workspace's settings stand in them.
    pub rules: Arc<Rules>,
    /// Keeps readers of the lake away.
    pub gate: Arc<Gate>,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// What a thread has done.
pub enum Done {
    /// The lake holds nothing of them any more; the version before is still there for those who read it.
    Rewritten(Rewritten),
    /// Nothing does. Whether something did: a start looks for what an earlier process has left, and mostly finds nothing.
    Cleaned { is_news: bool },
}

/// A lake without some.
pub struct Rewritten {
    /// The lake.
    pub lake: Arc<Lake>,
    /// What went.
    pub erased: Erased,
    /// Of whom.
    pub departures: Vec<Arc<Departure>>,
}

/// Does one thing after the other.
pub struct Eraser {
    holders: Holders,
    running: Option<Receiver<Result<Done>>>,
    /// It writes the lake: readers wait.
    holds_gate: bool,
    not_before: Option<Instant>,
    /// Something may be left to be cleaned.
    is_unclean: bool,
}

impl Eraser {
    /// Looks first for what an earlier process has left.
    pub const fn new(holders: Holders) -> Self {
        Self { holders, running: None, holds_gate: false, not_before: None, is_unclean: true }
    }

    /// Gives what has been done, and cleans what is left.
    ///
    /// # Errors
    /// It could not be done; it is tried again.
    pub fn poll(&mut self) -> Result<Option<Done>> {
        if let Some(running) = &self.running {
            let done = match running.try_recv() {
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => Err(anyhow!("an erasure stopped without a word")),
                Ok(done) => done,
            };
            self.ended(done.is_err());
            return done.context("an erasure has to wait").map(Some);
        }
        if self.is_unclean && self.may_begin() {
            self.is_unclean = false;
            let holders = self.holders.clone();
            self.start(move || holders.clean().map(|is_news| Done::Cleaned { is_news }))?;
        }
        Ok(None)
    }

    /// Whether nothing is under way, and nothing has failed just now.
    fn may_begin(&self) -> bool {
        self.running.is_none() && self.not_before.is_none_or(|at| Instant::now() >= at)
    }

    /// Writes the lake without some, if nobody reads it. To be called when everything up to where they go is in it, and no compaction is
    /// under way.
    ///
    /// # Errors
    /// If there is no thread to be had.
    pub fn rewrite(&mut self, departures: Vec<Arc<Departure>>) -> Result<()> {
        if !self.may_begin() || !self.holders.gate.begin() {
            return Ok(());
        }
        self.holds_gate = true;
        let holders = self.holders.clone();
        self.start(move || holders.rewrite(departures).map(Done::Rewritten)).inspect_err(|_| self.ended(true))
    }

    /// The lake that was written is in use: files of the version before go, and everything else is cleaned.
    ///
    /// # Errors
    /// If the ledger cannot be written, or a file not removed.
    pub fn settle(&mut self, rewritten: &Rewritten) -> Result<()> {
        let at = (self.holders.clock)();
        // Several may have gone at once: who has counted is not told apart.
        let mut erased = rewritten.erased;
        for departure in &rewritten.departures {
            let Some(erasure) = self.holders.ledger.erasure(&departure.erasure)? else { continue };
            let Some(mut kept) = Kept::of(&erasure) else { continue };
            (kept.receipt.events, kept.receipt.facts) = (erased.events, erased.facts);
            kept.receipt.rewritten_at = Some(at);
            erased = Erased::default();
            let stage = Stage::Rewritten;
            self.holders.ledger.keep_erasure(&Erasure { stage, detail: kept.text(), ..erasure })?;
        }
        self.is_unclean = true;
        self.holders.lock.sweep().context("cannot remove files of the lake")
    }

    fn start(&mut self, work: impl FnOnce() -> Result<Done> + Send + 'static) -> Result<()> {
        let (sender, receiver) = channel();
        // Nobody waits any more if the processor has stopped.
        let work = move || drop(sender.send(work()));
        std::thread::Builder::new().name("erasure".to_owned()).spawn(work).context("cannot start an erasure")?;
        self.running = Some(receiver);
        Ok(())
    }

    fn ended(&mut self, has_failed: bool) {
        self.running = None;
        if std::mem::take(&mut self.holds_gate) {
            self.holders.gate.end();
        }
        if has_failed {
            self.not_before = Some(Instant::now() + PATIENCE);
            self.is_unclean = true;
        }
    }

    /// Waits for what is under way. What it has done counts with the next start.
    pub fn finish(&mut self) {
        if let Some(running) = &self.running {
            let _ = running.recv();
            self.ended(false);
        }
    }
}

impl Holders {
    fn rewrite(&self, departures: Vec<Arc<Departure>>) -> Result<Rewritten> {
        let ids: BTreeSet<_> = departures.iter().flat_map(|one| one.leaving.ids.iter().cloned()).collect();
        let erased = history::erase(&self.lock, &self.rules.workspace, &ids).context("cannot write the lake anew")?;
        if let Some(from) = departures.iter().filter_map(|one| one.kept_from).max() {
            history::keep_from(&self.lock, from).context("the lake cannot say since when somebody is kept")?;
        }
        let lake = Lake::open(self.lock.folder()).context("cannot open the lake again")?;
        Ok(Rewritten { lake: Arc::new(lake), erased, departures })
    }

    /// Cleans what erasures have left whose subjects are out of the lake; gives whether there was something.
    fn clean(&self) -> Result<bool> {
        let mut is_news = false;
        for erasure in self.ledger.erasures().context("cannot read the erasures")? {
            let Some(mut kept) = Kept::of(&erasure) else { continue };
            if erasure.stage == Stage::Rewritten
                && let Some(leaving) = kept.leaving.take()
            {
                let leads = std::mem::take(&mut kept.leads);
                let sought = Sought::of(&leaving.ids);
                let receipt = &mut kept.receipt;
                let until = kept.until;
                let entry = |offset: u64, bytes: &[u8]| {
                    let entry = Entry::decode(bytes).ok().filter(|_| offset <= until)?;
                    let goes = match &entry {
                        Entry::Record(record) => {
                            let device = record.who.anonymous.as_deref().filter(|_| record.who.user.is_none());
                            leaving.is_named_by(record) || device.is_some_and(|id| leaving.shared.contains(id))
                        }
                        Entry::Lead { lead, what, .. } => {
                            leads.contains(lead) || matches!(what, LeadAct::Note(text) if sought.are_in(text))
                        }
                        Entry::Erasure(asked) => asked.id == erasure.id,
                        Entry::Silence(silence) => silence.id == erasure.id,
                        Entry::Tick(_) | Entry::Activation(_) => false,
                    };
                    goes.then(|| Entry::Tick(entry.at()).encode().ok())?
                };
                receipt.entries += self.log.rewrite(&mut { entry }).context("cannot write the log anew")?;
                let mentions = self.ledger.forget_mentions(&|text| sought.are_in(text));
                receipt.mentions = mentions.context("cannot look through the ledger")?;
                let rows = put_aside::forget(self.lock.folder(), &|text| sought.are_in(text));
                receipt.import_rejects = rows.context("cannot look through what imports have put aside")?;
                let stage = Stage::Swept;
                self.ledger.keep_erasure(&Erasure { stage, detail: kept.text(), ..erasure.clone() })?;
            }
            if matches!(erasure.stage, Stage::Rewritten | Stage::Swept) {
                self.ledger.scrub().context("cannot write the ledger anew")?;
                self.suppressed.scrub().context("cannot write the catalog anew")?;
                kept.receipt.done_at = Some((self.clock)());
                self.ledger.keep_erasure(&Erasure { stage: Stage::Done, detail: kept.text(), ..erasure })?;
                is_news = true;
            }
        }
        Ok(is_news)
    }
}
