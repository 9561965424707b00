//! When a message happened, by a clock that may be wrong.

use engine::Timestamp;
use engine::time::{DAY, SECOND};
use jiff::tz::TimeZone;

use super::json::Json;
use super::reject::{Reason, shown};
use super::values;
use crate::files::field::Field;
use crate::files::time::{TimeFormat, TimeReader};

/// A time as it is written, of any year: what lies outside the accepted years is judged after the clock is corrected.
pub(crate) fn time(value: &Json<'_>) -> Result<Timestamp, Reason> {
    match value {
        Json::Text(text) => {
            let mut reader = TimeReader::new(TimeFormat::Iso, TimeZone::UTC, None);
            reader.instant(Field::Text(text)).map_err(|_| Reason::NotATime(shown(text)))
        }
        Json::Numeral(digits) => unix(digits),
        other => Err(Reason::WrongType { expected: "a time", found: other.word() }),
    }
}

/// A time that does no harm if it is not there or cannot be read.
pub(crate) fn time_if_any(value: Option<&Json<'_>>) -> Option<Timestamp> {
    value.and_then(|value| time(value).ok())
}

/// A Unix time in seconds, milliseconds or microseconds, by its size: in this way the years 1973 to 5138 are
/// told apart.
fn unix(digits: &str) -> Result<Timestamp, Reason> {
    let number = values::number(digits)?;
    let unit = match number.to_f64().abs() {
        size if size < 1e11 => SECOND,
        size if size < 1e14 => 1_000,
        _ => 1,
    };
    unix_in(digits, unit)
}

/// A Unix time in units of so many microseconds.
pub(crate) fn unix_in(digits: &str, unit: i64) -> Result<Timestamp, Reason> {
    let mut reader = TimeReader::new(TimeFormat::Unix(unit), TimeZone::UTC, None);
    reader.instant(Field::Numeral(digits)).map_err(|_| Reason::NotATime(shown(digits)))
}

/// An instant, and whether it had to be set to the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dated {
    pub(crate) timestamp: Timestamp,
    pub(crate) clamped: bool,
}

/// Of a message: when it was received, when its sender says to have sent it and that it happened. The sender's clock is
/// wrong by the difference between sending and receipt (Segment's rule): `received − (sent − happened)`.
///
/// # Errors
/// If it is then before the accepted years.
pub(crate) fn dated(
    received: Timestamp,
    sent: Option<Timestamp>,
    happened: Option<Timestamp>,
) -> Result<Dated, Reason> {
    // Clients in Go send the year 1 where there is no time.
    let sent = sent.filter(|sent| sent.0 > DAY);
    let instant = match (sent, happened) {
        (_, None) => received,
        (None, Some(happened)) => happened,
        (Some(sent), Some(happened)) => Timestamp(received.0.saturating_sub(sent.0.saturating_sub(happened.0))),
    };
    let clamped = instant > received;
    let timestamp = instant.min(received);
    if timestamp < Timestamp::EARLIEST || timestamp >= Timestamp::LATEST {
        return Err(Reason::TimeOutOfRange(timestamp.to_string()));
    }
    Ok(Dated { timestamp, clamped })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        time(&Json::Text(text.into())).expect("a time")
    }

    #[test]
    fn corrects_clocks() {
        let received = at("2026-05-01T12:00:00Z");
        let check = |sent: Option<&str>, happened: Option<&str>| {
            dated(received, sent.map(at), happened.map(at)).map(|dated| (dated.timestamp.to_string(), dated.clamped))
        };
        let plain = |text: &str| Ok((text.to_owned(), false));
        assert_eq!(check(None, None), plain("2026-05-01T12:00:00Z"));
        assert_eq!(check(Some("2026-05-01T11:00:00Z"), None), plain("2026-05-01T12:00:00Z"));
        assert_eq!(check(None, Some("2024-01-01T00:00:00Z")), plain("2024-01-01T00:00:00Z"), "a history");
        assert_eq!(
            check(Some("2026-05-01T14:00:00+02:00"), Some("2026-05-01T11:59:50Z")),
            plain("2026-05-01T11:59:50Z"),
            "a right clock"
        );
        assert_eq!(
            check(Some("9999-12-31T23:00:00Z"), Some("9999-12-31T22:59:00Z")),
            plain("2026-05-01T11:59:00Z"),
            "a clock in the year 9999"
        );
        assert_eq!(
            check(Some("0001-01-01T00:00:00Z"), Some("2026-04-30")),
            plain("2026-04-30T00:00:00Z"),
            "no time, in Go"
        );
        let clamped = Ok(("2026-05-01T12:00:00Z".to_owned(), true));
        assert_eq!(check(None, Some("9999-01-01")), clamped);
        assert_eq!(check(Some("2026-05-01T10:00:00Z"), Some("2026-05-01T10:00:01Z")), clamped);
        assert!(check(None, Some("0001-01-01T00:00:00Z")).is_err());
        assert!(check(Some("2026-05-01T12:00:00Z"), Some("0001-01-01T00:00:00Z")).is_err());
    }

    #[test]
    fn unix_times_are_told_by_size() {
        for digits in ["1714564800", "1714564800000", "1714564800000000", "1714564800.0"] {
            assert_eq!(
                time(&Json::Numeral(digits)).map(|time| time.to_string()),
                Ok("2024-05-01T12:00:00Z".to_owned())
            );
        }
        assert!(time(&Json::Numeral("1e300")).is_err());
        assert!(time(&Json::Text("1714564800".into())).is_err(), "digits as a text are no time");
        assert!(time(&Json::Text("yesterday".into())).is_err());
        assert!(time(&Json::Boolean(true)).is_err());
    }
}
