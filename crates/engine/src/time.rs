//! Instants, lengths of time and calendar days, with the rules that every window obeys.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Span as CalendarSpan, Zoned};
use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in a day of 24 hours.
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// Before every record: when a constant trait takes effect.
    pub const MIN: Self = Self(i64::MIN);
    /// After every record.
    pub const MAX: Self = Self(i64::MAX);
    /// The earliest time that is accepted, 1900-01-01.
    pub const EARLIEST: Self = Self(-2_208_988_800 * SECOND);
    /// The latest time that is accepted, 2200-01-01.
    pub const LATEST: Self = Self(7_258_118_400 * SECOND);

    /// The instant as jiff knows it; instants outside its range are held at its ends.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }

    /// From jiff's instant, cut to the microsecond.
    #[must_use]
    pub fn from_jiff(instant: jiff::Timestamp) -> Self {
        Self(instant.as_microsecond())
    }

    /// This instant on the wall clock of a zone.
    #[must_use]
    pub fn in_zone(self, zone: &TimeZone) -> Zoned {
        self.to_jiff().to_zoned(zone.clone())
    }

    /// `self + span`, in the zone where the span is of the calendar; held at [`Self::MAX`].
    #[must_use]
    pub fn plus(self, span: Span, zone: &TimeZone) -> Self {
        self.shift(span, zone, 1)
    }

    /// `self − span`, in the zone where the span is of the calendar; held at [`Self::MIN`].
    #[must_use]
    pub fn minus(self, span: Span, zone: &TimeZone) -> Self {
        self.shift(span, zone, -1)
    }

    fn shift(self, span: Span, zone: &TimeZone, sign: i64) -> Self {
        if self == Self::MIN || self == Self::MAX {
            return self;
        }
        match span {
            Span::Exact(length) => Self(self.0.saturating_add(length.saturating_mul(sign))),
            Span::Months(months) => {
                let months = i64::from(months).saturating_mul(sign);
                let moved =
                    CalendarSpan::new().try_months(months).and_then(|step| self.in_zone(zone).checked_add(step));
                moved.map_or(if sign < 0 { Self::MIN } else { Self::MAX }, |moved| Self::from_jiff(moved.timestamp()))
            }
        }
    }

    /// The calendar day in a zone, as days since 1970-01-01.
    #[must_use]
    pub fn day(self, zone: &TimeZone) -> i32 {
        let offset = zone.to_offset(self.to_jiff()).seconds();
        self.day_at(offset)
    }

    /// The calendar day at a fixed offset from UTC in seconds, as days since 1970-01-01.
    #[must_use]
    pub const fn day_at(self, offset_seconds: i32) -> i32 {
        self.0.saturating_add(offset_seconds as i64 * SECOND).div_euclid(DAY) as i32
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::MIN => formatter.write_str("always"),
            Self::MAX => formatter.write_str("never"),
            _ => self.to_jiff().fmt(formatter),
        }
    }
}

/// The Monday of a calendar day's week, both as days since 1970-01-01 (a Thursday).
#[must_use]
pub const fn week_start(day: i32) -> i32 {
    day - (day + 3).rem_euclid(7)
}

/// The first instant of a calendar day in a zone (00:00, or the first moment after a skipped midnight).
#[must_use]
pub fn day_start(day: i32, zone: &TimeZone) -> Timestamp {
    let date = jiff::civil::date(1970, 1, 1).checked_add(CalendarSpan::new().days(day));
    date.and_then(|date| date.to_zoned(zone.clone()))
        .map_or(Timestamp::MAX, |start| Timestamp::from_jiff(start.timestamp()))
}

/// A length of time: exact (`m h d w`, a day is 24 hours), or of the calendar (months; a year is twelve).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Span {
    /// Microseconds.
    Exact(i64),
    /// Calendar months in the workspace's zone; the day is clamped to the month's last.
    Months(u32),
}

impl Span {
    /// Whole days of 24 hours.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self::Exact(days * DAY)
    }

    /// Whole hours.
    #[must_use]
    pub const fn hours(hours: i64) -> Self {
        Self::Exact(hours * HOUR)
    }

    /// Twice as long.
    #[must_use]
    pub const fn twice(self) -> Self {
        match self {
            Self::Exact(length) => Self::Exact(length.saturating_mul(2)),
            Self::Months(months) => Self::Months(months.saturating_mul(2)),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Months(months) if months % 12 == 0 && months > 0 => write!(formatter, "{} years", months / 12),
            Self::Months(months) => write!(formatter, "{months} months"),
            Self::Exact(length) => {
                for (unit, name) in [(7 * DAY, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")] {
                    if length % unit == 0 && length != 0 && (name != "w" || length > 4 * unit) {
                        return write!(formatter, "{}{name}", length / unit);
                    }
                }
                write!(formatter, "{}s", length as f64 / SECOND as f64)
            }
        }
    }
}
