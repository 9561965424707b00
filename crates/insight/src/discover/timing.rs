//! Features of when events came: how soon a first one, how soon a second, third or fifth after it, whether more often towards the
//! end of the window, how many in its last quarter, and which of two events before the other.
//!
//! A value is a number of steps: 1 where the thing happened in the window at all, and one more for each length of time (or share)
//! that it kept. So "at least so many steps" is a comparison with a length that a person would write. Only what came in the last
//! quarter is a number of events.

use engine::time::{DAY, HOUR};

use super::layout::{Measure, Slot};

/// The most frequent events, so many, are looked at for when they came.
pub const MOST_TIMED: usize = 8;
/// Of these, so many are looked at for their order: each before each other.
pub const MOST_ORDERED: usize = 6;

/// Within so long from the clock the first came.
const SOON: [i64; 5] = [HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY];
/// Which events after the first are looked at: the second, third and fifth.
pub const AGAIN_AS: [u8; 3] = [2, 3, 5];
/// The last of them.
const LAST_AGAIN: usize = 5;
/// Within so long after the first the second (third, fifth) came.
const AGAIN: [i64; 4] = [HOUR, DAY, 3 * DAY, 7 * DAY];
/// Within so long after the one the other came.
const THEN: [i64; 3] = [HOUR, DAY, 7 * DAY];
/// Of 100 in the first half of the window, so many at least in the second.
const GROWTH: [u32; 5] = [50, 100, 150, 200, 300];
/// Measures of one event, beside those of [`AGAIN_AS`]: how soon, growth, and lately.
const OF_EVENT: usize = AGAIN_AS.len() + 3;
/// No time at all.
const NEVER: i64 = i64::MAX;
/// More events in the last quarter than this are as good as this many.
const MOST_LATE: u32 = 100;

/// The measures of an event, in their order.
fn measures() -> impl Iterator<Item = Measure> {
    let again = AGAIN_AS.into_iter().map(Measure::Again);
    std::iter::once(Measure::Soon).chain(again).chain([Measure::Growth, Measure::Lately])
}

/// The features of a catalog of so many events, in their order.
pub(crate) fn slots(events: usize) -> impl Iterator<Item = Slot> {
    let (timed, ordered) = (events.min(MOST_TIMED) as u16, events.min(MOST_ORDERED) as u16);
    let of_event =
        (0..timed).flat_map(|event| measures().map(move |measure| Slot { event: Some(event), measure, of: None }));
    let pairs = (0..ordered).flat_map(move |first| (0..ordered).map(move |second| (first, second)));
    of_event.chain(pairs.filter(|(first, second)| first != second).map(|(first, second)| Slot {
        event: Some(first),
        measure: Measure::Then,
        of: Some(second),
    }))
}

/// The length of time that a number of steps asks for; `None`: anywhere in the window.
pub(crate) fn span(measure: Measure, steps: u32) -> Option<i64> {
    let spans: &[i64] = match measure {
        Measure::Soon => &SOON,
        Measure::Again(_) => &AGAIN,
        Measure::Then => &THEN,
        _ => &[],
    };
    spans.len().checked_sub((steps as usize).checked_sub(1)?).and_then(|place| spans.get(place)).copied()
}

/// The growth that a number of steps asks for, in hundredths.
pub(crate) fn growth(steps: u32) -> Option<u32> {
    GROWTH.get((steps as usize).checked_sub(1)?).copied()
}

/// Where the last quarter of a window begins.
pub(crate) const fn last_quarter(window: i64) -> i64 {
    window - window / 4
}

/// The shortest times between two events as steps, of several at once: as numbers of the same kind, which the processor compares
/// and adds up together.
fn reach(shortest: &Instants) -> [u8; MOST_ORDERED] {
    let mut steps = [0.0; MOST_ORDERED];
    for (steps, gap) in steps.iter_mut().zip(shortest) {
        *steps = if *gap < f64::INFINITY { 1.0 } else { 0.0 };
    }
    for span in THEN {
        for (steps, gap) in steps.iter_mut().zip(shortest) {
            *steps += if *gap <= span as f64 { 1.0 } else { 0.0 };
        }
    }
    let mut reached = [0; MOST_ORDERED];
    for (reached, steps) in reached.iter_mut().zip(&steps) {
        *reached = *steps as u8;
    }
    reached
}

/// The length of time as steps, 0 for never; `reaches` says whether it keeps a span.
fn steps(spans: &[i64], reaches: impl Fn(i64) -> bool) -> u8 {
    1 + spans.iter().filter(|span| reaches(**span)).count() as u8
}

/// What is seen of one life.
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    windows: Vec<i64>,
    timed: usize,
    ordered: usize,
    /// The halves, last quarters and ends of windows, ascending.
    cuts: Vec<i64>,
    /// Of each window, the places of its half, last quarter and end among the cuts.
    marks: Vec<[usize; 3]>,
    /// The first cut that lies behind the rows seen so far.
    cut: usize,
    /// By event, how many came,
    came: Vec<u32>,
    /// and when the first ones.
    firsts: Vec<[i64; LAST_AGAIN]>,
    /// By event and cut, how many came before it and not before the one before.
    counts: Vec<u32>,
    /// By event, when the last came.
    last: Instants,
    /// When the last of any of these came.
    latest: f64,
    /// By event and stretch, the shortest time since the last of each event.
    gaps: Vec<Instants>,
    /// By event, the stretches that have any, one bit each.
    stretches: Vec<u64>,
}

/// An instant or a length of time for each event whose order is looked at. All are whole numbers far below 2⁵³, so nothing is rounded;
/// as such numbers the processor compares several at once.
type Instants = [f64; MOST_ORDERED];

impl Timing {
    pub fn new(windows: &[i64], events: usize) -> Self {
        let (timed, ordered) = (events.min(MOST_TIMED), events.min(MOST_ORDERED));
        let marks = windows.iter().map(|window| [window / 2, last_quarter(*window), *window]);
        let mut cuts: Vec<i64> = marks.clone().flatten().collect();
        cuts.sort_unstable();
        cuts.dedup();
        let place = |mark: i64| cuts.partition_point(|cut| *cut < mark);
        Self {
            timed,
            ordered,
            marks: marks.map(|marks| marks.map(place)).collect(),
            cut: 0,
            came: vec![0; timed],
            firsts: vec![[NEVER; LAST_AGAIN]; timed],
            counts: vec![0; timed * cuts.len()],
            last: [f64::NEG_INFINITY; MOST_ORDERED],
            latest: f64::NEG_INFINITY,
            gaps: vec![[f64::INFINITY; MOST_ORDERED]; ordered * windows.len()],
            stretches: vec![0; ordered],
            windows: windows.to_vec(),
            cuts,
        }
    }

    /// Takes a row of a catalog's event, so long after the clock, in a stretch between the ends of windows; in time order.
    #[inline]
    pub fn see(&mut self, event: u16, since: i64, stretch: usize) {
        let event = usize::from(event);
        if event >= self.timed {
            return;
        }
        while self.cuts.get(self.cut).is_some_and(|cut| *cut <= since) {
            self.cut += 1;
        }
        if self.cut < self.cuts.len() {
            self.counts[event * self.cuts.len() + self.cut] += 1;
        }
        if let Some(first) = self.firsts[event].get_mut(self.came[event] as usize) {
            *first = since;
        }
        self.came[event] += 1;
        if event < self.ordered {
            self.order(event, since as f64, stretch);
        }
    }

    /// Of one instant any order will do, as in a sequence of the language.
    #[inline]
    fn order(&mut self, event: usize, since: f64, stretch: usize) {
        let windows = self.windows.len();
        self.stretches[event] |= 1 << stretch;
        let gaps = &mut self.gaps[event * windows + stretch];
        for (gap, last) in gaps.iter_mut().zip(&self.last) {
            let length = since - last;
            *gap = if length < *gap { length } else { *gap };
        }
        if since == self.latest {
            for other in (0..self.ordered).filter(|other| self.last[*other] == since) {
                self.stretches[other] |= 1 << stretch;
                self.gaps[other * windows + stretch][event] = 0.0;
            }
        }
        (self.last[event], self.latest) = (since, since);
    }

    /// Writes the steps of all windows, or of one, into a subject's levels, and forgets the life.
    pub fn write(&mut self, levels: &mut [u8], only: Option<usize>) {
        let (windows, cuts) = (self.windows.len(), self.cuts.len());
        let of_event = OF_EVENT * windows;
        for event in 0..self.timed {
            if std::mem::take(&mut self.came[event]) == 0 {
                continue;
            }
            let counts = &mut self.counts[event * cuts..(event + 1) * cuts];
            // How many came before each cut.
            let mut before = 0;
            for count in counts.iter_mut() {
                before += *count;
                *count = before;
            }
            let firsts = &self.firsts[event];
            let soon = steps(&SOON, |span| firsts[0] < span);
            let again = AGAIN_AS.map(|nth| {
                let at = firsts[usize::from(nth) - 1];
                (at, steps(&AGAIN, |span| at - firsts[0] <= span))
            });
            let Some(features) = levels.get_mut(event * of_event..(event + 1) * of_event) else { return };
            for (window, (length, [half, quarter, end])) in self.windows.iter().zip(&self.marks).enumerate() {
                if only.is_some_and(|only| only != window) || firsts[0] >= *length {
                    continue;
                }
                features[window] = soon;
                for ((at, steps), place) in again.iter().zip(1..) {
                    features[place * windows + window] = if at < length { *steps } else { 0 };
                }
                let (early, all) = (counts[*half], counts[*end]);
                let grown = |share: &&u32| u64::from(all - early) * 100 >= u64::from(**share) * u64::from(early);
                let growth = if early > 0 && all > early { GROWTH.iter().filter(grown).count() as u8 } else { 0 };
                features[(1 + AGAIN_AS.len()) * windows + window] = growth;
                let late = (all - counts[*quarter]).min(MOST_LATE) as u8;
                features[(2 + AGAIN_AS.len()) * windows + window] = late;
            }
            counts.fill(0);
            self.firsts[event] = [NEVER; LAST_AGAIN];
        }
        self.write_orders(&mut levels[self.timed * of_event..], only);
        self.cut = 0;
        (self.last, self.latest) = ([f64::NEG_INFINITY; MOST_ORDERED], f64::NEG_INFINITY);
    }

    fn write_orders(&mut self, levels: &mut [u8], only: Option<usize>) {
        let (windows, ordered) = (self.windows.len(), self.ordered);
        let of_events = self.gaps.chunks_exact_mut(windows.max(1)).zip(&mut self.stretches);
        for (second, (of_second, stretches)) in of_events.enumerate() {
            let stretches = std::mem::take(stretches);
            if stretches == 0 {
                continue;
            }
            let mut shortest = [f64::INFINITY; MOST_ORDERED];
            let mut reached = [0; MOST_ORDERED];
            for (window, gaps) in of_second.iter_mut().enumerate() {
                if stretches >> window & 1 == 1 {
                    for (shortest, gap) in shortest.iter_mut().zip(gaps.iter()) {
                        *shortest = if gap < shortest { *gap } else { *shortest };
                    }
                    gaps.fill(f64::INFINITY);
                    reached = reach(&shortest);
                }
                if reached == [0; MOST_ORDERED] || only.is_some_and(|only| only != window) {
                    continue;
                }
                for first in (0..ordered).filter(|first| *first != second) {
                    // Nobody stands before himself: that place is not there.
                    let feature = first * (ordered - 1) + second - usize::from(second > first);
                    levels[feature * windows + window] = reached[first];
                }
            }
        }
    }
}
