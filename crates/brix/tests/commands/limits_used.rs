//! `brix discover` on accounts whose plans have limits: whether using one up makes them pay is known.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{json, out, run, scratch};

const MAPPING: &str = r#"
source: app
files:
  - match: events.csv
    records:
      - { event: { column: event }, user: user, account: { column: account }, time: time }
  - match: plans.csv
    records:
      - { traits: account, account: account, time: time, values: { max_projects: { column: max_projects, type: number } } }
"#;

const ACCOUNTS: u64 = 1_600;

/// The number's share of what it could be, and not to be foretold from the one before.
fn share(seed: u64, number: u64) -> f64 {
    let mut mixed = (seed << 32 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ mixed >> 31) as f64 / u64::MAX as f64
}

/// Accounts that may have 5 to 40 projects, create some in the first days and raise the limit when they buy: by
/// the share of their limit that they used, or by nothing.
fn product(name: &str, chance: impl Fn(f64) -> f64) -> PathBuf {
    let folder = scratch(name);
    std::fs::create_dir(folder.join("files")).unwrap();
    let (mut events, mut plans) = ("user,time,event,account\n".to_owned(), "account,time,max_projects\n".to_owned());
    let start: jiff::civil::DateTime = "2026-01-01T08:00:00".parse().unwrap();
    for account in 0..ACCOUNTS {
        let signup = start + jiff::Span::new().hours(3 * account as i64);
        let at = |hours: i64| format!("{}Z", signup + jiff::Span::new().hours(hours));
        let limit = [5, 10, 20, 40][(share(1, account) * 3.999) as usize];
        let projects = (share(2, account) * 1.1 * f64::from(limit)) as i64;
        writeln!(events, "u{account},{},Signed Up,a{account}", at(0)).unwrap();
        writeln!(plans, "a{account},{},{limit}", at(0)).unwrap();
        for project in 0..projects {
            writeln!(events, "u{account},{},Project Created,a{account}", at(1 + project * 3)).unwrap();
        }
        for login in 0..(share(3, account) * 30.0) as i64 {
            writeln!(events, "u{account},{},Logged In,a{account}", at(1 + login * 5)).unwrap();
        }
        if share(4, account) < chance(projects as f64 / f64::from(limit)) {
            writeln!(events, "u{account},{},Subscription Started,a{account}", at(24 * 12)).unwrap();
            writeln!(plans, "a{account},{},1000", at(24 * 12)).unwrap();
        }
    }
    std::fs::write(folder.join("files/events.csv"), events).unwrap();
    std::fs::write(folder.join("files/plans.csv"), plans).unwrap();
    std::fs::write(folder.join("files/mapping.yaml"), MAPPING).unwrap();
    let goal = "zone: UTC\ngoal: { event: Subscription Started, within: 31d }\nevent_kinds: { Subscription Started: billing }\n";
    std::fs::write(folder.join("brix.yaml"), goal).unwrap();
    out(&folder, &["import", "files"]);
    folder
}

/// Of whom everybody is watched long enough, also from when they became leads.
const TO: &str = "--to=2026-06-20";
const ASK: [&str; 8] =
    ["discover", "--subject=account", "--clock", "Signed Up", "--window", "7d", "--permutations=0", TO];

/// The judged findings that are shares of a limit alone.
fn of_limits(discovery: &Value) -> Vec<&Value> {
    let is_share =
        |finding: &&Value| finding["conditions"].as_array().unwrap().iter().all(|of| of["measure"] == "share");
    discovery["findings"].as_array().unwrap().iter().filter(is_share).collect()
}

#[test]
fn who_uses_a_limit_up_is_found_where_that_makes_them_pay() {
    let folder = product("limit-planted", |used| if used >= 0.8 { 0.5 } else { 0.08 });
    let discovery = json(&folder, &[&["--json"], &ASK[..], &["--out", "found.yaml"]].concat());
    let found = of_limits(&discovery);
    let found = found.first().unwrap();
    let condition = &found["conditions"][0];
    assert_eq!((&condition["of"], &condition["limit"]), (&"Project Created".into(), &"max_projects".into()));
    assert_eq!((&condition["at_least"], &found["verdict"]), (&80.into(), &"reliable".into()), "{found}");
    let sentence = found["sentence"].as_str().unwrap();
    let words = "accounts with 80 % or more of their projects used (Project Created against max_projects)";
    assert!(sentence.contains(words), "{sentence}");
    // It is what to go on with, and a definition that says the same of the same accounts.
    let definition = std::fs::read_to_string(folder.join("found.yaml")).unwrap();
    let criterion = "ratio: { of: { event: Project Created, measure: count }, to: max_projects }, is: \">= 80%\"";
    assert!(definition.contains(criterion), "{definition}");
    out(&folder, &["check", "found.yaml"]);
    let backtest = json(&folder, &["--json", "backtest", "found.yaml", TO]);
    assert!(backtest.to_string().contains("number of Project Created at least 80 % of max_projects"), "{backtest}");
    let leads = &backtest["definitions"][0]["leads"]["precision"];
    let both = |name: &str| found["search"][name].as_u64().unwrap() + found["held_out"][name].as_u64().unwrap();
    assert_eq!((&leads["of"], &leads["count"]), (&both("met").into(), &both("met_buyers").into()), "{leads}");
}

#[test]
fn who_uses_a_limit_up_is_not_found_where_that_does_not_matter() {
    let folder = product("limit-null", |_| 0.2);
    let discovery = json(&folder, &[&["--json"], &ASK[..]].concat());
    assert!(discovery["candidates"].as_array().unwrap().iter().any(|of| of["condition"]["measure"] == "share"));
    for finding in of_limits(&discovery) {
        assert_ne!(finding["verdict"], "reliable", "{finding}");
    }
    let written = run(&folder, &[&ASK[..], &["--out", "found.yaml"]].concat());
    assert!(!written.status.success() && !folder.join("found.yaml").exists());
}
