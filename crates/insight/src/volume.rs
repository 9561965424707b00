//! How many alerts a team would have got, by day and by week, and who was on last Monday's list.

use std::collections::BTreeMap;

use engine::Timestamp;
use engine::time::{day_start, week_start};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::case::{Case, describe};
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, Gathered, People, Person, When};
use crate::life::LifeEntry;
use crate::question::{DefinitionFacts, Question};

/// Alerts: every entry, on the day on which it could be known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Volume {
    /// All of them.
    pub alerts: u64,
    /// In whole weeks from Monday, from the first subject's to the last whole one.
    pub per_week: Answer<PerUnit>,
    /// In the days of those weeks.
    pub per_day: Answer<PerUnit>,
    /// Each week.
    pub weeks: Vec<Week>,
    /// Each day with at least one alert.
    pub days: Vec<DayCount>,
}

/// How many alerts come in a day or week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerUnit {
    /// On average.
    pub mean: f64,
    /// In every second.
    pub median: f64,
    /// In the busiest.
    pub most: u64,
    /// When that was.
    pub most_on: String,
    /// How many units were looked at.
    pub units: u64,
}

/// One week's alerts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Week {
    /// Its Monday.
    pub monday: String,
    /// The alerts.
    pub people: People,
    /// The week is not over at the end of the data.
    pub unfinished: bool,
}

/// One day's alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayCount {
    /// The date.
    pub date: String,
    /// How many.
    pub alerts: u64,
}

/// The list a team would have found on the last Monday: who became known in the seven days before it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastMonday {
    /// The latest Monday that the data reach.
    pub monday: String,
    /// Everyone who became known since the Monday before; highest score first, then the earliest.
    pub people: Vec<Person>,
    /// How many there are; the list is capped.
    pub total: u64,
}

/// A calendar day as text.
pub(crate) fn date_of(day: i32, zone: &TimeZone) -> String {
    When(day_start(day, zone)).date(zone)
}

/// All alerts with the instants at which they could be known, and their entries.
fn alerts<'a>(
    cases: &'a [Case<'a>],
    facts: &'a DefinitionFacts,
) -> impl Iterator<Item = (Timestamp, Person, &'a LifeEntry)> {
    cases.iter().flat_map(move |case| {
        case.entries().iter().map(move |entry| {
            let clock = Some(When(case.outcome.clock));
            let mut person = Person { id: case.life.id.clone(), clock, ..Person::default() };
            describe(&mut person, entry, facts);
            (entry.known(), person, entry)
        })
    })
}

/// The first and last whole week, as Mondays, that the people of a definition and the data span.
pub(crate) fn whole_weeks(cases: &[Case<'_>], question: &Question) -> Option<(i32, i32)> {
    let zone = &question.zone;
    let first = cases.iter().filter(|case| case.is_in_population()).map(|case| case.outcome.clock).min()?;
    let first = week_start(first.day(zone));
    // The day that holds the end of the data may be cut short; a week is whole if that day lies behind it, or if the
    // data end with its last day.
    let end = question.data_until.day(zone);
    let last = week_start(end.saturating_add(1)).saturating_sub(7);
    (first <= last).then_some((first, last))
}

pub(crate) fn volume(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> Volume {
    let zone = &question.zone;
    let mut by_week: BTreeMap<i32, Gathered> = BTreeMap::new();
    let mut by_day: BTreeMap<i32, u64> = BTreeMap::new();
    for (known, person, _) in alerts(cases, facts) {
        let day = known.day(zone);
        by_week.entry(week_start(day)).or_insert_with(|| Gathered::new(question.people_listed)).push(person);
        *by_day.entry(day).or_default() += 1;
    }
    let alerts = by_day.values().sum();
    let Some((first, last)) = whole_weeks(cases, question) else {
        let none = || at_least(0, THRESHOLDS.weeks, "whole weeks", || None);
        return Volume {
            alerts,
            per_week: none(),
            per_day: none(),
            weeks: Vec::new(),
            days: day_counts(&by_day, zone),
        };
    };
    let mondays: Vec<i32> = (first..=last).step_by(7).collect();
    let in_week = |monday: &i32| (*monday, by_week.get(monday).map_or(0, Gathered::total));
    let weekly: Vec<(i32, u64)> = mondays.iter().map(in_week).collect();
    let daily: Vec<(i32, u64)> =
        (first..last.saturating_add(7)).map(|day| (day, by_day.get(&day).copied().unwrap_or(0))).collect();
    let whole = mondays.len() as u64;
    let per = |counts: Vec<(i32, u64)>| at_least(whole, THRESHOLDS.weeks, "whole weeks", || per_unit(&counts, zone));
    let (per_week, per_day) = (per(weekly), per(daily));
    let shown = mondays.into_iter().chain(by_week.keys().copied().filter(|monday| *monday > last).collect::<Vec<_>>());
    let weeks = shown
        .map(|monday| Week {
            monday: date_of(monday, zone),
            people: by_week.remove(&monday).map(Gathered::finish).unwrap_or_default(),
            unfinished: monday > last,
        })
        .collect();
    Volume { alerts, per_week, per_day, weeks, days: day_counts(&by_day, zone) }
}

fn day_counts(by_day: &BTreeMap<i32, u64>, zone: &TimeZone) -> Vec<DayCount> {
    by_day.iter().map(|(day, alerts)| DayCount { date: date_of(*day, zone), alerts: *alerts }).collect()
}

fn per_unit(counts: &[(i32, u64)], zone: &TimeZone) -> Option<PerUnit> {
    // Of several busiest the latest: it is the one people remember.
    let (day, most) = counts.iter().copied().max_by_key(|(day, count)| (*count, *day))?;
    let values = counts.iter().map(|(_, count)| *count as f64).collect();
    Some(PerUnit {
        mean: counts.iter().map(|(_, count)| *count as f64).sum::<f64>() / counts.len() as f64,
        median: stats::quantile::SortedValues::new(values).ok()?.quantile(0.5)?,
        most,
        most_on: date_of(day, zone),
        units: counts.len() as u64,
    })
}

pub(crate) fn last_monday(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> LastMonday {
    let zone = &question.zone;
    let monday = week_start(question.data_until.day(zone));
    let days = monday.saturating_sub(7)..monday;
    let mut listed: Vec<(Timestamp, Person)> = alerts(cases, facts)
        .filter(|(known, _, _)| days.contains(&known.day(zone)))
        .map(|(known, person, entry)| (known, Person { reasons: entry.reasons.clone(), ..person }))
        .collect();
    listed.sort_by(|(left_known, left), (right_known, right)| {
        right
            .score
            .unwrap_or(-1.0)
            .total_cmp(&left.score.unwrap_or(-1.0))
            .then(left_known.cmp(right_known))
            .then_with(|| left.id.cmp(&right.id))
    });
    let total = listed.len() as u64;
    let people = listed.into_iter().map(|(_, person)| person).take(question.people_listed).collect();
    LastMonday { monday: date_of(monday, zone), people, total }
}
