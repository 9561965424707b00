//! The running state of one measure over one period.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::calendar::lasted;
use super::scene::{Clockwork, Scene};
use super::tally::{Hit, Mark, Tally};
use crate::definition::CalendarUnit;
use crate::program::pass::{Behaviour, Grouping, Measure, Period};
use crate::time::DAY;
use crate::{Span, Timestamp, Value};

/// The clock and window a leaf counts within; instants in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GateTimes {
    /// The clock; `i64::MAX` as long as it is not known.
    #[serde(with = "super::saved::never")]
    pub clock: i64,
    /// When the clock was known; it opens at the later of both.
    #[serde(with = "super::saved::never")]
    pub known_from: i64,
    /// The window's end as known now; `i64::MAX` for none.
    #[serde(with = "super::saved::never")]
    pub end: i64,
    /// Whether it has opened.
    pub open: bool,
}

impl Default for GateTimes {
    fn default() -> Self {
        Self { clock: i64::MAX, known_from: i64::MAX, end: i64::MAX, open: false }
    }
}

/// What is remembered of a measure: the least that decides it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BehaviourState {
    /// Plain counts.
    count: u64,
    /// Distinct days or weeks, sorted.
    days: Vec<i32>,
    /// The last n times of a rolling count.
    times: VecDeque<i64>,
    /// The last n days of rolling separate days: each with its latest time, in the order of those.
    recent_days: VecDeque<(i32, i64)>,
    /// What a rolling period holds.
    hits: VecDeque<Hit>,
    /// What the period before it holds.
    earlier: VecDeque<Hit>,
    whole: Option<Tally>,
    before: Option<Tally>,
    units: BTreeMap<i32, Tally>,
    /// When a `since` period started.
    marker: Option<i64>,
}

/// How a measure is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Counter,
    Days,
    LastTimes(u64),
    LastDays(u64),
    Whole,
    Units,
}

impl Behaviour {
    const fn form(&self) -> Form {
        if let Some(needed) = self.last_times {
            return if matches!(self.measure, Measure::Days) {
                Form::LastDays(needed)
            } else {
                Form::LastTimes(needed)
            };
        }
        let rolling = matches!(self.period, Period::Last(_));
        match (self.grouping, &self.measure) {
            (Grouping::Whole, Measure::Count) if !rolling => Form::Counter,
            (Grouping::Whole, Measure::Days | Measure::Weeks) if !rolling => Form::Days,
            (Grouping::Whole, _) => Form::Whole,
            _ => Form::Units,
        }
    }

    /// The calendar unit that hits are told apart by.
    const fn unit(&self) -> Option<CalendarUnit> {
        self.units
    }
}

impl BehaviourState {
    pub fn clear(&mut self) {
        self.count = 0;
        self.days.clear();
        self.times.clear();
        self.recent_days.clear();
        self.hits.clear();
        self.earlier.clear();
        self.whole = None;
        self.before = None;
        if !self.units.is_empty() {
            self.units.clear();
        }
        self.marker = None;
    }

    /// A `since` period starts anew (or for the first time) at an instant.
    pub fn mark(&mut self, rule: &Behaviour, gate: GateTimes, at: i64) {
        let Period::Since { latest } = rule.period else { return };
        if at < gate.clock || at >= gate.end || (self.marker.is_some() && (!latest || self.marker == Some(at))) {
            return;
        }
        self.clear();
        self.marker = Some(at);
    }

    /// When a `since` period started.
    pub const fn marker(&self) -> Option<i64> {
        self.marker
    }

    /// Whether an event at an instant counts.
    #[inline]
    fn admits(&self, scene: &Scene<'_>, rule: &Behaviour, gate: GateTimes, at: i64) -> bool {
        if matches!(rule.period, Period::Ever) {
            return true;
        }
        if at < gate.clock || at >= gate.end {
            return false;
        }
        let zone = &scene.program.workspace.zone;
        let clock = Timestamp(gate.clock);
        match &rule.period {
            Period::Within(span) => at < clock.plus(*span, zone).0,
            Period::FromTo(from, to) => clock.plus(*from, zone).0 <= at && at < clock.plus(*to, zone).0,
            Period::Since { .. } => self.marker.is_some(),
            _ => true,
        }
    }

    /// Takes in an event; says whether it counted.
    #[inline]
    pub fn hit(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        rule: &Behaviour,
        gate: GateTimes,
        at: i64,
        row: usize,
    ) -> bool {
        if !self.admits(scene, rule, gate, at) {
            return false;
        }
        match rule.form() {
            Form::Counter => self.count += 1,
            Form::Days => {
                let day = scene.day(clockwork, at);
                let day = if matches!(rule.measure, Measure::Weeks) { crate::time::week_start(day) } else { day };
                match self.days.last() {
                    Some(last) if *last == day => {}
                    Some(last) if *last > day => {
                        if let Err(place) = self.days.binary_search(&day) {
                            self.days.insert(place, day);
                        }
                    }
                    _ => self.days.push(day),
                }
            }
            Form::LastTimes(needed) => {
                if self.times.len() as u64 == needed {
                    self.times.pop_front();
                }
                self.times.push_back(at);
            }
            Form::LastDays(needed) => {
                let day = scene.day(clockwork, at);
                match self.recent_days.back_mut() {
                    Some((last, time)) if *last == day => *time = at,
                    _ => {
                        // A zone further west can bring an earlier day back.
                        self.recent_days.retain(|(known, _)| *known != day);
                        if self.recent_days.len() as u64 == needed {
                            self.recent_days.pop_front();
                        }
                        self.recent_days.push_back((day, at));
                    }
                }
            }
            Form::Whole | Form::Units => return self.take(scene, clockwork, rule, at, row),
        }
        true
    }

    fn take(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, rule: &Behaviour, at: i64, row: usize) -> bool {
        let Some(mark) = mark_of(scene, clockwork, rule, at, row) else { return false };
        let unit = rule.unit().map_or(0, |unit| scene.unit(clockwork, at, unit));
        let hit = Hit { time: at, unit, mark };
        if rule.form() == Form::Units {
            self.units.entry(unit).or_insert_with(|| Tally::of(&rule.measure)).add(&hit);
        } else {
            self.whole.get_or_insert_with(|| Tally::of(&rule.measure)).add(&hit);
        }
        if matches!(rule.period, Period::Last(_)) {
            self.hits.push_back(hit);
        }
        true
    }

    /// Drops what has left a rolling period by an instant.
    fn expire(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, rule: &Behaviour, at: i64) {
        let zone = &scene.program.workspace.zone;
        if let Period::Last(span) = &rule.period {
            let left = |time: i64| lasted(time, *span, zone) <= at;
            while self.times.front().is_some_and(|time| left(*time)) {
                self.times.pop_front();
            }
            while self.recent_days.front().is_some_and(|(_, time)| left(*time)) {
                self.recent_days.pop_front();
            }
            while let Some(hit) = pop_left(&mut self.hits, *span, left) {
                self.leave(rule, &hit);
                if rule.previous {
                    self.before.get_or_insert_with(|| Tally::of(&rule.measure)).add(&hit);
                    self.earlier.push_back(hit);
                }
            }
            let twice = span.twice();
            while let Some(hit) = pop_left(&mut self.earlier, *span, |time| lasted(time, twice, zone) <= at) {
                if let Some(before) = &mut self.before {
                    before.remove(&hit);
                }
            }
        }
        let kept = match rule.grouping {
            Grouping::Current => 2,
            Grouping::Regular { units, .. } => units as i32,
            Grouping::Whole | Grouping::Some => return,
        };
        // A zone further west can bring the day before back; a unit more is kept for that.
        if let Some(unit) = rule.unit() {
            let oldest = scene.unit(clockwork, at, unit).saturating_sub(kept);
            while self.units.first_key_value().is_some_and(|(unit, _)| *unit < oldest - 1) {
                self.units.pop_first();
            }
        }
    }

    fn leave(&mut self, rule: &Behaviour, hit: &Hit) {
        if rule.form() == Form::Units {
            if let Some(tally) = self.units.get_mut(&hit.unit) {
                tally.remove(hit);
            }
        } else if let Some(tally) = &mut self.whole {
            tally.remove(hit);
        }
    }

    /// The value as a whole number, where it is kept as one.
    pub fn whole(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, rule: &Behaviour, at: i64) -> Option<u64> {
        match rule.form() {
            Form::Counter => Some(self.count),
            Form::Days => Some(self.days.len() as u64),
            Form::LastTimes(_) => {
                self.expire(scene, clockwork, rule, at);
                Some(self.times.len() as u64)
            }
            Form::LastDays(_) => {
                self.expire(scene, clockwork, rule, at);
                Some(self.recent_days.len() as u64)
            }
            Form::Whole | Form::Units => None,
        }
    }

    /// The value at an instant, which must not be before any event taken in.
    pub fn value(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, rule: &Behaviour, at: i64) -> Option<Value> {
        self.expire(scene, clockwork, rule, at);
        let empty = || Tally::of(&rule.measure).value();
        let of = |tally: Option<&Tally>| tally.map_or_else(empty, Tally::value);
        let whole = |count: u64| Some(Value::whole(i64::try_from(count).unwrap_or(i64::MAX)));
        let (now, before) = match rule.form() {
            Form::Counter => return whole(self.count),
            Form::Days => return whole(self.days.len() as u64),
            Form::LastTimes(_) => return whole(self.times.len() as u64),
            Form::LastDays(_) => return whole(self.recent_days.len() as u64),
            Form::Whole => (of(self.whole.as_ref()), self.before.as_ref()),
            Form::Units => {
                let unit = rule.unit()?;
                let current = scene.unit(clockwork, at, unit);
                match rule.grouping {
                    Grouping::Some => return self.largest(),
                    Grouping::Regular { .. } => return None,
                    _ => (of(self.units.get(&current)), self.units.get(&(current - 1))),
                }
            }
        };
        if !rule.previous {
            return now;
        }
        let (now, before) = (now?.as_number()?, of(before)?.as_number()?);
        super::compare::growth(now, before).map(Value::Number)
    }

    fn largest(&self) -> Option<Value> {
        self.units.values().filter(|tally| !tally.is_empty()).filter_map(Tally::value).max()
    }

    /// The values that a comparison is tried on, one of which (or enough of which) must satisfy it.
    pub fn unit_values(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        rule: &Behaviour,
        at: i64,
    ) -> Vec<Option<Value>> {
        self.expire(scene, clockwork, rule, at);
        match (rule.grouping, rule.unit()) {
            (Grouping::Regular { units, .. }, Some(unit)) => {
                let current = scene.unit(clockwork, at, unit);
                let first = current.saturating_sub(units as i32 - 1);
                let empty = Tally::of(&rule.measure);
                (first..=current).map(|unit| self.units.get(&unit).unwrap_or(&empty).value()).collect()
            }
            _ => self.units.values().filter(|tally| !tally.is_empty()).map(Tally::value).collect(),
        }
    }

    /// The next instant at which the value can change without an event.
    pub fn due(&self, scene: &Scene<'_>, clockwork: &mut Clockwork, rule: &Behaviour, at: i64) -> i64 {
        let zone = &scene.program.workspace.zone;
        let mut due = i64::MAX;
        if let Period::Last(span) = &rule.period {
            let leaves = |time: i64| lasted(time, *span, zone);
            if let (Form::LastTimes(needed), Some(front)) = (rule.form(), self.times.front())
                && self.times.len() as u64 == needed
            {
                due = due.min(leaves(*front));
            }
            if let (Form::LastDays(needed), Some((_, time))) = (rule.form(), self.recent_days.front())
                && self.recent_days.len() as u64 == needed
            {
                due = due.min(leaves(*time));
            }
            for hit in first_to_leave(&self.hits, *span) {
                due = due.min(leaves(hit.time));
            }
            let twice = span.twice();
            for hit in first_to_leave(&self.earlier, *span) {
                due = due.min(lasted(hit.time, twice, zone));
            }
        }
        if matches!(rule.grouping, Grouping::Current | Grouping::Regular { .. })
            && let Some(unit) = rule.unit()
        {
            due = due.min(scene.next_unit(clockwork, at, unit));
        }
        due
    }
}

/// The hits of which one leaves first. Months are clamped, so that what came on the 31st can leave before what came on the 29th.
fn first_to_leave(hits: &VecDeque<Hit>, span: Span) -> impl Iterator<Item = &Hit> {
    let ahead = if matches!(span, Span::Months(_)) { 4 * DAY } else { 0 };
    let until = hits.front().map_or(i64::MIN, |hit| hit.time.saturating_add(ahead));
    let mut first = true;
    hits.iter().take_while(move |hit| std::mem::take(&mut first) || hit.time < until)
}

/// Takes out a hit that has left.
fn pop_left(hits: &mut VecDeque<Hit>, span: Span, left: impl Fn(i64) -> bool) -> Option<Hit> {
    let place = first_to_leave(hits, span).position(|hit| left(hit.time))?;
    hits.remove(place)
}

/// What a measure takes of an event; `None` if the event has not what is measured.
fn mark_of(scene: &Scene<'_>, clockwork: &mut Clockwork, rule: &Behaviour, at: i64, row: usize) -> Option<Mark> {
    let property = |slot: u32| scene.household.properties.value(row, slot);
    Some(match rule.measure {
        Measure::Count | Measure::Gap(_) => Mark::Nothing,
        Measure::Days => Mark::Unit(scene.day(clockwork, at)),
        Measure::Weeks => Mark::Unit(crate::time::week_start(scene.day(clockwork, at))),
        Measure::Users => match scene.row_user(row) {
            0 => return None,
            code => Mark::Code(code),
        },
        Measure::DistinctName => {
            let name = scene.household.names[row];
            Mark::Code(scene.binding.alike.get(name as usize).copied().unwrap_or(name))
        }
        Measure::DistinctProperty(slot) => Mark::Value(property(slot)?),
        Measure::Of(_, slot) => Mark::Value(property(slot)?),
        Measure::Grouped { of, by, .. } => Mark::Grouped(property(by)?, property(of)?),
    })
}
