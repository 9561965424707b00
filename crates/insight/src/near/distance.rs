//! How far a subject is from a behaviour: criterion by criterion what there is, what there would have to be, and until when.

use engine::definition::{Behaviour, Criterion, Measure, Op, Operand, Period, Test};
use engine::outcome::{Finding, Progress};
use engine::{Number, Timestamp, Value};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::figure::When;
use crate::words;

/// A criterion that would have to hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// In words, with what there is so far and what it needs.
    pub words: String,
    /// How much of it is there, from 0 to 1; 0 where it has no parts.
    pub share: f64,
    /// So many more events, days and the like are enough, where that can be said.
    pub steps: Option<u64>,
    /// From then on it can no longer be met.
    pub by: Option<When>,
}

/// How far it is to where a criterion holds, on the shortest way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distance {
    /// Of the criteria on the way hold so many.
    pub met: u32,
    /// Of so many.
    pub of: u32,
    /// So many events, days and the like are enough, on whichever way takes the fewest; `None`: that cannot be said.
    pub steps: Option<u64>,
    /// The criteria that do not hold.
    pub missing: Vec<Gap>,
}

impl Distance {
    const NONE: Self = Self { met: 0, of: 0, steps: Some(0), missing: Vec::new() };
    const MET: Self = Self { met: 1, of: 1, steps: Some(0), missing: Vec::new() };

    /// How much of the way lies behind, from 0 to 1: each criterion counts alike.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.of == 0 {
            return 1.0;
        }
        (f64::from(self.met) + self.missing.iter().map(|gap| gap.share).sum::<f64>()) / f64::from(self.of)
    }

    /// Whether somebody is near: one criterion is missing and another one holds, or what is missing is begun and within a share of each
    /// threshold, or begun and one step away.
    #[must_use]
    pub fn is_near(&self, within: f64) -> bool {
        let is_begun = self.missing.iter().all(|gap| gap.share > 0.0);
        // A tenth of a millionth makes up for what fractions lose.
        let is_within = self.missing.iter().all(|gap| gap.share + 1e-7 >= 1.0 - within);
        (self.missing.len() == 1 && self.met > 0) || (is_begun && (is_within || self.steps == Some(1)))
    }

    fn and(mut self, other: Self) -> Self {
        self.of += other.of;
        self.met += other.met;
        self.steps = self.steps.zip(other.steps).map(|(one, other)| one + other);
        self.missing.extend(other.missing);
        self
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.missing.len().cmp(&other.missing.len()).then_with(|| other.share().total_cmp(&self.share()))
    }
}

/// What the way is looked at with.
pub struct Sight<'a> {
    /// As of this instant.
    pub at: Timestamp,
    /// The subject's clock.
    pub clock: Timestamp,
    /// The window's end.
    pub window_end: Option<Timestamp>,
    /// The workspace's zone.
    pub zone: &'a TimeZone,
}

impl<'a> Sight<'a> {
    /// Of somebody's progress.
    #[must_use]
    pub fn of(progress: &Progress, at: Timestamp, zone: &'a TimeZone) -> Self {
        Self { at, clock: progress.outcome.clock, window_end: progress.window_end, zone }
    }

    /// How far it is to where a criterion holds; `None`: it can no longer come true.
    #[must_use]
    pub fn distance(&self, criterion: &Criterion, finding: &Finding) -> Option<Distance> {
        if self.window_end.is_some_and(|end| end < self.at) {
            return None;
        }
        self.way(criterion, finding)
    }

    /// Whether what is yet to come at this instant can change a criterion. At the very end of the window `when` is judged once more,
    /// but events of that instant count over `ever` only.
    fn is_open(&self, criterion: &Criterion) -> bool {
        let is_ever = |period: &Period| matches!(period, Period::Ever);
        match criterion {
            _ if self.window_end != Some(self.at) => true,
            Criterion::Behaviour(behaviour) => is_ever(&behaviour.period),
            Criterion::Sequence(sequence) => is_ever(&sequence.period),
            Criterion::Not(part) => self.is_open(part),
            Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
                parts.iter().any(|part| self.is_open(part))
            }
            _ => true,
        }
    }

    fn way(&self, criterion: &Criterion, finding: &Finding) -> Option<Distance> {
        let ways =
            |parts: &[Criterion]| parts.iter().zip(&finding.parts).map(|(part, found)| self.way(part, found)).collect();
        match criterion {
            Criterion::All(parts) => {
                let ways: Vec<Option<Distance>> = ways(parts);
                ways.into_iter().try_fold(Distance::NONE, |all, way| Some(all.and(way?)))
            }
            Criterion::Any(parts) => shortest(1, ways(parts)),
            Criterion::AtLeast { least, of } => shortest(*least as usize, ways(of)),
            _ if finding.truth.holds() => Some(Distance::MET),
            _ if !self.is_open(criterion) => None,
            _ => {
                let gap = self.gap(criterion, finding)?;
                Some(Distance { met: 0, of: 1, steps: gap.steps, missing: vec![gap] })
            }
        }
    }

    fn gap(&self, criterion: &Criterion, finding: &Finding) -> Option<Gap> {
        let (share, steps, by) = match criterion {
            Criterion::Behaviour(behaviour) => {
                let end = self.end(&behaviour.period)?;
                let (share, steps) = self.behaviour(behaviour, finding, end)?;
                (share, steps, end)
            }
            Criterion::Sequence(sequence) => (0.0, None, self.end(&sequence.period)?),
            Criterion::Not(part) if !may_end(part) => return None,
            Criterion::Trait(test) if test.against.is_none() => {
                (part_of(&test.test, finding.value.as_ref()), None, None)
            }
            Criterion::Ratio(ratio) => (part_of(&ratio.is, finding.value.as_ref()), None, None),
            _ => (0.0, None, None),
        };
        let by = match (by, self.window_end) {
            (Some(by), Some(end)) => Some(by.min(end)),
            (by, end) => by.or(end),
        };
        let by = by.map(When);
        Some(Gap { words: self.words(criterion, finding, steps, by), share, steps, by })
    }

    /// When an anchored period ends. `None`: it is over.
    #[expect(clippy::option_option, reason = "a period that is over is something else than one without an end")]
    fn end(&self, period: &Period) -> Option<Option<Timestamp>> {
        let end = match period {
            Period::Within(span) | Period::FromTo(_, span) => self.clock.plus(*span, self.zone),
            Period::Window | Period::Last(_) | Period::Calendar(_) | Period::Since { .. } | Period::Ever => {
                return Some(None);
            }
        };
        (end > self.at).then_some(Some(end))
    }

    /// How much of a behaviour is there, and how many steps are missing. `None`: it can no longer be met.
    fn behaviour(
        &self,
        behaviour: &Behaviour,
        finding: &Finding,
        end: Option<Timestamp>,
    ) -> Option<(f64, Option<u64>)> {
        let Some(test) = &behaviour.is else { return Some((0.0, None)) };
        let is_plain = behaviour.per.is_none() && behaviour.regularity.is_none() && !behaviour.against_previous;
        let value = finding.value.as_ref().and_then(Value::as_number);
        if let (Some((op, threshold)), true) = (at_least(test), grows(&behaviour.measure)) {
            let share = part_of(test, finding.value.as_ref());
            let steps = value.filter(|_| is_plain);
            return Some((share, steps.and_then(|value| steps_to(op, threshold, value))));
        }
        // What one more event could break: it comes true when its period ends, if it is not broken until then.
        let is_anchored = end.is_some() || (behaviour.period == Period::Window && self.window_end.is_some());
        if is_anchored && is_plain && grows(&behaviour.measure) && is_exceeded(test, value) {
            return None;
        }
        Some((0.0, None))
    }

    fn words(&self, criterion: &Criterion, finding: &Finding, steps: Option<u64>, by: Option<When>) -> String {
        let mut words = words::criterion(criterion);
        if let Some(value) = &finding.value {
            words.push_str(&format!(": {} so far", words::value(value)));
        }
        if let Some(steps) = steps {
            let unit = match criterion {
                Criterion::Behaviour(behaviour) => unit(&behaviour.measure, steps),
                _ => "",
            };
            words.push_str(&format!("; needs {steps} more{unit}"));
        }
        if let Some(by) = by {
            words.push_str(&format!(" by {}", by.minute(self.zone)));
        }
        words
    }
}

/// The shortest ways to so many, together.
fn shortest(least: usize, ways: Vec<Option<Distance>>) -> Option<Distance> {
    let mut ways: Vec<Distance> = ways.into_iter().flatten().collect();
    if ways.len() < least {
        return None;
    }
    let mut steps: Vec<u64> = ways.iter().filter_map(|way| way.steps).collect();
    steps.sort_unstable();
    let steps = steps.get(..least).map(|fewest| fewest.iter().sum());
    ways.sort_by(Distance::order);
    let way = ways.into_iter().take(least).fold(Distance::NONE, Distance::and);
    Some(Distance { steps, ..way })
}

/// Whether what holds may cease to hold.
fn may_end(criterion: &Criterion) -> bool {
    match criterion {
        Criterion::Behaviour(behaviour) => {
            matches!(behaviour.period, Period::Last(_) | Period::Calendar(_)) || at_least_of(behaviour).is_none()
        }
        Criterion::Sequence(sequence) => matches!(sequence.period, Period::Last(_) | Period::Calendar(_)),
        _ => true,
    }
}

fn at_least_of(behaviour: &Behaviour) -> Option<(Op, Number)> {
    at_least(behaviour.is.as_ref()?).filter(|_| grows(&behaviour.measure))
}

/// A comparison with a number that more satisfies.
const fn at_least(test: &Test) -> Option<(Op, Number)> {
    match test {
        Test::Is(op @ (Op::AtLeast | Op::Above), Operand::Constant(Value::Number(threshold))) => {
            Some((*op, *threshold))
        }
        _ => None,
    }
}

/// Events can make it larger and, within an anchored period, not smaller.
const fn grows(measure: &Measure) -> bool {
    matches!(measure, Measure::Count | Measure::Days | Measure::Weeks | Measure::Users | Measure::Distinct(_))
}

fn is_exceeded(test: &Test, value: Option<Number>) -> bool {
    let Some(value) = value else { return false };
    let number = |operand: &Operand| match operand {
        Operand::Constant(Value::Number(number)) => Some(*number),
        _ => None,
    };
    match test {
        Test::Is(Op::Equal | Op::AtMost, most) | Test::Between(_, most) => {
            number(most).is_some_and(|most| value > most)
        }
        Test::Is(Op::Below, limit) => number(limit).is_some_and(|limit| value >= limit),
        _ => false,
    }
}

/// How much of a threshold is there.
fn part_of(test: &Test, value: Option<&Value>) -> f64 {
    let (Some((_, threshold)), Some(value)) = (at_least(test), value.and_then(Value::as_number)) else { return 0.0 };
    let share = value.to_f64() / threshold.to_f64();
    // Below a threshold that is 0 or less there is nothing that could be a part of it.
    if share.is_finite() && threshold > Number::ZERO { share.clamp(0.0, 1.0) } else { 0.0 }
}

/// How many whole steps lead from a value to where it satisfies the comparison.
fn steps_to(op: Op, threshold: Number, value: Number) -> Option<u64> {
    let missing = threshold.minus(value).0;
    let steps = match op {
        Op::Above => missing.div_euclid(Number::UNIT) + 1,
        _ => (missing + Number::UNIT - 1).div_euclid(Number::UNIT),
    };
    u64::try_from(steps).ok().filter(|steps| *steps > 0)
}

const fn unit(measure: &Measure, steps: u64) -> &'static str {
    match (measure, steps) {
        (Measure::Days, 1) => " day",
        (Measure::Days, _) => " days",
        (Measure::Weeks, 1) => " week",
        (Measure::Weeks, _) => " weeks",
        (Measure::Users, 1) => " member",
        (Measure::Users, _) => " members",
        _ => "",
    }
}
