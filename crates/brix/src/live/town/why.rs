//! Why: the lives behind leads, each read once whatever is asked of it, and only if some of it is not at hand any more.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use engine::Timestamp;
use engine::assemble::OwnedHousehold;
use engine::evaluate::Evaluator;
use engine::live::LiveHousehold;
use engine::outcome::Explanation;
use engine::record::SubjectKind;
use history::SentReader;
use rayon::prelude::*;

use super::Town;
use crate::live::home::{Home, Reading};
use crate::live::told::Reasons;

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
        let answer = |evaluator: &mut Evaluator<'_>, (number, places): (u32, Vec<usize>)| {
            let Some(home) = self.homes.get(number as usize).and_then(Option::as_ref) else { return Ok(Vec::new()) };
            let life = self.life(home, &reading)?;
            let reasons = |place: usize| {
                let inquiry = inquiries.get(place)?;
                let explanation = explain(&life, evaluator, inquiry)?;
                Some((place, Reasons::of(&self.rules, inquiry.definition, &explanation, (&life, self.names.list()))))
            };
            Ok(places.into_iter().filter_map(reasons).collect())
        };
        let answered: Vec<Vec<(usize, Reasons)>> =
            households.into_par_iter().map_init(evaluator, answer).collect::<Result<_>>()?;
        let mut found: Vec<Option<Reasons>> = inquiries.iter().map(|_| None).collect();
        for (place, reasons) in answered.into_iter().flatten() {
            if let Some(slot) = found.get_mut(place) {
                *slot = Some(reasons);
            }
        }
        Ok(found)
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

fn explain(life: &OwnedHousehold, evaluator: &mut Evaluator<'_>, inquiry: &Inquiry<'_>) -> Option<Explanation> {
    let subject = life.directory.find(inquiry.kind, inquiry.id)?;
    evaluator.explain(&life.view(), inquiry.definition, subject, inquiry.at)
}
