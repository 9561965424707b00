//! Visits to households: each does what was asked of it, and says what is new.

use std::collections::BTreeSet;

use anyhow::Result;
use engine::Timestamp;
use engine::evaluate::Evaluator;
use engine::live::Taken;
use engine::outcome::Outcome;
use engine::program::Program;
use engine::record::{Body, Record, SubjectKind};
use rayon::prelude::*;

use super::{AWAKE, Changed, News, Said, Town};
use crate::live::home::{Home, Reading};
use crate::live::logged::Logged;

/// So few households are looked at by one thread.
const FEW: usize = 16;

/// What a batch asks of a household.
#[derive(Default)]
pub(super) struct Errand {
    pub(super) records: Vec<Logged>,
    /// Ids of records that are in the lake though they were not taken.
    pub(super) ids: BTreeSet<(SubjectKind, String)>,
    /// Households that have become part of it.
    pub(super) joined: Vec<Home>,
    /// It has to be read again in any case.
    pub(super) replay: bool,
}

/// A household with what is asked of it, on its way through a thread.
pub(super) struct Visit {
    pub(super) number: u32,
    pub(super) home: Box<Home>,
    pub(super) errand: Errand,
    /// Also if nothing is new.
    pub(super) in_any_case: bool,
    pub(super) news: Option<News>,
    pub(super) replayed: bool,
}

impl Town {
    pub(super) fn visit_all(&mut self, mut visits: Vec<Visit>, now: Timestamp, changed: &mut Changed) -> Result<()> {
        let program = &self.rules.program;
        let reader = self.reader();
        let reading = self.reading(reader.as_ref());
        let evaluator = || Evaluator::new(program, &self.binding, now);
        let done: Result<()> = if visits.len() < FEW {
            let mut evaluator = evaluator();
            visits.iter_mut().try_for_each(|visit| visit.make(program, &mut evaluator, &reading, now))
        } else {
            let make = |evaluator: &mut Evaluator<'_>, visit: &mut Visit| visit.make(program, evaluator, &reading, now);
            visits.par_iter_mut().try_for_each_init(evaluator, make)
        };
        for mut visit in visits {
            changed.replays += u64::from(visit.replayed);
            changed.news.extend(visit.news);
            visit.home.is_fresh = true;
            if !std::mem::replace(&mut visit.home.is_changed, true) {
                self.changed.push(visit.number);
            }
            self.put(visit.number, visit.home);
        }
        done?;
        self.put_to_sleep()
    }

    /// Keeps those small to whom nothing has happened for the longest time, so that not too many are at hand.
    fn put_to_sleep(&mut self) -> Result<()> {
        let mut tired: Vec<(u32, Box<Home>)> = Vec::new();
        let mut looks = self.awake.len();
        while self.awake.len() > AWAKE && looks > 0 {
            looks -= 1;
            let Some(number) = self.awake.pop_front() else { break };
            let Some(slot) = self.homes.get_mut(number as usize) else { continue };
            match slot.take() {
                Some(mut home) if home.is_fresh => {
                    home.is_fresh = false;
                    *slot = Some(home);
                    self.awake.push_back(number);
                }
                Some(mut home) => {
                    home.is_counted = false;
                    tired.push((number, home));
                }
                None => {}
            }
        }
        let program = &self.rules.program;
        let slept: Result<()> = tired.par_iter_mut().try_for_each(|(_, home)| home.sleep(program));
        for (number, home) in tired {
            if let Some(slot) = self.homes.get_mut(number as usize) {
                *slot = Some(home);
            }
        }
        slept
    }
}

impl Visit {
    fn make(
        &mut self,
        program: &Program,
        evaluator: &mut Evaluator<'_>,
        reading: &Reading<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let mut errand = std::mem::take(&mut self.errand);
        let mut replay = errand.replay || !errand.joined.is_empty();
        let mut reached = errand.records.iter().map(|logged| effective(&logged.record)).min();
        if !errand.ids.is_empty() {
            self.home.came_into_lake();
        }
        for other in errand.joined {
            self.home.join(other, program, &mut errand.ids)?;
        }
        for logged in errand.records {
            if replay {
                self.home.keep(logged);
            } else {
                replay = self.home.take(logged, program, &reading.frame)? == Taken::NeedsReplay;
            }
        }
        if replay {
            self.replayed = true;
            reached = Some(Timestamp::MIN);
            self.home.replay(program, reading, errand.ids)?;
        }
        let outcomes = self.home.stands(program, evaluator, reading)?;
        self.home.settle(evaluator, now);
        let is_late = reached.is_some_and(|reached| outcomes.iter().any(|outcome| latest(outcome) >= Some(reached)));
        if self.home.is_news(&outcomes, program)? || self.in_any_case || is_late {
            self.news = Some(News { reached, ..News::of(self.number, &self.home, outcomes, program, now)? });
        }
        Ok(())
    }
}

impl News {
    pub(super) fn of(
        household: u32,
        home: &Home,
        outcomes: Vec<Outcome>,
        program: &Program,
        now: Timestamp,
    ) -> Result<Self> {
        let live = home.live(program)?;
        let mut ids = Vec::new();
        live.each_id(|kind, id, shown| ids.push((kind, id.to_owned(), shown.to_owned())));
        let said = outcomes.into_iter().map(|outcome| {
            let user = outcome.subject.kind == SubjectKind::User;
            let account = user.then(|| live.account_of(outcome.subject.code, now)).flatten().map(str::to_owned);
            let may_contact = !user || !live.refuses_contact(outcome.subject.code, program);
            Said { id: live.id(outcome.subject).to_owned(), account, may_contact, outcome }
        });
        let said = said.collect();
        let refusing = live.refusing(program).map(str::to_owned).collect();
        Ok(Self { household, said, ids, refusing, reached: None })
    }
}

/// From when on a record is part of the past.
fn effective(record: &Record) -> Timestamp {
    match record.body {
        Body::Traits { constant: true, .. } => Timestamp::MIN,
        _ => record.timestamp,
    }
}

/// When the latest lead of an outcome qualified.
fn latest(outcome: &Outcome) -> Option<Timestamp> {
    outcome.entries.last().map(|entry| entry.at).or(outcome.met_at)
}
