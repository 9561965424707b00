//! Conversion over time: of everyone from the clock, and of leads from the moment they could be known.

use engine::time::DAY;
use serde::Serialize;
use stats::survival::{KaplanMeier, Observation, RiskTable};

use crate::case::{Case, Fate, Place};
use crate::enough::THRESHOLDS;
use crate::figure::{Answer, CONFIDENCE, Gathered, NotEnough, People, Ranged};
use crate::question::{DefinitionFacts, Question};

/// The days at which conversion from the clock is told.
pub const DAYS_TOLD: [u64; 8] = [0, 1, 7, 14, 30, 60, 90, 180];

/// How soon everyone converted, from the clock on, whether they qualified or not.
///
/// In whole calendar days of the question's zone (the clock's day is day 0), censored on the day observation ends;
/// events precede censorings of the same day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FromClock {
    /// Everyone ever in the population, also those whose events were not yet instrumented.
    pub people: u64,
    /// Of those, converted so far.
    pub converted: u64,
    /// Converters by how long they took.
    pub buckets: Vec<DayBucket>,
    /// Kaplan–Meier share converted by the end of some days.
    pub by_day: Vec<ByDay>,
}

/// Converters who took so many days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayBucket {
    /// From this day on.
    pub from_day: u64,
    /// To this day, included; `null`: without end.
    pub to_day: Option<u64>,
    /// In words.
    pub words: &'static str,
    /// Who.
    pub people: People,
}

/// The share converted by the end of a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByDay {
    /// Days since the clock.
    pub day: u64,
    /// The share, with Greenwood's interval on the log-minus-log scale.
    pub converted: Answer<Ranged>,
    /// People still watched on that day.
    pub at_risk: u64,
}

/// Conversion after being known, day by day, beside the rest of the same ages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AfterQualifying {
    /// Leads in the curve: those who had not converted when they could be known.
    pub people: u64,
    /// Of those, converted so far.
    pub converted: u64,
    /// The leads' curve, from day 0.
    pub leads: Vec<CurvePoint>,
    /// The curve to expect had they not qualified: for each lead the curve of people of the same age, who leave it when
    /// they qualify themselves (Simon and Makuch 1984), averaged over the leads. Empty where too few are left.
    pub rest: Vec<CurvePoint>,
}

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Days since the lead could be known.
    pub day: f64,
    /// The share converted.
    pub converted: f64,
    /// The interval's lower end, where there is one.
    pub low: Option<f64>,
    /// The interval's upper end, where there is one.
    pub high: Option<f64>,
    /// People still watched; for the rest: how many leads' ages the point is averaged over.
    pub at_risk: u64,
}

/// From day, to day, in words.
const BUCKETS: [(u64, Option<u64>, &str); 4] =
    [(0, Some(0), "the same day"), (1, Some(7), "1–7 days"), (8, Some(60), "8–60 days"), (61, None, "over 60 days")];

/// Leads' ages over which the rest's curve is averaged at most.
const MOST_AGES: usize = 4_000;

/// Points on each curve at most.
const POINTS: i64 = 60;

pub(crate) fn from_clock(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> FromClock {
    let zone = &question.zone;
    let end = question.observed_until.day(zone);
    let mut table = RiskTable::default();
    let mut buckets = BUCKETS.map(|bucket| (bucket, Gathered::new(question.people_listed)));
    let (mut people, mut converted) = (0, 0);
    for case in cases {
        let counted = match case.place {
            Place::Counted | Place::TooYoung => true,
            Place::BeforeInstrument => case.outcome.population_from.is_some(),
            Place::ConvertedBefore | Place::Outside => false,
        };
        let start = case.outcome.clock.day(zone);
        let event = case.conversion.filter(|at| *at >= case.outcome.clock);
        if !counted || end < start || (event.is_none() && case.conversion.is_some()) {
            continue;
        }
        let days = u64::from(event.map_or(end, |at| at.day(zone)).abs_diff(start));
        people += 1;
        if event.is_some() {
            converted += 1;
            let bucket = buckets.iter_mut().find(|((_, to, _), _)| to.is_none_or(|to| days <= to));
            if let Some((_, people)) = bucket {
                people.push(case.person(facts));
            }
        }
        // It begins at 0 and ends no sooner: never refused.
        let _ = table.add(Observation::new(days, event.is_some()));
    }
    let buckets = buckets.into_iter().map(|((from_day, to_day, words), people)| DayBucket {
        from_day,
        to_day,
        words,
        people: people.finish(),
    });
    FromClock { people, converted, buckets: buckets.collect(), by_day: by_day(&table) }
}

fn by_day(table: &RiskTable) -> Vec<ByDay> {
    let curve = KaplanMeier::from_table(table).ok();
    let told = |day: u64| {
        let at_risk = at_risk(table, day);
        let short = || NotEnough::new(at_risk, THRESHOLDS.at_risk, "people still watched");
        let converted = match &curve {
            Some(curve) if at_risk >= THRESHOLDS.at_risk => {
                let value = curve.converted_at(day);
                let interval = curve.interval_at(day, CONFIDENCE).map(|kept| (1.0 - kept.high, 1.0 - kept.low));
                // Before the first conversion the curve has no interval of its own: nobody of those watched.
                let none_yet = stats::proportion::wilson(0, at_risk, CONFIDENCE).filter(|_| value <= 0.0);
                let (low, high) = interval.or(none_yet.map(|none| (none.low, none.high))).unwrap_or((value, value));
                Answer::Known(Ranged { value, low, high })
            }
            _ => Answer::NotEnough(short()),
        };
        ByDay { day, converted, at_risk }
    };
    DAYS_TOLD.into_iter().map(told).collect()
}

/// People watched on a day: those who left at or after it.
fn at_risk(table: &RiskTable, day: u64) -> u64 {
    table.moments().find(|moment| moment.time >= day).map_or(0, |moment| moment.at_risk)
}

pub(crate) fn after_qualifying(cases: &[Case<'_>], question: &Question) -> Answer<AfterQualifying> {
    let until = question.observed_until;
    let mut leads = RiskTable::default();
    let mut ages = Vec::new();
    for case in cases {
        let (Some(entry), Some(fate)) = (case.entry(), case.fate) else { continue };
        let (Fate::Won(_) | Fate::Lost(_) | Fate::Immature(_)) = fate else { continue };
        let known = entry.known();
        let end = fate.conversion().unwrap_or(until);
        let Ok(time) = u64::try_from(end.0.saturating_sub(known.0)) else { continue };
        let _ = leads.add(Observation::new(time, fate.conversion().is_some()));
        ages.push(case.age(known));
    }
    let people = ages.len() as u64;
    let (Ok(curve), true) = (KaplanMeier::from_table(&leads), people >= THRESHOLDS.people_in_comparison) else {
        return Answer::NotEnough(NotEnough::new(people, THRESHOLDS.people_in_comparison, "leads to follow"));
    };
    let days = (question.horizon().saturating_add(question.horizon() / 2)).div_euclid(DAY).max(1);
    let step = (days + POINTS - 1).div_euclid(POINTS).max(1);
    let grid: Vec<u64> = (0..=days).step_by(step as usize).map(|day| (day * DAY) as u64).collect();
    let own = grid
        .iter()
        .map(|&time| (time, at_risk(&leads, time)))
        .take_while(|(_, at_risk)| *at_risk >= THRESHOLDS.at_risk)
        .map(|(time, at_risk)| {
            let interval = curve.interval_at(time, CONFIDENCE);
            CurvePoint {
                day: time as f64 / DAY as f64,
                converted: curve.converted_at(time),
                low: interval.map(|kept| 1.0 - kept.high),
                high: interval.map(|kept| 1.0 - kept.low),
                at_risk,
            }
        })
        .collect();
    Answer::Known(AfterQualifying {
        people,
        converted: leads.events(),
        leads: own,
        rest: rest(cases, question, &ages, &grid),
    })
}

fn rest(cases: &[Case<'_>], question: &Question, lead_ages: &[i64], grid: &[u64]) -> Vec<CurvePoint> {
    let table = not_yet_qualified(cases, question);
    let Ok(curve) = KaplanMeier::from_table(&table) else { return Vec::new() };
    let watched = WatchedAtAge::of(&table);
    let mut ages: Vec<u64> = lead_ages.iter().filter_map(|age| u64::try_from(*age).ok()).collect();
    ages.sort_unstable();
    // The mean over evenly spaced ages of a long sorted list is the mean over all to well within what is drawn.
    let step = ages.len().div_ceil(MOST_AGES).max(1);
    let starts: Vec<(u64, f64)> =
        ages.into_iter().skip(step / 2).step_by(step).map(|age| (age, curve.survival_at(age))).collect();
    let mut points = Vec::new();
    for &time in grid {
        let reached: Vec<f64> = starts
            .iter()
            .filter(|(age, start)| *start > 0.0 && watched.at(age.saturating_add(time)) >= THRESHOLDS.at_risk)
            .map(|(age, start)| 1.0 - curve.survival_at(age.saturating_add(time)) / start)
            .collect();
        // A mean over fewer and fewer leads would compare different people at different days.
        if (reached.len() as f64) < 0.9 * starts.len() as f64 || reached.is_empty() {
            break;
        }
        points.push(CurvePoint {
            day: time as f64 / DAY as f64,
            converted: reached.iter().sum::<f64>() / reached.len() as f64,
            low: None,
            high: None,
            at_risk: reached.len() as u64,
        });
    }
    points
}

/// Everyone's time, on the scale of age, in the population and before qualifying.
fn not_yet_qualified(cases: &[Case<'_>], question: &Question) -> RiskTable {
    let mut table = RiskTable::default();
    for case in cases.iter().filter(|case| case.is_in_population()) {
        let Some(from) = case.outcome.population_from else { continue };
        let qualified = case.entry().map(|entry| entry.at);
        let end = [Some(question.observed_until), qualified, case.conversion].into_iter().flatten().min();
        let end = end.unwrap_or(question.observed_until);
        let converts = case.conversion == Some(end) && qualified != Some(end);
        let (Ok(entry), Ok(exit)) = (u64::try_from(case.age(from)), u64::try_from(case.age(end))) else { continue };
        // Who comes into the population at the clock itself is at risk at age 0, too.
        let observation =
            if entry == 0 { Observation::new(exit, converts) } else { Observation::delayed(entry, exit, converts) };
        let _ = table.add(observation);
    }
    table
}

/// How many were watched at an age, to look up often.
struct WatchedAtAge(Vec<(u64, u64)>);

impl WatchedAtAge {
    fn of(table: &RiskTable) -> Self {
        Self(table.moments().map(|moment| (moment.time, moment.at_risk)).collect())
    }

    fn at(&self, age: u64) -> u64 {
        let place = self.0.partition_point(|(time, _)| *time < age);
        self.0.get(place).map_or(0, |(_, at_risk)| *at_risk)
    }
}
