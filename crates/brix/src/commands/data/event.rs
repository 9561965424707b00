//! One event: by day, week or month, and its properties.

use std::collections::BTreeMap;

use engine::time::week_start;
use insight::text::WIDTH;
use insight::text::plot::bar;
use insight::text::table::{Table, cut, wrap};

use super::notes::percent;
use super::told::{EventTold, Told, day, printable};
use super::traits::values;
use crate::console::{count, grouped};

/// Lines of the plot at most.
const LINES: usize = 31;

/// The page of an event.
pub fn text(event: &EventTold, told: &Told) -> Vec<String> {
    let mut head = format!(
        "{}, {}: {} by {}, {} to {}",
        printable(&event.name),
        event.kind,
        count(event.count, "event", "events"),
        count(event.people, "person", "people"),
        event.first_day,
        event.last_day,
    );
    head.push_str(&format!("; {} name an account", percent(event.with_account, event.count)));
    if event.of_nobody > 0 {
        head.push_str(&format!("; {} are of nobody", grouped(event.of_nobody)));
    }
    for (currency, rows) in &event.money {
        let currency = if currency.is_empty() { "money without a currency" } else { currency };
        head.push_str(&format!("; {} carry an amount ({currency})", grouped(*rows)));
    }
    let mut lines = wrap(&head, WIDTH, "", "  ");
    let start = format!("`{}`", event.name);
    for note in told.notes.iter().filter(|note| note.starts_with(&start)) {
        lines.extend(wrap(&printable(note), WIDTH, "- ", "  "));
    }
    lines.push(String::new());
    lines.extend(over_time(event));
    lines.push(String::new());
    lines.extend(properties(event));
    lines
}

/// By day while these are few, else by week, else by month.
fn over_time(event: &EventTold) -> Vec<String> {
    let ends = event.days.keys().next().zip(event.days.keys().next_back());
    let Some((first, last)) = ends else { return Vec::new() };
    let days = last.abs_diff(*first) as usize + 1;
    let (unit, groups) = if days <= LINES {
        ("DAY", (*first..=*last).map(|at| (day(at), rows_on(event, at))).collect::<Vec<_>>())
    } else if days <= LINES * 7 {
        ("WEEK FROM", grouped_by(event, *first, *last, |at| day(week_start(at))))
    } else {
        ("MONTH", grouped_by(event, *first, *last, |at| day(at).chars().take(7).collect()))
    };
    let most = groups.iter().map(|(_, rows)| *rows).max().unwrap_or(0).max(1);
    let mut table = Table::new(&[unit, ">EVENTS", ""]);
    for (name, rows) in groups {
        table.row(vec![name, grouped(rows), bar(rows as f64 / most as f64, 60)]);
    }
    table.lines(0, WIDTH)
}

fn rows_on(event: &EventTold, day: i32) -> u64 {
    event.days.get(&day).copied().unwrap_or(0)
}

fn grouped_by(event: &EventTold, first: i32, last: i32, name: impl Fn(i32) -> String) -> Vec<(String, u64)> {
    let mut groups: BTreeMap<String, u64> = BTreeMap::new();
    for at in first..=last {
        *groups.entry(name(at)).or_default() += rows_on(event, at);
    }
    groups.into_iter().collect()
}

fn properties(event: &EventTold) -> Vec<String> {
    if event.properties.is_empty() {
        return vec!["It has no properties.".to_owned()];
    }
    let mut table = Table::new(&["PROPERTY", "TYPE", ">HAVE IT", "VALUES"]);
    for column in &event.properties {
        table.row(vec![
            cut(&printable(&column.name), 32),
            column.value_type.to_owned(),
            percent(column.rows, event.count),
            values(column),
        ]);
    }
    table.lines(0, WIDTH)
}
