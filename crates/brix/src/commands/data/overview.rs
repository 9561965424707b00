//! The lake on a page.

use insight::text::WIDTH;
use insight::text::table::{Table, cut, wrap};

use super::notes::percent;
use super::told::{EventTold, Told, printable};
use super::traits;
use crate::console::{count, grouped};

/// Events and traits on the page; the rest has pages of its own.
const MOST: usize = 24;
/// Letters of a name.
const NAME: usize = 32;
/// Letters of a small plot.
const PLOT: usize = 24;
/// Levels of a small plot.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Everything in short.
pub fn text(told: &Told) -> Vec<String> {
    let mut lines = head(told);
    lines.push(String::new());
    lines.extend(events(told, MOST));
    if !told.traits.is_empty() {
        lines.push(String::new());
        lines.extend(traits::text(told, MOST));
    }
    if !told.notes.is_empty() {
        lines.push(String::new());
        lines.push("TO KNOW".to_owned());
        for note in &told.notes {
            lines.extend(wrap(&printable(note), WIDTH, "- ", "  "));
        }
    }
    lines
}

fn head(told: &Told) -> Vec<String> {
    let mut what = format!(
        "Lake {}, version {}: {} and {}",
        told.lake.display(),
        told.version,
        count(told.event_rows, "event", "events"),
        count(told.fact_rows, "fact", "facts"),
    );
    if let (Some(first), Some(last)) = (&told.first_day, &told.last_day) {
        what.push_str(&format!(", {first} to {last} ({}, {})", count(told.days, "day", "days"), told.zone));
    }
    let people = &told.people;
    let mut who = count(people.people, "person", "people");
    let parts = [
        (people.with_user_id, "with a user id"),
        (people.with_events, "with an event"),
        (people.with_account, "with an account"),
        (people.with_email, "with an e-mail address"),
    ];
    let parts: Vec<String> =
        parts.iter().map(|(number, what)| format!("{} {what}", percent(*number, people.people))).collect();
    who.push_str(&format!(" ({}), {}", parts.join(", "), count(people.accounts.into(), "account", "accounts")));
    if people.workspaces > 0 {
        who.push_str(&format!(", {}", count(people.workspaces.into(), "workspace", "workspaces")));
    }
    if let Some(last) = told.imports.last() {
        let files: Vec<&str> = last.files.iter().take(3).map(|file| file.file.as_str()).collect();
        let more = if last.files.len() > 3 { ", …" } else { "" };
        let imports = count(told.imports.len() as u64, "import", "imports");
        what.push_str(&format!("; {imports}, the last of {}{more}", files.join(", ")));
    }
    let mut lines = wrap(&what, WIDTH, "", "  ");
    lines.extend(wrap(&who, WIDTH, "", "  "));
    lines
}

/// A table of events.
pub fn events(told: &Told, most: usize) -> Vec<String> {
    let mut table = Table::new(&["EVENT", "KIND", ">COUNT", ">PEOPLE", "SINCE", "UNTIL", "OVER TIME"]);
    for event in told.events.iter().take(most) {
        table.row(vec![
            cut(&printable(&event.name), NAME),
            event.kind.to_owned(),
            grouped(event.count),
            grouped(event.people),
            flagged(&event.first_day, event.begins_late),
            flagged(&event.last_day, event.stops_early),
            plot(event, told.range),
        ]);
    }
    let mut lines = table.lines(0, WIDTH);
    if told.events.is_empty() {
        lines = vec!["There is no event.".to_owned()];
    }
    if told.events.len() > most {
        lines.push(format!("and {} more: brix data events", grouped((told.events.len() - most) as u64)));
    }
    lines
}

fn flagged(day: &str, is_odd: bool) -> String {
    if is_odd { format!("{day}!") } else { day.to_owned() }
}

/// Events over the whole lake's days: a dot where there is none.
fn plot(event: &EventTold, range: Option<(i32, i32)>) -> String {
    let Some((first, last)) = range else { return String::new() };
    let days = i64::from(last) - i64::from(first) + 1;
    let width = i64::try_from(PLOT).unwrap_or(1).min(days);
    let mut bins = vec![0_u64; usize::try_from(width).unwrap_or(1)];
    for (day, rows) in &event.days {
        let bin = (i64::from(*day) - i64::from(first)) * width / days;
        if let Some(bin) = usize::try_from(bin).ok().and_then(|bin| bins.get_mut(bin)) {
            *bin += rows;
        }
    }
    let most = bins.iter().copied().max().unwrap_or(0).max(1);
    bins.into_iter()
        .map(|rows| match rows {
            0 => '·',
            rows => LEVELS.get((rows as f64 / most as f64 * 7.0).round() as usize).copied().unwrap_or('█'),
        })
        .collect()
}
