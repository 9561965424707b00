//! Where to set a free limit: how many meet it, how soon, and whether they are the ones who buy.
//!
//! Each limit of a grid is a definition ("at least 5 videos posted"), so that who meets it, when, and who converts against
//! people of the same age are the backtest's own figures: to have posted five videos one must have lived long enough to,
//! and nobody is compared with people who had less time. Which of several metrics tells buyers from others is asked apart:
//! of each metric the amount at one age, and the area under the curve among people of later cohorts.

mod separation;
pub mod text;

use engine::time::DAY;
use engine::{Number, Span};
use serde::Serialize;
use stats::quantile::SortedValues;
use stats::survival::{KaplanMeier, Observation, RiskTable};

pub use separation::{Separation, Separations};

use crate::backtest::Backtest;
use crate::case::{Case, Fate};
use crate::customers::days;
use crate::drift::judged_leads;
use crate::enough::{THRESHOLDS, Thresholds, at_least};
use crate::figure::{Answer, CONFIDENCE, NotEnough, People, Ranged, Share};
use crate::life::Life;
use crate::question::Question;
use crate::report::Asked;
use crate::same_age::leads_and_rest;

/// The version of the JSON's names and meanings.
pub const FORMAT: u32 = 1;

/// Ages in days by which it is told how many have met a limit.
pub const DAYS_TOLD: [u64; 4] = [1, 7, 30, 90];

/// A share that no few people more can change much.
const ALMOST_ALL: f64 = 0.95;

/// A usage metric with the limits that are asked about, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// In words.
    pub name: String,
    /// The limits. Each is one definition of the question, metric by metric in this order.
    pub limits: Vec<Number>,
}

/// The question in the making: a fold over lives with one outcome for each limit and one amount for each metric.
#[derive(Debug, Clone)]
pub struct Limits {
    backtest: Backtest,
    metrics: Vec<Metric>,
    after: Span,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitsReport {
    /// The version of this format.
    pub format: u32,
    /// What was asked.
    pub question: Asked,
    /// Below which numbers no figure is given.
    pub thresholds: Thresholds,
    /// Each metric with its limits.
    pub metrics: Vec<MetricRow>,
    /// How well the metrics tell buyers from others.
    pub separations: Separations,
    /// How many people are left out because they refuse to be judged; `None`: the workspace asks for no consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_profiling: Option<u64>,
}

/// A metric and its limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricRow {
    /// In words.
    pub name: String,
    /// Each limit.
    pub limits: Vec<LimitRow>,
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitRow {
    /// The amount.
    pub limit: f64,
    /// Of everyone in the population, those who have met it so far while in it.
    pub met: Share,
    /// Who they are.
    pub people: People,
    /// The share that has met it by some ages (Kaplan–Meier: people who joined late have had less time; a conversion
    /// ends the time).
    pub by_day: Vec<MetByDay>,
    /// Of those who met it, how long it took.
    pub pace: Answer<Pace>,
    /// Of those who met it and were watched for the horizon, those that converted in it.
    pub converted: Share,
    /// The rate of people of the same ages who had not met it.
    pub rest: Answer<Ranged>,
    /// The one divided by the other.
    pub lift: Answer<Ranged>,
    /// Of the customers, those who met it before they paid, within the horizon.
    pub of_customers: Share,
}

/// The share that has met a limit by the end of a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetByDay {
    /// Days since the clock.
    pub day: u64,
    /// The share.
    pub met: Answer<Ranged>,
}

/// Quantiles of the time to a limit, in days, of those who met it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pace {
    /// One in four was as fast.
    pub p25: f64,
    /// Every second.
    pub median: f64,
    /// Three in four.
    pub p75: f64,
    /// Nine in ten.
    pub p90: f64,
}

impl Limits {
    /// Nobody yet. The question's definitions are the limits, metric by metric; amounts are those `after` the clock.
    #[must_use]
    pub fn new(question: Question, metrics: Vec<Metric>, after: Span) -> Self {
        Self { backtest: Backtest::new(question), metrics, after }
    }

    /// Adds one subject.
    pub fn add(&mut self, life: Life) {
        self.backtest.add(life);
    }

    /// Adds a part that was folded elsewhere from the same question and other subjects.
    pub fn merge(&mut self, other: Self) {
        self.backtest.merge(other.backtest);
    }

    /// Limits worth asking about, from the amounts that there are: round numbers near some quantiles of those above 0,
    /// for each metric.
    #[must_use]
    pub fn grids(&self) -> Vec<Vec<Number>> {
        let amounts = |place: usize| {
            let measured =
                self.backtest.lives().iter().filter_map(move |life| life.measures.get(place).copied().flatten());
            measured.map(Number::to_f64).filter(|amount| *amount > 0.0).collect::<Vec<f64>>()
        };
        (0..self.metrics.len()).map(|place| grid(amounts(place))).collect()
    }

    /// The answer.
    #[must_use]
    pub fn finish(self) -> LimitsReport {
        let Self { backtest, metrics, after } = self;
        backtest.with_cases(|question, cases| {
            let mut places = cases.iter().map(Vec::as_slice);
            let names: Vec<&str> = metrics.iter().map(|metric| &*metric.name).collect();
            let separations = separation::separations(cases, &names, question, after);
            let rows = metrics.iter().map(|metric| MetricRow {
                name: metric.name.clone(),
                limits: metric
                    .limits
                    .iter()
                    .zip(places.by_ref())
                    .map(|(limit, cases)| LimitRow::of(*limit, cases, question))
                    .collect(),
            });
            LimitsReport {
                format: FORMAT,
                question: Asked::of(question),
                thresholds: THRESHOLDS,
                metrics: rows.collect(),
                separations,
                refused_profiling: None,
            }
        })
    }
}

impl LimitRow {
    fn of(limit: Number, cases: &[Case<'_>], question: &Question) -> Self {
        let population = || cases.iter().filter(|case| case.is_in_population());
        let met: Vec<&Case<'_>> = population().filter(|case| case.entry().is_some()).collect();
        let facts = question.definitions.first();
        let people = met.iter().filter_map(|case| Some(case.person(facts?).without_reasons()));
        let judged = judged_leads(cases);
        let won = judged.iter().filter(|(_, won)| *won).count() as u64;
        let customers = crate::customers::recall(cases, question);
        let compared = leads_and_rest(cases, question);
        Self {
            limit: limit.to_f64(),
            met: Share::new(met.len() as u64, population().count() as u64),
            people: People::of(people, question.people_listed),
            by_day: by_day(cases, question),
            pace: pace(&met),
            converted: Share::new(won, judged.len() as u64),
            rest: compared.rest,
            lift: compared.lift,
            of_customers: customers,
        }
    }
}

fn pace(met: &[&Case<'_>]) -> Answer<Pace> {
    at_least(met.len() as u64, THRESHOLDS.quantile, "people who met it", || {
        let times = met.iter().filter_map(|case| Some(days(case.age(case.entry()?.at)))).collect();
        let sorted = SortedValues::new(times).ok()?;
        Some(Pace {
            p25: sorted.quantile(0.25)?,
            median: sorted.quantile(0.5)?,
            p75: sorted.quantile(0.75)?,
            p90: sorted.quantile(0.9)?,
        })
    })
}

/// How many have met it by an age, if nobody ever bought or was too young.
fn by_day(cases: &[Case<'_>], question: &Question) -> Vec<MetByDay> {
    let mut table = RiskTable::default();
    for case in cases.iter().filter(|case| case.is_in_population()) {
        let met = case.entry().map(|entry| entry.at);
        let already = case.fate.is_some_and(|fate| matches!(fate, Fate::AlreadyConverted(_)));
        let met = met.filter(|_| !already);
        let end = [Some(question.data_until), met, case.conversion].into_iter().flatten().min();
        let Some(end) = end else { continue };
        let Ok(time) = u64::try_from(case.age(end)) else { continue };
        // It begins at 0 and ends no sooner: never refused.
        let _ = table.add(Observation::new(time, met == Some(end)));
    }
    let curve = KaplanMeier::from_table(&table).ok();
    let told = |day: u64| {
        let time = (day * DAY as u64).saturating_sub(1);
        let at_risk = table.moments().find(|moment| moment.time >= time).map_or(0, |moment| moment.at_risk);
        let met = match &curve {
            // Where almost all have met it nobody need be left.
            Some(curve) if at_risk >= THRESHOLDS.at_risk || curve.converted_at(time) >= ALMOST_ALL => {
                let value = curve.converted_at(time);
                let interval = curve.interval_at(time, CONFIDENCE).map(|kept| (1.0 - kept.high, 1.0 - kept.low));
                let (low, high) = interval.unwrap_or((value, value));
                Answer::Known(Ranged { value, low, high })
            }
            _ => Answer::NotEnough(NotEnough::new(at_risk, THRESHOLDS.at_risk, "people still watched")),
        };
        MetByDay { day, met }
    };
    DAYS_TOLD.into_iter().map(told).collect()
}

/// Round numbers near the quantiles: 1, 2, 3, 5 and 7 times a power of ten.
fn grid(amounts: Vec<f64>) -> Vec<Number> {
    let Ok(sorted) = SortedValues::new(amounts) else { return vec![Number::ONE] };
    let mut limits: Vec<Number> = [0.1, 0.25, 0.5, 0.75, 0.9, 0.97]
        .into_iter()
        .filter_map(|share| sorted.quantile(share))
        .map(round)
        .filter_map(Number::from_f64)
        .filter(|limit| *limit > Number::ZERO)
        .collect();
    limits.sort_unstable();
    limits.dedup();
    limits
}

fn round(amount: f64) -> f64 {
    let power = 10_f64.powf(amount.log10().floor());
    let steps = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0];
    let near = steps.into_iter().min_by(|left, right| {
        let distance = |step: &f64| (step * power - amount).abs();
        distance(left).total_cmp(&distance(right))
    });
    near.unwrap_or(1.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_round_and_ascending() {
        let amounts: Vec<f64> = (1..=1_000).map(f64::from).collect();
        let told: Vec<f64> = grid(amounts).into_iter().map(Number::to_f64).collect();
        assert_eq!(told, [100.0, 300.0, 500.0, 700.0, 1_000.0]);
        assert_eq!(grid(vec![1.0; 20]), [Number::ONE]);
        assert_eq!(grid(Vec::new()), [Number::ONE]);
        assert!((round(0.031) - 0.03).abs() < 1e-12);
    }
}
