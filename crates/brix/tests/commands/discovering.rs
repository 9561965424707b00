//! `brix discover` on what is not there, or all alike: it says so, and what would help.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::support::{json, out, scratch};

const MAPPING: &str = r#"
source: app
files:
  - match: events.csv
    records:
      - { event: { column: event }, user: user, account: { column: account }, time: time }
  - match: accounts.csv
    records:
      - { traits: account, constant: true, account: account, values: { employees: { column: employees, type: number } } }
"#;

/// People who sign up every six hours, by number: what else they do, on which day, and of which account they are.
fn people(name: &str, count: usize, of: impl Fn(usize) -> (Vec<(&'static str, i64)>, String)) -> PathBuf {
    let folder = scratch(name);
    std::fs::create_dir(folder.join("files")).unwrap();
    let mut events = "user,time,event,account\n".to_owned();
    let mut accounts = "account,employees\n".to_owned();
    let start: jiff::civil::DateTime = "2026-01-01T08:00:00".parse().unwrap();
    for person in 0..count {
        let signup = start + jiff::Span::new().hours(6 * person as i64);
        let (did, account) = of(person);
        writeln!(events, "u{person},{signup}Z,Signed Up,{account}").unwrap();
        for (event, day) in did {
            writeln!(events, "u{person},{}Z,{event},{account}", signup + jiff::Span::new().hours(24 * day + 1))
                .unwrap();
        }
        if !account.is_empty() {
            writeln!(accounts, "{account},{}", 5 + person % 90).unwrap();
        }
    }
    std::fs::write(folder.join("files/events.csv"), events).unwrap();
    std::fs::write(folder.join("files/accounts.csv"), accounts).unwrap();
    std::fs::write(folder.join("files/mapping.yaml"), MAPPING).unwrap();
    let goal = "zone: UTC\ngoal: { event: Subscription Started, of: account, within: 31d }\nevent_kinds: { Subscription Started: billing }\n";
    std::fs::write(folder.join("brix.yaml"), goal).unwrap();
    out(&folder, &["import", "files"]);
    folder
}

fn told(folder: &std::path::Path, arguments: &[&str]) -> String {
    out(folder, &[&["discover", "--permutations", "20"], arguments].concat())
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Where accounts convert, people without one cannot: that they did not says nothing about those who have one.
#[test]
fn who_is_in_no_account_is_left_out_where_accounts_convert() {
    let folder = people("no-account", 800, |person| {
        let account = if person % 4 == 0 { String::new() } else { format!("a{person}") };
        let mut did = vec![("Logged In", 1)];
        if person % 4 == 1 && person % 3 == 0 {
            did.push(("Subscription Started", 12));
        }
        (did, account)
    });
    let discovery = json(&folder, &["--json", "discover", "--window", "7d", "--permutations", "0"]);
    let population = &discovery["population"];
    let left = population["in_no_account"].as_u64().unwrap();
    let counted = population["counted"].as_u64().unwrap();
    assert!(left > 150 && (left * 3).abs_diff(counted) < 10, "{population}");
    assert!(!discovery["findings"].to_string().contains("employees of 1 or more"), "{}", discovery["findings"]);
    assert!(told(&folder, &["--window", "7d"]).contains("left out: in no account, and the goal is one of accounts"));
}
