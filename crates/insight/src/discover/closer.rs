//! A closer look at what was found: where the knee is, which window and threshold, what overlaps, whom it misses, and what gives
//! as many leads as can be worked.

use engine::time::DAY;
use serde::Serialize;

use super::bits::Bits;
use super::cohort::{Cohort, Half};
use super::finish::days;
use super::levels::Levels;
use super::measures::z_score;
use super::question::Question;
use super::rule::{Condition, Rule};
use super::search::LEAST_PEOPLE;
use crate::figure::Share;
use stats::table::TwoByTwo;

/// How conversion goes with the value of a feature, both halves together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// The feature in words.
    pub words: String,
    /// The window in days.
    pub window_days: f64,
    /// From 0 up.
    pub points: Vec<CurvePoint>,
    /// The least value from which more changes little: the threshold after which a line of two levels fits best.
    pub knee: Option<u32>,
}

/// Those whose value lies in a range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// The least value.
    pub from: u32,
    /// The next point's least value; `None` for the last.
    pub below: Option<u32>,
    /// Of those, the converted.
    pub converted: Share,
}

/// Conversion by threshold and window, both halves together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeatMap {
    /// Thresholds.
    pub thresholds: Vec<u32>,
    /// Windows in days.
    pub windows_days: Vec<f64>,
    /// By threshold, then window: those who reach it, and their conversion; `None` where too few.
    pub cells: Vec<Vec<Option<HeatCell>>>,
}

/// A cell of the heat map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HeatCell {
    /// Those who reach the threshold.
    pub met: u64,
    /// The share of them that converts.
    pub rate: f64,
    /// The correlation of reaching it and converting.
    pub phi: f64,
    /// Standard errors from chance.
    pub z: f64,
}

/// Where feature values are cut for a curve.
const CUTS: [u32; 16] = [0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500];

/// The curve of a condition's feature.
pub(crate) fn curve(question: &Question, cohort: &Cohort<'_>, condition: &Condition, window: usize) -> Option<Curve> {
    // Steps are no amounts.
    if !condition.slot.measure.is_amount() {
        return None;
    }
    let levels = cohort.levels(cohort.slot(condition.slot)?, window);
    let landmark = &cohort.landmarks[window];
    let scale = &cohort.table.layout.levels;
    let mut counts = vec![(0_u64, 0_u64); CUTS.len()];
    for place in landmark.at_risk.places() {
        let value = scale.least(levels[place]);
        let point = CUTS.partition_point(|cut| *cut <= value) - 1;
        counts[point].0 += 1;
        counts[point].1 += u64::from(landmark.won.has(place));
    }
    // Points of few people are joined with those above them.
    let mut points: Vec<CurvePoint> = Vec::new();
    let (mut people, mut won, mut from) = (0, 0, 0);
    for (place, (here, here_won)) in counts.iter().enumerate() {
        (people, won) = (people + here, won + here_won);
        let rest: u64 = counts[place + 1..].iter().map(|(count, _)| count).sum();
        if people >= LEAST_PEOPLE && (rest >= LEAST_PEOPLE || rest == 0) {
            let below = CUTS.get(place + 1).copied().filter(|_| rest > 0);
            points.push(CurvePoint { from, below, converted: Share::new(won, people) });
            (people, won, from) = (0, 0, below.unwrap_or(0));
        }
    }
    let mut feature = *condition;
    (feature.at_least, feature.negated) = (1, false);
    let knee = knee(&points);
    Some(Curve { words: feature.words(&question.catalog), window_days: days(question.windows[window]), points, knee })
}

/// The start of the point at which two levels, one before and one from it on, explain most (the largest chi-square).
fn knee(points: &[CurvePoint]) -> Option<u32> {
    let sum = |part: &[CurvePoint]| {
        part.iter().fold((0, 0), |sum, point| (sum.0 + point.converted.count, sum.1 + point.converted.of))
    };
    let z = |place: usize| {
        TwoByTwo::from_groups(sum(&points[place..]), sum(&points[..place])).map_or(0.0, |table| z_score(&table))
    };
    (1..points.len())
        .map(|place| (z(place), points[place].from))
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|best| best.1)
}

/// The heat map of a condition's feature.
pub(crate) fn heat_map(question: &Question, cohort: &Cohort<'_>, condition: &Condition) -> Option<HeatMap> {
    if !condition.slot.measure.is_amount() {
        return None;
    }
    let slot = cohort.slot(condition.slot)?;
    let windows = question.windows.len();
    // By window and level: people at risk and buyers.
    let mut counts = vec![[0_u64; 2]; windows * 256];
    for (window, landmark) in cohort.landmarks.iter().enumerate() {
        let levels = cohort.levels(slot, window);
        for place in landmark.at_risk.places() {
            let cell = &mut counts[window * 256 + usize::from(levels[place])];
            cell[0] += 1;
            cell[1] += u64::from(landmark.won.has(place));
        }
    }
    let sum = |window: usize, from: usize| {
        counts[window * 256 + from..(window + 1) * 256]
            .iter()
            .fold((0, 0), |sum, cell| (sum.0 + cell[0], sum.1 + cell[1]))
    };
    let (mut rows, mut thresholds) = (Vec::new(), Vec::new());
    for threshold in Levels::NICE {
        let level = usize::from(cohort.table.layout.levels.of(threshold));
        let cell = |window: usize| {
            let ((people, won), (met, met_won)) = (sum(window, 0), sum(window, level));
            let both = super::cohort::table(met, met_won, people, won);
            (met >= LEAST_PEOPLE).then(|| HeatCell {
                met,
                rate: met_won as f64 / met as f64,
                phi: both.phi().unwrap_or(0.0),
                z: z_score(&both),
            })
        };
        let row: Vec<Option<HeatCell>> = (0..windows).map(cell).collect();
        if row.iter().all(Option::is_none) {
            break;
        }
        thresholds.push(threshold);
        rows.push(row);
    }
    let windows_days = question.windows.iter().map(|window| days(*window)).collect();
    Some(HeatMap { thresholds, windows_days, cells: rows })
}

/// How two rules overlap on the later signups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overlap {
    /// The first rule's place among the findings.
    pub first: usize,
    /// The second's.
    pub second: usize,
    /// Of those who meet the first, the share that meets the second.
    pub met: f64,
    /// Of the first's buyers, the share that the second finds too.
    pub buyers: f64,
}

/// How rules overlap, each with each.
pub(crate) fn overlaps(cohort: &Cohort<'_>, rules: &[(usize, &Rule)]) -> Vec<Overlap> {
    let words = cohort.words(Half::HeldOut);
    let sets: Vec<(Bits, Bits)> = rules
        .iter()
        .map(|(_, rule)| {
            let landmark = &cohort.landmarks[rule.window];
            let met = rule.bits(cohort).and(&landmark.at_risk);
            let won = met.and(&landmark.won);
            (met, won)
        })
        .collect();
    let share = |left: &Bits, right: &Bits| {
        let all: u64 = left.words()[words.clone()].iter().map(|word| u64::from(word.count_ones())).sum();
        let both = super::bits::count_and(&left.words()[words.clone()], &right.words()[words.clone()]);
        if all > 0 { both as f64 / all as f64 } else { 0.0 }
    };
    let mut overlaps = Vec::new();
    for (place, (first, _)) in rules.iter().enumerate() {
        for (other, (second, _)) in rules.iter().enumerate().filter(|(other, _)| *other != place) {
            let (met, buyers) = (share(&sets[place].0, &sets[other].0), share(&sets[place].1, &sets[other].1));
            overlaps.push(Overlap { first: *first, second: *second, met, buyers });
        }
    }
    overlaps
}

/// Whom a rule misses on the later signups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missed {
    /// Buyers who did not meet it.
    pub buyers: u64,
    /// Of all buyers at the landmark.
    pub of: u64,
    /// Of those missed, the ones without any product event in the window.
    pub without_activity: u64,
    /// The median number of product events of those missed, and of those found.
    pub median_events: [u32; 2],
    /// Some of those missed.
    pub subjects: Vec<String>,
    /// Who they are.
    #[serde(skip)]
    pub who: Vec<engine::household::Subject>,
}

/// Subjects named among those missed.
const NAMED: usize = 10;

/// Whom a rule misses.
pub(crate) fn missed(cohort: &Cohort<'_>, rule: &Rule) -> Missed {
    let bits = rule.bits(cohort);
    let landmark = &cohort.landmarks[rule.window];
    let buyers = cohort.range(Half::HeldOut).filter(|place| landmark.won.has(*place));
    let (found, missed): (Vec<usize>, Vec<usize>) = buyers.partition(|place| bits.has(*place));
    let events = |places: &[usize]| {
        let mut counts: Vec<u32> = places.iter().map(|place| cohort.activity(rule.window)[*place]).collect();
        counts.sort_unstable();
        counts
    };
    let (of_missed, of_found) = (events(&missed), events(&found));
    let median = |counts: &[u32]| counts.get(counts.len() / 2).copied().unwrap_or(0);
    Missed {
        buyers: missed.len() as u64,
        of: (missed.len() + found.len()) as u64,
        without_activity: of_missed.iter().filter(|count| **count == 0).count() as u64,
        median_events: [median(&of_missed), median(&of_found)],
        subjects: Vec::new(),
        who: missed.iter().rev().take(NAMED).filter_map(|place| cohort.row(*place)).map(|row| row.subject).collect(),
    }
}

/// A threshold of a rule with what it gives in a week, on the later signups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Load {
    /// The rule in words.
    pub words: String,
    /// As one line of a definition.
    pub criterion: String,
    /// Leads in a week.
    pub leads_per_week: f64,
    /// Buyers among them.
    pub buyers_per_week: f64,
    /// The share that converts.
    pub precision: Share,
    /// `high`: as many as can be worked; `medium`: as many again; `low`: more.
    pub band: &'static str,
}

/// Weeks of signups in a half.
pub(crate) fn weeks(cohort: &Cohort<'_>, half: Half) -> f64 {
    let clocks = cohort.range(half).filter_map(|place| cohort.row(place)).map(|row| row.clock);
    let (first, last) = clocks.fold((i64::MAX, i64::MIN), |(first, last), clock| (first.min(clock), last.max(clock)));
    if last < first { 0.0 } else { ((last - first) as f64 / (7 * DAY) as f64).max(1.0 / 7.0) }
}

/// The thresholds of a rule's first condition with their load, and the bands that a weekly capacity makes of them.
pub(crate) fn loads(question: &Question, cohort: &Cohort<'_>, rule: &Rule, capacity: f64) -> Vec<Load> {
    let weeks = weeks(cohort, Half::HeldOut);
    let mut loads = Vec::new();
    let mut last = None;
    for threshold in Levels::NICE {
        let mut varied = rule.clone();
        let Some(first) = varied.conditions.iter_mut().find(|condition| !condition.negated) else { break };
        first.at_least = threshold;
        let table = cohort.table(&varied.bits(cohort), rule.window, Half::HeldOut);
        // Of a handful no rate can be told.
        if table.exposed() < LEAST_PEOPLE {
            break;
        }
        if last == Some(table.exposed()) {
            continue;
        }
        last = Some(table.exposed());
        let leads = table.exposed() as f64 / weeks;
        let band = if leads <= capacity {
            "high"
        } else if leads <= 2.0 * capacity {
            "medium"
        } else {
            "low"
        };
        loads.push(Load {
            words: varied.words(&question.catalog),
            criterion: engine::language::criterion_to_yaml(&varied.criterion(question)),
            leads_per_week: leads,
            buyers_per_week: table.exposed_event as f64 / weeks,
            precision: Share::new(table.exposed_event, table.exposed()),
            band,
        });
    }
    loads
}
