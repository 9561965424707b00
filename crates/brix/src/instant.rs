//! Dates and lengths of time on the command line.

use anyhow::Result;
use engine::time::day_start;
use engine::{Span, Timestamp, language};
use jiff::tz::TimeZone;

use crate::exit::Failure;

/// A length of time as definitions write it: `14d`, `48h`, `3 months`.
///
/// # Errors
/// What is wrong with it.
pub fn span(text: &str) -> Result<Span, String> {
    language::duration(text)
}

/// An instant: a date is its local midnight.
pub fn from(option: &str, text: &str, zone: &TimeZone) -> Result<Timestamp> {
    match language::time(text, zone) {
        Some(Ok(instant)) => Ok(instant),
        Some(Err(why)) => Err(Failure::usage(format!("{option} {text}: {why}"))),
        None => Err(Failure::usage(format!("{option} {text}: not a date or time like 2025-03-31 or 2025-03-31T17:00"))),
    }
}

/// The last instant that is meant: a date is its whole day.
pub fn until(option: &str, text: &str, zone: &TimeZone) -> Result<Timestamp> {
    let instant = from(option, text, zone)?;
    if text.len() == "2025-03-31".len() {
        return Ok(Timestamp(day_start(instant.day(zone) + 1, zone).0 - 1));
    }
    Ok(instant)
}

/// An instant as a server takes it, of an option: a date is its beginning in UTC, as the server tells instants.
///
/// # Errors
/// It is none.
pub fn of_server(option: &str, text: &str) -> Result<String> {
    let date = text.parse::<jiff::civil::Date>().ok().filter(|_| !text.contains(['T', 't', ' ']));
    let at = match date {
        Some(date) => date.at(0, 0, 0, 0).to_zoned(TimeZone::UTC).map(|at| at.timestamp()),
        None => text.parse(),
    };
    match at {
        Ok(at) => Ok(at.to_string()),
        Err(_) => {
            Err(Failure::usage(format!("--{option}: `{text}` is no instant; write 2026-05-01 or 2026-05-01T09:00:00Z")))
        }
    }
}

/// An instant for people, in their zone: to the minute, or the day alone where it is a midnight.
pub fn shown(instant: Timestamp, zone: &TimeZone) -> String {
    let local = instant.in_zone(zone);
    let is_midnight = local.time() == jiff::civil::Time::midnight();
    local.strftime(if is_midnight { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" }).to_string()
}

/// An instant for scripts: RFC 3339 in UTC.
pub fn written(instant: Timestamp) -> String {
    instant.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_local_days() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let start = from("--from", "2025-03-30", &zone).unwrap();
        assert_eq!(written(start), "2025-03-29T23:00:00Z");
        // The day on which the clocks go forward has 23 hours.
        let end = until("--to", "2025-03-30", &zone).unwrap();
        assert_eq!(written(end), "2025-03-30T21:59:59.999999Z");
        assert_eq!(shown(start, &zone), "2025-03-30");
        assert_eq!(shown(end, &zone), "2025-03-30 23:59");
        assert!(from("--from", "yesterday", &zone).unwrap_err().to_string().contains("--from yesterday"));
        assert!(from("--from", "2025-02-30", &zone).is_err());
    }
}
