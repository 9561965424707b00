//! Comparisons, operands and filters as YAML.

use crate::definition::{Filter, Op, Operand, Test};
use crate::language::comparison::{TEST_KEYS, read_path, reads_as_comparison};
use crate::language::scalars::{write_duration, write_trait_path};
use crate::workspace::DomainKind;
use crate::{Number, Span, Value};

use super::Piece;

/// How constants are written: numbers of microseconds as lengths of time, shares as percentages, or as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Constants {
    AsTheyAre,
    Durations,
    Percentages,
}

/// A number of microseconds as a length of time.
pub(super) fn gap_text(number: Number) -> String {
    let length = number.0 / Number::UNIT;
    i64::try_from(length).map_or_else(|_| number.to_string(), |length| write_duration(Span::Exact(length)))
}

/// Shares from here on are written as they are: `1250%` nobody reads as twelve and a half times.
const NO_PERCENTAGE: Number = Number(10 * Number::UNIT);

/// A share as people say it: `80%`, `150%`, all of it as `100%`; twice and more by whole numbers.
fn share_text(share: Number) -> String {
    let is_said = share == Number::ONE || share.0 % Number::UNIT != 0;
    let percent = Number(share.0.saturating_mul(100));
    if is_said && share.0.abs() < NO_PERCENTAGE.0 { format!("{percent}%") } else { share.to_string() }
}

/// The test as keys of a mapping.
pub(super) fn pairs(test: &Test, constants: Constants) -> (&'static str, Piece) {
    let list = |operands: &[Operand]| Piece::List(operands.iter().map(|operand| item(operand, constants)).collect());
    let truth = || Piece::Plain("true".to_owned());
    match test {
        Test::Is(..) | Test::OlderThan(_) | Test::WithinLast(_) | Test::WithinNext(_) => {
            ("is", comparison(test, constants))
        }
        Test::Between(low, high) => ("between", Piece::List(vec![item(low, constants), item(high, constants)])),
        Test::In(operands) => ("in", list(operands)),
        Test::NotIn(operands) => ("not_in", list(operands)),
        Test::Contains(operand) => ("contains", item(operand, constants)),
        Test::Starts(text) => ("starts", Piece::text(text)),
        Test::Ends(text) => ("ends", Piece::text(text)),
        Test::Matches(pattern) => ("matches", Piece::text(pattern.0.as_str())),
        Test::Exists => ("exists", truth()),
        Test::Missing => ("missing", truth()),
        Test::DomainKind(kind) => ("domain_kind", Piece::text(domain_kind(*kind))),
    }
}

const fn domain_kind(kind: DomainKind) -> &'static str {
    match kind {
        DomainKind::Work => "work",
        DomainKind::Free => "free",
        DomainKind::Education => "education",
        DomainKind::Internal => "internal",
        DomainKind::Competitor => "competitor",
    }
}

/// The comparison in one text, where it has such a form.
pub(super) fn comparison(test: &Test, constants: Constants) -> Piece {
    match test {
        Test::Is(Op::Equal, Operand::Constant(Value::Text(text))) if !reads_as_comparison(text) => Piece::text(text),
        Test::Is(op, operand) => Piece::Text(format!("{} {}", sign(*op), written(operand, constants))),
        Test::Between(low, high) => {
            Piece::Text(format!("between {} and {}", written(low, constants), written(high, constants)))
        }
        Test::OlderThan(span) => Piece::Text(format!("older than {}", write_duration(*span))),
        Test::WithinLast(span) => Piece::Text(format!("within last {}", write_duration(*span))),
        Test::WithinNext(span) => Piece::Text(format!("within next {}", write_duration(*span))),
        other => pairs(other, constants).1,
    }
}

const fn sign(op: Op) -> &'static str {
    match op {
        Op::AtLeast => ">=",
        Op::Above => ">",
        Op::Equal => "=",
        Op::Unequal => "!=",
        Op::Below => "<",
        Op::AtMost => "<=",
    }
}

/// An operand as a value of its own.
fn item(operand: &Operand, constants: Constants) -> Piece {
    match operand {
        Operand::Constant(Value::Text(text)) if !text.starts_with('$') && !text.starts_with("= ") => Piece::text(text),
        Operand::Constant(Value::Number(_) | Value::Boolean(_)) if constants != Constants::Durations => {
            Piece::Plain(written(operand, constants))
        }
        Operand::Constant(Value::Number(_)) => Piece::Text(written(operand, constants)),
        Operand::Constant(_) => Piece::Text(format!("= {}", written(operand, constants))),
        _ => Piece::Text(written(operand, constants)),
    }
}

/// An operand within a comparison.
fn written(operand: &Operand, constants: Constants) -> String {
    match operand {
        Operand::Constant(Value::Number(number)) if constants == Constants::Durations => gap_text(*number),
        Operand::Constant(Value::Number(number)) if constants == Constants::Percentages => share_text(*number),
        Operand::Constant(value) => constant(value),
        other => key(other),
    }
}

fn constant(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Number(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Time(time) => time.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(constant).collect::<Vec<_>>().join(", ")),
    }
}

/// What is tested, as the key of a filter, and as a `$` path within a comparison.
fn key(operand: &Operand) -> String {
    match operand {
        Operand::Constant(value) => constant(value),
        Operand::Property(name) => format!("$this.{name}"),
        Operand::StepProperty(step, name) => {
            let escape = matches!(&**name, "day" | "time") || name.starts_with("this.");
            format!("${step}.{}{name}", if escape { "this." } else { "" })
        }
        Operand::StepDay(0) => "$day".to_owned(),
        Operand::StepDay(step) => format!("${step}.day"),
        Operand::StepTime(0) => "$time".to_owned(),
        Operand::StepTime(step) => format!("${step}.time"),
        Operand::UserId => "$user.id".to_owned(),
        Operand::Trait(path) => format!("${}", write_trait_path(path, true)),
    }
}

fn filter_key(operand: &Operand) -> String {
    match operand {
        Operand::Property(name) => {
            let taken = matches!(&**name, "all" | "any" | "not");
            let path = name.strip_prefix('$').is_some_and(|path| read_path(path).is_some());
            if taken || path { format!("$this.{name}") } else { name.to_string() }
        }
        other => key(other),
    }
}

/// A filter as a mapping.
pub(super) fn filter(filter_of: &Filter) -> Piece {
    match filter_of {
        Filter::All(parts) => {
            let tests: Vec<(String, Piece)> = parts
                .iter()
                .filter_map(|part| match part {
                    Filter::Test { left, test } => Some((filter_key(left), filter_value(test))),
                    _ => None,
                })
                .collect();
            let distinct = tests
                .iter()
                .enumerate()
                .all(|(place, (key, _))| tests.iter().take(place).all(|(earlier, _)| earlier != key));
            if tests.len() == parts.len() && tests.len() > 1 && distinct {
                return Piece::Map(tests);
            }
            Piece::map(vec![("all", Piece::List(parts.iter().map(filter).collect()))])
        }
        Filter::Any(parts) => Piece::map(vec![("any", Piece::List(parts.iter().map(filter).collect()))]),
        Filter::Not(part) => Piece::map(vec![("not", filter(part))]),
        Filter::Test { left, test } => Piece::Map(vec![(filter_key(left), filter_value(test))]),
    }
}

fn filter_value(test: &Test) -> Piece {
    let (key, piece) = pairs(test, Constants::AsTheyAre);
    match test {
        Test::Is(..) | Test::OlderThan(_) | Test::WithinLast(_) | Test::WithinNext(_) | Test::In(_) => piece,
        _ => {
            debug_assert!(TEST_KEYS.contains(&key), "{key} is a key of tests");
            Piece::map(vec![(key, piece)])
        }
    }
}
