//! ISO 8601 by hand, as nearly all timestamps are of this form and a general parser costs five times as much.

use engine::time::{DAY, HOUR, MINUTE};

use super::{Reading, days_of, time_of_day};

struct Digits<'text> {
    bytes: &'text [u8],
}

impl Digits<'_> {
    /// Exactly `count` digits.
    fn number(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.bytes.split_at_checked(count)?;
        let mut value = 0;
        for byte in digits {
            if !byte.is_ascii_digit() {
                return None;
            }
            value = value * 10 + i64::from(byte - b'0');
        }
        self.bytes = rest;
        Some(value)
    }

    fn take(&mut self, wanted: u8) -> bool {
        match self.bytes.split_first() {
            Some((byte, rest)) if *byte == wanted => {
                self.bytes = rest;
                true
            }
            _ => false,
        }
    }

    /// Digits behind the point, to microseconds; further ones are cut.
    fn fraction(&mut self) -> Option<i64> {
        let count = self.bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.bytes.split_at_checked(count)?;
        if count == 0 {
            return None;
        }
        let mut value = 0;
        for place in 0..6 {
            value = value * 10 + digits.get(place).map_or(0, |byte| i64::from(byte - b'0'));
        }
        self.bytes = rest;
        Some(value)
    }
}

/// `YYYY-MM-DD`, then optionally `T` or a space, `HH:MM[:SS[.fraction]]` and `Z` or `±HH[[:]MM]`; the time of day may
/// be left out.
pub(super) fn read(text: &str) -> Option<Reading> {
    let mut digits = Digits { bytes: text.as_bytes() };
    let year = digits.number(4)?;
    let month = dashed(&mut digits)?;
    let day = dashed(&mut digits)?;
    let days = days_of(year, month, day)?;
    if digits.bytes.is_empty() {
        return Some(Reading { clock: days * DAY, ahead: None });
    }
    if !(digits.take(b'T') || digits.take(b' ') || digits.take(b't')) {
        return None;
    }
    let hour = digits.number(2)?;
    if !digits.take(b':') {
        return None;
    }
    let minute = digits.number(2)?;
    let (mut second, mut micros) = (0, 0);
    if digits.take(b':') {
        second = digits.number(2)?;
        if digits.take(b'.') || digits.take(b',') {
            micros = digits.fraction()?;
        }
    }
    let clock = days * DAY + time_of_day(hour, minute, second, micros)?;
    let ahead = offset(&mut digits)?;
    digits.bytes.is_empty().then_some(Reading { clock, ahead })
}

fn dashed(digits: &mut Digits<'_>) -> Option<i64> {
    digits.take(b'-').then_some(())?;
    digits.number(2)
}

/// `Some(None)` where no offset is written, `None` where it is malformed.
fn offset(digits: &mut Digits<'_>) -> Option<Option<i64>> {
    digits.take(b' ');
    if digits.take(b'Z') || digits.take(b'z') {
        return Some(Some(0));
    }
    if digits.bytes == b"UTC" || digits.bytes == b"GMT" {
        digits.bytes = &[];
        return Some(Some(0));
    }
    let sign = if digits.take(b'+') {
        1
    } else if digits.take(b'-') {
        -1
    } else {
        return Some(None);
    };
    let hours = digits.number(2)?;
    let minutes = if digits.take(b':') || !digits.bytes.is_empty() { digits.number(2)? } else { 0 };
    (hours < 24 && minutes < 60).then_some(Some(sign * (hours * HOUR + minutes * MINUTE)))
}

/// What else jiff reads: times with a zone's name (RFC 9557), dates with week numbers, compact forms.
pub(super) fn read_any(text: &str) -> Option<Reading> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits alone are rather a Unix time, and must not be taken for a compact date.
        return None;
    }
    if let Ok(zoned) = text.parse::<jiff::Zoned>() {
        return Some(Reading { clock: zoned.timestamp().as_microsecond(), ahead: Some(0) });
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(Reading { clock: instant.as_microsecond(), ahead: Some(0) });
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Reading { clock: utc.timestamp().as_microsecond(), ahead: None })
}
