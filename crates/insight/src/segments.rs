//! By band, by trait or source.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::case::{Case, Met, Place};
use crate::figure::{Gathered, People, Share};
use crate::question::{DefinitionFacts, Question};

/// Leads by their score's band.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BandRow {
    /// The band's name; `null`: below every band, or no score.
    pub band: Option<Arc<str>>,
    /// The least score of it.
    pub from_score: Option<f64>,
    /// All leads in it.
    pub people: People,
    /// Of those watched for the whole horizon, the converted.
    pub precision: Share,
}

/// One trait's or source's values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// The trait.
    pub name: String,
    /// The values with most people first.
    pub rows: Vec<SegmentRow>,
    /// How many further values there are; they are not shown.
    pub more_values: u64,
}

/// One value's people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SegmentRow {
    /// The value, as of each person's clock; `null`: not known then.
    pub value: Option<Arc<str>>,
    /// Everyone in the population with this value, too young or not.
    pub people: People,
    /// Of everyone with this value, converted so far, qualified or not (people who joined late had less time).
    pub converted: Share,
    /// Of those old enough, qualified to buy.
    pub qualified: Share,
    /// Of the leads watched for the whole horizon, those that converted in it.
    pub precision: Share,
    /// Of the customers, those named before they paid.
    pub recall: Share,
    /// The leads.
    pub leads: People,
}

/// Values shown per trait.
const MOST_VALUES: usize = 12;

/// What is counted of a group of people.
pub(crate) struct Tally {
    pub(crate) people: Gathered,
    converted: u64,
    old_enough: u64,
    qualified: u64,
    judged: u64,
    won: u64,
    customers: u64,
    named: u64,
    pub(crate) leads: Gathered,
}

impl Tally {
    pub(crate) fn new(question: &Question) -> Self {
        let nobody = || Gathered::new(question.people_listed);
        Self {
            people: nobody(),
            leads: nobody(),
            converted: 0,
            old_enough: 0,
            qualified: 0,
            judged: 0,
            won: 0,
            customers: 0,
            named: 0,
        }
    }

    pub(crate) fn add(&mut self, case: &Case<'_>, facts: &DefinitionFacts, question: &Question) {
        if !case.is_in_population() {
            return;
        }
        self.people.push(case.person(facts));
        self.converted += u64::from(case.conversion.is_some());
        self.old_enough += u64::from(case.place == Place::Counted);
        if case.entry().is_some() {
            self.qualified += u64::from(case.place == Place::Counted);
            self.leads.push(case.person(facts));
        }
        if let Some(won) = case.fate.and_then(crate::case::Fate::judged) {
            self.judged += 1;
            self.won += u64::from(won);
        }
        if let Some((met, _)) = case.met(question) {
            self.customers += 1;
            self.named += u64::from(met == Met::Named);
        }
    }

    pub(crate) fn converted(&self) -> Share {
        Share::new(self.converted, self.people.total())
    }

    pub(crate) fn qualified(&self) -> Share {
        Share::new(self.qualified, self.old_enough)
    }

    pub(crate) fn precision(&self) -> Share {
        Share::new(self.won, self.judged)
    }

    pub(crate) fn recall(&self) -> Share {
        Share::new(self.named, self.customers)
    }
}

pub(crate) fn bands(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> Vec<BandRow> {
    if facts.bands.is_empty() {
        return Vec::new();
    }
    let mut tallies: BTreeMap<Option<Arc<str>>, Tally> = BTreeMap::new();
    for case in cases {
        let Some(entry) = case.entry() else { continue };
        let band = entry.score.as_ref().and_then(|score| facts.band(score.total)).cloned();
        tallies.entry(band).or_insert_with(|| Tally::new(question)).add(case, facts, question);
    }
    let names = facts.bands.iter().map(|band| Some((Arc::clone(&band.name), band.at_least)));
    names
        .chain([None])
        .map(|band| {
            let tally = tallies
                .remove(&band.as_ref().map(|(name, _)| Arc::clone(name)))
                .unwrap_or_else(|| Tally::new(question));
            BandRow {
                from_score: band.as_ref().map(|(_, least)| least.to_f64()),
                band: band.map(|(name, _)| name),
                precision: tally.precision(),
                people: tally.leads.finish(),
            }
        })
        .filter(|row| row.band.is_some() || row.people.total > 0)
        .collect()
}

pub(crate) fn segments(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> Vec<Segment> {
    question.segments.iter().enumerate().map(|(place, name)| segment(cases, place, name, facts, question)).collect()
}

fn segment(cases: &[Case<'_>], place: usize, name: &str, facts: &DefinitionFacts, question: &Question) -> Segment {
    let mut tallies: BTreeMap<Option<Arc<str>>, Tally> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.is_in_population()) {
        let value = case.life.segments.get(place).cloned().flatten();
        tallies.entry(value).or_insert_with(|| Tally::new(question)).add(case, facts, question);
    }
    let mut all: Vec<(Option<Arc<str>>, Tally)> = tallies.into_iter().collect();
    // The sort is stable: values with as many people stay in their own order.
    all.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.people.total()));
    let more_values = all.len().saturating_sub(MOST_VALUES) as u64;
    all.truncate(MOST_VALUES);
    let rows = all
        .into_iter()
        .map(|(value, tally)| SegmentRow {
            value,
            converted: tally.converted(),
            qualified: tally.qualified(),
            precision: tally.precision(),
            recall: tally.recall(),
            leads: tally.leads.finish(),
            people: tally.people.finish(),
        })
        .collect();
    Segment { name: name.to_owned(), rows, more_values }
}
