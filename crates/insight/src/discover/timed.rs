//! Conditions on when events came, as a definition and as words say them.

use std::sync::Arc;

use engine::definition::{
    Behaviour, Criterion, Events, Measure as Measured, NamePattern, Op, Operand, Period, Quantity, Ratio, Sequence,
    Test,
};
use engine::{Number, Span, Value};

use super::catalog::Catalog;
use super::layout::{Measure, Slot};
use super::timing::{growth, last_quarter, span};

fn named(catalog: &Catalog, event: Option<u16>) -> Arc<str> {
    let event = event.and_then(|event| catalog.events.get(usize::from(event)));
    event.map_or_else(|| Arc::from(""), |event| Arc::clone(&event.name))
}

fn events(catalog: &Catalog, event: Option<u16>) -> Events {
    Events { names: vec![NamePattern::Exactly(named(catalog, event))], kind: None, filter: None }
}

fn measured(events: Events, measure: Measured, period: Period, is: Option<(Op, Value)>) -> Behaviour {
    Behaviour {
        events,
        measure,
        period,
        is: is.map(|(op, value)| Test::Is(op, Operand::Constant(value))),
        per: None,
        regularity: None,
        against_previous: false,
    }
}

/// As a definition of a window says it; the window is told in microseconds.
pub(super) fn criterion(slot: Slot, at_least: u32, negated: bool, catalog: &Catalog, window: i64) -> Criterion {
    let of = || events(catalog, slot.event);
    let span = span(slot.measure, at_least);
    let behaviour = |of| Criterion::Behaviour(Box::new(of));
    let met = match slot.measure {
        Measure::Growth => {
            let half = window / 2;
            let late = Period::FromTo(Span::Exact(half), Span::Exact(window));
            let share = Number::ratio(growth(at_least).unwrap_or(0).into(), 100).unwrap_or(Number::ZERO);
            Criterion::Ratio(Box::new(Ratio {
                of: Quantity::Measure(Box::new(measured(of(), Measured::Count, late, None))),
                to: Quantity::Measure(Box::new(measured(
                    of(),
                    Measured::Count,
                    Period::Within(Span::Exact(half)),
                    None,
                ))),
                is: Test::Is(Op::AtLeast, Operand::Constant(Value::Number(share))),
            }))
        }
        Measure::Then => Criterion::Sequence(Box::new(Sequence {
            steps: vec![of(), events(catalog, slot.of)],
            span: span.map(Span::Exact),
            period: Period::Window,
        })),
        Measure::Again(nth) => behaviour(match span {
            Some(span) => {
                let gap = Measured::Gap(nth.into());
                measured(of(), gap, Period::Window, Some((Op::AtMost, Value::whole(span))))
            }
            None => measured(of(), Measured::Count, Period::Window, Some((Op::AtLeast, Value::whole(nth.into())))),
        }),
        Measure::Lately => {
            let late = Period::FromTo(Span::Exact(last_quarter(window)), Span::Exact(window));
            let enough = (Op::AtLeast, Value::whole(at_least.into()));
            behaviour(measured(of(), Measured::Count, late, Some(enough)))
        }
        _ => {
            let period = span.map_or(Period::Window, |span| Period::Within(Span::Exact(span)));
            let op = if negated { Op::Below } else { Op::AtLeast };
            return behaviour(measured(of(), Measured::Count, period, Some((op, Value::whole(1)))));
        }
    };
    if negated { Criterion::Not(Box::new(met)) } else { met }
}

/// In words that stand behind "people with".
pub(super) fn words(slot: Slot, at_least: u32, negated: bool, catalog: &Catalog) -> String {
    let (name, not) = (named(catalog, slot.event), if negated { "not " } else { "" });
    let span = span(slot.measure, at_least).map(|span| Span::Exact(span).to_string());
    match (slot.measure, span) {
        (Measure::Growth, _) => {
            let share = growth(at_least).unwrap_or(0);
            format!("{not}{name} at least {share} % as often in the second half of the time as in the first")
        }
        (Measure::Then, Some(span)) => format!("{not}{name} and then {} within {span}", named(catalog, slot.of)),
        (Measure::Then, None) => format!("{not}{name} and then {}", named(catalog, slot.of)),
        (Measure::Again(2), Some(span)) => format!("{not}{name} again within {span} of the first time"),
        (Measure::Again(nth), Some(span)) => format!("{not}{name} {nth} times within {span}, counted from the first"),
        (Measure::Again(2), None) => format!("{not}{name} again"),
        (Measure::Again(nth), None) => format!("{not}{name} {nth} times"),
        (Measure::Lately, _) if at_least == 1 => format!("{not}{name} in the last quarter of the time"),
        (Measure::Lately, _) => {
            format!("{not}{name} {} or more times in the last quarter of the time", at_least)
        }
        (_, Some(span)) => format!("{not}{name} within {span} of the start"),
        (_, None) => format!("{not}{name}"),
    }
}
