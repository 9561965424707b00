//! Which of several metrics tells buyers from others: by the amounts at one age (a landmark), on later cohorts.

use engine::time::DAY;
use engine::{Number, Span, Timestamp};
use serde::Serialize;
use stats::roc::{area_clustered, compare_areas_clustered};

use crate::case::Case;
use crate::enough::THRESHOLDS;
use crate::figure::{Answer, CONFIDENCE, NotEnough, Ranged, When};
use crate::question::{Question, length};

/// How well metrics tell buyers from others.
///
/// Everyone who at the landmark had been in the population and had not converted, and was watched for the horizon from
/// then on. The best metric is named on earlier cohorts; all figures are of later ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Separations {
    /// The landmark: days after the clock.
    pub after_days: f64,
    /// People in the later cohorts.
    pub people: u64,
    /// Of them, those who converted in the horizon.
    pub converted: u64,
    /// Where the later cohorts start.
    pub split_at: Option<When>,
    /// Each metric, in the order asked.
    pub metrics: Vec<Separation>,
    /// The place of the metric that was best on the earlier cohorts.
    pub best: Option<usize>,
}

/// How well one metric does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Separation {
    /// In words.
    pub name: String,
    /// The chance that a buyer's amount is above another's (ties count half); 0.5 says nothing. The interval counts
    /// colleagues as one.
    pub area: Answer<Ranged>,
    /// The best one's area less this one's, on the same people; `null` for the best itself.
    pub behind_best: Option<Answer<Ranged>>,
}

/// Someone at the landmark.
struct Standing<'a> {
    clock: Timestamp,
    household: u64,
    converts: bool,
    amounts: &'a [Option<Number>],
}

pub(super) fn separations(cases: &[Vec<Case<'_>>], names: &[&str], question: &Question, after: Span) -> Separations {
    let cases = cases.first().map(Vec::as_slice).unwrap_or_default();
    let mut people: Vec<Standing<'_>> =
        cases.iter().enumerate().filter_map(|(number, case)| standing(number, case, question, after)).collect();
    people.sort_by_key(|person| person.clock);
    let mut buyers = people.iter().filter(|person| person.converts);
    let count = buyers.clone().count();
    let split = buyers.nth(count / 2).map(|person| person.clock);
    let parts = people.partition_point(|person| split.is_none_or(|split| person.clock < split));
    let (earlier, later) = people.split_at(parts);
    let best = (0..names.len())
        .filter_map(|place| Some((place, area(earlier, place)?.value)))
        .reduce(|best, other| if other.1 > best.1 { other } else { best })
        .map(|(place, _)| place);
    let converted = later.iter().filter(|person| person.converts).count() as u64;
    let need = 2 * THRESHOLDS.conversions_in_ratio;
    let short = || Answer::NotEnough(NotEnough::new(converted, need, "conversions after the landmark"));
    let told = |(place, name): (usize, &&str)| {
        let enough = converted >= need;
        let difference = |best: usize| match behind(later, best, place).filter(|_| enough) {
            Some(difference) => Answer::Known(difference),
            None => short(),
        };
        Separation {
            name: (*name).to_owned(),
            area: area(later, place).filter(|_| enough).map_or_else(short, Answer::Known),
            behind_best: best.filter(|best| *best != place).map(difference),
        }
    };
    Separations {
        after_days: length(after) as f64 / DAY as f64,
        people: later.len() as u64,
        converted,
        split_at: split.map(When),
        metrics: names.iter().enumerate().map(told).collect(),
        best,
    }
}

fn standing<'a>(number: usize, case: &Case<'a>, question: &Question, after: Span) -> Option<Standing<'a>> {
    let landmark = Timestamp(case.outcome.clock.0.saturating_add(length(after)));
    let was_in = case.is_in_population() && case.outcome.population_from.is_some_and(|from| from <= landmark);
    let converted = case.conversion.is_some_and(|at| at <= landmark);
    if !was_in || converted || !question.is_judged(landmark) || case.life.measures.is_empty() {
        return None;
    }
    Some(Standing {
        clock: case.outcome.clock,
        // Those who stand alone are each a household of their own, behind all numbers of households.
        household: case.life.household.unwrap_or(u64::MAX - number as u64),
        converts: case.conversion.is_some_and(|at| at < question.horizon_end(landmark)),
        amounts: &case.life.measures,
    })
}

/// Amounts, outcomes and households.
fn columns(people: &[Standing<'_>], place: usize) -> (Vec<f64>, Vec<bool>, Vec<u64>) {
    let amount = |person: &Standing<'_>| person.amounts.get(place).copied().flatten().map_or(0.0, Number::to_f64);
    (
        people.iter().map(amount).collect(),
        people.iter().map(|person| person.converts).collect(),
        people.iter().map(|person| person.household).collect(),
    )
}

fn area(people: &[Standing<'_>], place: usize) -> Option<Ranged> {
    let (amounts, outcomes, households) = columns(people, place);
    let area = area_clustered(&amounts, &outcomes, &households, CONFIDENCE).ok()?;
    let interval = area.interval?;
    Some(Ranged { value: area.value, low: interval.low, high: interval.high })
}

fn behind(people: &[Standing<'_>], best: usize, place: usize) -> Option<Ranged> {
    let (first, outcomes, households) = columns(people, best);
    let (second, ..) = columns(people, place);
    compare_areas_clustered(&first, &second, &outcomes, &households, CONFIDENCE).ok().map(|area| area.difference.into())
}
