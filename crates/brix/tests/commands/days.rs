//! What reports say of people whose times are known by the day alone, and of ranges that disagree.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::support::{out, scratch};

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Sixty people who sign up and watch a lesson on one day; some pay, on that day or the next one.
fn by_the_day(name: &str, pays: bool) -> PathBuf {
    let folder = scratch(name);
    let mut rows = "user,time,event\n".to_owned();
    let first: jiff::civil::Date = "2026-01-01".parse().unwrap();
    for person in 0..60 {
        let day = first + jiff::Span::new().days(person / 2);
        writeln!(rows, "u{person},{day},Signed Up\nu{person},{day},Lesson Watched").unwrap();
        if person % 3 == 0 {
            writeln!(rows, "u{person},{},Lesson Watched", day + jiff::Span::new().days(10)).unwrap();
        }
        if pays {
            writeln!(rows, "u{person},{},Subscribed", day + jiff::Span::new().days(person % 2)).unwrap();
        }
    }
    writeln!(rows, "last,2026-12-30,Signed Up\nlast,2026-12-31,Subscribed").unwrap();
    let mapping = "source: app\nfiles:\n  - match: events.csv\n    records:\n      - { event: { column: event }, user: user, time: time }\n";
    let settings = "zone: UTC\ngoal: { event: Subscribed, within: 60d }\nevent_kinds: { Subscribed: billing }\n";
    let definition = "id: watched\nclock: { event: Signed Up }\nwindow: 7d\nwhen: { event: Lesson Watched }\n";
    for (file, text) in
        [("events.csv", &*rows), ("mapping.yaml", mapping), ("brix.yaml", settings), ("a.yaml", definition)]
    {
        std::fs::write(folder.join(file), text).unwrap();
    }
    out(&folder, &["import", "--mapping", "mapping.yaml", "events.csv"]);
    folder
}

fn has_no_seconds(words: &str) {
    assert!(!words.contains("seconds") && !words.contains("24 hours") && !words.contains("under 5 minutes"), "{words}");
}

#[test]
fn days_are_told_as_days() {
    let folder = by_the_day("by-the-day", true);
    let asked = ["backtest", "a.yaml", "--baseline", "none", "--html", "report.html"];
    let words = flat(&out(&folder, &asked));
    assert!(words.contains("Half qualify on the same day as they start (the data know only days)"), "{words}");
    assert!(words.contains("Median the same day (likely the same day); the middle half: the same day"), "{words}");
    let pace = words.split("Time to qualify").nth(1).unwrap().split("Lead time").next().unwrap();
    has_no_seconds(pace);
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(!page.contains("0 seconds"));
    let best = flat(&out(&folder, &["best", "--tenure", "30d"]));
    assert!(best.contains("the same day as you started") && best.contains("1 day after you started"), "{best}");
    has_no_seconds(&best);
}

#[test]
fn nobody_has_no_list() {
    let folder = by_the_day("nobody-pays", false);
    let words = out(&folder, &["backtest", "a.yaml", "--baseline", "none", "--to", "2026-03-01"]);
    assert!(words.contains("Nobody in this history converted") && !words.contains("The last 0 customers"), "{words}");
}

/// On five wins a ratio looks sure where the difference may be none: the report says so, and how it is to be read. The plain rule beside it
/// tells whose window it has, and a table of three names loses no figure.
#[test]
fn ranges_that_disagree_prove_nothing() {
    let folder = scratch("disagree");
    out(&folder, &["simulate", "--users", "800", "--months", "6", "--seed", "7", "--out", "export"]);
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/simulated/brix.yaml");
    std::fs::copy(settings, folder.join("brix.yaml")).unwrap();
    out(&folder, &["import", "export"]);
    let asked =
        ["backtest", "project-management", "minimum-viable", "--by", "account.country", "--html", "report.html"];
    let text = out(&folder, &asked);
    let words = flat(&text);
    assert!(words.contains("may be none: not proven yet."), "{words}");
    assert!(
        words.contains("The two ranges disagree: on few wins (5)") && words.contains("by Fisher's exact test"),
        "{words}"
    );
    assert!(words.contains("Logged In, 5 times within the 14d of project-management"), "{words}");
    let turned = flat(&out(&folder, &["backtest", "minimum-viable", "project-management"]));
    assert!(turned.contains("Logged In, 5 times within the 14d of minimum-viable"), "{turned}");
    assert!(text.lines().all(|line| !line.contains('%') || !line.ends_with('…')), "{text}");
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("The two ranges disagree") && page.contains("too young ones among them"));
}
