//! By month and quarter of signup, and lately.

use engine::Timestamp;
use serde::Serialize;

use crate::case::{Case, Met};
use crate::customers::customers;
use crate::drift::{Calendar, by_calendar, early_customer, judged_leads};
use crate::figure::{Answer, People, Ranged, Share, When};
use crate::question::{DefinitionFacts, Question};
use crate::same_age::{LeadsAndRest, leads_and_rest};

/// Those whose time started in one month or quarter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cohort {
    /// `2025-03` or `2025 Q1`, in the question's zone.
    pub period: String,
    /// Everyone in the population, too young or not.
    pub people: u64,
    /// Of those old enough, qualified to buy.
    pub qualified: Share,
    /// Of the leads watched for the whole horizon, won.
    pub precision: Share,
    /// Leads not yet watched for that long.
    pub immature: u64,
    /// Of those who paid within the horizon of their start, named before.
    pub early_recall: Share,
    /// The rate of people of the leads' ages who had not qualified.
    pub rest: Answer<Ranged>,
    /// The leads' rate divided by the rest's.
    pub lift: Answer<Ranged>,
}

/// Lately: since a change for the worse, else since the later half of the judged leads started.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recent {
    /// Those whose time started then or later.
    pub since: Option<When>,
    /// It is since a change.
    pub since_change: bool,
    /// In the population.
    pub people: u64,
    /// Leads and the rest.
    #[serde(flatten)]
    pub compared: LeadsAndRest,
    /// Of all judged leads, won: also those of whose age nobody else was left.
    pub precision: Share,
    /// Of those who paid within the horizon of their start, named before.
    pub early_recall: Share,
    /// Of the customers, those that were not named before they paid.
    pub missed: Share,
    /// The ways in which they were missed, the most frequent first.
    pub ways: Vec<Missed>,
}

/// Customers missed in one way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missed {
    /// The way.
    pub met: Met,
    /// In words.
    pub words: &'static str,
    /// Who.
    pub people: People,
}

pub(crate) fn cohorts(
    cases: &[Case<'_>],
    facts: &DefinitionFacts,
    question: &Question,
    calendar: Calendar,
) -> Vec<Cohort> {
    by_calendar(cases, facts, question, calendar)
        .into_iter()
        .map(|(month, cases)| {
            let LeadsAndRest { rest, lift, .. } = leads_and_rest(cases, question);
            Cohort {
                period: month.month,
                people: month.people.total,
                qualified: month.qualified,
                precision: month.precision,
                immature: month.immature,
                early_recall: month.early_recall,
                rest,
                lift,
            }
        })
        .collect()
}

pub(crate) fn recent(
    cases: &[Case<'_>],
    facts: &DefinitionFacts,
    question: &Question,
    changed: Option<Timestamp>,
) -> Recent {
    let judged = judged_leads(cases);
    let halfway = judged.get(judged.len() / 2).map(|(case, _)| case.outcome.clock);
    let since = changed.or(halfway);
    let start = since.unwrap_or(Timestamp::MIN);
    let late: Vec<Case<'_>> = cases
        .iter()
        .filter(|case| case.outcome.clock >= start)
        .map(|case| Case::new(case.life, case.outcome, facts, question))
        .collect();
    let of_customers = customers(&late, facts, question);
    let named = of_customers.recall;
    let mut ways: Vec<Missed> = of_customers
        .by_met
        .into_iter()
        .filter(|row| row.met != Met::Named && row.people.total > 0)
        .map(|row| Missed { met: row.met, words: row.words, people: row.people })
        .collect();
    ways.sort_by_key(|way| std::cmp::Reverse(way.people.total));
    let late_judged = judged_leads(&late);
    let early: Vec<bool> =
        late.iter().filter(|case| case.is_in_population()).filter_map(|case| early_customer(case, question)).collect();
    let counted = |of: &[bool]| Share::new(of.iter().filter(|yes| **yes).count() as u64, of.len() as u64);
    let won: Vec<bool> = late_judged.iter().map(|(_, won)| *won).collect();
    Recent {
        since: since.map(When),
        since_change: changed.is_some(),
        people: late.iter().filter(|case| case.is_in_population()).count() as u64,
        compared: leads_and_rest(&late, question),
        precision: counted(&won),
        early_recall: counted(&early),
        missed: Share::new(named.of - named.count, named.of),
        ways,
    }
}
