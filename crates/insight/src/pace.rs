//! How long it took: from the clock to qualification, and from being known to paying.

use engine::time::{DAY, HOUR, MINUTE, day_start};
use serde::Serialize;
use stats::quantile::SortedValues;

use crate::case::{Case, Fate};
use crate::customers::days;
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, CONFIDENCE, Gathered, People, Ranged, duration, whole_days};
use crate::question::{DefinitionFacts, Question};

/// Time to qualification.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeToQualify {
    /// People who qualified.
    pub people: u64,
    /// Quantiles.
    pub quantiles: Answer<Quantiles>,
    /// How many took how long.
    pub buckets: Vec<PaceBucket>,
    /// What the median says of the definition.
    pub reading: Option<Reading>,
    /// The data know only days: times below a day mean nothing.
    pub whole_days_only: bool,
}

impl TimeToQualify {
    /// When somebody is of an age, as far as the data know it.
    #[must_use]
    pub fn at_age(&self, days: f64) -> String {
        if self.whole_days_only && days < 0.5 {
            return "on the day of their start".to_owned();
        }
        format!("at the age of {}", self.duration(days * DAY as f64))
    }

    /// A length of time as far as the data know it.
    #[must_use]
    pub fn duration(&self, microseconds: f64) -> String {
        if self.whole_days_only { whole_days(microseconds) } else { duration(microseconds) }
    }
}

/// Time from the moment a lead could be known to its conversion, of leads that were won.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadTime {
    /// Won leads.
    pub people: u64,
    /// Quantiles.
    pub quantiles: Answer<Quantiles>,
    /// How many took how long.
    pub buckets: Vec<PaceBucket>,
}

/// Quantiles of a length of time, in days.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    /// One in ten was as fast.
    pub p10: f64,
    /// One in four.
    pub p25: f64,
    /// Every second; the interval from order statistics, where there are enough.
    pub median: f64,
    /// The median's interval.
    pub median_range: Option<Ranged>,
    /// Three in four.
    pub p75: f64,
    /// Nine in ten.
    pub p90: f64,
}

/// So many took from–to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PaceBucket {
    /// In words.
    pub words: &'static str,
    /// Shorter than this, in microseconds; `null`: without end.
    pub below: Option<i64>,
    /// Who.
    pub people: People,
}

/// What the median time to qualification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Under 5 minutes.
    TooLoose,
    /// Up to 2 days.
    Quick,
    /// 2–7 days.
    Healthy,
    /// Up to 14 days.
    Slow,
    /// Over 14 days.
    OnboardingSlow,
}

impl Reading {
    fn of(median: i64, whole_days_only: bool) -> Self {
        match median {
            fast if fast < 5 * MINUTE && !whole_days_only => Self::TooLoose,
            quick if quick < 2 * DAY => Self::Quick,
            healthy if healthy <= 7 * DAY => Self::Healthy,
            slow if slow <= 14 * DAY => Self::Slow,
            _ => Self::OnboardingSlow,
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::TooLoose => "half qualify within 5 minutes: the definition is too loose to tell anyone apart",
            Self::Quick => "faster than the usual 2–7 days: see whether it still tells buyers from passers-by",
            Self::Healthy => "a healthy pace (2–7 days)",
            Self::Slow => "slower than the healthy 2–7 days",
            Self::OnboardingSlow => "over 14 days: onboarding is slow, or the definition asks for too much",
        }
    }
}

const PACES: [(&str, Option<i64>); 8] = [
    ("under 5 minutes", Some(5 * MINUTE)),
    ("5–60 minutes", Some(HOUR)),
    ("1–24 hours", Some(DAY)),
    ("1–2 days", Some(2 * DAY)),
    ("2–7 days", Some(7 * DAY)),
    ("7–14 days", Some(14 * DAY)),
    ("14–30 days", Some(30 * DAY)),
    ("over 30 days", None),
];

/// The same where the data know only days.
const WHOLE_DAYS: [(&str, Option<i64>); 6] = [
    ("the same day", Some(DAY)),
    ("1 day", Some(2 * DAY)),
    ("2–7 days", Some(7 * DAY)),
    ("7–14 days", Some(14 * DAY)),
    ("14–30 days", Some(30 * DAY)),
    ("over 30 days", None),
];

/// A length of time and whose it is.
type Pace<'a> = (i64, &'a Case<'a>);

fn buckets(
    edges: &[(&'static str, Option<i64>)],
    paces: &[Pace<'_>],
    facts: &DefinitionFacts,
    question: &Question,
) -> Vec<PaceBucket> {
    let mut counted: Vec<_> =
        edges.iter().map(|(words, below)| (*words, *below, Gathered::new(question.people_listed))).collect();
    for (time, case) in paces {
        let bucket = counted.iter_mut().find(|(_, below, _)| below.is_none_or(|below| *time < below));
        if let Some((_, _, people)) = bucket {
            people.push(case.person(facts));
        }
    }
    counted.into_iter().map(|(words, below, people)| PaceBucket { words, below, people: people.finish() }).collect()
}

fn quantiles(paces: &[Pace<'_>], of: &str) -> Answer<Quantiles> {
    at_least(paces.len() as u64, THRESHOLDS.quantile, of, || {
        let sorted = SortedValues::new(paces.iter().map(|(time, _)| days(*time)).collect()).ok()?;
        let median = sorted.median(CONFIDENCE)?;
        Some(Quantiles {
            p10: sorted.quantile(0.1)?,
            p25: sorted.quantile(0.25)?,
            median: median.value,
            median_range: median.low.zip(median.high).map(|(low, high)| Ranged { value: median.value, low, high }),
            p75: sorted.quantile(0.75)?,
            p90: sorted.quantile(0.9)?,
        })
    })
}

pub(crate) fn time_to_qualify(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> TimeToQualify {
    let paces: Vec<Pace<'_>> = cases.iter().filter_map(|case| Some((case.age(case.entry()?.at), case))).collect();
    let zone = &question.zone;
    let at_midnight = |at: engine::Timestamp| day_start(at.day(zone), zone) == at;
    let whole_days_only = !paces.is_empty()
        && paces
            .iter()
            .all(|(_, case)| at_midnight(case.outcome.clock) && case.entry().is_none_or(|entry| at_midnight(entry.at)));
    let quantiles = quantiles(&paces, "people who qualified");
    let reading = quantiles.known().map(|known| Reading::of((known.median * DAY as f64) as i64, whole_days_only));
    TimeToQualify {
        people: paces.len() as u64,
        buckets: buckets(if whole_days_only { &WHOLE_DAYS } else { &PACES }, &paces, facts, question),
        quantiles,
        reading,
        whole_days_only,
    }
}

pub(crate) fn lead_time(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> LeadTime {
    let paces: Vec<Pace<'_>> = cases
        .iter()
        .filter_map(|case| match case.fate? {
            Fate::Won(at) => Some((at.0.saturating_sub(case.entry()?.known().0), case)),
            _ => None,
        })
        .collect();
    LeadTime {
        people: paces.len() as u64,
        quantiles: quantiles(&paces, "won leads"),
        buckets: buckets(&PACES, &paces, facts, question),
    }
}
