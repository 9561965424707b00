//! The subjects of a feature table in the order of their cohorts, cut into those that are searched and those that judge.

use std::ops::Range;

use engine::household::Subject;

use super::bits::{Bits, count_and};
use super::columns::Columns;
use super::rule::Condition;
use super::table::{FeatureTable, Slot, TableRow};
use crate::workers::{Workers, all_of};
use stats::table::TwoByTwo;

/// One of the two halves of a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// The earlier signups: what is found is found here.
    Search,
    /// The later signups: what is found is judged here.
    HeldOut,
}

/// Who is counted at one window's landmark.
#[derive(Debug, Clone, Default)]
pub(crate) struct Landmark {
    /// In the population and not yet converted.
    pub at_risk: Bits,
    /// Of those, converted from the landmark to the end of the outcome.
    pub won: Bits,
    /// Those at risk and those who converted, by half.
    totals: [(u64, u64); 2],
}

/// The subjects of a table in order.
pub(crate) struct Cohort<'a> {
    pub table: &'a FeatureTable,
    /// Part and row of each place; [`Self::NOBODY`] in the gap before the held-out half, which begins with a word of bits.
    places: Vec<(u32, u32)>,
    /// The levels of all places in their order: looked at many times, so laid out once.
    columns: Columns,
    /// By window, how many product events each place has.
    activity: Vec<Vec<u32>>,
    /// The first place of each household; ends with the number of places.
    households: Vec<u32>,
    /// Whether some household has more than one subject.
    pub is_clustered: bool,
    /// The first place of the held-out half: a multiple of 64.
    split: usize,
    /// By window.
    pub landmarks: Vec<Landmark>,
}

/// When its first subject's time started, and who that is; then the subject itself.
type Rank = (i64, Subject, i64, Subject);

impl<'a> Cohort<'a> {
    const NOBODY: (u32, u32) = (u32::MAX, 0);

    /// Orders the subjects: households by the clock of their first subject, the earlier half first. Nothing depends on how
    /// the table was put together.
    pub fn new(table: &'a FeatureTable, workers: Workers<'_>) -> Self {
        let mut ranked: Vec<(Rank, (u32, u32))> = Vec::with_capacity(table.len());
        for (part, number) in table.parts.iter().zip(0..) {
            let mut start = 0;
            while start < part.rows.len() {
                let household = part.rows[start].household;
                let length = part.rows[start..].iter().take_while(|row| row.household == household).count();
                let rows = &part.rows[start..start + length];
                let first = rows.iter().map(|row| (row.clock, row.subject)).min().unwrap_or((0, rows[0].subject));
                let rank = |row: &TableRow| (first.0, first.1, row.clock, row.subject);
                ranked.extend(rows.iter().zip(start as u32..).map(|(row, place)| (rank(row), (number, place))));
                start += length;
            }
        }
        ranked.sort_unstable();
        Self::arrange(table, &ranked, workers)
    }

    fn arrange(table: &'a FeatureTable, ranked: &[(Rank, (u32, u32))], workers: Workers<'_>) -> Self {
        let same = |left: &(Rank, _), right: &(Rank, _)| (left.0.0, left.0.1) == (right.0.0, right.0.1);
        let half = ranked.len().div_ceil(2);
        let mut cut = half;
        while cut > 0 && cut < ranked.len() && same(&ranked[cut - 1], &ranked[cut]) {
            cut += 1;
        }
        let split = cut.next_multiple_of(64);
        let mut places: Vec<(u32, u32)> = ranked[..cut].iter().map(|(_, place)| *place).collect();
        places.resize(split, Self::NOBODY);
        places.extend(ranked[cut..].iter().map(|(_, place)| *place));
        let mut households = Vec::new();
        for (number, entry) in ranked.iter().enumerate() {
            if number == 0 || !same(&ranked[number - 1], entry) {
                households.push((if number < cut { number } else { number - cut + split }) as u32);
            }
        }
        let is_clustered = households.len() < ranked.len();
        households.push(places.len() as u32);
        let columns = Columns::of(table, &places, workers);
        let activity = activity(table, &places);
        let landmarks = Vec::new();
        let mut cohort = Self { table, places, columns, activity, households, is_clustered, split, landmarks };
        // Rows lie in no order of places: they are gone through once for all windows.
        let at_risk =
            |row: &TableRow| (row.in_population & row.unconverted, row.in_population & row.unconverted & row.won);
        let stands: Vec<(u8, u8)> = (0..cohort.len()).map(|place| cohort.row(place).map_or((0, 0), at_risk)).collect();
        cohort.landmarks = all_of(workers, table.layout.windows, |window| cohort.landmark(window, &stands));
        cohort
    }

    /// By place and by a bit for each window: who is at risk, and who of them converts.
    fn landmark(&self, window: usize, stands: &[(u8, u8)]) -> Landmark {
        let at_risk = Bits::of(self.len(), |place| stands[place].0 >> window & 1 == 1);
        let won = Bits::of(self.len(), |place| stands[place].1 >> window & 1 == 1);
        let mut landmark = Landmark { at_risk, won, totals: [(0, 0); 2] };
        landmark.totals = [Half::Search, Half::HeldOut].map(|half| {
            let words = self.words(half);
            let count = |bits: &Bits| bits.words()[words.clone()].iter().map(|word| u64::from(word.count_ones())).sum();
            (count(&landmark.at_risk), count(&landmark.won))
        });
        landmark
    }

    /// Places, the gap among them.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The subject in a place; `None` in the gap.
    pub fn row(&self, place: usize) -> Option<&'a TableRow> {
        let (part, row) = *self.places.get(place)?;
        self.table.parts.get(part as usize)?.rows.get(row as usize)
    }

    /// The level of each place by a feature, in a window; 0 in the gap.
    pub fn levels(&self, slot: usize, window: usize) -> &[u8] {
        self.columns.get(slot * self.table.layout.windows + window)
    }

    /// How many product events each place has in a window.
    pub fn activity(&self, window: usize) -> &[u32] {
        &self.activity[window]
    }

    /// The places of a half.
    pub fn range(&self, half: Half) -> Range<usize> {
        match half {
            Half::Search => 0..self.split,
            Half::HeldOut => self.split..self.len(),
        }
    }

    /// The words of bits of a half.
    pub fn words(&self, half: Half) -> Range<usize> {
        let words = self.len().div_ceil(64);
        match half {
            Half::Search => 0..self.split / 64,
            Half::HeldOut => self.split / 64..words,
        }
    }

    /// Those at risk and those who converted in a half.
    pub fn totals(&self, window: usize, half: Half) -> (u64, u64) {
        self.landmarks[window].totals[half as usize]
    }

    /// The households of a half as ranges of places.
    pub fn households(&self, half: Half) -> impl Iterator<Item = Range<usize>> + '_ {
        let range = self.range(half);
        let end =
            |start: usize, next: u32| if start < self.split { (next as usize).min(self.split) } else { next as usize };
        self.households
            .windows(2)
            .map(move |pair| (pair[0] as usize)..end(pair[0] as usize, pair[1]))
            .filter(move |household| range.contains(&household.start))
    }

    /// Those for whom a feature has at least a value within a window.
    pub fn at_least(&self, slot: usize, window: usize, value: u32) -> Bits {
        Bits::at_least(self.levels(slot, window), self.table.layout.levels.of(value))
    }

    /// Those of one half who meet a condition, their words beginning with the half's.
    pub fn of_half(&self, condition: &Condition, window: usize, half: Half) -> Bits {
        let range = self.range(half);
        let least = self.table.layout.levels.of(condition.at_least);
        let slot = self.slot(condition.slot);
        slot.map_or_else(
            || Bits::none(range.len()),
            |slot| Bits::at_least(&self.levels(slot, window)[range.clone()], least),
        )
    }

    /// The features' place.
    pub fn slot(&self, slot: Slot) -> Option<usize> {
        self.table.layout.slots.iter().position(|other| *other == slot)
    }

    /// Those at risk by having a feature and converting.
    pub fn table(&self, bits: &Bits, window: usize, half: Half) -> TwoByTwo {
        let words = self.words(half);
        let landmark = &self.landmarks[window];
        let exposed = count_and(&bits.words()[words.clone()], &landmark.at_risk.words()[words.clone()]);
        let exposed_won = count_and(&bits.words()[words.clone()], &landmark.won.words()[words]);
        let (people, won) = self.totals(window, half);
        table(exposed, exposed_won, people, won)
    }
}

/// By window, how many product events each place has.
fn activity(table: &FeatureTable, places: &[(u32, u32)]) -> Vec<Vec<u32>> {
    let windows = table.layout.windows;
    let mut activity = vec![vec![0; places.len()]; windows];
    for (place, (part, row)) in places.iter().enumerate() {
        let start = *row as usize * windows;
        let part = table.parts.get(*part as usize);
        let counts = part.and_then(|part| part.activity.get(start..start + windows)).unwrap_or(&[]);
        for (of_window, count) in activity.iter_mut().zip(counts) {
            of_window[place] = *count;
        }
    }
    activity
}

/// A table of the exposed and all.
pub(crate) const fn table(exposed: u64, exposed_won: u64, people: u64, won: u64) -> TwoByTwo {
    TwoByTwo {
        exposed_event: exposed_won,
        exposed_no_event: exposed - exposed_won,
        unexposed_event: won - exposed_won,
        unexposed_no_event: people - exposed - (won - exposed_won),
    }
}
