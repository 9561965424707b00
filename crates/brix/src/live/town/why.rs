//! Why: the lives behind leads, each read once whatever is asked of it, and only if some of it is not at hand any more.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use engine::Timestamp;
use engine::assemble::OwnedHousehold;
use engine::evaluate::Evaluator;
use engine::live::LiveHousehold;
use engine::outcome::Explanation;
use engine::record::{Record, SubjectKind};
use history::SentReader;
use rayon::prelude::*;

use super::Town;
use crate::live::home::{Home, Reading};
use crate::live::told::Reasons;

/// So many households are fetched from the lake in one pass by one thread: more are more memory, and fewer more passes.
const MOST_AT_ONCE: usize = 1_024;
const LEAST_AT_ONCE: usize = 16;

/// Who is asked about: why a subject met a definition at an instant.
#[derive(Debug, Clone, Copy)]
pub struct Inquiry<'a> {
    /// The definition's place.
    pub definition: usize,
    /// The kind of the subject.
    pub kind: SubjectKind,
    /// The id by which people know it.
    pub id: &'a str,
    /// The instant.
    pub at: Timestamp,
}

impl Town {
    /// Answers inquiries, in their order; `None` where nobody knows the subject.
    pub fn reasons(&self, inquiries: &[Inquiry<'_>]) -> Result<Vec<Option<Reasons>>> {
        let mut households: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, inquiry) in inquiries.iter().enumerate() {
            if let Some(number) = self.household_of(inquiry.kind, inquiry.id) {
                households.entry(number).or_default().push(place);
            }
        }
        let reader = self.reader();
        let reading = self.reading(reader.as_ref());
        let evaluator = || Evaluator::new(&self.rules.program, &self.binding, Timestamp::MIN);
        let look = |evaluator: &mut Evaluator<'_>, (number, asked): (u32, Vec<usize>)| {
            let Some(home) = self.homes.get(number as usize).and_then(Option::as_ref) else {
                return Ok(Looked::Answered(Vec::new()));
            };
            let live = home.live(&self.rules.program)?;
            Ok(match live.unfolded(self.rules.program.needs()) {
                Some(life) => Looked::Answered(self.answer(&life, evaluator, inquiries, &asked)),
                None => Looked::Away(Away { home, asked, places: home.places(&live, &reading, BTreeSet::new())? }),
            })
        };
        let looked: Vec<Looked<'_>> = households.into_par_iter().map_init(evaluator, look).collect::<Result<_>>()?;
        let (mut answered, mut away) = (Vec::new(), Vec::new());
        for one in looked {
            match one {
                Looked::Answered(answers) => answered.extend(answers),
                Looked::Away(one) => away.push(one),
            }
        }
        // Neighbours in the lake are read in one pass.
        away.sort_by_key(|one| one.places.first().copied());
        let some = (away.len() / (4 * rayon::current_num_threads())).clamp(LEAST_AT_ONCE, MOST_AT_ONCE);
        let fetch = |evaluator: &mut Evaluator<'_>, some: &[Away<'_>]| -> Result<Vec<(usize, Reasons)>> {
            let mut answers = Vec::new();
            for (one, records) in some.iter().zip(fetch(some, &reading)?) {
                let life = LiveHousehold::replayed(&one.home.with_tail(records, &reading)?, &reading.frame);
                answers.extend(self.answer(&life, evaluator, inquiries, &one.asked));
            }
            Ok(answers)
        };
        let fetched: Vec<Vec<(usize, Reasons)>> =
            away.par_chunks(some).map_init(evaluator, fetch).collect::<Result<_>>()?;
        let mut found: Vec<Option<Reasons>> = inquiries.iter().map(|_| None).collect();
        for (place, reasons) in answered.into_iter().chain(fetched.into_iter().flatten()) {
            if let Some(slot) = found.get_mut(place) {
                *slot = Some(reasons);
            }
        }
        Ok(found)
    }

    /// The answers to some inquiries about one life, each with the inquiry's place.
    fn answer(
        &self,
        life: &OwnedHousehold,
        evaluator: &mut Evaluator<'_>,
        inquiries: &[Inquiry<'_>],
        asked: &[usize],
    ) -> Vec<(usize, Reasons)> {
        let reasons = |place: &usize| {
            let inquiry = inquiries.get(*place)?;
            let explanation = explain(life, evaluator, inquiry)?;
            Some((*place, Reasons::of(&self.rules, inquiry.definition, &explanation, (life, self.names.list()))))
        };
        asked.iter().filter_map(reasons).collect()
    }

    /// How a subject stands at an instant by each definition of its kind; `None` if nobody knows it.
    pub fn standings(&self, kind: SubjectKind, id: &str, at: Timestamp) -> Result<Option<Vec<(usize, Explanation)>>> {
        let home = self.household_of(kind, id).and_then(|number| self.homes.get(number as usize)?.as_ref());
        let Some(home) = home else { return Ok(None) };
        let reader = self.reader();
        let life = self.life(home, &self.reading(reader.as_ref()))?;
        if life.directory.find(kind, id).is_none() {
            return Ok(None);
        }
        let mut evaluator = Evaluator::new(&self.rules.program, &self.binding, at);
        let definitions = (0..self.rules.program.definitions().len()).filter(|place| self.rules.kind(*place) == kind);
        let explain =
            |definition| Some((definition, explain(&life, &mut evaluator, &Inquiry { definition, kind, id, at })?));
        Ok(Some(definitions.filter_map(explain).collect()))
    }

    pub(super) fn reader(&self) -> Option<SentReader<'_>> {
        let needs = self.rules.program.needs();
        self.lake.as_deref().map(|lake| SentReader::new(lake, needs, &self.rules.workspace))
    }

    pub(super) fn reading<'a>(&'a self, reader: Option<&'a SentReader<'a>>) -> Reading<'a> {
        Reading { frame: self.frame(), lake: self.lake.as_deref(), reader, erasing: &self.erasing }
    }

    /// The whole life of a household: what is at hand, or what lake and log say.
    fn life(&self, home: &Home, reading: &Reading<'_>) -> Result<OwnedHousehold> {
        let program = &self.rules.program;
        if let Some(life) = home.live(program)?.unfolded(program.needs()) {
            return Ok(life);
        }
        let records = home.records(program, reading, BTreeSet::new())?;
        Ok(LiveHousehold::replayed(&records, &reading.frame))
    }
}

/// A household that was looked at for what is asked about it.
enum Looked<'a> {
    /// Its life was at hand.
    Answered(Vec<(usize, Reasons)>),
    /// It has to be fetched.
    Away(Away<'a>),
}

/// A household whose life is in the lake, and perhaps in the log.
struct Away<'a> {
    home: &'a Home,
    /// Places of inquiries.
    asked: Vec<usize>,
    /// Where in the lake, ascending.
    places: Vec<u32>,
}

/// What the lake has of each of some households.
fn fetch(some: &[Away<'_>], reading: &Reading<'_>) -> Result<Vec<Vec<Record>>> {
    let mut owners: Vec<(u32, usize)> = Vec::new();
    for (owner, one) in some.iter().enumerate() {
        owners.extend(one.places.iter().map(|place| (*place, owner)));
    }
    owners.sort_unstable();
    let mut records: Vec<Vec<Record>> = some.iter().map(|_| Vec::new()).collect();
    let Some(reader) = reading.reader else { return Ok(records) };
    let places: Vec<u32> = owners.iter().map(|(place, _)| *place).collect();
    let read = reader.read_places(&places, &mut |place, record| {
        // All ids of one household of the lake are in one household here.
        let owner = owners.binary_search_by_key(&place, |(known, _)| *known).ok().and_then(|at| owners.get(at));
        if let Some(of) = owner.and_then(|(_, owner)| records.get_mut(*owner)) {
            of.push(record);
        }
    });
    read.context("cannot read households from the lake")?;
    Ok(records)
}

fn explain(life: &OwnedHousehold, evaluator: &mut Evaluator<'_>, inquiry: &Inquiry<'_>) -> Option<Explanation> {
    let subject = life.directory.find(inquiry.kind, inquiry.id)?;
    evaluator.explain(&life.view(), inquiry.definition, subject, inquiry.at)
}
