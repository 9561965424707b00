//! The processor: reads the log, keeps the households, and commits what becomes of them.

mod doubts;
mod erasing;
mod full;
mod goals;
mod going_live;
mod heard;
mod passing;
mod start;
mod telling;
mod together;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use engine::Timestamp;
use store::ledger::erasures::Erasure;
use store::ledger::lead::{LeadChange, What};
use store::ledger::rejects::Reject;
use store::ledger::{Commit, Ledger};
use store::log::Log;
use store::snapshots::Snapshots;

use super::activation::Activation;
use super::activator::Activator;
use super::ahead::Ahead;
use super::book::{Book, Changes, Now};
use super::checkpoint::{Checkpoints, Standing};
use super::compaction::{Compacted, Compactor, When};
use super::entry::{Entry, LeadAct};
use super::eraser::Eraser;
use super::erasing::Erasing;
use super::evidence::{EntryKey, entry_of, give, inquiry};
use super::gate::Gate;
use super::logged::Logged;
use super::near::{Board, Surveyor};
use super::questions::Asked;
use super::rules::Rules;
use super::status::Status;
use super::suppressed::Suppressed;
use super::told::Reasons;
use super::town::{Changed, Inquiry, Town};

/// Entries taken at a time.
const AT_ONCE: usize = 10_000;
/// How long to wait for an entry before looking at the clock.
const WAIT: Duration = Duration::from_millis(10);
/// For so long at most the processor does what is not urgent, in pieces of so many households.
const MOMENT: Duration = Duration::from_millis(1);
const FEW: usize = 32;
/// The offset is committed at least after so many entries, also where no lead has changed.
const COMMIT_EVERY: u64 = 50_000;

/// Which leads a destination is told of.
#[derive(Debug, Clone)]
pub struct Route {
    /// The destination's id.
    pub destination: String,
    /// Of these definitions only; empty: of all.
    pub definitions: Vec<String>,
    /// Also of those who are qualified to use.
    pub to_use: bool,
    /// Again, when one that was snoozed wakes.
    pub woken: bool,
}

/// What a processor works with.
pub struct Settings {
    /// The definitions in force at the last commit.
    pub rules: Rules,
    /// Which edition of them this is.
    pub edition: u64,
    /// Keeps compaction away from those who read lake and log.
    pub gate: Arc<Gate>,
    /// The folder of the lake.
    pub lake: PathBuf,
    /// When the log goes into the lake.
    pub compaction: When,
    /// Where checkpoints are kept.
    pub snapshots: Arc<dyn Snapshots>,
    /// Who is told of what.
    pub routes: Vec<Route>,
    /// Of whom nobody is told.
    pub suppressed: Arc<Suppressed>,
    /// Who is on their way out.
    pub erasing: Arc<Erasing>,
    /// The clock: microseconds since the epoch.
    pub clock: fn() -> Timestamp,
}

/// Something that somebody did to a lead.
struct Act {
    lead: u64,
    at: Timestamp,
    by: String,
    what: LeadAct,
}

/// Entries by what they are.
#[derive(Default)]
struct Apart {
    records: Vec<Logged>,
    acts: Vec<Act>,
    activations: Vec<Activation>,
}

fn apart(entries: Vec<(u64, Entry)>) -> Apart {
    let mut apart = Apart { records: Vec::with_capacity(entries.len()), ..Apart::default() };
    for (offset, entry) in entries {
        match entry {
            Entry::Record(record) => apart.records.push(Logged { offset, record }),
            Entry::Lead { lead, at, by, what } => apart.acts.push(Act { lead, at, by, what }),
            Entry::Activation(activation) => apart.activations.push(*activation),
            // Those who go, go one by one.
            Entry::Tick(_) | Entry::Erasure(_) | Entry::Silence(_) => {}
        }
    }
    apart
}

/// The processor.
pub struct Processor {
    rules: Arc<Rules>,
    routes: Vec<Route>,
    suppressed: Arc<Suppressed>,
    erasing: Arc<Erasing>,
    eraser: Eraser,
    /// Erasures that begin with the next commit.
    beginning: Vec<Erasure>,
    log: Arc<dyn Log>,
    ahead: Ahead,
    ledger: Arc<dyn Ledger>,
    town: Town,
    book: Book,
    compactor: Compactor,
    checkpoints: Checkpoints,
    activator: Activator,
    /// Up to this offset everything is in the lake.
    through: u64,
    clock: fn() -> Timestamp,
    status: Arc<Status>,
    /// The log's time: of the latest entry.
    now: Timestamp,
    /// When the first of the entries was received that were taken last.
    received: Timestamp,
    /// The last entry that was taken.
    offset: u64,
    /// The last entry that was committed.
    committed: u64,
    /// A tick that was sent and has not come back.
    ticked: Option<Timestamp>,
    /// Found while taking up, for the next commit.
    pending: Changes,
    /// Evidence of some of them.
    evidence: HashMap<EntryKey, String>,
    /// An edition of the definitions that the next commit brings into force.
    coming: Option<u64>,
    asked: Option<Asked>,
    surveyor: Option<Surveyor>,
}

impl Processor {
    /// Answers questions from now on, and looks for those who are near.
    pub fn listen(&mut self, asked: Asked, near: Arc<Board>) {
        self.asked = Some(asked);
        self.surveyor = Some(Surveyor::new(near));
    }

    /// Looks at some more people, if somebody wants to know who is near.
    fn survey(&mut self) {
        let now = self.now.max((self.clock)());
        if let Some(surveyor) = &mut self.surveyor
            && let Err(error) = surveyor.go_on(&self.town, &self.rules, now)
        {
            tracing::error!(error = format!("{error:#}"), "it cannot be told who is near");
        }
    }

    /// Works until it is told to stop.
    pub fn run(&mut self) -> Result<()> {
        while !self.status.is_stopping() {
            self.step()?;
        }
        self.finish()
    }

    /// Waits for compaction to end, commits what it has taken, and writes it down for the next start.
    pub fn finish(&mut self) -> Result<()> {
        self.activator.finish();
        self.eraser.finish();
        if let Some(compacted) = self.compactor.finish()? {
            self.compacted(compacted)?;
        }
        if !self.pending.leads.is_empty() && self.offset == self.committed {
            let entries = self.ahead.read(self.offset + 1, AT_ONCE)?;
            self.take_on(entries)?;
        }
        let mut pending = std::mem::take(&mut self.pending);
        // What compaction has brought to life must be so before the next start, which would not know of it.
        self.pass_time(Timestamp::MIN, &mut pending)?;
        self.write(pending, Vec::new(), Vec::new())?;
        if let Err(error) = self.write_for_the_next() {
            // The next start takes longer, and that is all.
            self.status.complain(&error);
        }
        Ok(())
    }

    fn write_for_the_next(&mut self) -> Result<()> {
        self.checkpoints.finish()?;
        if !self.erasing.is_empty() {
            return Ok(());
        }
        if self.offset > self.checkpoints.offset() || self.through > self.checkpoints.through() {
            self.checkpoint()?;
            self.checkpoints.finish()?;
        }
        Ok(())
    }

    /// Begins to write the town as it is now.
    fn checkpoint(&mut self) -> Result<()> {
        let whole = self.checkpoints.is_whole(self.town.changed(), self.town.households());
        let town = self.town.store(whole)?;
        let changes = self.town.lake_changes();
        let at = Standing { offset: self.offset, through: self.through, now: self.now, changes };
        self.checkpoints.write(town, at, whole)
    }

    /// Writes the town now and then, when all that is in it is committed.
    fn look_after_checkpoints(&mut self) -> Result<()> {
        match self.checkpoints.poll() {
            Ok(Some(_)) => self.shorten()?,
            Ok(None) => {}
            // The next time may do better.
            Err(error) => self.status.complain(&error),
        }
        let may_write = self.pending.leads.is_empty() && self.erasing.is_empty();
        if may_write && self.checkpoints.is_due(self.offset, self.through) {
            self.write(Changes::default(), Vec::new(), Vec::new())?;
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Forgets what was in the lake when the last checkpoint was written. The last entry stays: it holds the log's time.
    fn shorten(&self) -> Result<()> {
        self.log.forget(self.checkpoints.through()).context("cannot shorten the log")?;
        Ok(())
    }

    /// Waits for compaction to end, and forgets the rest: as if the process had died.
    #[cfg(test)]
    pub fn die(mut self) {
        self.activator.finish();
        self.eraser.finish();
        self.compactor.finish().expect("compaction ends well");
        self.checkpoints.finish().expect("a checkpoint is written");
    }

    /// How many entries of the log it has not taken.
    #[cfg(test)]
    pub fn lag(&self) -> u64 {
        self.log.end().saturating_sub(self.offset)
    }

    /// Does for a moment what would keep everybody waiting if it were done at once, unless there is something to take.
    fn work_ahead(&mut self) -> Result<()> {
        let began = Instant::now();
        while self.log.end() == self.offset && began.elapsed() < MOMENT {
            let (files, prepares) = (self.town.file(FEW), self.town.prepare(FEW)?);
            if !files && !prepares {
                break;
            }
        }
        Ok(())
    }

    /// Takes what is in the log, or waits a moment for it.
    pub fn step(&mut self) -> Result<()> {
        self.work_ahead()?;
        let is_surveying = self.surveyor.as_ref().is_some_and(Surveyor::is_at_work);
        let end = self.log.wait(self.offset, if is_surveying { Duration::ZERO } else { WAIT });
        self.status.end.store(end, Ordering::Relaxed);
        if end > self.offset {
            let entries = self.ahead.read(self.offset + 1, AT_ONCE)?;
            self.take_on(entries)?;
        } else {
            self.status.is_ready.store(true, Ordering::Relaxed);
            self.tick()?;
        }
        if let Some(asked) = &self.asked {
            asked.answer(&self.town, &self.rules, self.now.max((self.clock)()));
        }
        self.survey();
        if self.compactor.is_due(self.compaction_end()) && self.pending.leads.is_empty() {
            // What has made no lead waits for no other that does.
            self.write(Changes::default(), Vec::new(), Vec::new())?;
        }
        match self.compactor.poll(self.compaction_end().min(self.committed)) {
            Ok(None) => {}
            Ok(Some(compacted)) => self.compacted(compacted)?,
            // The log keeps what it has; the next time may do better.
            Err(error) => self.status.complain(&error),
        }
        self.look_after_erasures()?;
        self.look_after_checkpoints()?;
        self.activate()
    }

    /// The lake has taken in what was in the log.
    fn compacted(&mut self, compacted: Compacted) -> Result<()> {
        self.status.recover();
        self.through = compacted.through;
        let changed = self.town.compacted(compacted, self.now)?;
        let now = Now { at: self.now, is_silent: false };
        // They go with the next commit.
        changed.news.iter().for_each(|household| self.book.read(household, now, &mut self.pending));
        self.status.replays.fetch_add(changed.replays, Ordering::Relaxed);
        let pending = std::mem::take(&mut self.pending);
        let mut pending = self.settle_doubts(pending)?;
        self.settle_goals(&mut pending)?;
        self.pending = pending;
        if !self.pending.leads.is_empty() {
            self.remind((self.clock)())?;
        }
        Ok(())
    }

    /// Tells others how far it is.
    fn tell_where(&self) {
        self.status.now.store(self.now.0, Ordering::Relaxed);
        self.status.offset.store(self.offset, Ordering::Relaxed);
    }

    /// Has time pass in the log, if something is due.
    fn tick(&mut self) -> Result<()> {
        let now = (self.clock)();
        let next = [self.town.next_due(), self.book.next_due()].into_iter().flatten().min();
        let is_due = next.is_some_and(|due| due <= now);
        if is_due && self.ticked.is_none() {
            self.ticked = Some(now);
            self.remind(now)?;
        }
        Ok(())
    }

    fn take(&mut self, entries: Vec<(u64, Entry)>) -> Result<()> {
        let (Some((_, first)), Some((last, _))) = (entries.first(), entries.last()) else { return Ok(()) };
        (self.received, self.offset) = (first.at(), *last);
        for (_, entry) in &entries {
            self.now = self.now.max(entry.at());
        }
        self.ticked = None;
        let Apart { records, acts, activations } = apart(entries);
        activations.into_iter().for_each(|activation| self.activator.take(activation));
        let taken = records.len() as u64;
        let Changed { news, copies, replays, nobody, .. } = self.town.take(records, self.now)?;
        self.town.file(taken as usize * 2);
        let now = Now { at: self.now, is_silent: false };
        let mut changes = std::mem::take(&mut self.pending);
        news.iter().for_each(|household| self.book.read(household, now, &mut changes));
        self.see_goals(&acts, now, &mut changes)?;
        let status = &self.status;
        status.taken.fetch_add(taken, Ordering::Relaxed);
        status.copies.fetch_add(copies, Ordering::Relaxed);
        status.replays.fetch_add(replays, Ordering::Relaxed);
        status.households.store(self.town.households() as u64, Ordering::Relaxed);
        self.tell_where();
        let rejects: Vec<Reject> = nobody.into_iter().map(|offset| self.nobody(offset)).collect();
        let mut changes = self.settle_doubts(changes)?;
        self.settle_goals(&mut changes)?;
        // Where somebody did something, that comes first.
        let time = if acts.is_empty() { self.now } else { Timestamp::MIN };
        self.pass_time(time, &mut changes)?;
        let is_quiet = changes.leads.is_empty() && acts.is_empty() && rejects.is_empty() && self.coming.is_none();
        if is_quiet && self.offset - self.committed < COMMIT_EVERY {
            return Ok(());
        }
        self.write(changes, acts, rejects)
    }

    /// The door lets no record in that names nobody; should one come through, it is counted.
    fn nobody(&self, offset: u64) -> Reject {
        Reject {
            at: self.now,
            source: "log".to_owned(),
            reason: "nobody".to_owned(),
            text: "no id names a user, an account or a workspace".to_owned(),
            place: format!("entry {offset}"),
            sample: String::new(),
        }
    }

    /// Commits changes and everything up to the present offset.
    fn write(&mut self, changes: Changes, acts: Vec<Act>, rejects: Vec<Reject>) -> Result<()> {
        if self.offset == self.committed {
            return Ok(());
        }
        let erasures = std::mem::take(&mut self.beginning);
        let cancelled = changes.cancelled;
        let mut commit = Commit { offset: self.offset, rejects, cancelled, erasures, ..Commit::default() };
        commit.leads = changes.leads;
        let reasons = self.find_evidence(&mut commit.leads)?;
        for telling in &changes.tellings {
            self.route(telling, reasons.get(&telling.lead), &mut commit.actions)?;
        }
        for act in acts {
            self.act(act, &mut commit)?;
        }
        self.commit(&commit)?;
        self.committed = self.offset;
        self.note_how_soon(&changes.tellings);
        self.status.committed.store(self.committed, Ordering::Relaxed);
        self.is_in_force();
        Ok(())
    }

    /// Gives leads the evidence that they lack, and says in words why they are leads, by lead.
    fn find_evidence(&self, leads: &mut [LeadChange]) -> Result<HashMap<u64, Vec<String>>> {
        let (mut found, mut asked) = (Vec::new(), Vec::new());
        for (place, change) in leads.iter().enumerate() {
            let key = if self.evidence.is_empty() { None } else { entry_of(change, &self.book) };
            match key.and_then(|key| self.evidence.get(&key)) {
                // It goes live in silence: nobody needs the words.
                Some(evidence) => found.push((place, Reasons { words: Vec::new(), evidence: evidence.clone() })),
                None => asked.extend(inquiry(change, &self.book, &self.rules).map(|inquiry| (place, inquiry))),
            }
        }
        let inquiries: Vec<Inquiry<'_>> = asked.iter().map(|(_, inquiry)| *inquiry).collect();
        let answers = asked.iter().zip(self.town.reasons(&inquiries)?);
        found.extend(answers.filter_map(|((place, _), answer)| Some((*place, answer?))));
        let mut words = HashMap::with_capacity(found.len());
        for (place, reasons) in found {
            if let Some(change) = leads.get_mut(place) {
                words.insert(change.lead, reasons.words);
                give(change, reasons.evidence);
            }
        }
        Ok(words)
    }

    /// What somebody did to a lead.
    fn act(&mut self, act: Act, commit: &mut Commit) -> Result<()> {
        let is_new = commit.leads.iter().any(|change| change.lead == act.lead);
        if !is_new && self.ledger.lead(act.lead).context("cannot read a lead")?.is_none() {
            commit.rejects.push(Reject {
                at: act.at,
                source: "leads".to_owned(),
                reason: "unknown-lead".to_owned(),
                text: format!("there is no lead {}", act.lead),
                place: String::new(),
                sample: String::new(),
            });
            return Ok(());
        }
        let what = match act.what {
            LeadAct::State(state) => self.answer(act.lead, state),
            LeadAct::Owner(owner) => What::Owner(owner),
            LeadAct::Stage(stage) => What::Stage(stage),
            LeadAct::Note(note) => What::Note(note),
        };
        commit.leads.push(LeadChange { lead: act.lead, at: act.at, by: Some(act.by), what });
        Ok(())
    }
}
