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

const SETTINGS: &str =
    "zone: UTC\ngoal: { event: Subscription Started, within: 31d }\nevent_kinds: { Subscription Started: billing }\n";
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
fn product(name: &str, limit_is_called: &str, chance: impl Fn(f64) -> f64) -> PathBuf {
    let folder = scratch(name);
    std::fs::create_dir(folder.join("files")).unwrap();
    let (mut events, mut plans) = ("user,time,event,account\n".to_owned(), format!("account,time,{limit_is_called}\n"));
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
    std::fs::write(folder.join("files/mapping.yaml"), MAPPING.replace("max_projects", limit_is_called)).unwrap();
    std::fs::write(folder.join("brix.yaml"), SETTINGS).unwrap();
    out(&folder, &["import", "files"]);
    folder
}

/// Who uses up the limit is likelier to pay.
fn by_used(used: f64) -> f64 {
    if used >= 0.8 { 0.5 } else { 0.08 }
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
    let folder = product("limit-planted", "max_projects", by_used);
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

/// A score learns it, too, and is a definition that says so.
#[test]
fn a_score_has_a_row_for_who_uses_a_limit_up() {
    let folder = product("limit-learned", "max_projects", by_used);
    let ask = ["--json", "learn", "--subject=account", "--clock", "Signed Up", "--window", "7d", TO];
    let card = json(&folder, &[&ask[..], &["--out", "learned.yaml"]].concat());
    let row = &card["rows"][0];
    let words = "80 % or more of their projects used (Project Created against max_projects)";
    assert_eq!((&row["words"], &row["at_least"]), (&words.into(), &80.into()), "{}", card["rows"]);
    let definition = std::fs::read_to_string(folder.join("learned.yaml")).unwrap();
    let criterion = "of: { event: Project Created, measure: count, within: 7d }, to: max_projects";
    assert!(definition.contains(criterion) && definition.contains("\">= 80%\""), "{definition}");
    out(&folder, &["check", "learned.yaml"]);
    // Whoever has the points by the card has them by the definition, which the engine evaluates.
    let backtest = json(&folder, &["--json", "backtest", "learned.yaml", TO]);
    let leads = &backtest["definitions"][0]["leads"]["precision"];
    let both =
        |name: &str| card["precision"][name].as_u64().unwrap() + card["precision_of_teaching"][name].as_u64().unwrap();
    assert_eq!((&leads["of"], &leads["count"]), (&both("of").into(), &both("count").into()), "{leads}");
}

#[test]
fn what_a_plan_gives_is_a_limit_and_is_asked_for() {
    let folder = product("limit-of-plan", "plan_projects", by_used);
    let discovery = json(&folder, &[&["--json"], &ASK[..]].concat());
    let found = of_limits(&discovery);
    let found = found.first().unwrap();
    assert_eq!((&found["conditions"][0]["limit"], &found["verdict"]), (&"plan_projects".into(), &"reliable".into()));
    let proposed = out(&folder, &["init", "--print"]);
    assert!(proposed.contains("# limits:\n#   account.plan_projects: Project Created\n"), "{proposed}");
}

/// What no name says the team says in brix.yaml; with a name that there is not it is told what there is.
#[test]
fn a_limit_of_any_name_is_one_where_the_settings_say_so() {
    let folder = product("limit-declared", "kontingent", by_used);
    let ask = [&["--json"], &ASK[..]].concat();
    assert!(of_limits(&json(&folder, &ask)).is_empty(), "nobody can know it");
    let declare =
        |limits: &str| std::fs::write(folder.join("brix.yaml"), format!("{SETTINGS}limits: {limits}\n")).unwrap();
    declare("{ account.kontingent: Project Created }");
    let discovery = json(&folder, &ask);
    let found = of_limits(&discovery);
    let (sentence, verdict) = (found[0]["sentence"].as_str().unwrap(), &found[0]["verdict"]);
    assert_eq!(verdict, "reliable", "{sentence}");
    let words = "accounts with 80 % or more of their kontingent used (Project Created against kontingent)";
    assert!(sentence.contains(words), "{sentence}");
    declare("{ account.kontingent: Projekt Created }");
    let words = String::from_utf8(run(&folder, &ask).stderr).unwrap();
    assert!(words.contains("brix.yaml:4:") && words.contains("did you mean `Project Created`?"), "{words}");
    std::fs::write(folder.join("busy.yaml"), "id: busy\nwhen: { event: Logged In }\n").unwrap();
    let findings = json(&folder, &["--json", "check", "busy.yaml"]);
    assert_eq!((&findings[0]["file"], &findings[0]["line"]), (&"brix.yaml".into(), &4.into()), "{findings}");
    let strict = run(&folder, &["check", "--strict", "busy.yaml"]);
    let told = String::from_utf8(strict.stdout).unwrap();
    assert!(strict.status.code() == Some(1) && told.contains("did you mean `Project Created`?"), "{told}");
    let after = run(&folder, &[&ASK[..], &["--observed-until", "2099-01-01"]].concat());
    assert!(String::from_utf8(after.stderr).unwrap().contains("--observed-until is after the last event of the data"));
    let mistyped = SETTINGS.replace("goal: { event: Subscription Started", "goal: { event: Subscription Startd");
    std::fs::write(folder.join("brix.yaml"), mistyped).unwrap();
    for command in ["discover", "learn"] {
        let words = String::from_utf8(run(&folder, &[command, "--subject=account"]).stderr).unwrap();
        assert!(words.contains("brix.yaml:2:") && words.contains("did you mean `Subscription Started`?"), "{words}");
    }
    declare("{ user.kontingent: Project Created }");
    let words = String::from_utf8(run(&folder, &ask).stderr).unwrap();
    assert!(words.contains("no share of the limit `kontingent` is looked at"), "{words}");
}

#[test]
fn who_uses_a_limit_up_is_not_found_where_that_does_not_matter() {
    let folder = product("limit-null", "max_projects", |_| 0.2);
    let discovery = json(&folder, &[&["--json"], &ASK[..]].concat());
    assert!(discovery["candidates"].as_array().unwrap().iter().any(|of| of["condition"]["measure"] == "share"));
    for finding in of_limits(&discovery) {
        assert_ne!(finding["verdict"], "reliable", "{finding}");
    }
    let written = run(&folder, &[&ASK[..], &["--out", "found.yaml"]].concat());
    assert!(!written.status.success() && !folder.join("found.yaml").exists());
}
