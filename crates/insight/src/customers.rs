//! The customers, and whether the definition would have named them before they paid: recall.

use serde::Serialize;

use crate::case::{Case, Met, describe};
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, People, Person, Share, When};
use crate::question::{DefinitionFacts, Question};

/// All customers of the period: everyone in the population who converted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Customers {
    /// Of the customers, those named before they paid, within the horizon: recall.
    pub recall: Share,
    /// Of the customers, those named at any time before they paid.
    pub named_ever: Share,
    /// Every customer by how it was met; the rows that are not `named` are the false negatives.
    pub by_met: Vec<MetRow>,
    /// The latest customers.
    pub last: LastCustomers,
}

/// Customers met in one way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetRow {
    /// The way.
    pub met: Met,
    /// In a few letters.
    pub label: &'static str,
    /// In words, behind a number.
    pub words: &'static str,
    /// Who.
    pub people: People,
}

/// The latest customers, one by one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastCustomers {
    /// How many there are: as many as asked for, or all.
    pub customers: u64,
    /// Of them, named at any time before they paid.
    pub named: u64,
    /// Of those, named longer before than the horizon.
    pub named_long_before: u64,
    /// The median time from being named to paying, in days, of all who were named before.
    pub median_days_before: Answer<f64>,
    /// How many were met in each way, the best way first; ways that did not occur are left out.
    pub counts: Vec<(Met, u64)>,
    /// Each of them, the latest first.
    pub people: Vec<Customer>,
}

/// A customer and how it was met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Customer {
    /// How.
    pub met: Met,
    /// Days from being named to paying, where named before.
    pub days_before: Option<f64>,
    /// Who and when.
    #[serde(flatten)]
    pub person: Person,
}

pub(crate) fn customers(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> Customers {
    let mut all: Vec<Customer> = cases.iter().filter_map(|case| customer(case, facts, question)).collect();
    all.sort_by(|left, right| {
        let at = |customer: &Customer| std::cmp::Reverse(customer.person.converted_at);
        at(left).cmp(&at(right)).then_with(|| left.person.id.cmp(&right.person.id))
    });
    let rows = Met::ALL.into_iter().map(|met| MetRow {
        met,
        label: met.label(),
        words: met.words(),
        people: People::of(
            all.iter().filter(|customer| customer.met == met).map(|customer| customer.person.without_reasons()),
            question.people_listed,
        ),
    });
    let by_met: Vec<MetRow> = rows.collect();
    let named = all.iter().filter(|customer| customer.met == Met::Named).count() as u64;
    let long_before = all.iter().filter(|customer| customer.met == Met::NamedLongBefore).count() as u64;
    let recall = Share::new(named, all.len() as u64);
    let named_ever = Share::new(named + long_before, all.len() as u64);
    all.truncate(question.last_customers);
    Customers { recall, named_ever, by_met, last: last(all) }
}

/// Of the customers, those named before they paid, within the horizon: no more than the share.
pub(crate) fn recall(cases: &[Case<'_>], question: &Question) -> Share {
    let met: Vec<Met> = cases.iter().filter_map(|case| case.met(question).map(|(met, _)| met)).collect();
    Share::new(met.iter().filter(|met| **met == Met::Named).count() as u64, met.len() as u64)
}

fn customer(case: &Case<'_>, facts: &DefinitionFacts, question: &Question) -> Option<Customer> {
    let conversion = case.conversion?;
    let (met, entry) = case.met(question)?;
    let mut person = Person {
        id: case.life.id.clone(),
        clock: Some(When(case.outcome.clock)),
        converted_at: Some(When(conversion)),
        note: Some(met.words().to_owned()),
        ..Person::default()
    };
    if let Some(entry) = entry {
        describe(&mut person, entry, facts);
        person.reasons.clone_from(&entry.reasons);
    }
    let known = entry.map(crate::life::LifeEntry::known).filter(|known| *known < conversion);
    let days_before = known.map(|known| days(conversion.0.saturating_sub(known.0)));
    Some(Customer { met, days_before, person })
}

fn last(people: Vec<Customer>) -> LastCustomers {
    let with = |met: Met| people.iter().filter(|customer| customer.met == met).count() as u64;
    let named_before = |met: Met| matches!(met, Met::Named | Met::NamedLongBefore);
    let mut before: Vec<f64> = people
        .iter()
        .filter(|customer| named_before(customer.met))
        .filter_map(|customer| customer.days_before)
        .collect();
    before.sort_by(f64::total_cmp);
    LastCustomers {
        customers: people.len() as u64,
        named: with(Met::Named) + with(Met::NamedLongBefore),
        named_long_before: with(Met::NamedLongBefore),
        median_days_before: at_least(
            before.len() as u64,
            THRESHOLDS.quantile,
            "customers named before they paid",
            || stats::quantile::SortedValues::new(before).ok()?.quantile(0.5),
        ),
        counts: Met::ALL.into_iter().map(|met| (met, with(met))).filter(|(_, count)| *count > 0).collect(),
        people,
    }
}

/// Microseconds as days.
pub(crate) fn days(microseconds: i64) -> f64 {
    microseconds as f64 / engine::time::DAY as f64
}
