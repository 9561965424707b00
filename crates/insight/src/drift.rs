//! By month of signup: does the definition still hold?

use std::collections::BTreeMap;

use serde::Serialize;
use stats::difference::difference_of_proportions;

use crate::case::{Case, Fate, Met};
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, CONFIDENCE, NotEnough, People, Ranged, Share};
use crate::question::{DefinitionFacts, Question};
use crate::segments::Tally;

/// Months of signup, and what changed between them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// Each month in which somebody's time started.
    pub months: Vec<Month>,
    /// The later half of the judged leads' precision minus the earlier half's (by signup), in shares, with Newcombe's
    /// interval.
    pub precision_change: Answer<Ranged>,
}

/// The people whose time started in one month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Month {
    /// `2024-03`, in the question's zone.
    pub month: String,
    /// Everyone in the population, too young or not.
    pub people: People,
    /// Of those old enough, qualified to buy.
    pub qualified: Share,
    /// Of the leads watched for the whole horizon, those that converted in it.
    pub precision: Share,
    /// Leads of the month that are not yet watched for the whole horizon.
    pub immature: u64,
    /// Of the customers who paid within the horizon of their start, those named before. Only people watched for that
    /// long count: else the latest months would hold but the quickest customers.
    pub early_recall: Share,
    /// The leads.
    pub leads: People,
}

/// What a month has beside the usual tally.
#[derive(Default)]
struct Early {
    immature: u64,
    customers: u64,
    named: u64,
}

/// By what lives are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calendar {
    Month,
    Quarter,
}

impl Calendar {
    fn key(self, case: &Case<'_>, question: &Question) -> (i16, i8) {
        let local = case.outcome.clock.in_zone(&question.zone);
        let part = match self {
            Self::Month => local.month(),
            Self::Quarter => (local.month() + 2) / 3,
        };
        (local.year(), part)
    }

    fn words(self, (year, part): (i16, i8)) -> String {
        match self {
            Self::Month => format!("{year:04}-{part:02}"),
            Self::Quarter => format!("{year:04} Q{part}"),
        }
    }
}

/// Whether somebody paid within the horizon of their start (who were watched for that long), and had been named before.
pub(crate) fn early_customer(case: &Case<'_>, question: &Question) -> Option<bool> {
    let clock = case.outcome.clock;
    let in_horizon = |at| question.is_judged(clock) && at < question.horizon_end(clock);
    case.conversion.is_some_and(in_horizon).then(|| case.met(question).is_some_and(|(met, _)| met == Met::Named))
}

/// The people in the population by month or quarter of their clock; in each also its cases.
pub(crate) fn by_calendar<'a>(
    cases: &'a [Case<'a>],
    facts: &DefinitionFacts,
    question: &Question,
    calendar: Calendar,
) -> Vec<(Month, Vec<&'a Case<'a>>)> {
    let mut groups: BTreeMap<(i16, i8), Vec<&Case<'_>>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.is_in_population()) {
        groups.entry(calendar.key(case, question)).or_default().push(case);
    }
    groups.into_iter().map(|(key, cases)| (Month::of(calendar.words(key), &cases, facts, question), cases)).collect()
}

impl Month {
    fn of(month: String, cases: &[&Case<'_>], facts: &DefinitionFacts, question: &Question) -> Self {
        let (mut tally, mut early) = (Tally::new(question), Early::default());
        for case in cases {
            tally.add(case, facts, question);
            early.immature += u64::from(matches!(case.fate, Some(Fate::Immature(_))));
            if let Some(named) = early_customer(case, question) {
                early.customers += 1;
                early.named += u64::from(named);
            }
        }
        Self {
            month,
            qualified: tally.qualified(),
            precision: tally.precision(),
            immature: early.immature,
            early_recall: Share::new(early.named, early.customers),
            leads: tally.leads.finish(),
            people: tally.people.finish(),
        }
    }
}

/// The judged leads in the order of their clocks.
pub(crate) fn judged_leads<'a>(cases: &'a [Case<'a>]) -> Vec<(&'a Case<'a>, bool)> {
    let population = cases.iter().filter(|case| case.is_in_population());
    let mut judged: Vec<(&Case<'_>, bool)> =
        population.filter_map(|case| Some((case, case.fate.and_then(Fate::judged)?))).collect();
    judged.sort_unstable_by_key(|(case, _)| (case.outcome.clock, &*case.life.id));
    judged
}

pub(crate) fn drift(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> Drift {
    let months = by_calendar(cases, facts, question, Calendar::Month).into_iter().map(|(month, _)| month).collect();
    let won: Vec<bool> = judged_leads(cases).into_iter().map(|(_, won)| won).collect();
    Drift { months, precision_change: change(&won) }
}

fn change(won: &[bool]) -> Answer<Ranged> {
    let (earlier, later) = won.split_at(won.len() / 2);
    let counts = |half: &[bool]| (half.iter().filter(|won| **won).count() as u64, half.len() as u64);
    let (earlier, later) = (counts(earlier), counts(later));
    if earlier.0 + later.0 < 2 * THRESHOLDS.conversions_in_ratio {
        return Answer::NotEnough(NotEnough::new(
            earlier.0 + later.0,
            2 * THRESHOLDS.conversions_in_ratio,
            "conversions among the leads",
        ));
    }
    at_least(earlier.1, THRESHOLDS.people_in_comparison, "leads in the earlier half", || {
        difference_of_proportions(later, earlier, CONFIDENCE).map(Ranged::from)
    })
}
