//! Dates, comparisons and tests of values (rules 9, 11, 20, 22).

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::definition::{Op, Operand, Test};
use engine::workspace::Workspace;
use engine::{Span, Timestamp, Value};
use jiff::tz::TimeZone;

/// What an operand stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    Value(Value),
    /// `$user.id`: all ids of a person.
    Ids(BTreeSet<Arc<str>>),
}

/// The instant of a date, if a value is one.
pub fn date_of(value: &Value, zone: &TimeZone) -> Option<Timestamp> {
    match value {
        Value::Time(at) => Some(*at),
        Value::Text(words) => date_text(words, zone),
        _ => None,
    }
}

/// `YYYY-MM-DD`, perhaps with `T` or a space and `HH:MM[:SS[.f]]`, perhaps with `Z` or `±HH:MM`.
fn date_text(words: &str, zone: &TimeZone) -> Option<Timestamp> {
    if !words.is_ascii() || words.len() < 10 {
        return None;
    }
    let (day, rest) = words.split_at(10);
    let day = civil_day(day)?;
    if rest.is_empty() {
        return local(day.at(0, 0, 0, 0), zone);
    }
    let rest = rest.strip_prefix(['T', ' '])?;
    let offset_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, offset) = rest.split_at(offset_at);
    let time = civil_time(clock)?;
    let moment = day.to_datetime(time);
    match offset {
        "" => local(moment, zone),
        "Z" => local(moment, &TimeZone::UTC),
        _ => {
            let sign = if offset.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = offset.get(1..)?.split_once(':')?;
            let seconds = digits(hours, 2)? * 3600 + digits(minutes, 2)? * 60;
            let offset = jiff::tz::Offset::from_seconds(i32::try_from(seconds).ok()? * sign).ok()?;
            local(moment, &TimeZone::fixed(offset))
        }
    }
}

fn digits(words: &str, count: usize) -> Option<i64> {
    let sound = words.len() == count && words.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| words.parse().ok()).flatten()
}

fn civil_day(words: &str) -> Option<jiff::civil::Date> {
    let parts: Vec<&str> = words.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    jiff::civil::Date::new(digits(year, 4)? as i16, digits(month, 2)? as i8, digits(day, 2)? as i8).ok()
}

fn civil_time(words: &str) -> Option<jiff::civil::Time> {
    let (words, fraction) = words.split_once('.').unwrap_or((words, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || fraction.len() > 9 {
        return None;
    }
    let nanoseconds: i32 = format!("{fraction:0<9}").parse().ok()?;
    let parts: Vec<&str> = words.split(':').collect();
    let second = match parts.as_slice() {
        [_, _] => 0,
        [_, _, second] => digits(second, 2)?,
        _ => return None,
    };
    jiff::civil::Time::new(digits(parts[0], 2)? as i8, digits(parts[1], 2)? as i8, second as i8, nanoseconds).ok()
}

fn local(moment: jiff::civil::DateTime, zone: &TimeZone) -> Option<Timestamp> {
    Some(Timestamp::from_jiff(moment.to_zoned(zone.clone()).ok()?.timestamp()))
}

/// Whether two values are equal; a date and a text that is one are equal as instants.
fn equal(left: &Held, right: &Held, zone: &TimeZone) -> bool {
    match (left, right) {
        (Held::Ids(ids), Held::Value(Value::Text(text))) | (Held::Value(Value::Text(text)), Held::Ids(ids)) => {
            ids.contains(text)
        }
        (Held::Ids(left), Held::Ids(right)) => left == right,
        (Held::Value(left), Held::Value(right)) => match (left, right) {
            (Value::Time(_), Value::Text(_)) | (Value::Text(_), Value::Time(_)) => {
                date_of(left, zone).is_some() && date_of(left, zone) == date_of(right, zone)
            }
            _ => left == right,
        },
        _ => false,
    }
}

/// How two values are ordered, if they are.
fn order(left: &Held, right: &Held, zone: &TimeZone) -> Option<std::cmp::Ordering> {
    let (Held::Value(left), Held::Value(right)) = (left, right) else { return None };
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Value::Time(_), Value::Time(_) | Value::Text(_)) | (Value::Text(_), Value::Time(_)) => {
            Some(date_of(left, zone)?.cmp(&date_of(right, zone)?))
        }
        _ => None,
    }
}

fn compare(op: Op, left: &Held, right: &Held, zone: &TimeZone) -> bool {
    let ordering = order(left, right, zone);
    match op {
        Op::Equal => equal(left, right, zone),
        Op::Unequal => !equal(left, right, zone),
        Op::AtLeast => ordering.is_some_and(std::cmp::Ordering::is_ge),
        Op::Above => ordering.is_some_and(std::cmp::Ordering::is_gt),
        Op::Below => ordering.is_some_and(std::cmp::Ordering::is_lt),
        Op::AtMost => ordering.is_some_and(std::cmp::Ordering::is_le),
    }
}

/// Whether a test holds of a value at an instant; `resolve` says what the test's operands stand for.
pub fn test_holds(
    test: &Test,
    left: Option<&Held>,
    now: Timestamp,
    workspace: &Workspace,
    resolve: &dyn Fn(&Operand) -> Option<Held>,
) -> bool {
    let zone = &workspace.zone;
    let Some(left) = left else { return matches!(test, Test::Missing) };
    let text = if let Held::Value(Value::Text(words)) = left { Some(&**words) } else { None };
    let date = || if let Held::Value(value) = left { date_of(value, zone) } else { None };
    let is = |op: Op, operand: &Operand| resolve(operand).is_some_and(|right| compare(op, left, &right, zone));
    match test {
        Test::Is(op, operand) => is(*op, operand),
        Test::Between(low, high) => is(Op::AtLeast, low) && is(Op::AtMost, high),
        Test::In(list) => list.iter().any(|operand| is(Op::Equal, operand)),
        Test::NotIn(list) => !list.iter().any(|operand| is(Op::Equal, operand)),
        Test::Contains(operand) => resolve(operand).is_some_and(|right| contains(left, &right, zone)),
        Test::Starts(start) => text.is_some_and(|words| words.starts_with(&**start)),
        Test::Ends(end) => text.is_some_and(|words| words.ends_with(&**end)),
        Test::Matches(pattern) => text.is_some_and(|words| pattern.0.is_match(words)),
        Test::Exists => true,
        Test::Missing => false,
        Test::OlderThan(span) => date().is_some_and(|date| date.plus(*span, zone) <= now),
        Test::WithinLast(span) => date().is_some_and(|date| date <= now && now < date.plus(*span, zone)),
        Test::WithinNext(span) => date().is_some_and(|date| now <= date && date.minus(*span, zone) <= now),
        Test::DomainKind(kind) => text.is_some_and(|words| workspace.domain_kind(words) == Some(*kind)),
    }
}

fn contains(left: &Held, right: &Held, zone: &TimeZone) -> bool {
    match (left, right) {
        (Held::Value(Value::Text(words)), Held::Value(Value::Text(part))) => words.contains(&**part),
        (Held::Value(Value::List(values)), right) => {
            values.iter().any(|value| equal(&Held::Value(value.clone()), right, zone))
        }
        _ => false,
    }
}

/// The spans of a test that speaks of time.
pub fn span_of(test: &Test) -> Option<Span> {
    match test {
        Test::OlderThan(span) | Test::WithinLast(span) | Test::WithinNext(span) => Some(*span),
        _ => None,
    }
}

/// A number as a value that tests can be held against.
pub fn held(value: Value) -> Held {
    Held::Value(value)
}
