//! Bars for work that takes a while: on standard error, and only where somebody watches.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::console::Console;

/// How often a bar is drawn anew.
const TICK: Duration = Duration::from_millis(150);

/// A bar over a number of parts that are not told: `part` says what is done, for people.
pub fn parts(console: &Console, total: u64, what: &str) -> ProgressBar {
    bar(console, total, &format!("{what} {{bar:30}} {{percent:>3}} %  {{msg}}  {{eta_precise}} left"))
}

/// A bar over bytes read; the message tells rows.
pub fn bytes(console: &Console, what: &str) -> ProgressBar {
    let template = format!(
        "{what} {{bar:30}} {{percent:>3}} %  {{msg}}  {{decimal_bytes}} of {{decimal_total_bytes}}  {{eta_precise}} left"
    );
    bar(console, 0, &template)
}

/// A turning sign for work whose length nobody knows.
pub fn waiting(console: &Console, what: &'static str) -> ProgressBar {
    let spinner = bar(console, 0, "{spinner} {msg}");
    spinner.set_message(what);
    spinner
}

/// A rate in words: `1,234,567 rows, 812,345 a second`.
pub fn rate(rows: u64, elapsed: Duration) -> String {
    let per_second = rows as f64 / elapsed.as_secs_f64().max(1e-3);
    format!("{} rows, {} a second", HumanCount(rows), HumanCount(per_second as u64))
}

fn bar(console: &Console, total: u64, template: &str) -> ProgressBar {
    if !console.is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    // A template that cannot be read is a fault that the tests find; people get the usual bar.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("━╸ ").with_key(
        "eta_precise",
        |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let seconds = state.eta().as_secs();
            let _ = write!(out, "{}:{:02}", seconds / 60, seconds % 60);
        },
    ));
    bar.enable_steady_tick(TICK);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_told() {
        assert_eq!(rate(1_000_000, Duration::from_secs(2)), "1,000,000 rows, 500,000 a second");
        assert_eq!(rate(0, Duration::ZERO), "0 rows, 0 a second");
    }
}
