//! The feature table: for each subject what it did, by event, measure and window, in one linear pass over its rows.
//!
//! Windows all begin at the clock, so that their ends cut a life into stretches: each row adds to one stretch, and a window's
//! value is the sum of the stretches before its end. A value is kept as its [`Levels`](super::levels::Levels) byte. `tests/insight/discover` holds
//! the table against the plain way, event by event.

use std::collections::HashSet;
use std::sync::Arc;

use engine::household::{Code, Household, Subject};
use engine::record::SubjectKind;

use super::catalog::NONE;
use super::days::Days;
use super::details::{Properties, Traits};
pub use super::layout::{Layout, Measure, Slot};
use super::question::Question;
use super::share::Sums;
use super::timing::Timing;

/// A subject of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableRow {
    /// Who.
    pub subject: Subject,
    /// Its clock, in microseconds since the epoch.
    pub clock: i64,
    /// Its household in this part of the table: those of one household are not independent of each other.
    pub household: u32,
    /// By window, whether it was in the population at the landmark.
    pub in_population: u8,
    /// By window, whether it had not converted before the landmark.
    pub unconverted: u8,
    /// By window, whether it converted from the landmark to the end of the outcome.
    pub won: u8,
}

/// What was seen of an event's first occurrences: those who only have it once they have paid say that it follows paying.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Following {
    /// Subjects who converted and have the event.
    pub buyers: u64,
    /// Of those, the ones whose first is at or after the conversion.
    pub after: u64,
    /// Of those, the ones whose first is less than an hour before the conversion.
    pub just_before: u64,
    /// Subjects who have the event and have not converted.
    pub others: u64,
}

/// Subjects with their features; parts that were made on different threads are laid side by side.
#[derive(Debug, Clone)]
pub struct FeatureTable {
    /// Which features.
    pub layout: Arc<Layout>,
    /// The parts.
    pub parts: Vec<Part>,
    /// By event of the catalog.
    pub following: Vec<Following>,
}

/// Some subjects.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// The subjects.
    pub rows: Vec<TableRow>,
    /// [`Layout::stride`] bytes for each: by feature, then by window.
    pub levels: Vec<u8>,
    /// For each subject and window: how many product events.
    pub activity: Vec<u32>,
}

/// Where a subject's rows are.
pub(crate) enum Rows<'a> {
    /// One stretch.
    Range(usize, usize),
    /// Gathered, in time order, with whose each is.
    List(&'a [(u32, Code)]),
}

/// A row: its place in the household, when, its name's code, whose.
type Row = (usize, i64, u32, Code);

/// Fills one part of a table.
#[derive(Debug, Clone)]
pub(crate) struct Builder {
    question: Arc<Question>,
    layout: Arc<Layout>,
    /// Full ones, and the one that is being filled.
    parts: Vec<Part>,
    part: Part,
    following: Vec<Following>,
    /// By feature and stretch.
    sums: Vec<u32>,
    /// By feature, the days seen, one bit each.
    days: Vec<[u64; 2]>,
    /// The features that have sums, one bit each.
    touched: Vec<u64>,
    /// By code, the pass (by its number) in which the name was seen last.
    seen: Vec<u32>,
    /// By event, the subject (by its number) in whose life it was seen last, also behind the windows.
    seen_ever: Vec<u32>,
    members: HashSet<(u16, Code)>,
    properties: Properties,
    traits: Traits,
    timing: Timing,
    shares: Sums,
    serial: u32,
    pass: u32,
}

const HOUR: i64 = engine::time::HOUR;

/// Subjects in a part: what is full is not moved when more come.
const PART_ROWS: usize = 1 << 12;

impl Builder {
    pub fn new(question: Arc<Question>) -> Self {
        let layout = Arc::new(Layout::new(&question));
        let (slots, events) = (layout.slots.len(), question.catalog.events.len());
        Self {
            parts: Vec::new(),
            part: Part::default(),
            following: vec![Following::default(); events],
            sums: vec![0; layout.stride()],
            days: vec![[0; 2]; slots],
            touched: vec![0; slots.div_ceil(64)],
            seen: vec![0; question.catalog.codes()],
            seen_ever: vec![0; events],
            members: HashSet::new(),
            properties: Properties::new(&question.catalog, layout.kinds + 1),
            traits: Traits::default(),
            timing: Timing::new(&question.windows, events),
            shares: Sums::new(&question.catalog, &layout),
            serial: 0,
            pass: 0,
            layout,
            question,
        }
    }

    /// Adds a subject. `conversion` is the first one, `i64::MAX` for none.
    pub fn add(
        &mut self,
        row: TableRow,
        conversion: i64,
        household: &Household<'_>,
        rows: &Rows<'_>,
        days: &mut Days<'_>,
    ) {
        self.serial += 1;
        if self.part.rows.len().is_multiple_of(PART_ROWS) {
            let levels = Vec::with_capacity(PART_ROWS * self.layout.stride());
            self.parts.push(std::mem::replace(&mut self.part, Part { levels, ..Part::default() }));
        }
        self.part.rows.push(row);
        self.part.levels.resize(self.part.levels.len() + self.layout.stride(), 0);
        self.part.activity.resize(self.part.activity.len() + self.layout.windows, 0);
        let at = |row: usize| (household.times.get(row).copied(), household.names.get(row).copied());
        match rows {
            Rows::Range(start, end) => {
                let (times, names) = (&household.times[*start..*end], &household.names[*start..*end]);
                let from = times.partition_point(|time| *time < row.clock);
                let rows = (start + from..).zip(times[from..].iter().zip(&names[from..]));
                let rows = rows.map(|(place, (time, name))| (place, *time, *name, row.subject.code));
                self.passes(row, conversion, household, rows, days);
            }
            Rows::List(list) => {
                let rows = list.iter().filter_map(|(place, user)| {
                    let (time, name) = at(*place as usize);
                    Some((*place as usize, time?, name?, *user))
                });
                self.passes(row, conversion, household, rows.filter(|(_, time, ..)| *time >= row.clock), days);
            }
        }
        self.add_traits(row, household);
    }

    /// One pass for all windows; where records of a window were received after its landmark, one for each window without
    /// them: at the landmark nobody could have known.
    #[inline]
    fn passes(
        &mut self,
        row: TableRow,
        conversion: i64,
        household: &Household<'_>,
        rows: impl Iterator<Item = Row> + Clone,
        days: &mut Days<'_>,
    ) {
        let question = Arc::clone(&self.question);
        let landmark = |window: &i64| row.clock.saturating_add(*window);
        let known = match row.subject.kind {
            SubjectKind::Account => household.known_to_account.or(household.known),
            _ => household.known,
        };
        let known_at = |place: usize| known.and_then(|known| known.get(place)).copied().unwrap_or(i64::MIN);
        let is_late = |(place, time, ..): Row| {
            let first = question.windows.iter().map(landmark).find(|landmark| time < *landmark);
            first.is_some_and(|landmark| known_at(place) > landmark)
        };
        if known.is_none() || !rows.clone().any(is_late) {
            self.count(row.clock, conversion, household, rows, days);
            self.write(None);
            return;
        }
        // Whether an event follows the goal is asked of what happened, not of what was known.
        for (_, time, code, _) in rows.clone() {
            let (event, ..) = question.catalog.look(code);
            if event != NONE {
                self.follow(event, time, conversion);
            }
        }
        for (window, length) in question.windows.iter().enumerate() {
            days.restart();
            let in_time = rows.clone().filter(|(place, ..)| known_at(*place) <= landmark(length));
            self.count(row.clock, conversion, household, in_time, days);
            self.write(Some(window));
        }
    }

    /// One pass over a subject's rows from the clock on, in time order.
    #[inline]
    fn count(
        &mut self,
        clock: i64,
        conversion: i64,
        household: &Household<'_>,
        rows: impl Iterator<Item = Row>,
        days: &mut Days<'_>,
    ) {
        self.pass += 1;
        let question = Arc::clone(&self.question);
        let layout = Arc::clone(&self.layout);
        let (windows, measures) = (layout.windows, layout.measures);
        let mut stretch = 0;
        let mut end = question.windows.first().map_or(i64::MIN, |window| clock.saturating_add(*window));
        let first_day = days.day(clock) - 2;
        for (row, time, code, user) in rows {
            let (event, alike, product) = question.catalog.look(code);
            if event != NONE {
                self.follow(event, time, conversion);
            }
            while time >= end && stretch < windows {
                stretch += 1;
                end = question.windows.get(stretch).map_or(i64::MAX, |window| clock.saturating_add(*window));
            }
            if stretch >= windows || (event == NONE && !product) {
                continue;
            }
            let day = (days.day(time) - first_day).clamp(0, 127) as usize;
            if product {
                self.add_row(0, stretch, day, user);
                let is_first = std::mem::replace(&mut self.seen[alike as usize], self.pass) != self.pass;
                self.touch(layout.kinds);
                self.sums[layout.kinds * windows + stretch] += u32::from(is_first);
            }
            if event != NONE {
                self.add_row((usize::from(event) + 1) * measures, stretch, day, user);
                self.timing.see(event, time - clock, stretch);
                if self.properties.reads(event) {
                    self.read(event, household, row, stretch);
                }
            }
        }
    }

    /// Adds a row to the features of its properties.
    #[inline]
    fn read(&mut self, event: u16, household: &Household<'_>, row: usize, stretch: usize) {
        let mut properties = std::mem::take(&mut self.properties);
        properties.read(event, household, row, |slot, amount| {
            self.touch(slot);
            let sum = &mut self.sums[slot * self.layout.windows + stretch];
            *sum = sum.saturating_add(amount);
        });
        self.properties = properties;
    }

    /// Adds a row to the features of an event, which begin at `slot`. Nobody can foretell whether a day is new, so no branch asks.
    #[inline]
    fn add_row(&mut self, slot: usize, stretch: usize, day: usize, user: Code) {
        let windows = self.layout.windows;
        self.touch(slot);
        self.sums[slot * windows + stretch] += 1;
        let seen = &mut self.days[slot][day >> 6];
        let is_new = (!*seen >> (day & 63)) & 1;
        *seen |= 1 << (day & 63);
        self.sums[(slot + 1) * windows + stretch] += is_new as u32;
        if self.layout.accounts && user != 0 && self.members.insert((slot as u16, user)) {
            self.sums[(slot + 2) * windows + stretch] += 1;
        }
    }

    #[inline]
    fn touch(&mut self, slot: usize) {
        self.touched[slot >> 6] |= 1 << (slot & 63);
    }

    /// Looks at an event's first occurrence.
    #[inline]
    fn follow(&mut self, event: u16, time: i64, conversion: i64) {
        let place = usize::from(event);
        if self.seen_ever[place] == self.serial {
            return;
        }
        self.seen_ever[place] = self.serial;
        let following = &mut self.following[place];
        if conversion == i64::MAX {
            following.others += 1;
        } else {
            following.buyers += 1;
            following.after += u64::from(time >= conversion);
            following.just_before += u64::from(time < conversion && conversion - time < HOUR);
        }
    }

    /// Turns the sums of stretches into the levels of windows: of all, or of one.
    fn write(&mut self, only: Option<usize>) {
        let (windows, stride) = (self.layout.windows, self.layout.stride());
        let start = self.part.levels.len() - stride;
        let levels = &mut self.part.levels[start..];
        let active = self.part.activity.len() - windows;
        for (word, touched) in self.touched.iter_mut().enumerate() {
            let mut rest = std::mem::take(touched);
            while rest != 0 {
                let slot = word << 6 | rest.trailing_zeros() as usize;
                rest &= rest - 1;
                self.days[slot] = [0; 2];
                // An event's other features are touched with its count.
                let measures = if slot >= self.layout.kinds { 1 } else { self.layout.measures };
                for place in slot..slot + measures {
                    let mut sum = 0_u32;
                    let stretches = place * windows..(place + 1) * windows;
                    let of_place = self.sums[stretches.clone()].iter_mut().zip(&mut levels[stretches]);
                    for (window, (stretch, level)) in of_place.enumerate() {
                        sum = sum.saturating_add(std::mem::take(stretch));
                        if only.is_some_and(|only| only != window) {
                            continue;
                        }
                        *level = self.layout.levels.of(sum);
                        self.shares.keep(place, window, sum);
                        if place == 0 {
                            self.part.activity[active + window] = sum;
                        }
                    }
                }
            }
        }
        self.timing.write(&mut levels[self.layout.timing * windows..], only);
        self.members.clear();
        self.properties.clear();
    }

    /// Puts in the traits and what is used of limits as they are at each landmark.
    fn add_traits(&mut self, row: TableRow, household: &Household<'_>) {
        let (features, shares) = (&self.question.catalog.traits, &self.question.catalog.shares);
        if features.is_empty() {
            return;
        }
        let (windows, stride) = (self.layout.windows, self.layout.stride());
        let start = self.part.levels.len() - stride;
        let (before, of_shares) = self.part.levels[start..].split_at_mut(self.layout.shares * windows);
        let levels = &mut before[self.layout.traits * windows..];
        for (window, length) in self.question.windows.iter().enumerate() {
            self.traits.look(row.subject, row.clock.saturating_add(*length), household);
            for (place, feature) in features.iter().enumerate() {
                levels[place * windows + window] = self.layout.levels.of(self.traits.value(feature, household));
            }
            for (place, feature) in shares.iter().enumerate() {
                let counted = self.shares.of(&feature.used, &self.layout, window);
                of_shares[place * windows + window] = self.traits.share(feature, counted, household);
            }
        }
        self.shares.clear();
    }

    pub fn finish(mut self) -> FeatureTable {
        self.parts.push(self.part);
        self.parts.retain(|part| !part.rows.is_empty());
        FeatureTable { layout: self.layout, parts: self.parts, following: self.following }
    }
}

impl FeatureTable {
    /// Lays another table's subjects beside these.
    pub fn merge(&mut self, other: Self) {
        self.parts.extend(other.parts);
        for (mine, theirs) in self.following.iter_mut().zip(other.following) {
            mine.buyers += theirs.buyers;
            mine.after += theirs.after;
            mine.just_before += theirs.just_before;
            mine.others += theirs.others;
        }
    }

    /// How many subjects.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.rows.len()).sum()
    }

    /// Whether there are no subjects.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of = |part: &Part| part.levels.len() + part.activity.len() * 4 + part.rows.len() * size_of::<TableRow>();
        self.parts.iter().map(of).sum()
    }

    /// The events of the catalog that only follow paying: nine of ten buyers who have them have them first at or after the
    /// conversion, and hardly anybody else has them.
    pub fn only_following(&self) -> impl Iterator<Item = usize> + '_ {
        let follows = |seen: &Following| {
            seen.buyers >= 5 && seen.after * 10 >= seen.buyers * 9 && seen.others * 10 <= seen.buyers
        };
        self.following.iter().enumerate().filter(move |(_, seen)| follows(seen)).map(|(place, _)| place)
    }
}
