//! Adding a day does not rewrite a year, and the number of runs stays small.

use engine::workspace::Workspace;
use history::{Lake, MOST_RUNS};

use crate::support::{day_of_events, import};

#[test]
fn a_day_does_not_rewrite_a_year() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    let year: Vec<_> = (0..365).flat_map(|day| day_of_events(day, 100, 500)).collect();
    let whole = import(folder.path(), &workspace, &year);
    let mut written = Vec::new();
    for day in 365..385 {
        let summary = import(folder.path(), &workspace, &day_of_events(day, 100, 500));
        assert_eq!(summary.events, 100);
        written.push(summary.bytes);
    }
    // A day is a 365th of the year; with its share of merging young runs it stays far below the year.
    let most = written.iter().max().copied().unwrap_or_default();
    assert!(most * 5 < whole.bytes, "a day wrote {most} bytes, the year {}", whole.bytes);
    let lake = Lake::open(folder.path()).unwrap();
    assert!(lake.manifest().runs.len() <= MOST_RUNS);
    assert_eq!(lake.read_bare(&["name"], 2).unwrap(), 38_500);
}

#[test]
fn many_small_imports_rewrite_each_row_a_few_times() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    let (mut rewritten, days) = (0, 64);
    for day in 0..days {
        rewritten += import(folder.path(), &workspace, &day_of_events(day, 50, 20)).rewritten;
        assert!(Lake::open(folder.path()).unwrap().manifest().runs.len() <= MOST_RUNS);
    }
    // Runs double: a row is merged at most about log2(64) times.
    let rows = u64::try_from(days).unwrap() * 50;
    assert!(rewritten <= 7 * rows, "{rewritten} rows rewritten of {rows}");
    assert_eq!(Lake::open(folder.path()).unwrap().read_bare(&["name"], 2).unwrap(), rows);
}
