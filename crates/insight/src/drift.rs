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

pub(crate) fn drift(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> Drift {
    let mut months: BTreeMap<(i16, i8), (Tally, Early)> = BTreeMap::new();
    let mut judged: Vec<(engine::Timestamp, &str, bool)> = Vec::new();
    for case in cases.iter().filter(|case| case.is_in_population()) {
        let local = case.outcome.clock.in_zone(&question.zone);
        let (tally, early) =
            months.entry((local.year(), local.month())).or_insert_with(|| (Tally::new(question), Early::default()));
        tally.add(case, facts, question);
        early.immature += u64::from(matches!(case.fate, Some(Fate::Immature(_))));
        let in_horizon = |at| question.is_judged(case.outcome.clock) && at < question.horizon_end(case.outcome.clock);
        if case.conversion.is_some_and(in_horizon) {
            early.customers += 1;
            early.named += u64::from(case.met(question).is_some_and(|(met, _)| met == Met::Named));
        }
        if let Some(won) = case.fate.and_then(Fate::judged) {
            judged.push((case.outcome.clock, &case.life.id, won));
        }
    }
    judged.sort_unstable();
    let months = months
        .into_iter()
        .map(|((year, month), (tally, early))| Month {
            month: format!("{year:04}-{month:02}"),
            qualified: tally.qualified(),
            precision: tally.precision(),
            immature: early.immature,
            early_recall: Share::new(early.named, early.customers),
            leads: tally.leads.finish(),
            people: tally.people.finish(),
        })
        .collect();
    let won: Vec<bool> = judged.into_iter().map(|(_, _, won)| won).collect();
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
