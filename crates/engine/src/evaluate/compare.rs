//! Comparisons of values, and the instants at which a comparison changes by time alone.

use jiff::tz::TimeZone;

use crate::definition::Op;
use crate::{Number, Timestamp, Value};

/// Whether two values stand in a relation. Different types are unequal and unordered; a date also compares with a text
/// that is an ISO 8601 date or time.
pub(crate) fn relates(left: &Value, op: Op, right: &Value, zone: &TimeZone) -> bool {
    use std::cmp::Ordering;
    let order: Option<Ordering> = match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        (Value::Time(left), Value::Text(_)) => date(right, zone).map(|right| left.0.cmp(&right)),
        (Value::Text(_), Value::Time(right)) => date(left, zone).map(|left| left.cmp(&right.0)),
        (Value::List(left), Value::List(right)) => {
            return match op {
                Op::Equal => left == right,
                Op::Unequal => left != right,
                _ => false,
            };
        }
        _ => None,
    };
    match (op, order) {
        (Op::Unequal, None) => true,
        (_, None) => false,
        (op, Some(order)) => op.admits(order),
    }
}

/// The instant a value names: a time, or a text that is an ISO 8601 date or time. A date alone is local midnight; a time
/// without an offset is local.
pub(crate) fn date(value: &Value, zone: &TimeZone) -> Option<i64> {
    match value {
        Value::Time(time) => Some(time.0),
        Value::Text(text) => {
            let text = text.trim();
            if text.len() < 8 || !text.as_bytes()[0].is_ascii_digit() {
                return None;
            }
            if let Ok(instant) = text.parse::<jiff::Timestamp>() {
                return Some(Timestamp::from_jiff(instant).0);
            }
            let local: jiff::civil::DateTime = text.parse().ok()?;
            local.to_zoned(zone.clone()).ok().map(|zoned| Timestamp::from_jiff(zoned.timestamp()).0)
        }
        _ => None,
    }
}

/// Growth on a base: (now − before) / before; missing where the base is 0.
pub(crate) fn growth(now: Number, before: Number) -> Option<Number> {
    Number::ratio(now.0.checked_sub(before.0)?, before.0)
}
