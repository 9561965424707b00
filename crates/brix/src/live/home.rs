//! A household on its way: its state, and the records that are not in the lake yet.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::{Context as _, Result};
use engine::Timestamp;
use engine::evaluate::Evaluator;
use engine::live::{Frame, LiveHousehold, Taken};
use engine::outcome::Outcome;
use engine::record::{Record, SubjectKind};
use history::{Lake, SentReader, message_hash};

/// Events that are kept unfolded, at least; and so many more for each id. The more, the later an event may come without asking
/// for the whole life.
const RECENT: usize = 64;
const RECENT_OF_ID: usize = 16;

/// A record with its place in the log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its offset.
    pub offset: u64,
    /// What it says.
    pub record: Record,
}

/// A household.
#[derive(Default)]
pub struct Home {
    live: LiveHousehold,
    /// What is not in the lake.
    tail: Vec<Logged>,
    /// Whether some of its records are in the lake.
    in_lake: bool,
    /// The first instant at which something may change with time alone.
    pub due: i64,
    /// A digest of what was last made into leads, see [`Home::is_news`].
    told: u64,
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
}

impl Home {
    /// From all its records in the lake.
    pub fn of_lake(records: &[Record], frame: &Frame<'_>) -> Self {
        Self { live: LiveHousehold::of(records, frame), in_lake: true, due: i64::MAX, ..Self::default() }
    }

    /// The household's ids and memberships.
    pub const fn live(&self) -> &LiveHousehold {
        &self.live
    }

    /// Becomes part of another household, which has to be read again.
    pub fn join(&mut self, other: Self, ids: &mut BTreeSet<(SubjectKind, String)>) {
        other.live.each_id(|kind, id, _| {
            ids.insert((kind, id.to_owned()));
        });
        self.tail.extend(other.tail);
        self.in_lake |= other.in_lake;
    }

    /// Takes a record.
    pub fn take(&mut self, logged: Logged, frame: &Frame<'_>) -> Taken {
        let taken = self.live.take(&logged.record, frame);
        self.tail.push(logged);
        taken
    }

    /// Keeps a record without taking it: the household is read again anyway.
    pub fn keep(&mut self, logged: Logged) {
        self.tail.push(logged);
    }

    /// Reads it again from all its records; `ids` are those of households that have become part of it.
    pub fn replay(&mut self, reading: &Reading<'_>, ids: BTreeSet<(SubjectKind, String)>) -> Result<()> {
        let records = self.records(reading, ids)?;
        self.live = LiveHousehold::of(&records, &reading.frame);
        Ok(())
    }

    /// All its records, each once: those of the lake, then the others.
    pub fn records(&self, reading: &Reading<'_>, mut ids: BTreeSet<(SubjectKind, String)>) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        let mut tail: Vec<&Logged> = self.tail.iter().collect();
        if let (true, Some(lake), Some(reader)) = (self.in_lake, reading.lake, reading.reader) {
            self.live.each_id(|kind, id, _| {
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
            for place in places {
                let read = reader.read(place, place, &mut |_, record| records.push(record));
                read.context("cannot read a household from the lake")?;
            }
            let identities: Vec<u128> = self.tail.iter().map(|logged| identity(&logged.record)).collect();
            let known = lake.knows(&identities).context("cannot look up records in the lake")?;
            tail = tail.into_iter().zip(known).filter(|(_, known)| !known).map(|(logged, _)| logged).collect();
        }
        records.extend(tail.into_iter().map(|logged| logged.record.clone()));
        Ok(records)
    }

    /// How things stand at the evaluator's horizon; notes when something is due next.
    pub fn stands(&mut self, evaluator: &mut Evaluator<'_>, reading: &Reading<'_>) -> Result<Vec<Outcome>> {
        let stands = match self.live.stands(evaluator) {
            Some(stands) => stands,
            None => {
                self.replay(reading, BTreeSet::new())?;
                self.live.stands(evaluator).context("a household that was read anew cannot say how it stands")?
            }
        };
        self.due = stands.1.0;
        Ok(stands.0)
    }

    /// Folds for good what is old, once much has come together.
    pub fn settle(&mut self, evaluator: &mut Evaluator<'_>, now: Timestamp) {
        if self.live.recent() <= RECENT + RECENT_OF_ID * self.live.ids() {
            return;
        }
        if let Some(middle) = self.live.middle().filter(|middle| *middle > self.live.frontier()) {
            evaluator.set_horizon(middle.min(now));
            // A state that cannot be advanced is read again when something comes.
            let _ = self.live.advance(evaluator);
            evaluator.set_horizon(now);
        }
    }

    /// Whether what is said of its leads differs from what was said the last time.
    pub fn is_news(&mut self, outcomes: &[Outcome]) -> bool {
        let mut hasher = DefaultHasher::new();
        let mut of_leads = outcomes.iter().filter(|outcome| is_lead(outcome)).peekable();
        if of_leads.peek().is_none() {
            return std::mem::take(&mut self.told) != 0;
        }
        for outcome in of_leads {
            (outcome.definition, outcome.subject, outcome.met_at, &outcome.conversions).hash(&mut hasher);
            for entry in &outcome.entries {
                (entry.at, entry.exit, entry.value).hash(&mut hasher);
                entry.score.as_ref().map(|score| score.total).hash(&mut hasher);
            }
        }
        let digest = hasher.finish();
        std::mem::replace(&mut self.told, digest) != digest
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
        !offsets.is_empty() && self.tail.iter().any(|logged| offsets.contains(&logged.offset))
    }

    /// Whether it has records that are not in the lake.
    pub const fn has_tail(&self) -> bool {
        !self.tail.is_empty()
    }
}

/// Whether an outcome makes a lead.
pub fn is_lead(outcome: &Outcome) -> bool {
    outcome.met_at.is_some() || !outcome.entries.is_empty()
}

/// The identity of a record, as the lake knows it.
pub fn identity(record: &Record) -> u128 {
    message_hash(&record.source, &record.sender, &record.message)
}
