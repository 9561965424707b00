//! Reading times: ISO 8601, patterns of `strptime`, Unix seconds; on the wall clock of a zone where none is written.

mod iso;
mod pattern;

use engine::number::round_half_even;
use engine::time::{DAY, HOUR, MINUTE, SECOND};
use engine::{Number, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::field::Field;
use super::reject::Reason;
pub use pattern::Pattern;

/// How times are written.
#[derive(Debug, Clone)]
pub enum TimeFormat {
    /// `2024-05-01`, `2024-05-01 12:30`, `2024-05-01T12:30:00.5+02:00` and the like (RFC 3339, RFC 9557).
    Iso,
    /// A pattern of `strptime` such as `%d-%m-%Y %H:%M`.
    Pattern(Pattern),
    /// A number of units since 1970-01-01T00:00:00Z, each so many microseconds long; 0 for nanoseconds.
    Unix(i64),
}

impl TimeFormat {
    /// The format as mapping files write it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Iso => "iso",
            Self::Pattern(pattern) => pattern.text(),
            Self::Unix(SECOND) => "unix",
            Self::Unix(1_000) => "unix_ms",
            Self::Unix(1) => "unix_us",
            Self::Unix(_) => "unix_ns",
        }
    }

    /// Reads a format as mapping files write it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "iso" => Self::Iso,
            "unix" | "unix_s" => Self::Unix(SECOND),
            "unix_ms" => Self::Unix(1_000),
            "unix_us" => Self::Unix(1),
            "unix_ns" => Self::Unix(0),
            text if text.contains('%') => Self::Pattern(Pattern::parse(text)?),
            _ => {
                return Err(format!(
                    "`{text}` is no format of times: iso, unix, unix_ms, unix_us, unix_ns and patterns such as \"%d-%m-%Y %H:%M\" are"
                ));
            }
        })
    }
}

/// To what a time is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutTo {
    /// The start of its calendar day in the zone.
    Day,
    /// The start of its hour.
    Hour,
}

/// A time's format, its zone where it states none, and what it is cut to.
#[derive(Debug, Clone)]
pub struct TimeReader {
    format: TimeFormat,
    zone: TimeZone,
    is_utc: bool,
    cut: Option<CutTo>,
    /// The last hour on the zone's clock whose offset was looked up, and that offset, if it holds for the whole hour.
    last_hour: Option<(i64, i64)>,
}

/// A clock reading: microseconds since 1970-01-01T00:00 on some wall, and how far that wall is ahead of UTC if written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    clock: i64,
    ahead: Option<i64>,
}

impl TimeReader {
    /// A reader.
    #[must_use]
    pub fn new(format: TimeFormat, zone: TimeZone, cut: Option<CutTo>) -> Self {
        let is_utc = zone == TimeZone::UTC;
        Self { format, zone, is_utc, cut, last_hour: None }
    }

    /// The format's word.
    #[must_use]
    pub fn format_word(&self) -> &str {
        self.format.word()
    }

    /// The time in a field that is there.
    ///
    /// # Errors
    /// If it is not a time of this format, or outside the accepted years.
    pub fn read(&mut self, field: Field<'_>) -> Result<Timestamp, Reason> {
        let instant = self.instant(field)?;
        let instant = self.cut(instant);
        if (Timestamp::EARLIEST..Timestamp::LATEST).contains(&instant) {
            Ok(instant)
        } else {
            Err(Reason::TimeOutOfRange(super::reject::capped(&field.text(), 64).to_owned()))
        }
    }

    /// The instant in a field that is there, of any year and not cut.
    pub(crate) fn instant(&mut self, field: Field<'_>) -> Result<Timestamp, Reason> {
        Ok(match field {
            Field::Text(text) => self.read_text(text)?,
            Field::Numeral(text) => self.read_unix(text)?,
            Field::Number(number) => self.unix(number).ok_or_else(|| self.not_a_time())?,
            Field::Time(time) => time,
            Field::Clock(clock) => self.on_clock(clock)?,
            Field::Unusable(why) => return Err(Reason::Unusable(why)),
            Field::Absent => return Err(Reason::NoTime),
            Field::Boolean(_) | Field::List(_) => return Err(self.not_a_time()),
        })
    }

    fn not_a_time(&self) -> Reason {
        Reason::NotATime(self.format.word().to_owned())
    }

    fn read_text(&mut self, text: &str) -> Result<Timestamp, Reason> {
        let text = text.trim();
        let reading = match &self.format {
            TimeFormat::Iso => iso::read(text).or_else(|| iso::read_any(text)),
            TimeFormat::Pattern(pattern) => pattern.read(text),
            TimeFormat::Unix(_) => return self.read_unix(text),
        };
        let reading = reading.ok_or_else(|| self.not_a_time())?;
        match reading.ahead {
            Some(ahead) => Ok(Timestamp(reading.clock.saturating_sub(ahead))),
            None => self.on_clock(reading.clock),
        }
    }

    fn read_unix(&self, text: &str) -> Result<Timestamp, Reason> {
        let number: Number = text.parse().map_err(|_| self.not_a_time())?;
        self.unix(number).ok_or_else(|| self.not_a_time())
    }

    fn unix(&self, number: Number) -> Option<Timestamp> {
        let TimeFormat::Unix(unit) = self.format else { return None };
        let microseconds = if unit == 0 {
            round_half_even(number.0, Number::UNIT * 1_000)
        } else {
            round_half_even(number.0.saturating_mul(i128::from(unit)), Number::UNIT)
        };
        // What does not fit is far outside the accepted years, on either side.
        let end = if microseconds < 0 { i64::MIN } else { i64::MAX };
        Some(Timestamp(i64::try_from(microseconds).unwrap_or(end)))
    }

    /// The instant of a wall clock's reading. A skipped time is taken as if the clocks had not yet been changed (for
    /// midnight that is the day's first moment), the first of two repeated ones.
    fn on_clock(&mut self, clock: i64) -> Result<Timestamp, Reason> {
        if self.is_utc {
            return Ok(Timestamp(clock));
        }
        let hour = clock.div_euclid(HOUR);
        if let Some((_, ahead)) = self.last_hour.filter(|(known, _)| *known == hour) {
            return Ok(Timestamp(clock.saturating_sub(ahead)));
        }
        let start = self.instant_of(hour.saturating_mul(HOUR))?;
        let end = self.instant_of(hour.saturating_mul(HOUR).saturating_add(HOUR - 1))?;
        let ahead = hour.saturating_mul(HOUR).saturating_sub(start.0);
        if end.0.saturating_sub(start.0) == HOUR - 1 {
            self.last_hour = Some((hour, ahead));
            return Ok(Timestamp(clock.saturating_sub(ahead)));
        }
        self.instant_of(clock)
    }

    fn instant_of(&self, clock: i64) -> Result<Timestamp, Reason> {
        let out_of_range = || Reason::TimeOutOfRange(format!("{}", Timestamp(clock)));
        let utc = jiff::Timestamp::from_microsecond(clock).map_err(|_| out_of_range())?;
        let civil: DateTime = utc.to_zoned(TimeZone::UTC).datetime();
        let zoned = civil.to_zoned(self.zone.clone()).map_err(|_| out_of_range())?;
        Ok(Timestamp::from_jiff(zoned.timestamp()))
    }

    fn cut(&self, instant: Timestamp) -> Timestamp {
        match self.cut {
            None => instant,
            Some(CutTo::Hour) => {
                let ahead = i64::from(self.zone.to_offset(instant.to_jiff()).seconds()) * SECOND;
                let clock = instant.0.saturating_add(ahead);
                Timestamp(clock - clock.rem_euclid(HOUR) - ahead)
            }
            Some(CutTo::Day) if self.is_utc => Timestamp(instant.0 - instant.0.rem_euclid(DAY)),
            Some(CutTo::Day) => engine::time::day_start(instant.day(&self.zone), &self.zone),
        }
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, `None` if there is no such date.
///
/// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (days_from_civil).
pub(crate) fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Microseconds of a time of day; a leap second counts as the second before it.
pub(crate) fn time_of_day(hour: i64, minute: i64, second: i64, micros: i64) -> Option<i64> {
    let sound = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    sound.then(|| hour * HOUR + minute * MINUTE + second.min(59) * SECOND + micros)
}

/// Whether a text is a date or time of ISO 8601 in its usual form.
pub(crate) fn reads_iso(text: &str) -> bool {
    iso::read(text).is_some()
}
