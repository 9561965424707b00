//! What is odd about a lake: names that begin late or stop, days without events, late receipts, copies, rejects.

use std::collections::BTreeMap;

use history::{EventProfile, Profile};

use super::told::Told;
use crate::console::{count, grouped};

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

/// What is odd, in sentences.
pub fn of(told: &Told, profile: &Profile) -> Vec<String> {
    let mut notes = Vec::new();
    for event in &told.events {
        let name = &event.name;
        if event.begins_late {
            notes.push(format!(
                "`{name}` comes from {} on only. If it was not instrumented before, its count until then is unknown, \
                 not 0.",
                event.first_day
            ));
        }
        if event.stops_early {
            notes.push(format!("`{name}` stops on {}, while other events go on.", event.last_day));
        }
        if let Some(gap) = &event.longest_gap {
            notes.push(format!("`{name}` is missing from {} to {}, {} days.", gap.from, gap.to, gap.days));
        }
    }
    notes.extend(empty_days(told));
    if told.event_rows > 0 && profile.at_midnight == told.event_rows {
        notes.push("Every event stands at midnight: this source knows days only, so hours mean nothing here.".into());
    }
    notes.extend(receipts(told));
    if told.duplicates > 0 {
        let mut words = format!("{} came more than once and count once", count(told.duplicates, "row", "rows"));
        if told.differing_duplicates > 0 {
            words.push_str(&format!(
                "; {} said something else than the first copy, which counts",
                grouped(told.differing_duplicates)
            ));
        }
        notes.push(format!("{words}."));
    }
    if told.rejected.rows > 0 {
        let reasons = told.rejected.reasons.iter();
        let reasons: Vec<String> = reasons.map(|(code, rows)| format!("{code} {}", grouped(*rows))).collect();
        notes.push(format!(
            "{} rejected by imports ({}); they are kept in {}.",
            if told.rejected.rows == 1 {
                "1 row was".to_owned()
            } else {
                format!("{} rows were", grouped(told.rejected.rows))
            },
            reasons.join(", "),
            told.rejected.folder.display()
        ));
    }
    notes
}

fn empty_days(told: &Told) -> Option<String> {
    let longest = told.gaps.iter().max_by_key(|gap| gap.days)?;
    let all: i32 = told.gaps.iter().map(|gap| gap.days).sum();
    let days = |days: i32| count(u64::from(days.unsigned_abs()), "day", "days");
    let place = if longest.days == 1 { longest.from.clone() } else { format!("{} to {}", longest.from, longest.to) };
    Some(if told.gaps.len() == 1 {
        format!("There is no event at all on {}: {place}.", days(all))
    } else {
        format!("There is no event at all on {}, in {} stretches; the longest: {place}.", days(all), told.gaps.len())
    })
}

fn receipts(told: &Told) -> Option<String> {
    let receipts = &told.receipts;
    if receipts.known == 0 {
        return Some(
            "No event says when it was received: leads are dated as if everything had been known at once.".into(),
        );
    }
    let share = |rows: u64| percent(rows, receipts.known);
    let known = if receipts.known == told.event_rows {
        "All events say when they were received".to_owned()
    } else {
        format!("{} of events say when they were received", percent(receipts.known, told.event_rows))
    };
    let ahead: u64 = told.imports.iter().map(|import| import.changed.times_set_to_receipt).sum();
    let skew = match ahead {
        0 => "no clock ran ahead of the receipt".to_owned(),
        ahead => format!("{} whose clock ran ahead, and were set to their receipt", count(ahead, "record", "records")),
    };
    Some(format!(
        "{known}: {} within a minute, {} more than an hour after they happened, {} more than a day, at most {}; {skew}.",
        share(receipts.known - receipts.over_a_minute),
        share(receipts.over_an_hour),
        share(receipts.over_a_day),
        length(receipts.longest_seconds),
    ))
}

/// A share in percent: `0 %` and `100 %` are exact.
pub fn percent(part: u64, whole: u64) -> String {
    let share = if whole == 0 { 0.0 } else { part as f64 / whole as f64 * 100.0 };
    match share {
        _ if part == 0 => "0 %".to_owned(),
        _ if part == whole => "100 %".to_owned(),
        share if share < 0.1 => "under 0.1 %".to_owned(),
        share if share < 10.0 => format!("{share:.1} %"),
        share if share > 99.5 => format!("{:.1} %", share.min(99.9)),
        share => format!("{share:.0} %"),
    }
}

fn length(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
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

    #[test]
    fn shares_are_never_rounded_to_none_or_all() {
        let cases =
            [(0, 9, "0 %"), (9, 9, "100 %"), (1, 100_000, "under 0.1 %"), (99_999, 100_000, "99.9 %"), (1, 3, "33 %")];
        for (part, whole, expected) in cases {
            assert_eq!(percent(part, whole), expected);
        }
        assert_eq!(
            (length(5), length(600), length(90_000), length(1_000_000)),
            ("5 s".into(), "10 min".into(), "25 h".into(), "11 days".into())
        );
    }
}
