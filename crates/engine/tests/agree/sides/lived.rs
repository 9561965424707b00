//! Records one by one through a roster and live households: late ones, copies, merges, frontiers in between.

use std::collections::{BTreeMap, BTreeSet};

use engine::Timestamp;
use engine::assemble::EventNames;
use engine::evaluate::Evaluator;
use engine::household::Subject;
use engine::live::{Frame, LiveHousehold, Roster, Taken};
use engine::outcome::{Entry, Outcome};
use engine::program::{Binding, Program};
use engine::record::{Record, SubjectKind};

use super::{Said, by_engine, difference as compare, unfolded, verdict};
use crate::generate::Case;
use crate::generate::dice::Dice;
use crate::oracle::Key;

/// What was met on the way.
#[derive(Debug, Default, Clone, Copy)]
pub struct Met {
    pub taken: u64,
    pub rebuilt: u64,
    pub joined: u64,
    pub advanced: u64,
    pub slept: u64,
    pub stored: u64,
    pub explained: u64,
}

/// A household with all its records.
#[derive(Default)]
struct Home {
    live: LiveHousehold,
    records: Vec<Record>,
}

struct Town<'a> {
    case: &'a Case,
    program: &'a Program,
    names: &'a EventNames,
    binding: &'a Binding,
    roster: Roster,
    homes: BTreeMap<u32, Home>,
}

/// The first difference between a replay of all records and what live households say after all have come; none for a case that is refused.
pub fn difference(case: &Case, seed: u64, met: &mut Met) -> Option<String> {
    let Said::Outcomes(mut replayed) = by_engine(case) else { return None };
    let program = Program::compile(&case.definitions, &case.workspace).ok()?;
    let mut names = EventNames::default();
    names.take(&case.records, &case.workspace);
    let binding = program.bind(names.list());
    let mut town = Town {
        case,
        program: &program,
        names: &names,
        binding: &binding,
        roster: Roster::new(seed),
        homes: BTreeMap::new(),
    };
    let mut dice = Dice::new(seed ^ 0x11FE);
    let mut known = BTreeSet::new();
    let mut latest = Timestamp::MIN;
    for record in arrivals(case, &mut dice) {
        // What names nobody is refused at the door, and a later record of its id counts.
        let identity = (record.source.clone(), record.sender.clone(), record.message.clone());
        if known.contains(&identity) {
            continue;
        }
        let Some(household) = town.take(&record, met) else { continue };
        known.insert(identity);
        latest = latest.max(record.timestamp);
        if let Some(words) = town.look(household, latest, &mut dice, met) {
            return Some(words);
        }
    }
    let mut said = BTreeMap::new();
    for home in town.homes.values() {
        let mut evaluator = Evaluator::new(&program, &binding, case.horizon);
        let Some((outcomes, _)) = home.live.stands(&mut evaluator) else {
            return Some("a live household cannot say how things stand".to_owned());
        };
        said.extend(outcomes.into_iter().map(|outcome| town.told(&home.live, outcome)));
    }
    for verdict in replayed.values_mut() {
        for entry in &mut verdict.entries {
            entry.knowable_at = entry.at;
        }
    }
    compare(&said, &replayed)
}

impl Town<'_> {
    fn frame(&self) -> Frame<'_> {
        Frame { workspace: &self.case.workspace, needs: self.program.needs(), names: self.names }
    }

    /// Its household; `None` if the record says nothing of anybody.
    fn take(&mut self, record: &Record, met: &mut Met) -> Option<u32> {
        let frame = Frame { workspace: &self.case.workspace, needs: self.program.needs(), names: self.names };
        let seat = self.roster.seat(record, &frame)?;
        let mut joined = Vec::new();
        for number in &seat.joined {
            met.joined += 1;
            joined.extend(self.homes.remove(number).map(|home| home.records).unwrap_or_default());
        }
        let home = self.homes.entry(seat.household).or_default();
        let whole = !joined.is_empty();
        home.records.append(&mut joined);
        home.records.push(record.clone());
        if whole || home.live.take(record, &frame) == Taken::NeedsReplay {
            met.rebuilt += 1;
            home.live = LiveHousehold::of(&home.records, &frame);
        } else {
            met.taken += 1;
        }
        Some(seat.household)
    }

    /// Compares a household with its replay now and then, and moves its frontier.
    fn look(&mut self, household: u32, latest: Timestamp, dice: &mut Dice, met: &mut Met) -> Option<String> {
        let frame = self.frame();
        let home = self.homes.get(&household)?;
        let now = latest.max(home.live.frontier());
        let mut evaluator = Evaluator::new(self.program, self.binding, now);
        let stands = home.live.stands(&mut evaluator);
        let (live, stands) = match stands {
            Some(stands) => (None, stands),
            None => {
                met.rebuilt += 1;
                let live = LiveHousehold::of(&home.records, &frame);
                let stands = live.stands(&mut evaluator)?;
                (Some(live), stands)
            }
        };
        let home = self.homes.get_mut(&household)?;
        if let Some(live) = live {
            home.live = live;
        }
        let (said, due) = stands;
        let home = self.homes.get(&household)?;
        if dice.chance(20) {
            let fresh = LiveHousehold::of(&home.records, &self.frame());
            let (expected, _) = fresh.stands(&mut evaluator)?;
            let ours: BTreeMap<_, _> = said.iter().cloned().map(|outcome| self.told(&home.live, outcome)).collect();
            let theirs: BTreeMap<_, _> = expected.into_iter().map(|outcome| self.told(&fresh, outcome)).collect();
            if let Some(words) = compare(&ours, &theirs) {
                return Some(format!("on the way, at {now}: {words}"));
            }
        }
        if dice.chance(20) {
            // Asked only for those who meet something, it says the same of them.
            evaluator.only_met();
            let (met, of_met) = home.live.stands(&mut evaluator)?;
            let expected = said.iter().filter(|outcome| outcome.met_at.is_some() || !outcome.entries.is_empty());
            if !met.iter().eq(expected) || of_met < due {
                return Some(format!("at {now}, of those who meet something: {met:?} and due {of_met}"));
            }
            // Whoever can meet nothing with the events that are there need not be looked at before more come.
            if now.0.saturating_add(1) < of_met.0 {
                evaluator.set_horizon(before(of_met, now));
                let (slept, _) = home.live.stands(&mut evaluator)?;
                if entries(&slept) != entries(&met) {
                    return Some(format!("somebody met something after {now}, though nothing was due before {of_met}"));
                }
            }
        }
        if dice.chance(20) && home.live.frontier() == Timestamp::MIN {
            met.explained += 1;
            let asked = said.iter().map(|outcome| (outcome.definition, outcome.subject));
            let sides = (&home.live, home.records.as_slice());
            let program = (self.program, self.binding);
            if let Some(words) = unfolded::difference(sides, &self.frame(), program, asked, now) {
                return Some(words);
            }
        }
        if dice.chance(20) && now.0.saturating_add(1) < due.0 {
            met.slept += 1;
            let later = before(due, now);
            let mut evaluator = Evaluator::new(self.program, self.binding, later);
            let (slept, _) = home.live.stands(&mut evaluator)?;
            if entries(&slept) != entries(&said) {
                return Some(format!(
                    "something happened between {now} and {later}, though nothing was due before {due}"
                ));
            }
        }
        if dice.chance(30) {
            let home = self.homes.get_mut(&household)?;
            let bytes = home.live.encode(self.program).expect("a household can be stored");
            home.live = LiveHousehold::decode(&bytes, self.program).expect("a stored household can be read");
            assert_eq!(home.live.encode(self.program).as_ref(), Ok(&bytes), "read and stored again");
            met.stored += 1;
        }
        if dice.chance(30) {
            let back = dice.pick(&[0, 0, 1, 3_600_000_000, 86_400_000_000]);
            let frontier = Timestamp(latest.0.saturating_sub(back)).min(self.case.horizon);
            let home = self.homes.get_mut(&household)?;
            if frontier > home.live.frontier() && frontier > Timestamp::MIN {
                let mut evaluator = Evaluator::new(self.program, self.binding, frontier);
                assert!(home.live.advance(&mut evaluator), "nothing new reaches behind the frontier");
                met.advanced += u64::from(home.live.frontier() == frontier);
            }
        }
        None
    }

    fn told(&self, live: &LiveHousehold, outcome: Outcome) -> (Key, crate::oracle::Verdict) {
        let definition = &self.case.definitions[outcome.definition];
        let id = live.id(outcome.subject).to_owned();
        let knowable: Vec<Timestamp> = outcome.entries.iter().map(|entry| entry.at).collect();
        let kind: SubjectKind = definition.subject;
        ((definition.id.clone(), kind, id.into()), verdict(outcome, &knowable))
    }
}

/// The last instant before something is due; some weeks later if nothing is.
fn before(due: Timestamp, now: Timestamp) -> Timestamp {
    Timestamp(if due.0 == i64::MAX { now.0 + 40 * 86_400_000_000 } else { due.0 - 1 })
}

/// What time may not change before something is due.
fn entries(outcomes: &[Outcome]) -> Vec<(Subject, usize, Vec<Entry>, Option<Timestamp>)> {
    let of = |outcome: &Outcome| (outcome.subject, outcome.definition, outcome.entries.clone(), outcome.met_at);
    outcomes.iter().map(of).collect()
}

/// The records, roughly in the order of time, some late, some twice.
fn arrivals(case: &Case, dice: &mut Dice) -> Vec<Record> {
    let mut records = case.records.clone();
    dice.shuffle(&mut records);
    if dice.chance(80) {
        records.sort_by_key(|record| record.timestamp);
        for _ in 0..dice.below(3).min(records.len()) {
            let (from, to) = (dice.below(records.len()), dice.below(records.len()));
            let record = records.remove(from);
            records.insert(to, record);
        }
    }
    if let Some(again) = records.get(dice.below(records.len().max(1))).cloned() {
        records.push(again);
    }
    records
}
