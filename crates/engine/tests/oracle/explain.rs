//! Why: each criterion of a definition as of an instant, with the events behind it (rule 32).

use engine::definition::{Behaviour, Criterion, Period};
use engine::outcome::{Evidence, Truth};
use engine::{Timestamp, Value};

use super::judge::{Frame, Judge};
use super::measures::has_measured;
use super::world::Subject;

/// What is found for one criterion.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub truth: Truth,
    /// Of plain behaviours and ratios.
    pub value: Option<Value>,
    /// Of behaviours.
    pub evidence: Option<Behind>,
    pub parts: Vec<Finding>,
}

/// The events behind a criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    pub count: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// The times of the latest 20, in order.
    pub latest: Vec<Timestamp>,
}

/// The trees of `when` and `fit`, if the clock has started by then.
pub fn explain(judge: &Judge, place: usize, subject: Subject, at: Timestamp) -> Option<(Finding, Option<Finding>)> {
    if judge.refuses(subject, Timestamp::MAX) {
        return None;
    }
    let frame = judge.frame(place, subject)?;
    let definition = &judge.definitions[place];
    let bound = judge.bound(&frame, at)?;
    let when = finding(judge, &definition.when, &frame, bound);
    let fit = definition.fit.as_ref().map(|fit| finding(judge, fit, &frame.three_valued(), at));
    Some((when, fit))
}

/// Whether the window has closed, so that `when` is as of its end.
pub fn is_frozen(judge: &Judge, place: usize, subject: Subject, at: Timestamp) -> bool {
    judge.frame(place, subject).is_some_and(|frame| judge.bound(&frame, at) != Some(at))
}

fn finding(judge: &Judge, criterion: &Criterion, frame: &Frame, t: Timestamp) -> Finding {
    let parts = |parts: &[Criterion]| parts.iter().map(|part| finding(judge, part, frame, t)).collect::<Vec<_>>();
    let truth = judge.truth(criterion, frame, t);
    let (value, evidence, parts) = match criterion {
        Criterion::All(inside) | Criterion::Any(inside) | Criterion::AtLeast { of: inside, .. } => {
            (None, None, parts(inside))
        }
        Criterion::Not(inside) => (None, None, parts(std::slice::from_ref(&**inside))),
        Criterion::OfAccount(inside) => {
            let inner = judge.account_frame(frame, t);
            let inside = inner.map(|inner| finding(judge, inside, &inner, t));
            (None, None, inside.into_iter().collect())
        }
        Criterion::Behaviour(behaviour) => {
            let plain = behaviour.regularity.is_none() && behaviour.per.is_none();
            let value = if plain { judge.behaviour_value(behaviour, frame, t) } else { None };
            (value, Some(behind(judge, behaviour, frame, t)), Vec::new())
        }
        Criterion::Ratio(ratio) => (judge.ratio_value(ratio, frame, t).map(Value::Number), None, Vec::new()),
        Criterion::Sequence(_) | Criterion::Trait(_) | Criterion::Meets { .. } | Criterion::MembersMeeting { .. } => {
            (None, None, Vec::new())
        }
    };
    Finding { truth, value, evidence, parts }
}

fn behind(judge: &Judge, behaviour: &Behaviour, frame: &Frame, t: Timestamp) -> Behind {
    let mut events = judge.events_in(&behaviour.events, &behaviour.period, 0, frame, t);
    if let (Some(regularity), Period::Window) = (behaviour.regularity, &behaviour.period) {
        let oldest = super::periods::units_before(
            regularity.unit,
            judge.unit_of(frame.subject, regularity.unit, t),
            i64::from(regularity.units) - 1,
        );
        let newest = judge.unit_of(frame.subject, regularity.unit, t);
        events.retain(|event| (oldest..=newest).contains(&judge.unit_of(frame.subject, regularity.unit, event.at)));
    }
    events.retain(|event| has_measured(&behaviour.measure, event));
    let times: Vec<Timestamp> = events.iter().map(|event| event.at).collect();
    let latest = times.len().saturating_sub(Evidence::MOST_ROWS);
    Behind {
        count: times.len() as u64,
        first: times.first().copied(),
        last: times.last().copied(),
        latest: times[latest..].to_vec(),
    }
}
