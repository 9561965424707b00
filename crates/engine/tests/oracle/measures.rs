//! What is measured of events, and compared (rules 15, 17–19).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::definition::{Aggregate, Behaviour, CalendarUnit, DistinctOf, Measure, Op, Operand, Test};
use engine::number::round_half_even;
use engine::{Number, Timestamp, Value};

use super::judge::{Frame, Judge};
use super::periods::units_before;
use super::traits::by_type_then_value;
use super::values::{held, test_holds};
use super::world::Event;

impl<'a> Judge<'a> {
    /// Whether a behaviour's comparison holds as of `t`.
    pub fn behaves(&self, behaviour: &Behaviour, frame: &Frame, t: Timestamp) -> bool {
        let Some(test) = &behaviour.is else { return false };
        let passes = |value: Option<Value>| {
            let resolve = |operand: &Operand| self.operand(operand, frame, None, t);
            test_holds(test, value.map(held).as_ref(), t, self.workspace, &resolve)
        };
        if let Some(regularity) = behaviour.regularity {
            let now = self.unit_of(frame.subject, regularity.unit, t);
            let events = self.events_in(&behaviour.events, &behaviour.period, 0, frame, t);
            let units = self.by_unit(&behaviour.measure, regularity.unit, frame, &events);
            let met = (0..i64::from(regularity.units)).filter(|back| {
                let unit = units.get(&units_before(regularity.unit, now, *back));
                passes(self.measure(&behaviour.measure, frame, unit.map_or(&[], Vec::as_slice)))
            });
            return met.count() >= regularity.at_least as usize;
        }
        if let Some(unit) = behaviour.per {
            let events = self.events_in(&behaviour.events, &behaviour.period, 0, frame, t);
            let units = self.by_unit(&behaviour.measure, unit, frame, &events);
            return units.values().any(|events| passes(self.measure(&behaviour.measure, frame, events)));
        }
        let holds = passes(self.behaviour_value(behaviour, frame, t));
        let open = breakable(&behaviour.measure, test) && !behaviour.against_previous;
        match self.closed_from(&behaviour.period, frame, t) {
            Some(end) if open => holds && end <= t,
            _ => holds,
        }
    }

    /// A behaviour's value as of `t`.
    pub fn behaviour_value(&self, behaviour: &Behaviour, frame: &Frame, t: Timestamp) -> Option<Value> {
        let now = self.events_in(&behaviour.events, &behaviour.period, 0, frame, t);
        if let Some(unit) = behaviour.per {
            let units = self.by_unit(&behaviour.measure, unit, frame, &now);
            let values = units.values().filter_map(|events| self.measure(&behaviour.measure, frame, events));
            return values.max_by(by_type_then_value);
        }
        let value = self.measure(&behaviour.measure, frame, &now);
        if !behaviour.against_previous {
            return value;
        }
        let earlier = self.events_in(&behaviour.events, &behaviour.period, 1, frame, t);
        let before = self.measure(&behaviour.measure, frame, &earlier)?.as_number()?;
        growth(value?.as_number()?, before).map(Value::Number)
    }

    fn by_unit(
        &self,
        measure: &Measure,
        unit: CalendarUnit,
        frame: &Frame,
        events: &[&'a Event],
    ) -> BTreeMap<i64, Vec<&'a Event>> {
        let mut units: BTreeMap<i64, Vec<&Event>> = BTreeMap::new();
        for event in events.iter().filter(|event| has_measured(measure, event)) {
            units.entry(self.unit_of(frame.subject, unit, event.at)).or_default().push(event);
        }
        units
    }

    fn measure(&self, measure: &Measure, frame: &Frame, events: &[&Event]) -> Option<Value> {
        let units = |unit: CalendarUnit| -> BTreeSet<i64> {
            events.iter().map(|event| self.unit_of(frame.subject, unit, event.at)).collect()
        };
        let number = |count: usize| Some(Value::whole(count as i64));
        match measure {
            Measure::Count => number(events.len()),
            Measure::Days => number(units(CalendarUnit::Day).len()),
            Measure::Weeks => number(units(CalendarUnit::Week).len()),
            Measure::Users => number(events.iter().filter_map(|event| event.user).collect::<BTreeSet<_>>().len()),
            Measure::Distinct(DistinctOf::EventName) => {
                number(events.iter().map(|event| &event.name).collect::<BTreeSet<_>>().len())
            }
            Measure::Distinct(DistinctOf::Property(name)) => {
                number(events.iter().filter_map(|event| event.properties.get(name)).collect::<BTreeSet<_>>().len())
            }
            Measure::Of(aggregate, name) => self.aggregate(*aggregate, &having(events, name)),
            Measure::Grouped { outer, inner, of, by } => {
                let mut groups: BTreeMap<&Value, Vec<(Timestamp, Value)>> = BTreeMap::new();
                for event in events {
                    if let (Some(group), Some(value)) = (event.properties.get(by), event.properties.get(of)) {
                        groups.entry(group).or_default().push((event.at, value.clone()));
                    }
                }
                let inside = groups.values().filter_map(|values| self.aggregate(*inner, values));
                let inside: Vec<(Timestamp, Value)> = inside.map(|value| (Timestamp(0), value)).collect();
                self.aggregate(*outer, &inside)
            }
            Measure::Gap(place) => {
                let mut times: Vec<Timestamp> = events.iter().map(|event| event.at).collect();
                times.sort_unstable();
                let (first, last) = (times.first()?, times.get((*place as usize).checked_sub(1)?)?);
                Some(Value::whole(last.0 - first.0))
            }
        }
    }

    fn aggregate(&self, aggregate: Aggregate, values: &[(Timestamp, Value)]) -> Option<Value> {
        let numbers: Vec<Number> = values.iter().filter_map(|(_, value)| value.as_number()).collect();
        let sum = numbers.iter().fold(Number::ZERO, |sum, number| sum.plus(*number));
        let in_order = |a: &&(Timestamp, Value), b: &&(Timestamp, Value)| {
            a.0.cmp(&b.0).then_with(|| by_type_then_value(&a.1, &b.1))
        };
        match aggregate {
            Aggregate::Sum => Some(Value::Number(sum)),
            Aggregate::Min => numbers.into_iter().min().map(Value::Number),
            Aggregate::Max => numbers.into_iter().max().map(Value::Number),
            Aggregate::Avg if numbers.is_empty() => None,
            Aggregate::Avg => Some(Value::Number(Number(round_half_even(sum.0, numbers.len() as i128)))),
            Aggregate::First => values.iter().min_by(in_order).map(|(_, value)| value.clone()),
            Aggregate::Latest => values.iter().max_by(in_order).map(|(_, value)| value.clone()),
        }
    }
}

/// (now − before) / before; none for a base of 0.
pub fn growth(now: Number, before: Number) -> Option<Number> {
    Number::ratio(now.minus(before).0, before.0)
}

/// Whether an event has what is measured.
pub fn has_measured(measure: &Measure, event: &Event) -> bool {
    let has = |name: &Arc<str>| event.properties.contains_key(name);
    match measure {
        Measure::Of(_, name) | Measure::Distinct(DistinctOf::Property(name)) => has(name),
        Measure::Grouped { of, by, .. } => has(of) && has(by),
        Measure::Users => event.user.is_some(),
        Measure::Count
        | Measure::Days
        | Measure::Weeks
        | Measure::Gap(_)
        | Measure::Distinct(DistinctOf::EventName) => true,
    }
}

fn having(events: &[&Event], name: &Arc<str>) -> Vec<(Timestamp, Value)> {
    events.iter().filter_map(|event| Some((event.at, event.properties.get(name)?.clone()))).collect()
}

/// Whether one more event could break a comparison (rule 15).
fn breakable(measure: &Measure, test: &Test) -> bool {
    let exact = matches!(test, Test::Is(Op::Equal | Op::Unequal, _) | Test::Between(..) | Test::In(_) | Test::NotIn(_));
    let below = matches!(test, Test::Is(Op::Below | Op::AtMost, _));
    let above = matches!(test, Test::Is(Op::Above | Op::AtLeast, _));
    match measure {
        Measure::Count | Measure::Days | Measure::Weeks | Measure::Users | Measure::Distinct(_) => exact || below,
        Measure::Of(outer, _) | Measure::Grouped { outer, .. } => match outer {
            Aggregate::Sum | Aggregate::Max => exact || below,
            Aggregate::Min => exact || above,
            Aggregate::Avg | Aggregate::First | Aggregate::Latest => false,
        },
        Measure::Gap(_) => false,
    }
}
