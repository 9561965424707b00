//! Whether a name begins late, stops or has holes, by its share of all events.

use std::collections::BTreeMap;

use history::EventProfile;

/// Events that should have come before, after or within a stretch for its emptiness to be odd: with 20 expected, none
/// at all comes about by chance once in 500 million times.
const EXPECTED: f64 = 20.0;
/// Days that a name may begin after, or stop before, the others: a purchase needs some time.
const EDGE_DAYS: u32 = 14;
/// Events of a name below which nothing is said of it.
const LEAST: u64 = 20;
/// Days of a hole, at least.
const HOLE_DAYS: i32 = 3;
/// How unlikely a hole must be by the share of days on which the name comes: use comes in bursts, so counts alone would
/// find holes everywhere.
const UNLIKELY: f64 = 1e-6;

/// All events by day.
pub fn per_day(events: &[EventProfile]) -> BTreeMap<i32, u64> {
    let mut all = BTreeMap::new();
    for (day, rows) in events.iter().flat_map(|event| &event.days) {
        *all.entry(*day).or_default() += rows;
    }
    all
}

/// A name's part of the history, and whether its ends and holes are odd.
pub struct Span {
    /// It should have come before its first day.
    pub begins_late: bool,
    /// It should have come after its last day.
    pub stops_early: bool,
    /// The longest stretch of days within in which it should have come.
    pub gap: Option<(i32, i32)>,
}

impl Span {
    /// Judges by the name's share of all events between its first and last: that share of the others' events elsewhere
    /// is what was to be expected of it.
    pub fn of(event: &EventProfile, per_day: &BTreeMap<i32, u64>) -> Self {
        let ends = event.days.keys().next().copied().zip(event.days.keys().next_back().copied());
        let whole = per_day.keys().next().copied().zip(per_day.keys().next_back().copied());
        let (Some((first, last)), Some((begin, end)), LEAST..) = (ends, whole, event.rows) else {
            return Self { begins_late: false, stops_early: false, gap: None };
        };
        let within: u64 = per_day.range(first..=last).map(|(_, rows)| rows).sum();
        let share = event.rows as f64 / within.max(1) as f64;
        let expected = |from: i32, to: i32| {
            let rows: u64 = if from > to { 0 } else { per_day.range(from..=to).map(|(_, rows)| rows).sum() };
            share * rows as f64
        };
        let pairs = event.days.keys().zip(event.days.keys().skip(1));
        let gaps = pairs.filter(|(day, next)| **day + 1 < **next).map(|(day, next)| (day + 1, next - 1));
        Self {
            begins_late: first.abs_diff(begin) > EDGE_DAYS && expected(begin, first - 1) >= EXPECTED,
            stops_early: end.abs_diff(last) > EDGE_DAYS && expected(last + 1, end) >= EXPECTED,
            gap: gaps
                .filter(|(from, to)| {
                    let hole = to - from + 1;
                    let others = f64::from(last - first + 1 - hole).max(1.0);
                    let without = (1.0 - event.days.len() as f64 / others).max(1.0 / others);
                    hole >= HOLE_DAYS && without.powi(hole) < UNLIKELY && expected(*from, *to) >= EXPECTED
                })
                .max_by_key(|(from, to)| to - from),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::Timestamp;
    use engine::household::EventName;
    use engine::record::EventKind;

    use super::*;

    fn event(name: &str, days: impl IntoIterator<Item = (i32, u64)>) -> EventProfile {
        let days: BTreeMap<i32, u64> = days.into_iter().collect();
        EventProfile {
            name: EventName { name: Arc::from(name), kind: EventKind::Product },
            rows: days.values().sum(),
            kind_stated: 0,
            people: 1,
            of_nobody: 0,
            with_account: 0,
            days,
            first: Timestamp(0),
            last: Timestamp(0),
            money: BTreeMap::new(),
            properties: Vec::new(),
        }
    }

    #[test]
    fn what_begins_late_stops_or_has_holes_is_found_by_its_share() {
        let all = event("all", (0..100).map(|day| (day, 100)));
        let late = event("late", (30..100).map(|day| (day, 10)));
        let stops = event("stops", (0..70).map(|day| (day, 10)));
        let hole = event("hole", (0..100).filter(|day| !(40..50).contains(day)).map(|day| (day, 10)));
        let rare = event("rare", [(60, 1), (90, 2)]);
        let events = [all, late, stops, hole, rare];
        let per_day = per_day(&events);
        let judged: Vec<_> = events
            .iter()
            .map(|event| Span::of(event, &per_day))
            .map(|span| (span.begins_late, span.stops_early, span.gap))
            .collect();
        let sound = (false, false, None);
        let expected = [sound, (true, false, None), (false, true, None), (false, false, Some((40, 49))), sound];
        assert_eq!(judged, expected);
    }

    #[test]
    fn a_growing_product_does_not_begin_late() {
        // Twice as many each ten days, and a name that is a fifth of everything from the first day on.
        let growth = |day: i32| 1_u64 << (day / 10);
        let all = event("all", (0..100).map(|day| (day, growth(day) * 4)));
        let part = event("part", (16..100).map(|day| (day, growth(day))));
        let per_day = per_day(&[all, part.clone()]);
        assert!(!Span::of(&part, &per_day).begins_late, "5 were to be expected in the first days");
    }
}
