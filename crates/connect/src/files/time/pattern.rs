//! Patterns of `strptime`: the usual ones by hand, the rest by jiff.

use engine::time::{DAY, SECOND};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use super::{Reading, days_of, time_of_day};

/// A pattern such as `%d-%m-%Y %H:%M`, with jiff's directives.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// Steps, if all of the pattern is made of the usual directives.
    steps: Option<Vec<Step>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// `%f`: digits behind the point.
    Fraction,
    Literal(u8),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If it does not say the year, month and day.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pattern = Self { text: text.to_owned(), steps: steps_of(text) };
        // A pattern that writes an instant and does not read it back is no pattern for times.
        let sample = jiff::civil::date(2004, 11, 23).at(22, 47, 58, 0).to_zoned(TimeZone::UTC);
        let sample = sample.map_err(|error| error.to_string())?;
        let written = jiff::fmt::strtime::format(text, &sample).map_err(|error| format!("in `{text}`: {error}"))?;
        let day = days_of(2004, 11, 23).unwrap_or(0);
        match pattern.read(&written).or_else(|| pattern.read_slowly(&written)) {
            Some(reading) if reading.clock.div_euclid(DAY) == day => Ok(pattern),
            _ => Err(format!("`{text}` does not say the year, month and day")),
        }
    }

    /// The pattern as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn read(&self, text: &str) -> Option<Reading> {
        match &self.steps {
            Some(steps) => read_steps(steps, text.as_bytes()),
            None => self.read_slowly(text),
        }
    }

    fn read_slowly(&self, text: &str) -> Option<Reading> {
        let parts = BrokenDownTime::parse(&self.text, text).ok()?;
        if parts.offset().is_some() || parts.timestamp().is_some() || parts.iana_time_zone().is_some() {
            let instant = parts.to_timestamp().or_else(|_| parts.to_zoned().map(|zoned| zoned.timestamp())).ok()?;
            return Some(Reading { clock: instant.as_microsecond(), ahead: Some(0) });
        }
        let date = parts.to_date().ok()?;
        let time = parts.to_time().unwrap_or(jiff::civil::Time::midnight());
        let days = days_of(i64::from(date.year()), i64::from(date.month()), i64::from(date.day()))?;
        let (hour, minute) = (i64::from(time.hour()), i64::from(time.minute()));
        let micros = i64::from(time.subsec_nanosecond()) / 1_000;
        let clock = days * DAY + time_of_day(hour, minute, i64::from(time.second()), micros)?;
        Some(Reading { clock, ahead: None })
    }
}

fn steps_of(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            // Spaces and words have looser rules in strptime.
            if byte.is_ascii_alphanumeric() || !byte.is_ascii_graphic() && byte != b' ' {
                return None;
            }
            steps.push(Step::Literal(byte));
            continue;
        }
        match bytes.next()? {
            b'Y' => steps.push(Step::Year),
            b'm' => steps.push(Step::Month),
            b'd' => steps.push(Step::Day),
            b'H' => steps.push(Step::Hour),
            b'M' => steps.push(Step::Minute),
            b'S' => steps.push(Step::Second),
            b'f' => steps.push(Step::Fraction),
            b'F' => steps.extend([Step::Year, Step::Literal(b'-'), Step::Month, Step::Literal(b'-'), Step::Day]),
            b'T' => {
                steps.extend([Step::Hour, Step::Literal(b':'), Step::Minute, Step::Literal(b':'), Step::Second]);
            }
            b'R' => steps.extend([Step::Hour, Step::Literal(b':'), Step::Minute]),
            _ => return None,
        }
    }
    Some(steps)
}

fn read_steps(steps: &[Step], mut bytes: &[u8]) -> Option<Reading> {
    let (mut year, mut month, mut day) = (0, 0, 0);
    let (mut hour, mut minute, mut second, mut micros) = (0, 0, 0, 0);
    for step in steps {
        match step {
            Step::Literal(wanted) => {
                let (byte, rest) = bytes.split_first()?;
                if byte != wanted {
                    return None;
                }
                bytes = rest;
            }
            Step::Year => year = digits(&mut bytes, 4, 4)?,
            Step::Month => month = digits(&mut bytes, 1, 2)?,
            Step::Day => day = digits(&mut bytes, 1, 2)?,
            Step::Hour => hour = digits(&mut bytes, 1, 2)?,
            Step::Minute => minute = digits(&mut bytes, 1, 2)?,
            Step::Second => second = digits(&mut bytes, 1, 2)?,
            Step::Fraction => {
                let before = bytes.len();
                let value = digits(&mut bytes, 1, 9)?;
                let places = u32::try_from(before - bytes.len()).ok()?;
                micros = (value * SECOND).checked_div(10_i64.pow(places))?;
            }
        }
    }
    if !bytes.is_empty() {
        return None;
    }
    let clock = days_of(year, month, day)? * DAY + time_of_day(hour, minute, second, micros)?;
    Some(Reading { clock, ahead: None })
}

fn digits(bytes: &mut &[u8], least: usize, most: usize) -> Option<i64> {
    let count = bytes.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken.iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0')))
}
