//! A household on its way: its state, and the records that are not in the lake yet.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use engine::Timestamp;
use engine::evaluate::Evaluator;
use engine::live::{Frame, LiveHousehold, Taken};
use engine::outcome::Outcome;
use engine::program::Program;
use engine::record::{Record, SubjectKind};
use history::{Lake, SentReader, message_hash};
use serde::{Deserialize, Serialize};

use super::erasing::Erasing;
use super::logged::Logged;

/// Events that are kept unfolded, at least; and so many more for each id. The more, the later an event may come without asking
/// for the whole life.
const RECENT: usize = 64;
const RECENT_OF_ID: usize = 16;

/// What is remembered of a household.
enum Life {
    /// At hand.
    Awake(Box<LiveHousehold>),
    /// As [`LiveHousehold::encode`] writes it: a fraction of the size.
    Asleep(Arc<[u8]>),
}

/// A household.
pub struct Home {
    life: Life,
    /// As [`LiveHousehold::encode`] writes the life at hand, where that was done since it changed.
    written: Option<Arc<[u8]>>,
    /// What is not in the lake.
    tail: Vec<Logged>,
    /// Whether some of its records are in the lake.
    in_lake: bool,
    /// The first instant at which something may change with time alone.
    pub due: i64,
    /// A digest of what was last made into leads, see [`Home::is_news`].
    told: u64,
    /// The instant by which the town has it on its list of what is due.
    pub listed: i64,
    /// The town has it on its list of those with records that are not in the lake.
    pub is_unsettled: bool,
    /// It was looked at lately: it is not put to sleep yet.
    pub is_fresh: bool,
    /// It is among those that are awake.
    pub is_counted: bool,
    /// It differs from what was stored last.
    pub is_changed: bool,
}

impl Default for Home {
    fn default() -> Self {
        Self {
            life: Life::Awake(Box::default()),
            written: None,
            tail: Vec::new(),
            in_lake: false,
            due: i64::MAX,
            told: 0,
            listed: i64::MAX,
            is_unsettled: false,
            is_fresh: false,
            is_counted: false,
            is_changed: false,
        }
    }
}

/// A household as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stored {
    /// As [`LiveHousehold::encode`] writes it.
    pub life: Arc<[u8]>,
    /// See [`Home::due`].
    pub due: i64,
    /// A digest of what was last made into leads.
    pub told: u64,
}

/// Where the whole life of a household is read from, and how.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// What records are read with.
    pub frame: Frame<'a>,
    /// What was compacted; `None`: nothing.
    pub lake: Option<&'a Lake>,
    /// How it is read.
    pub reader: Option<&'a SentReader<'a>>,
    /// Whose records count no more.
    pub erasing: &'a Erasing,
}

impl Home {
    /// From all its records in the lake.
    pub fn of_lake(records: &[Record], frame: &Frame<'_>) -> Self {
        Self { life: Life::awake(LiveHousehold::of(records, frame)), in_lake: true, ..Self::default() }
    }

    /// As it was stored. What it had that was not in the lake may be there by now.
    pub fn of_stored(stored: Stored) -> Self {
        let Stored { life, due, told } = stored;
        Self { life: Life::Asleep(life), in_lake: true, due, told, ..Self::default() }
    }

    /// To be stored.
    pub fn stored(&self, program: &Program) -> Result<Stored> {
        Ok(Stored { life: self.written(program)?, due: self.due, told: self.told })
    }

    fn written(&self, program: &Program) -> Result<Arc<[u8]>> {
        match (&self.life, &self.written) {
            (Life::Asleep(life), _) | (Life::Awake(_), Some(life)) => Ok(Arc::clone(life)),
            (Life::Awake(live), None) => Ok(live.encode(program).context("cannot write a household")?.into()),
        }
    }

    /// Writes it already, so that storing it, or putting it to sleep, takes no time.
    pub fn prepare(&mut self, program: &Program) -> Result<()> {
        if self.is_awake() && self.written.is_none() {
            self.written = Some(self.written(program)?);
        }
        Ok(())
    }

    /// Has it at hand.
    pub fn wake(&mut self, program: &Program) -> Result<()> {
        if let Life::Asleep(life) = &self.life {
            let live = LiveHousehold::decode(life, program).context("cannot read a household again")?;
            self.written = Some(Arc::clone(life));
            self.life = Life::awake(live);
        }
        Ok(())
    }

    /// Keeps it small until something happens to it.
    pub fn sleep(&mut self, program: &Program) -> Result<()> {
        if self.is_awake() {
            self.life = Life::Asleep(self.written(program)?);
            self.written = None;
        }
        Ok(())
    }

    /// Whether it is at hand.
    pub const fn is_awake(&self) -> bool {
        matches!(self.life, Life::Awake(_))
    }

    /// The household's ids and memberships, and how it stands.
    pub fn live(&self, program: &Program) -> Result<Cow<'_, LiveHousehold>> {
        match &self.life {
            Life::Awake(live) => Ok(Cow::Borrowed(live)),
            Life::Asleep(life) => {
                Ok(Cow::Owned(LiveHousehold::decode(life, program).context("cannot read a household again")?))
            }
        }
    }

    fn live_mut(&mut self, program: &Program) -> Result<&mut LiveHousehold> {
        self.wake(program)?;
        self.written = None;
        match &mut self.life {
            Life::Awake(live) => Ok(live),
            Life::Asleep(_) => bail!("a household does not wake"),
        }
    }

    /// Becomes part of another household, which has to be read again.
    pub fn join(&mut self, other: Self, program: &Program, ids: &mut BTreeSet<(SubjectKind, String)>) -> Result<()> {
        other.live(program)?.each_id(|kind, id, _| {
            ids.insert((kind, id.to_owned()));
        });
        self.tail.extend(other.tail);
        self.in_lake |= other.in_lake;
        if other.told != 0 {
            // What was told of the other one may be no more.
            self.told = !other.told;
        }
        Ok(())
    }

    /// Some of its records are in the lake though they were never taken.
    pub const fn came_into_lake(&mut self) {
        self.in_lake = true;
    }

    /// Takes a record.
    pub fn take(&mut self, logged: Logged, program: &Program, frame: &Frame<'_>) -> Result<Taken> {
        let taken = self.live_mut(program)?.take(&logged.record, frame);
        self.tail.push(logged);
        Ok(taken)
    }

    /// Keeps a record without taking it: it was taken, or the household is read again anyway.
    pub fn keep(&mut self, logged: Logged) {
        self.tail.push(logged);
    }

    /// Reads it again from all its records; `ids` are those of households that have become part of it.
    pub fn replay(
        &mut self,
        program: &Program,
        reading: &Reading<'_>,
        ids: BTreeSet<(SubjectKind, String)>,
    ) -> Result<()> {
        let records = self.records(program, reading, ids)?;
        self.life = Life::awake(LiveHousehold::of(&records, &reading.frame));
        self.written = None;
        Ok(())
    }

    /// All its records, each once: those of the lake, then the others.
    pub fn records(
        &self,
        program: &Program,
        reading: &Reading<'_>,
        ids: BTreeSet<(SubjectKind, String)>,
    ) -> Result<Vec<Record>> {
        let places = self.places(&*self.live(program)?, reading, ids)?;
        let mut records = Vec::new();
        if let Some(reader) = reading.reader {
            let read = reader.read_places(&places, &mut |_, record| records.push(record));
            read.context("cannot read a household from the lake")?;
        }
        self.with_tail(records, reading)
    }

    /// Where its records are in the lake, ascending, and those of its `ids` beside the ones that it knows.
    pub fn places(
        &self,
        live: &LiveHousehold,
        reading: &Reading<'_>,
        mut ids: BTreeSet<(SubjectKind, String)>,
    ) -> Result<Vec<u32>> {
        let (true, Some(reader)) = (self.in_lake, reading.reader) else { return Ok(Vec::new()) };
        live.each_id(|kind, id, _| {
            ids.insert((kind, id.to_owned()));
        });
        for logged in &self.tail {
            engine::live::each_id(&logged.record, &reading.frame, &mut |kind, id| {
                ids.insert((kind, id.to_owned()));
            });
        }
        let mut places = BTreeSet::new();
        for (kind, id) in &ids {
            places.extend(reader.place_of(*kind, id).context("cannot look up a household in the lake")?);
        }
        Ok(places.into_iter().collect())
    }

    /// All its records, where these are those of the lake.
    pub fn with_tail(&self, records: Vec<Record>, reading: &Reading<'_>) -> Result<Vec<Record>> {
        let mut tail: Vec<&Logged> = self.tail.iter().collect();
        if let (true, Some(lake)) = (self.in_lake && !tail.is_empty(), reading.lake) {
            let identities: Vec<u128> = tail.iter().map(|logged| identity(&logged.record)).collect();
            let known = lake.knows(&identities).context("cannot look up records in the lake")?;
            tail = tail.into_iter().zip(known).filter(|(_, known)| !known).map(|(logged, _)| logged).collect();
        }
        let tail = tail.into_iter().map(|logged| (logged.offset, (*logged.record).clone()));
        Ok(reading.erasing.without(records.into_iter().map(|record| (0, record)).chain(tail)))
    }

    /// How things stand at the evaluator's horizon with whoever meets something, which is all that leads are made of; notes when
    /// something is due next.
    pub fn stands(
        &mut self,
        program: &Program,
        evaluator: &mut Evaluator<'_>,
        reading: &Reading<'_>,
    ) -> Result<Vec<Outcome>> {
        evaluator.only_met();
        let stands = match self.live_mut(program)?.stands(evaluator) {
            Some(stands) => stands,
            None => {
                self.replay(program, reading, BTreeSet::new())?;
                let stands = self.live_mut(program)?.stands(evaluator);
                stands.context("a household that was read anew cannot say how it stands")?
            }
        };
        self.due = stands.1.0;
        Ok(stands.0)
    }

    /// Folds for good what is old, once much has come together.
    pub fn settle(&mut self, evaluator: &mut Evaluator<'_>, now: Timestamp) {
        let Life::Awake(live) = &mut self.life else { return };
        if live.recent() <= RECENT + RECENT_OF_ID * live.ids() {
            return;
        }
        if let Some(middle) = live.middle().filter(|middle| *middle > live.frontier()) {
            self.written = None;
            evaluator.set_horizon(middle.min(now));
            // A state that cannot be advanced is read again when something comes.
            let _ = live.advance(evaluator);
            evaluator.set_horizon(now);
        }
    }

    /// Whether what is said of its leads differs from what was said the last time, or whether they may be contacted.
    pub fn is_news(&mut self, outcomes: &[Outcome], program: &Program) -> Result<bool> {
        let mut hasher = DefaultHasher::new();
        if outcomes.is_empty() {
            return Ok(std::mem::take(&mut self.told) != 0);
        }
        let live = self.live(program)?;
        for outcome in outcomes {
            if outcome.subject.kind == SubjectKind::User && live.refuses_contact(outcome.subject.code, program) {
                "not to be contacted".hash(&mut hasher);
            }
            (outcome.definition, outcome.subject, outcome.met_at, &outcome.conversions).hash(&mut hasher);
            for entry in &outcome.entries {
                (entry.at, entry.exit, entry.value).hash(&mut hasher);
                entry.score.as_ref().map(|score| score.total).hash(&mut hasher);
            }
        }
        let digest = hasher.finish();
        drop(live);
        Ok(std::mem::replace(&mut self.told, digest) != digest)
    }

    /// Everything up to this offset is in the lake now.
    pub fn compacted(&mut self, through: u64) {
        let before = self.tail.len();
        self.tail.retain(|logged| logged.offset > through);
        self.in_lake |= self.tail.len() < before;
        if self.tail.is_empty() {
            self.tail = Vec::new();
        }
    }

    /// Whether one of these entries is among what it has taken lately.
    pub fn has_any(&self, offsets: &BTreeSet<u64>) -> bool {
        self.tail.iter().any(|logged| offsets.contains(&logged.offset))
    }

    /// Whether it has taken something after this offset.
    pub fn has_news_after(&self, offset: u64) -> bool {
        self.tail.iter().any(|logged| logged.offset > offset)
    }

    /// Whether it holds records that are not in the lake, or were not when it was last told.
    pub const fn has_tail(&self) -> bool {
        !self.tail.is_empty()
    }
}

impl Life {
    fn awake(live: LiveHousehold) -> Self {
        Self::Awake(Box::new(live))
    }
}

/// The identity of a record, as the lake knows it.
pub fn identity(record: &Record) -> u128 {
    message_hash(&record.source, &record.sender, &record.message)
}
