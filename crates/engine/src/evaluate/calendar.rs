//! Calendar units of instants, with the zone's offset remembered between its transitions.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::definition::CalendarUnit;
use crate::time::{day_start, week_start};
use crate::{Span, Timestamp};

/// A zone and the stretch of time around the last question in which its offset does not change.
#[derive(Debug, Clone)]
pub struct Calendar {
    pub(crate) zone: TimeZone,
    from: i64,
    until: i64,
    offset_seconds: i32,
}

impl Calendar {
    /// The calendar of a zone.
    #[must_use]
    pub const fn new(zone: TimeZone) -> Self {
        Self { zone, from: 0, until: 0, offset_seconds: 0 }
    }

    /// The calendar day of an instant, as days since 1970-01-01.
    #[inline]
    pub fn day(&mut self, time: i64) -> i32 {
        if time < self.from || time >= self.until {
            self.look(time);
        }
        Timestamp(time).day_at(self.offset_seconds)
    }

    fn look(&mut self, time: i64) {
        let instant = Timestamp(time).to_jiff();
        self.offset_seconds = self.zone.to_offset(instant).seconds();
        let next = self.zone.following(instant).next();
        self.until = next.map_or(i64::MAX, |next| next.timestamp().as_microsecond());
        // Looking back from the next microsecond finds a transition at this very instant too.
        let after = Timestamp(time + 1).to_jiff();
        let last = self.zone.preceding(after).next();
        self.from = last.map_or(i64::MIN, |last| last.timestamp().as_microsecond());
    }

    /// The number of the calendar unit that holds an instant; consecutive units have consecutive numbers.
    pub fn unit(&mut self, time: i64, unit: CalendarUnit) -> i32 {
        let day = self.day(time);
        unit_of_day(day, unit)
    }

    /// The first instant of the unit after the one that holds `time`.
    pub fn next_unit(&mut self, time: i64, unit: CalendarUnit) -> i64 {
        let day = self.day(time);
        let next = match unit {
            CalendarUnit::Day => day + 1,
            CalendarUnit::Week => week_start(day) + 7,
            CalendarUnit::Month => {
                let date = civil(day);
                let first = date.first_of_month();
                let next = first.checked_add(jiff::Span::new().months(1)).unwrap_or(first);
                day + (next - date).get_days()
            }
        };
        day_start(next, &self.zone).0
    }
}

/// The number of the calendar unit that a day lies in.
pub(crate) fn unit_of_day(day: i32, unit: CalendarUnit) -> i32 {
    match unit {
        CalendarUnit::Day => day,
        CalendarUnit::Week => (day + 3).div_euclid(7),
        CalendarUnit::Month => {
            let date = civil(day);
            i32::from(date.year()) * 12 + i32::from(date.month()) - 1
        }
    }
}

fn civil(day: i32) -> jiff::civil::Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(day)).unwrap_or(epoch)
}

/// When something that began at `from` has lasted for a span: spans are counted forward from the fact.
pub(crate) fn lasted(from: i64, span: Span, zone: &TimeZone) -> i64 {
    Timestamp(from).plus(span, zone).0
}

/// Calendars of zones by name, made once.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    known: HashMap<String, Option<TimeZone>>,
}

impl Zones {
    /// The zone of an IANA name, `None` if there is none of that name.
    pub fn named(&mut self, name: &str) -> Option<TimeZone> {
        if let Some(zone) = self.known.get(name) {
            return zone.clone();
        }
        let zone = TimeZone::get(name).ok();
        self.known.insert(name.to_owned(), zone.clone());
        zone
    }
}
