//! All households, in memory: who a record is about, what it changes, and what becomes due.

mod lake;
mod leaving;
mod near;
mod stored;
mod visit;
mod why;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Result;
use engine::Timestamp;
use engine::assemble::EventNames;
use engine::live::{Frame, Roster};
use engine::outcome::Outcome;
use engine::program::Binding;
use engine::record::SubjectKind;
use history::Lake;

use super::compaction::Compacted;
use super::erasing::Erasing;
use super::home::{Home, identity};
use super::logged::Logged;
use super::rules::Rules;

pub use stored::StoredTown;
use visit::{Errand, Visit};
pub use why::Inquiry;

/// So many identities of records are remembered, so that a copy is known at once. Copies of older ones are found when the log
/// goes into the lake.
const REMEMBERED: usize = if cfg!(test) { 1_000 } else { 4_000_000 };

/// So many households are kept at hand; the others are kept small, and wake when something happens to them.
const AWAKE: usize = if cfg!(test) { 16 } else { 50_000 };

/// What is said of a household after something has happened to it.
pub struct News {
    /// Its number.
    pub household: u32,
    /// What is said of each subject that meets something.
    pub said: Vec<Said>,
    /// Every id in it, with the one by which people know whose it is.
    pub ids: Vec<(SubjectKind, String, String)>,
    /// The ids by which people know those who refuse to be judged.
    pub refusing: BTreeSet<String>,
    /// From this instant on the past is another one: the evidence of leads since then may no longer be true.
    pub reached: Option<Timestamp>,
}

/// What a definition says of a subject.
#[derive(Debug, Clone)]
pub struct Said {
    /// The id by which people know the subject.
    pub id: String,
    /// The account it is in.
    pub account: Option<String>,
    /// Whether the subject may be contacted, as far as it has said.
    pub may_contact: bool,
    /// The rest.
    pub outcome: Outcome,
}

/// What came of a batch.
#[derive(Default)]
pub struct Changed {
    /// Households of whose leads something else is said than before.
    pub news: Vec<News>,
    /// Copies of records.
    pub copies: u64,
    /// Households that were read again from all their records.
    pub replays: u64,
    /// Records that name nobody.
    pub nobody: Vec<u64>,
    /// Households that have become part of others.
    pub gone: Vec<u32>,
}

/// All households.
pub struct Town {
    rules: Arc<Rules>,
    names: EventNames,
    binding: Binding,
    roster: Roster,
    /// By number; `None` for those that have become part of others.
    homes: Vec<Option<Box<Home>>>,
    seen: Seen,
    due: BTreeSet<(i64, u32)>,
    lake: Option<Arc<Lake>>,
    /// Who is on their way out.
    erasing: Arc<Erasing>,
    /// Records of the lake that have been taken up.
    settled: Arc<AtomicU64>,
    /// Households with records that are not in the lake; some may be no more.
    unsettled: Vec<u32>,
    /// Households that hold copies of what has gone into the lake.
    filed: Vec<u32>,
    /// Up to this offset everything is in the lake.
    through: u64,
    /// Households at hand, by when they came.
    awake: VecDeque<u32>,
    /// Households that differ from what was stored last.
    changed: Vec<u32>,
    /// So many of them were written already.
    prepared: usize,
    /// Those that have become part of others since then.
    gone: Vec<u32>,
}

/// Identities of the latest records.
#[derive(Default)]
struct Seen {
    set: HashSet<u128, foldhash::fast::RandomState>,
    order: VecDeque<u128>,
}

impl Seen {
    /// Whether it is new.
    fn insert(&mut self, identity: u128) -> bool {
        if !self.set.insert(identity) {
            return false;
        }
        self.order.push_back(identity);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
        true
    }

    /// Takes back what turned out not to count.
    fn forget(&mut self, identity: u128) {
        self.set.remove(&identity);
    }
}

impl Town {
    /// Nobody is in it. The seed must not be known to senders.
    pub fn new(rules: Arc<Rules>, lake: Option<Arc<Lake>>, seed: u64, erasing: Arc<Erasing>) -> Self {
        let names = EventNames::default();
        let binding = rules.program.bind(names.list());
        Self {
            rules,
            names,
            binding,
            roster: Roster::new(seed),
            homes: Vec::new(),
            seen: Seen::default(),
            due: BTreeSet::new(),
            lake,
            erasing,
            settled: Arc::default(),
            unsettled: Vec::new(),
            filed: Vec::new(),
            through: 0,
            awake: VecDeque::new(),
            changed: Vec::new(),
            prepared: 0,
            gone: Vec::new(),
        }
    }

    /// Remembers what came into the lake last: after a start senders send again what they were not told was taken.
    pub fn remember(&mut self) -> Result<()> {
        let latest = self.lake.as_ref().map(|lake| lake.latest_identities(REMEMBERED)).transpose()?;
        for identity in latest.into_iter().flatten() {
            self.seen.insert(identity);
        }
        Ok(())
    }

    fn frame(&self) -> Frame<'_> {
        Frame { workspace: &self.rules.workspace, needs: self.rules.program.needs(), names: &self.names }
    }

    /// How many records of the lake have been taken up, to be read at any time.
    pub fn settled(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.settled)
    }

    /// Remembers the same records as a town whose place it takes.
    pub fn remember_as(&mut self, other: &mut Self) {
        self.seen = std::mem::take(&mut other.seen);
    }

    /// How often something else than the log has changed the lake.
    pub fn lake_changes(&self) -> u64 {
        self.lake.as_ref().map_or(0, |lake| lake.changes())
    }

    /// How many households there are.
    pub fn households(&self) -> usize {
        self.homes.iter().flatten().count()
    }

    /// The first instant at which something may change with time alone.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| Timestamp(*at))
    }

    fn put(&mut self, number: u32, mut home: Box<Home>) {
        if home.is_awake() && !home.is_counted {
            home.is_counted = true;
            self.awake.push_back(number);
        }
        if home.due != home.listed {
            self.due.remove(&(home.listed, number));
            if home.due != i64::MAX {
                self.due.insert((home.due, number));
            }
            home.listed = home.due;
        }
        if home.has_tail() && !std::mem::replace(&mut home.is_unsettled, true) {
            self.unsettled.push(number);
        }
        let place = number as usize;
        if self.homes.len() <= place {
            self.homes.resize_with(place + 1, || None);
        }
        if let Some(slot) = self.homes.get_mut(place) {
            *slot = Some(home);
        }
    }

    /// To be [`Town::put`] back: it stays on the lists, of which most visits change nothing.
    fn pick_up(&mut self, number: u32) -> Option<Box<Home>> {
        self.homes.get_mut(number as usize)?.take()
    }

    /// For good.
    fn take_out(&mut self, number: u32) -> Option<Box<Home>> {
        let home = self.pick_up(number)?;
        self.due.remove(&(home.listed, number));
        Some(home)
    }

    /// Takes records, and everything that has become due by `now`.
    pub fn take(&mut self, mut batch: Vec<Logged>, now: Timestamp) -> Result<Changed> {
        let mut changed = Changed::default();
        self.erasing.sift(&mut batch);
        if self.names.take(batch.iter().map(|logged| &*logged.record), &self.rules.workspace) {
            self.binding = self.rules.program.bind(self.names.list());
        }
        let mut errands: BTreeMap<u32, Errand> = BTreeMap::new();
        for logged in batch {
            let identity = identity(&logged.record);
            if !self.seen.insert(identity) {
                changed.copies += 1;
                continue;
            }
            let frame =
                Frame { workspace: &self.rules.workspace, needs: self.rules.program.needs(), names: &self.names };
            let Some(seat) = self.roster.seat(&logged.record, &frame) else {
                // An account or a workspace may be named that no definition reads.
                if !logged.record.who.names_somebody() {
                    self.seen.forget(identity);
                    changed.nobody.push(logged.offset);
                }
                continue;
            };
            for number in seat.joined {
                changed.gone.push(number);
                let other = errands.remove(&number);
                let errand = errands.entry(seat.household).or_default();
                errand.joined.extend(self.take_out(number).map(|home| *home));
                if let Some(other) = other {
                    errand.records.extend(other.records);
                    errand.joined.extend(other.joined);
                    errand.ids.extend(other.ids);
                    errand.replay = true;
                }
            }
            errands.entry(seat.household).or_default().records.push(logged);
        }
        while let Some((at, number)) = self.due.first().copied().filter(|(at, _)| *at <= now.0) {
            self.due.remove(&(at, number));
            if let Some(home) = self.homes.get_mut(number as usize).and_then(Option::as_mut) {
                home.listed = i64::MAX;
            }
            errands.entry(number).or_default();
        }
        self.run_errands(errands, now, &mut changed)?;
        Ok(changed)
    }

    fn run_errands(&mut self, errands: BTreeMap<u32, Errand>, now: Timestamp, changed: &mut Changed) -> Result<()> {
        let visits = errands.into_iter().map(|(number, errand)| {
            let home = self.pick_up(number).unwrap_or_default();
            Visit { number, home, errand, in_any_case: false, news: None, replayed: false }
        });
        let visits: Vec<Visit> = visits.collect();
        self.gone.extend(&changed.gone);
        self.visit_all(visits, now, changed)
    }

    /// Says of some households how things stand.
    pub fn look_at(&mut self, numbers: impl IntoIterator<Item = u32>, now: Timestamp) -> Result<Changed> {
        let mut changed = Changed::default();
        let numbers: Vec<u32> = numbers.into_iter().collect();
        for some in numbers.chunks(AWAKE) {
            let visits = some.iter().filter_map(|number| {
                let home = self.pick_up(*number)?;
                let errand = Errand::default();
                Some(Visit { number: *number, home, errand, in_any_case: true, news: None, replayed: false })
            });
            let visits: Vec<Visit> = visits.collect();
            self.visit_all(visits, now, &mut changed)?;
        }
        Ok(changed)
    }

    /// The household of an id.
    pub fn household_of(&self, kind: SubjectKind, id: &str) -> Option<u32> {
        self.roster.find(kind, id)
    }

    /// The lake has been written anew: everything up to an offset is in it. Households that have taken copies of what was in it
    /// before are read again.
    pub fn compacted(&mut self, compacted: Compacted, now: Timestamp) -> Result<Changed> {
        let Compacted { lake, through, copies } = compacted;
        (self.lake, self.through) = (Some(lake), through);
        self.filed.append(&mut self.unsettled);
        let home = |number: &u32| self.homes.get(*number as usize)?.as_ref();
        let is_misled = |number: &u32| home(number).is_some_and(|home| home.has_any(&copies));
        // Most times there are no copies, and then nobody's door is knocked at.
        let asked = if copies.is_empty() { &[][..] } else { &self.filed };
        let misled: BTreeSet<u32> = asked.iter().copied().filter(is_misled).collect();
        let visits = misled.into_iter().filter_map(|number| {
            let home = self.pick_up(number)?;
            let errand = Errand { replay: true, ..Errand::default() };
            Some(Visit { number, home, errand, in_any_case: false, news: None, replayed: false })
        });
        let visits: Vec<Visit> = visits.collect();
        let mut changed = Changed::default();
        self.visit_all(visits, now, &mut changed)?;
        Ok(changed)
    }

    /// Has so many households let go of what is in the lake; dropping the records of all at once would keep everybody waiting. Whether
    /// there are more.
    pub fn file(&mut self, most: usize) -> bool {
        for number in self.filed.split_off(self.filed.len().saturating_sub(most)) {
            let Some(home) = self.homes.get_mut(number as usize).and_then(Option::as_mut) else { continue };
            home.compacted(self.through);
            home.is_unsettled = home.has_tail();
            if home.is_unsettled {
                self.unsettled.push(number);
            }
        }
        !self.filed.is_empty()
    }

    /// Takes out what the lake has: for records of which nobody remembers whether they came before.
    pub fn without_known(&self, batch: Vec<Logged>) -> Result<Vec<Logged>> {
        let Some(lake) = self.lake.as_deref() else { return Ok(batch) };
        let identities: Vec<u128> = batch.iter().map(|logged| identity(&logged.record)).collect();
        let known = lake.knows(&identities)?;
        Ok(batch.into_iter().zip(known).filter(|(_, known)| !known).map(|(logged, _)| logged).collect())
    }
}
