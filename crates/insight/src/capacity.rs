//! What a team of a given size would have won: each week the best leads it has hands for.

use std::collections::{BTreeMap, BTreeSet};

use engine::time::{day_start, week_start};
use engine::{Number, Timestamp};
use serde::Serialize;

use crate::case::Case;
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, Gathered, People, Person, Share, When};
use crate::question::{DefinitionFacts, Question};
use crate::volume::{date_of, whole_weeks};

/// Calls and wins under a weekly limit, over the whole weeks whose leads have all been watched for the horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Capacity {
    /// The limit: calls a week.
    pub calls_per_week: u32,
    /// The weeks looked at, by their Mondays: first and last.
    pub weeks: Option<Weeks>,
    /// Leads that became known in those weeks and had not converted by then.
    pub offered: u64,
    /// Of the leads called, those that converted after they were known and within the horizon.
    pub won: Share,
    /// Who was called.
    pub called_people: People,
    /// Who was won.
    pub won_people: People,
    /// Wins in a week, on average.
    pub wins_per_week: Answer<f64>,
    /// Calls made in a week, on average: fewer than the limit where the definition names fewer people.
    pub calls_made_per_week: Answer<f64>,
    /// The least score with which the leads fit the limit on average; only where there are more leads than calls.
    pub score_that_fits: Option<f64>,
}

/// A range of weeks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Weeks {
    /// The first Monday.
    pub first: String,
    /// The last Monday.
    pub last: String,
    /// How many weeks.
    pub count: u64,
}

/// The whole weeks whose leads have all been watched for the horizon: the same for every definition of a question, so
/// that they are compared on equal terms.
pub(crate) fn judged_weeks(all: &[Vec<Case<'_>>], question: &Question) -> Option<(i32, i32)> {
    let spans: Vec<(i32, i32)> = all.iter().filter_map(|cases| whole_weeks(cases, question)).collect();
    let first = spans.iter().map(|(first, _)| *first).min()?;
    let mut last = spans.iter().map(|(_, last)| *last).max()?;
    let zone = &question.zone;
    while last >= first && !question.is_judged(Timestamp(day_start(last.saturating_add(7), zone).0.saturating_sub(1))) {
        last = last.saturating_sub(7);
    }
    (first <= last).then_some((first, last))
}

struct Call<'a> {
    case: &'a Case<'a>,
    entry: &'a crate::life::LifeEntry,
    score: Option<Number>,
}

pub(crate) fn capacity(
    cases: &[Case<'_>],
    facts: &DefinitionFacts,
    question: &Question,
    weeks: Option<(i32, i32)>,
) -> Capacity {
    let zone = &question.zone;
    let limit = question.capacity_per_week as usize;
    let mut by_week: BTreeMap<i32, Vec<Call<'_>>> = BTreeMap::new();
    let mut offered = 0;
    for case in cases {
        for entry in case.entries() {
            let monday = week_start(entry.known().day(zone));
            let fate = case.fate_of(entry, facts.recurs, question);
            if weeks.is_some_and(|(first, last)| (first..=last).contains(&monday)) && fate.judged().is_some() {
                offered += 1;
                let score = entry.score.as_ref().map(|score| score.total);
                by_week.entry(monday).or_default().push(Call { case, entry, score });
            }
        }
    }
    let mut scores: Vec<Number> = by_week.values().flatten().filter_map(|call| call.score).collect();
    let nobody = || Gathered::new(question.people_listed);
    let (mut called, mut won) = (nobody(), nobody());
    let mut counted = BTreeSet::new();
    for calls in by_week.values_mut() {
        calls.sort_by(|left, right| {
            let order = |call: &Call<'_>| (std::cmp::Reverse(call.score), call.entry.known());
            order(left).cmp(&order(right)).then_with(|| left.case.life.id.cmp(&right.case.life.id))
        });
        // Nobody is called twice in a week.
        let mut met = BTreeSet::new();
        calls.retain(|call| met.insert(call.case.life.id.clone()));
        for call in calls.iter().take(limit) {
            called.push(person(call, facts, None));
            if let crate::case::Fate::Won(at) = call.case.fate_of(call.entry, facts.recurs, question) {
                // A conversion is won once, however often its person was called.
                if counted.insert((call.case.life.id.clone(), at)) {
                    won.push(person(call, facts, Some(at)));
                }
            }
        }
    }
    let count = weeks.map_or(0, |(first, last)| (i64::from(last) - i64::from(first)) as u64 / 7 + 1);
    let per_week = |amount: u64| {
        at_least(count, THRESHOLDS.weeks, "whole weeks watched for the horizon", || Some(amount as f64 / count as f64))
    };
    scores.sort_unstable_by(|left, right| right.cmp(left));
    let room = limit.saturating_mul(count as usize);
    let fits = (count >= THRESHOLDS.weeks && scores.len() > room)
        .then(|| room.checked_sub(1).and_then(|last| scores.get(last)).map(|score| score.to_f64()));
    Capacity {
        calls_per_week: question.capacity_per_week,
        weeks: weeks.map(|(first, last)| Weeks { first: date_of(first, zone), last: date_of(last, zone), count }),
        offered,
        won: Share::new(won.total(), called.total()),
        wins_per_week: match at_least(called.total(), THRESHOLDS.share, "calls", || Some(())) {
            Answer::Known(()) => per_week(won.total()),
            Answer::NotEnough(short) => Answer::NotEnough(short),
        },
        calls_made_per_week: per_week(called.total()),
        called_people: called.finish(),
        won_people: won.finish(),
        score_that_fits: fits.flatten(),
    }
}

fn person(call: &Call<'_>, facts: &DefinitionFacts, converted: Option<Timestamp>) -> Person {
    let mut person = Person {
        id: call.case.life.id.clone(),
        clock: Some(When(call.case.outcome.clock)),
        converted_at: converted.map(When),
        ..Person::default()
    };
    crate::case::describe(&mut person, call.entry, facts);
    person
}
