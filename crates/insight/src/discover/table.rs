//! The feature table: for each subject what it did, by event, measure and window, in one linear pass over its rows.
//!
//! Windows all begin at the clock, so that their ends cut a life into stretches: each row adds to one stretch, and a window's
//! value is the sum of the stretches before its end. A value is kept as its [`Levels`](super::levels::Levels) byte. `tests/insight/discover` holds
//! the table against the plain way, event by event.

use std::sync::Arc;

use engine::household::{Code, Household, Subject};
use engine::record::SubjectKind;

use super::catalog::NONE;
use super::days::Days;
use super::details::Traits;
pub use super::layout::{Layout, Measure, Slot};
use super::question::Question;
use super::tally::{Life, Row, Tally};

/// A subject of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableRow {
    /// Who.
    pub subject: Subject,
    /// Its clock, in microseconds since the epoch.
    pub clock: i64,
    /// Its household: those of one are not independent of each other, and stand together in one part of the table.
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

impl Part {
    /// The levels and the activity of the subject that came last.
    pub(super) fn last(&mut self, layout: &Layout) -> (&mut [u8], &mut [u32]) {
        let (end, active) = (self.rows.len() * layout.stride(), self.activity.len());
        (&mut self.levels[end - layout.stride()..end], &mut self.activity[active - layout.windows..])
    }
}

/// Where a subject's rows are.
pub(crate) enum Rows<'a> {
    /// One stretch.
    Range(usize, usize),
    /// Gathered, in time order, with whose each is.
    List(&'a [(u32, Code)]),
}

/// Fills one part of a table.
#[derive(Debug, Clone)]
pub(crate) struct Builder {
    question: Arc<Question>,
    layout: Arc<Layout>,
    /// Full ones, and the one that is being filled.
    parts: Vec<Part>,
    part: Part,
    tally: Tally,
    traits: Traits,
}

/// Subjects in a part: what is full is not moved when more come.
const PART_ROWS: usize = 1 << 12;
/// A part that has room for fewer begins no household.
const ROOM: usize = 64;

impl Builder {
    pub fn new(question: Arc<Question>) -> Self {
        let layout = Arc::new(Layout::new(&question));
        Self {
            parts: Vec::new(),
            part: Part::default(),
            tally: Tally::new(&question, &layout),
            traits: Traits::default(),
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
        self.tally.begin();
        let last = self.part.rows.last();
        if last.is_none_or(|last| last.household != row.household && self.part.rows.len() + ROOM > PART_ROWS) {
            // New memory is zero as it comes, and is there only once it is written to.
            let levels = vec![0; PART_ROWS * self.layout.stride()];
            let full = std::mem::replace(&mut self.part, Part { levels, ..Part::default() });
            self.keep(full);
        }
        self.part.rows.push(row);
        let length = self.part.rows.len() * self.layout.stride();
        if self.part.levels.len() < length {
            self.part.levels.resize(length, 0);
        }
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
        // References, for the count of an `Arc` is written to by all threads at once.
        let Self { question, layout, tally, part, .. } = self;
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
        let life = Life { question, layout, household, clock: row.clock, conversion };
        if known.is_none() || !rows.clone().any(is_late) {
            tally.count(&life, rows, days);
            tally.write(layout, part, None);
            return;
        }
        // Whether an event follows the goal is asked of what happened, not of what was known.
        for (_, time, code, _) in rows.clone() {
            let (event, ..) = question.catalog.look(code);
            if event != NONE {
                tally.follow(event, time, conversion);
            }
        }
        for (window, length) in question.windows.iter().enumerate() {
            days.restart();
            let in_time = rows.clone().filter(|(place, ..)| known_at(*place) <= landmark(length));
            tally.count(&life, in_time, days);
            tally.write(layout, part, Some(window));
        }
    }

    /// Puts in the traits and what is used of limits as they are at each landmark.
    fn add_traits(&mut self, row: TableRow, household: &Household<'_>) {
        let (features, shares) = (&self.question.catalog.traits, &self.question.catalog.shares);
        if features.is_empty() {
            return;
        }
        let windows = self.layout.windows;
        let (levels, _) = self.part.last(&self.layout);
        let (before, of_shares) = levels.split_at_mut(self.layout.shares * windows);
        let levels = &mut before[self.layout.traits * windows..];
        for (window, length) in self.question.windows.iter().enumerate() {
            self.traits.look(row.subject, row.clock.saturating_add(*length), household);
            for (place, feature) in features.iter().enumerate() {
                levels[place * windows + window] = self.layout.levels.of(self.traits.value(feature, household));
            }
            for (place, feature) in shares.iter().enumerate() {
                let counted = self.tally.shares.of(&feature.used, &self.layout, window);
                of_shares[place * windows + window] = self.traits.share(feature, counted, household);
            }
        }
        self.tally.shares.clear();
    }

    /// Keeps a part that gets no more subjects.
    fn keep(&mut self, mut part: Part) {
        part.levels.truncate(part.rows.len() * self.layout.stride());
        if !part.rows.is_empty() {
            self.parts.push(part);
        }
    }

    pub fn finish(mut self) -> FeatureTable {
        let last = std::mem::take(&mut self.part);
        self.keep(last);
        FeatureTable { layout: self.layout, parts: self.parts, following: self.tally.following }
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
