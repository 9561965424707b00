//! Definitions near a given one: another threshold, one criterion less, one more. Each is plain data for the one evaluator.

use std::sync::Arc;

use engine::definition::{
    Behaviour, Criterion, Definition, Events, Measure, NamePattern, Op, Operand, Period, Test, Window,
};
use engine::{Number, Span, Value};

use crate::words;

/// A definition that differs from another in one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// What is different, in words.
    pub change: String,
    /// The whole definition. Its id is its own, so that it can stand beside the others in one program.
    pub definition: Definition,
}

/// The amounts that an added criterion asks for.
const ADDED_COUNTS: [i64; 2] = [1, 3];

/// Every definition that differs from a given one in one threshold, in its window, in one criterion left out, or in one
/// of `events` asked for besides or instead. Never the definition itself, and none twice.
#[must_use]
pub fn alternatives(definition: &Definition, events: &[Arc<str>]) -> Vec<Alternative> {
    let mut found: Vec<(String, Definition)> = Vec::new();
    let mut add = |change: String, changed: Definition| {
        if changed != *definition && found.iter().all(|(_, other)| *other != changed) {
            found.push((change, changed));
        }
    };
    for (change, when) in edits(&definition.when) {
        if let Some(when) = when {
            add(change, Definition { when, ..definition.clone() });
        }
    }
    for (change, fit) in definition.fit.iter().flat_map(edits) {
        add(format!("{change} (fit)"), Definition { fit, ..definition.clone() });
    }
    for (change, window) in windows(definition) {
        add(change, Definition { window: Some(window), ..definition.clone() });
    }
    for name in events {
        for count in ADDED_COUNTS {
            let criterion = at_least(name, count);
            let words = words::criterion(&criterion);
            add(
                format!("also asks for: {words}"),
                Definition { when: beside(&definition.when, &criterion, true), ..definition.clone() },
            );
            add(
                format!("or instead: {words}"),
                Definition { when: beside(&definition.when, &criterion, false), ..definition.clone() },
            );
        }
    }
    let id = &definition.id;
    found
        .into_iter()
        .enumerate()
        .map(|(number, (change, changed))| {
            let id = Arc::from(format!("{id}-alternative-{}", number + 1));
            Alternative { change, definition: Definition { id, ..changed } }
        })
        .collect()
}

/// Everything one step away from a criterion, in words; `None`: it is left out.
fn edits(criterion: &Criterion) -> Vec<(String, Option<Criterion>)> {
    match criterion {
        Criterion::All(parts) => of_list(parts, Criterion::All),
        Criterion::Any(parts) => of_list(parts, Criterion::Any),
        Criterion::AtLeast { least, of } => {
            let mut all = of_list(of, |of| Criterion::AtLeast { least: (*least).min(of.len() as u32), of });
            for other in [least.saturating_sub(1), least + 1] {
                if other >= 1 && other as usize <= of.len() {
                    let words = format!("at least {other} of the {} instead of {least}", of.len());
                    all.push((words, Some(Criterion::AtLeast { least: other, of: of.clone() })));
                }
            }
            all
        }
        Criterion::Not(inner) => of_one(inner, Criterion::Not),
        Criterion::OfAccount(inner) => of_one(inner, Criterion::OfAccount),
        Criterion::Behaviour(behaviour) => {
            let mut all: Vec<(String, Option<Criterion>)> = thresholds(behaviour)
                .into_iter()
                .map(|other| Criterion::Behaviour(Box::new(other)))
                .map(|other| {
                    (format!("{} instead of: {}", words::criterion(&other), words::criterion(criterion)), Some(other))
                })
                .collect();
            all.push(without(criterion));
            all
        }
        Criterion::Sequence(_)
        | Criterion::Trait(_)
        | Criterion::Ratio(_)
        | Criterion::Meets { .. }
        | Criterion::MembersMeeting { .. } => vec![without(criterion)],
    }
}

fn without(criterion: &Criterion) -> (String, Option<Criterion>) {
    (format!("without: {}", words::criterion(criterion)), None)
}

/// A list with one part changed or left out; never an empty one.
fn of_list(parts: &[Criterion], make: impl Fn(Vec<Criterion>) -> Criterion) -> Vec<(String, Option<Criterion>)> {
    let mut all = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        for (words, changed) in edits(part) {
            let mut parts = parts.to_vec();
            match changed {
                Some(changed) => {
                    if let Some(cell) = parts.get_mut(place) {
                        *cell = changed;
                    }
                }
                None => {
                    parts.remove(place);
                }
            }
            let whole = (!parts.is_empty()).then(|| make(parts));
            all.push((words, whole));
        }
    }
    all
}

fn of_one(inner: &Criterion, make: impl Fn(Box<Criterion>) -> Criterion) -> Vec<(String, Option<Criterion>)> {
    edits(inner).into_iter().map(|(words, changed)| (words, changed.map(|changed| make(Box::new(changed))))).collect()
}

/// The same behaviour with other amounts: whole numbers near by and half and twice as much. Only for measures that count;
/// a length of time or a growth has no natural next step.
fn thresholds(behaviour: &Behaviour) -> Vec<Behaviour> {
    let counts = matches!(
        behaviour.measure,
        Measure::Count | Measure::Days | Measure::Weeks | Measure::Users | Measure::Distinct(_) | Measure::Of(_, _)
    );
    let Some(Test::Is(op, Operand::Constant(Value::Number(amount)))) = &behaviour.is else { return Vec::new() };
    if !counts || behaviour.against_previous || matches!(op, Op::Equal | Op::Unequal) || amount.0 <= 0 {
        return Vec::new();
    }
    let unit = Number::UNIT;
    let whole = amount.0 % unit == 0;
    let near: &[i128] = if matches!(behaviour.measure, Measure::Of(..)) { &[] } else { &[-2, -1, 1, 2] };
    let steps = near.iter().map(|step| amount.0 + step * unit);
    let scaled = [amount.0 / 2, amount.0 * 2].map(|other| if whole { other / unit * unit } else { other });
    let mut others: Vec<i128> = steps.chain(scaled).filter(|other| *other > 0 && *other != amount.0).collect();
    others.sort_unstable();
    others.dedup();
    others
        .into_iter()
        .map(|other| Behaviour {
            is: Some(Test::Is(*op, Operand::Constant(Value::Number(Number(other))))),
            ..behaviour.clone()
        })
        .collect()
}

fn windows(definition: &Definition) -> Vec<(String, Window)> {
    let Some(Window::For(span @ Span::Exact(length))) = definition.window else { return Vec::new() };
    [length / 2, length.saturating_mul(2)]
        .into_iter()
        .filter(|other| *other > 0)
        .map(|other| {
            let other = Span::Exact(other);
            (format!("a window of {other} instead of {span}"), Window::For(other))
        })
        .collect()
}

fn at_least(name: &Arc<str>, count: i64) -> Criterion {
    Criterion::Behaviour(Box::new(Behaviour {
        events: Events { names: vec![NamePattern::Exactly(Arc::clone(name))], kind: None, filter: None },
        measure: Measure::Count,
        period: Period::Window,
        is: Some(Test::Is(Op::AtLeast, Operand::Constant(Value::whole(count)))),
        per: None,
        regularity: None,
        against_previous: false,
    }))
}

/// Both, or one of them; a list of the same kind is made longer, not nested.
fn beside(when: &Criterion, other: &Criterion, both: bool) -> Criterion {
    match (when, both) {
        (Criterion::All(parts), true) => Criterion::All(parts.iter().chain([other]).cloned().collect()),
        (Criterion::Any(parts), false) => Criterion::Any(parts.iter().chain([other]).cloned().collect()),
        (_, true) => Criterion::All(vec![when.clone(), other.clone()]),
        (_, false) => Criterion::Any(vec![when.clone(), other.clone()]),
    }
}

#[cfg(test)]
mod tests {
    use engine::language;
    use engine::workspace::Workspace;

    use super::*;

    fn read(text: &str) -> Definition {
        language::parse(text, &Workspace::default()).unwrap().definition
    }

    fn changes(text: &str, events: &[&str]) -> Vec<String> {
        let events: Vec<Arc<str>> = events.iter().map(|name| Arc::from(*name)).collect();
        alternatives(&read(text), &events).into_iter().map(|alternative| alternative.change).collect()
    }

    #[test]
    fn thresholds_and_criteria_are_varied() {
        let found = changes(
            "id: x\nwindow: 14d\nwhen: { all: [{ event: A, count: \">= 3\" }, { event: B }] }\nfit: { trait: plan, is: team }\n",
            &["C"],
        );
        for expect in [
            "A instead of: A at least 3 times",
            "A at least 6 times instead of: A at least 3 times",
            "without: A at least 3 times",
            "without: B",
            "without: plan = team (fit)",
            "a window of 7d instead of 14d",
            "also asks for: C",
            "or instead: C at least 3 times",
        ] {
            assert!(found.iter().any(|words| words == expect), "{expect} is not in {found:#?}");
        }
    }

    #[test]
    fn every_alternative_is_a_definition_of_its_own_that_reads_back() {
        let text = "id: x\nwhen: { at_least: 2, of: [{ event: A, days: \">= 2\" }, { not: { event: B } }, { account: { event: any, users: \">= 3\", last: 7d } }] }\n";
        let all = alternatives(&read(text), &[Arc::from("C")]);
        assert!(all.len() > 15, "{}", all.len());
        for (place, alternative) in all.iter().enumerate() {
            let again = read(&language::to_yaml(&alternative.definition));
            assert_eq!(again, alternative.definition, "{}", alternative.change);
            let twins = all.iter().skip(place + 1).filter(|other| other.definition.when == again.when);
            assert_eq!(twins.count(), 0, "{} is there twice", alternative.change);
        }
    }

    #[test]
    fn the_only_criterion_is_never_left_out() {
        let found = changes("id: x\nwhen: { event: A }\n", &[]);
        assert_eq!(found, ["A at least 2 times instead of: A", "A at least 3 times instead of: A"]);
    }
}
