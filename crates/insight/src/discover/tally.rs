//! What is counted of one life, until it stands in the table.

use std::collections::HashSet;

use engine::household::{Code, Household};
use engine::time::HOUR;

use super::catalog::NONE;
use super::days::Days;
use super::details::Properties;
use super::layout::Layout;
use super::question::Question;
use super::share::Sums;
use super::table::{Following, Part};
use super::timing::Timing;

/// A row: its place in the household, when, its name's code, whose.
pub(super) type Row = (usize, i64, u32, Code);

/// A life and what is asked of it.
pub(super) struct Life<'a> {
    pub question: &'a Question,
    pub layout: &'a Layout,
    pub household: &'a Household<'a>,
    pub clock: i64,
    /// The first one, `i64::MAX` for none.
    pub conversion: i64,
}

/// Sums of the life at hand, and what was seen of events in all lives.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub following: Vec<Following>,
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
    timing: Timing,
    pub shares: Sums,
    serial: u32,
    pass: u32,
}

impl Tally {
    pub fn new(question: &Question, layout: &Layout) -> Self {
        let (slots, events) = (layout.slots.len(), question.catalog.events.len());
        Self {
            following: vec![Following::default(); events],
            sums: vec![0; layout.stride()],
            days: vec![[0; 2]; slots],
            touched: vec![0; slots.div_ceil(64)],
            seen: vec![0; question.catalog.codes()],
            seen_ever: vec![0; events],
            members: HashSet::new(),
            properties: Properties::new(&question.catalog, layout.kinds + 1),
            timing: Timing::new(&question.windows, events),
            shares: Sums::new(&question.catalog, layout),
            serial: 0,
            pass: 0,
        }
    }

    /// Turns to another subject.
    pub const fn begin(&mut self) {
        self.serial += 1;
    }

    /// One pass over a subject's rows from the clock on, in time order.
    #[inline]
    pub fn count(&mut self, life: &Life<'_>, rows: impl Iterator<Item = Row>, days: &mut Days<'_>) {
        self.pass += 1;
        let Life { question, layout, clock, conversion, .. } = *life;
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
                self.add_row(layout, 0, stretch, day, user);
                let is_first = std::mem::replace(&mut self.seen[alike as usize], self.pass) != self.pass;
                self.touch(layout.kinds);
                self.sums[layout.kinds * windows + stretch] += u32::from(is_first);
            }
            if event != NONE {
                self.add_row(layout, (usize::from(event) + 1) * measures, stretch, day, user);
                self.timing.see(event, time - clock, stretch);
                if self.properties.reads(event) {
                    self.read(event, life, row, stretch);
                }
            }
        }
    }

    /// Adds a row to the features of its properties.
    #[inline]
    fn read(&mut self, event: u16, life: &Life<'_>, row: usize, stretch: usize) {
        let mut properties = std::mem::take(&mut self.properties);
        properties.read(event, life.household, row, |slot, amount| {
            self.touch(slot);
            let sum = &mut self.sums[slot * life.layout.windows + stretch];
            *sum = sum.saturating_add(amount);
        });
        self.properties = properties;
    }

    /// Adds a row to the features of an event, which begin at `slot`. Nobody can foretell whether a day is new, so no branch asks.
    #[inline]
    fn add_row(&mut self, layout: &Layout, slot: usize, stretch: usize, day: usize, user: Code) {
        let windows = layout.windows;
        self.touch(slot);
        self.sums[slot * windows + stretch] += 1;
        let seen = &mut self.days[slot][day >> 6];
        let is_new = (!*seen >> (day & 63)) & 1;
        *seen |= 1 << (day & 63);
        self.sums[(slot + 1) * windows + stretch] += is_new as u32;
        if layout.accounts && user != 0 && self.members.insert((slot as u16, user)) {
            self.sums[(slot + 2) * windows + stretch] += 1;
        }
    }

    #[inline]
    fn touch(&mut self, slot: usize) {
        self.touched[slot >> 6] |= 1 << (slot & 63);
    }

    /// Looks at an event's first occurrence.
    #[inline]
    pub fn follow(&mut self, event: u16, time: i64, conversion: i64) {
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
    pub fn write(&mut self, layout: &Layout, part: &mut Part, only: Option<usize>) {
        let windows = layout.windows;
        let (levels, activity) = part.last(layout);
        // Most rows are of all windows, and no share is made of their sums: then levels are all that is written.
        let plain = only.is_none() && self.shares.is_empty();
        for (word, touched) in self.touched.iter_mut().enumerate() {
            let mut rest = std::mem::take(touched);
            while rest != 0 {
                let slot = word << 6 | rest.trailing_zeros() as usize;
                rest &= rest - 1;
                self.days[slot] = [0; 2];
                // An event's other features are touched with its count.
                let measures = if slot >= layout.kinds { 1 } else { layout.measures };
                for place in slot..slot + measures {
                    let mut sum = 0_u32;
                    let stretches = place * windows..(place + 1) * windows;
                    let of_place = self.sums[stretches.clone()].iter_mut().zip(&mut levels[stretches]);
                    if plain && place > 0 {
                        for (stretch, level) in of_place {
                            sum = sum.saturating_add(std::mem::take(stretch));
                            *level = layout.levels.of(sum);
                        }
                        continue;
                    }
                    for (window, (stretch, level)) in of_place.enumerate() {
                        sum = sum.saturating_add(std::mem::take(stretch));
                        if only.is_some_and(|only| only != window) {
                            continue;
                        }
                        *level = layout.levels.of(sum);
                        self.shares.keep(place, window, sum);
                        if place == 0 {
                            activity[window] = sum;
                        }
                    }
                }
            }
        }
        self.timing.write(&mut levels[layout.timing * windows..], only);
        self.members.clear();
        self.properties.clear();
    }
}
