//! The calendar day of a row: in the user's own zone as of the row where it is known, else in the workspace's.

use std::collections::BTreeMap;

use engine::evaluate::Calendar;
use engine::household::{Household, Subject};
use engine::record::SubjectKind;
use jiff::tz::TimeZone;

/// Calendars of all zones met so far, the workspace's first.
#[derive(Debug, Clone)]
pub(crate) struct Calendars {
    calendars: Vec<Calendar>,
    places: BTreeMap<String, Option<usize>>,
    changes: Vec<(i64, usize)>,
}

/// The calendar of one subject's rows in time order.
pub(crate) struct Days<'a> {
    calendars: &'a mut [Calendar],
    /// All changes of zone, and those still to come.
    all: &'a [(i64, usize)],
    changes: &'a [(i64, usize)],
    now: usize,
}

impl Calendars {
    pub fn new(zone: &TimeZone) -> Self {
        Self { calendars: vec![Calendar::new(zone.clone())], places: BTreeMap::new(), changes: Vec::new() }
    }

    /// For a subject: accounts always keep the workspace's.
    pub fn of(&mut self, subject: Subject, household: &Household<'_>, slot: Option<u32>) -> Days<'_> {
        self.changes.clear();
        if let (Some(slot), SubjectKind::User) = (slot, subject.kind) {
            let mut facts: Vec<_> =
                household.traits.iter().filter(|fact| fact.of == subject && fact.slot == slot).collect();
            facts.sort_by(|left, right| (left.at, &left.value).cmp(&(right.at, &right.value)));
            for fact in facts {
                let place = fact.value.as_text().and_then(|name| self.place(name)).unwrap_or(0);
                self.changes.push((fact.at.0, place));
            }
        }
        Days { calendars: &mut self.calendars, all: &self.changes, changes: &self.changes, now: 0 }
    }

    fn place(&mut self, name: &str) -> Option<usize> {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = TimeZone::get(name).ok().map(|zone| {
            self.calendars.push(Calendar::new(zone));
            self.calendars.len() - 1
        });
        self.places.insert(name.to_owned(), place);
        place
    }
}

impl Days<'_> {
    /// Goes back to the beginning.
    pub fn restart(&mut self) {
        (self.changes, self.now) = (self.all, 0);
    }

    /// The day of an instant, as days since 1970-01-01; instants must not go back.
    #[inline]
    pub fn day(&mut self, time: i64) -> i32 {
        while let [(from, place), rest @ ..] = self.changes
            && *from <= time
        {
            self.now = *place;
            self.changes = rest;
        }
        self.calendars[self.now].day(time)
    }
}
