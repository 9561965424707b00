//! Features of when events came: how soon a first one, how soon a second after it, whether more often towards the end of the
//! window, and which of two events before the other.
//!
//! A value is a number of steps: 1 where the thing happened in the window at all, and one more for each length of time (or share)
//! that it kept. So "at least so many steps" is a comparison with a length that a person would write.

use engine::time::{DAY, HOUR};

use super::layout::{Measure, Slot};

/// The most frequent events, so many, are looked at for when they came.
pub const MOST_TIMED: usize = 8;
/// Of these, so many are looked at for their order: each before each other.
pub const MOST_ORDERED: usize = 6;

/// Within so long from the clock the first came.
const SOON: [i64; 5] = [HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY];
/// Within so long after the first the second came.
const AGAIN: [i64; 4] = [HOUR, DAY, 3 * DAY, 7 * DAY];
/// Within so long after the one the other came.
const THEN: [i64; 3] = [HOUR, DAY, 7 * DAY];
/// Of 100 in the first half of the window, so many at least in the second.
const GROWTH: [u32; 5] = [50, 100, 150, 200, 300];
/// No time at all.
const NEVER: i64 = i64::MAX;

/// The features of a catalog of so many events, in their order.
pub(crate) fn slots(events: usize) -> impl Iterator<Item = Slot> {
    let (timed, ordered) = (events.min(MOST_TIMED) as u16, events.min(MOST_ORDERED) as u16);
    let of_event = (0..timed).flat_map(|event| {
        [Measure::Soon, Measure::Again, Measure::Growth].map(|measure| Slot { event: Some(event), measure, of: None })
    });
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
        Measure::Again => &AGAIN,
        Measure::Then => &THEN,
        _ => &[],
    };
    spans.len().checked_sub((steps as usize).checked_sub(1)?).and_then(|place| spans.get(place)).copied()
}

/// The growth that a number of steps asks for, in hundredths.
pub(crate) fn growth(steps: u32) -> Option<u32> {
    GROWTH.get((steps as usize).checked_sub(1)?).copied()
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
    /// The halves and ends of windows, ascending.
    cuts: Vec<i64>,
    /// The first cut that lies behind the rows seen so far.
    cut: usize,
    /// By event, when the first and the second came.
    firsts: Vec<[i64; 2]>,
    /// By event and cut, how many came before it and not before the one before.
    counts: Vec<u32>,
    /// By event, when the last came.
    last: Vec<Option<i64>>,
    /// By pair of events and stretch, the most steps.
    orders: Vec<u8>,
    is_touched: bool,
}

impl Timing {
    pub fn new(windows: &[i64], events: usize) -> Self {
        let (timed, ordered) = (events.min(MOST_TIMED), events.min(MOST_ORDERED));
        let mut cuts: Vec<i64> = windows.iter().flat_map(|window| [window / 2, *window]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        Self {
            timed,
            ordered,
            cut: 0,
            firsts: vec![[NEVER; 2]; timed],
            counts: vec![0; timed * cuts.len()],
            last: vec![None; ordered],
            orders: vec![0; ordered * ordered * windows.len()],
            is_touched: false,
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
        self.is_touched = true;
        while self.cuts.get(self.cut).is_some_and(|cut| *cut <= since) {
            self.cut += 1;
        }
        if self.cut < self.cuts.len() {
            self.counts[event * self.cuts.len() + self.cut] += 1;
        }
        let firsts = &mut self.firsts[event];
        if firsts[0] == NEVER {
            firsts[0] = since;
        } else if firsts[1] == NEVER {
            firsts[1] = since;
        }
        if event < self.ordered {
            self.order(event, since, stretch);
        }
    }

    /// Of one instant any order will do, as in a sequence of the language.
    #[inline]
    fn order(&mut self, event: usize, since: i64, stretch: usize) {
        let (ordered, windows) = (self.ordered, self.windows.len());
        for other in (0..ordered).filter(|other| *other != event) {
            let Some(last) = self.last[other] else { continue };
            let reached = steps(&THEN, |span| since - last <= span);
            let most = &mut self.orders[(other * ordered + event) * windows + stretch];
            *most = reached.max(*most);
            if last == since {
                self.orders[(event * ordered + other) * windows + stretch] = 1 + THEN.len() as u8;
            }
        }
        self.last[event] = Some(since);
    }

    /// Writes the steps of all windows, or of one, into a subject's levels, and forgets the life.
    pub fn write(&mut self, levels: &mut [u8], only: Option<usize>) {
        if !std::mem::take(&mut self.is_touched) {
            return;
        }
        let windows = self.windows.len();
        let mut features = levels.chunks_exact_mut(windows);
        for event in 0..self.timed {
            for measure in [Measure::Soon, Measure::Again, Measure::Growth] {
                let Some(feature) = features.next() else { return };
                for window in (0..windows).filter(|window| only.is_none_or(|only| only == *window)) {
                    feature[window] = self.of_event(event, measure, self.windows[window]);
                }
            }
        }
        for pair in (0..self.ordered * self.ordered).filter(|pair| pair / self.ordered != pair % self.ordered) {
            let Some(feature) = features.next() else { return };
            let mut most = 0;
            for (window, reached) in self.orders[pair * windows..(pair + 1) * windows].iter().enumerate() {
                most = most.max(*reached);
                if only.is_none_or(|only| only == window) {
                    feature[window] = most;
                }
            }
        }
        self.cut = 0;
        self.firsts.fill([NEVER; 2]);
        self.counts.fill(0);
        self.last.fill(None);
        self.orders.fill(0);
    }

    fn of_event(&self, event: usize, measure: Measure, window: i64) -> u8 {
        let [first, second] = self.firsts[event];
        match measure {
            Measure::Soon if first < window => steps(&SOON, |span| first < span),
            Measure::Again if second < window => steps(&AGAIN, |span| second - first <= span),
            Measure::Growth if first < window / 2 => {
                let counts = self.cuts.iter().zip(&self.counts[event * self.cuts.len()..]);
                let before = |end: i64| {
                    counts.clone().take_while(|(cut, _)| **cut <= end).map(|(_, count)| u64::from(*count)).sum::<u64>()
                };
                let (early, all) = (before(window / 2), before(window));
                GROWTH.iter().filter(|share| (all - early) * 100 >= u64::from(**share) * early).count() as u8
            }
            _ => 0,
        }
    }
}
