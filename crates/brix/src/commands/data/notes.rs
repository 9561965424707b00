//! What is odd about a lake, in words: names that begin late or stop, days without events, late receipts, copies, rejects.

use engine::workspace::Workspace;
use history::{Lake, Profile};

use super::told::Told;
use crate::console::{count, grouped};
use crate::question;

/// What is odd, in sentences.
pub fn of(told: &Told, lake: &Lake, profile: &Profile, settings: &Workspace) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(lake.kept_from().map(|from| question::horizon(from, settings)));
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
    use super::*;

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
