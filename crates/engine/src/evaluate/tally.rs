//! Running measures: events come in time order and leave from the front.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::definition::Aggregate;
use crate::number::round_half_even;
use crate::program::pass::Measure;
use crate::{Number, Value};

/// What a tally needs of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hit {
    pub time: i64,
    /// The calendar unit it lies in, where units are told apart.
    pub unit: i32,
    pub mark: Mark,
}

/// What is told apart or added up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Mark {
    Nothing,
    Unit(i32),
    Code(u32),
    Value(Value),
    /// The group and the value.
    Grouped(Value, Value),
}

/// A measure over the events added and not yet removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tally {
    Count(u64),
    Different(BTreeMap<Mark, u32>),
    Total { events: u64, sum: Number, numbers: u64, average: bool },
    Extreme { events: u64, values: BTreeMap<Number, u32>, largest: bool },
    End { events: u64, values: BTreeMap<(i64, Value), u32>, latest: bool },
    Gap { times: VecDeque<i64>, nth: usize },
    Groups { groups: BTreeMap<Value, (u64, Self)>, inner: Aggregate, outer: Aggregate },
}

impl Tally {
    /// An empty tally of a measure.
    pub fn of(measure: &Measure) -> Self {
        match measure {
            Measure::Count => Self::Count(0),
            Measure::Days | Measure::Weeks | Measure::Users | Measure::DistinctName | Measure::DistinctProperty(_) => {
                Self::Different(BTreeMap::new())
            }
            Measure::Of(aggregate, _) => Self::aggregate(*aggregate),
            Measure::Grouped { outer, inner, .. } => {
                Self::Groups { groups: BTreeMap::new(), inner: *inner, outer: *outer }
            }
            Measure::Gap(nth) => Self::Gap { times: VecDeque::new(), nth: *nth as usize },
        }
    }

    fn aggregate(aggregate: Aggregate) -> Self {
        match aggregate {
            Aggregate::Sum => Self::Total { events: 0, sum: Number::ZERO, numbers: 0, average: false },
            Aggregate::Avg => Self::Total { events: 0, sum: Number::ZERO, numbers: 0, average: true },
            Aggregate::Min => Self::Extreme { events: 0, values: BTreeMap::new(), largest: false },
            Aggregate::Max => Self::Extreme { events: 0, values: BTreeMap::new(), largest: true },
            Aggregate::First => Self::End { events: 0, values: BTreeMap::new(), latest: false },
            Aggregate::Latest => Self::End { events: 0, values: BTreeMap::new(), latest: true },
        }
    }

    pub fn add(&mut self, hit: &Hit) {
        match (self, &hit.mark) {
            (Self::Count(count), _) => *count += 1,
            (Self::Different(marks), mark) => *marks.entry(mark.clone()).or_default() += 1,
            (Self::Gap { times, .. }, _) => times.push_back(hit.time),
            (Self::Groups { groups, inner, .. }, Mark::Grouped(group, value)) => {
                let entry = groups.entry(group.clone()).or_insert_with(|| (0, Self::aggregate(*inner)));
                entry.0 += 1;
                entry.1.add_value(hit.time, value);
            }
            (tally, Mark::Value(value)) => tally.add_value(hit.time, value),
            _ => {}
        }
    }

    /// Takes back what [`Tally::add`] did with the same hit.
    pub fn remove(&mut self, hit: &Hit) {
        match (self, &hit.mark) {
            (Self::Count(count), _) => *count -= 1,
            (Self::Different(marks), mark) => take(marks, mark),
            (Self::Gap { times, .. }, _) => {
                times.pop_front();
            }
            (Self::Groups { groups, .. }, Mark::Grouped(group, value)) => {
                if let Some(entry) = groups.get_mut(group) {
                    entry.0 -= 1;
                    entry.1.remove_value(hit.time, value);
                    if entry.0 == 0 {
                        groups.remove(group);
                    }
                }
            }
            (tally, Mark::Value(value)) => tally.remove_value(hit.time, value),
            _ => {}
        }
    }

    fn add_value(&mut self, time: i64, value: &Value) {
        if let Self::Total { events, .. } | Self::Extreme { events, .. } | Self::End { events, .. } = self {
            *events += 1;
        }
        match (self, value) {
            (Self::Total { sum, numbers, .. }, Value::Number(number)) => {
                *sum = sum.plus(*number);
                *numbers += 1;
            }
            (Self::Extreme { values, .. }, Value::Number(number)) => *values.entry(*number).or_default() += 1,
            (Self::End { values, .. }, value) => *values.entry((time, value.clone())).or_default() += 1,
            _ => {}
        }
    }

    fn remove_value(&mut self, time: i64, value: &Value) {
        if let Self::Total { events, .. } | Self::Extreme { events, .. } | Self::End { events, .. } = self {
            *events -= 1;
        }
        match (self, value) {
            (Self::Total { sum, numbers, .. }, Value::Number(number)) => {
                *sum = sum.minus(*number);
                *numbers -= 1;
            }
            (Self::Extreme { values, .. }, Value::Number(number)) => take(values, number),
            (Self::End { values, .. }, value) => take(values, &(time, value.clone())),
            _ => {}
        }
    }

    /// Whether no event is in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Count(count) => *count == 0,
            Self::Different(marks) => marks.is_empty(),
            Self::Total { events, .. } => *events == 0,
            Self::Extreme { events, .. } | Self::End { events, .. } => *events == 0,
            Self::Gap { times, .. } => times.is_empty(),
            Self::Groups { groups, .. } => groups.is_empty(),
        }
    }

    /// The measure's value now; `None` where it is missing.
    pub fn value(&self) -> Option<Value> {
        let whole = |count: usize| Some(Value::whole(i64::try_from(count).unwrap_or(i64::MAX)));
        match self {
            Self::Count(count) => whole(usize::try_from(*count).unwrap_or(usize::MAX)),
            Self::Different(marks) => whole(marks.len()),
            Self::Total { sum, average: false, .. } => Some(Value::Number(*sum)),
            Self::Total { numbers: 0, .. } => None,
            Self::Total { sum, numbers, .. } => {
                Some(Value::Number(Number(round_half_even(sum.0, i128::from(*numbers)))))
            }
            Self::Extreme { values, largest, .. } => {
                let end = if *largest { values.keys().next_back() } else { values.keys().next() };
                end.map(|number| Value::Number(*number))
            }
            Self::End { values, latest, .. } => {
                if *latest {
                    values.keys().next_back().map(|(_, value)| value.clone())
                } else {
                    values.keys().next().map(|(_, value)| value.clone())
                }
            }
            Self::Gap { times, nth } => {
                let (first, last) = (times.front()?, times.get(nth.checked_sub(1)?)?);
                Some(Value::whole(last - first))
            }
            Self::Groups { groups, outer, .. } => {
                let mut over = Self::aggregate(*outer);
                for (count, (_, tally)) in groups.values().enumerate() {
                    if let Some(value) = tally.value() {
                        over.add_value(count as i64, &value);
                    }
                }
                over.value()
            }
        }
    }
}

fn take<K: Ord>(counts: &mut BTreeMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
