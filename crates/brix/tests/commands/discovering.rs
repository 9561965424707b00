//! `brix discover` on what is not there, or all alike: it says so, and what would help.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::support::{fails, json, out, run, scratch};

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
    let goal = "zone: UTC\ngoal: { event: Subscription Started, of: account, within: 31d }\nevent_kinds: { Subscription Started: billing, Call Held: sales }\n";
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

/// Whom sales had called by the landmark, or somebody of their account, is counted beside the others, and left out on demand. Who was
/// called later is not among them.
#[test]
fn whom_sales_had_touched_are_counted_and_can_be_left_out() {
    let is_touched = |person: usize| person.is_multiple_of(2);
    let folder = people("touched", 900, |person| {
        let first = if person % 4 == 2 { person - 2 } else { person };
        let mut did = vec![("Logged In", person as i64 % 3)];
        did.extend((person % 4 < 2).then_some(("Call Held", if person % 4 == 0 { 2 } else { 9 })));
        did.extend((first % 8 == 0 || person % 20 == 3).then_some(("Subscription Started", 12)));
        (did, format!("a{first}"))
    });
    let ask = ["discover", "--window", "7d", "--permutations", "0"];
    let all = json(&folder, &[&["--json"], &ask[..]].concat());
    let counted = all["population"]["counted"].as_u64().unwrap();
    let count = |is: &dyn Fn(usize) -> bool| (0..counted as usize).filter(|person| is(*person)).count() as u64;
    let touched = count(&is_touched);
    let window = &all["windows"][0];
    let (people, buyers) = (touched, count(&|person| is_touched(person) && person / 4 % 2 == 0));
    assert_eq!(window["touched_by_sales"], serde_json::json!({ "people": people, "buyers": buyers }), "{window}");
    assert_eq!((&window["people"], &all["without_sales_touched"]), (&counted.into(), &false.into()));
    let words = told(&folder, &["--window", "7d"]);
    let said = format!("Sales had touched {touched} of the {counted} by day 7: of 100 of them ");
    assert!(words.contains(&said) && words.contains("--without-sales-touched leaves them out."), "{words}");
    let without = json(&folder, &[&["--json", "--quiet"], &ask[..], &["--without-sales-touched"]].concat());
    let population = &without["population"];
    assert_eq!(
        (&population["touched_by_sales"], &population["counted"]),
        (&touched.into(), &(counted - touched).into()),
        "{population}"
    );
    assert_eq!(without["windows"][0]["people"], counted - touched);
    assert_eq!(without["windows"][0]["touched_by_sales"], window["touched_by_sales"]);
    let words = told(&folder, &["--window", "7d", "--without-sales-touched"]);
    assert!(words.contains(&said) && words.contains("They are left out."), "{words}");
}

/// Somebody who does something on some days, by his number.
fn at_random(person: usize) -> Vec<(&'static str, i64)> {
    (0..person * 7 % 5).map(|number| ("Project Created", (number * 3 + person) as i64 % 4)).collect()
}

/// What is told of people whose outcomes are all alike, or who are too few, is true of them and says what would help.
#[test]
fn what_cannot_be_answered_is_said_in_words() {
    let buys = |name: &str, count: usize, who: fn(usize) -> bool, account: fn(usize) -> String| {
        people(name, count, |person| {
            let mut did = at_random(person);
            if who(person) {
                did.push(("Subscription Started", 12));
            }
            (did, account(person))
        })
    };
    let own = |person: usize| format!("a{person}");
    let nobody = told(&buys("nobody-buys", 400, |_| false, own), &["--window", "7d"]);
    assert!(
        nobody.contains("has converted: there is nothing to learn from.") && !nobody.contains("present pace"),
        "{nobody}"
    );
    let one = told(&buys("one-buys", 400, |person| person == 100, own), &["--window", "7d"]);
    assert!(one.contains("There is 1 buyer.") && !one.contains("present pace"), "{one}");
    let all = told(&buys("all-buy", 400, |_| true, own), &["--window", "7d"]);
    assert!(all.contains("have converted: nothing can tell them apart.") && !all.contains("given out anew"), "{all}");
    let together =
        told(&buys("one-account", 400, |person| person % 5 == 0, |_| "acme".to_owned()), &["--window", "7d"]);
    assert!(together.contains("They are in 1 account,") && together.contains("Nothing reliable"), "{together}");
    let young = buys("too-young", 20, |_| true, own);
    let told_young = told(&young, &["--window", "7d"]);
    assert!(told_young.contains("There is nobody to learn from."), "{told_young}");
    let lone = told(&buys("lone", 1, |_| true, own), &["--window", "7d"]);
    assert!(lone.contains("There is nobody to learn from."), "{lone}");
}

/// Of fewer than a hundred nobody speaks of a hundred: they are counted. And it is said in how many months it held.
#[test]
fn few_people_are_counted() {
    let folder = people("counted", 700, |person| {
        let mut did = at_random(person);
        let invites = person % 11 == 0;
        if invites {
            did.push(("Member Invited", 2));
        }
        if person % 13 == 0 || invites && person % 2 == 0 {
            did.push(("Subscription Started", 12));
        }
        (did, format!("a{person}"))
    });
    let discovery = json(&folder, &["--json", "discover", "--window", "7d", "--permutations", "0"]);
    let findings = discovery["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["words"] == "Member Invited").unwrap();
    let (sentence, search, held_out) = (found["sentence"].as_str().unwrap(), &found["search"], &found["held_out"]);
    let number = |of: &serde_json::Value, name: &str| of[name].as_u64().unwrap();
    let (met, bought) = (number(search, "met"), number(search, "met_buyers"));
    assert!(met < 100, "{search}");
    assert!(
        sentence.starts_with(&format!("Of {met} people with Member Invited in the first 7 days, {bought} converted")),
        "{sentence}"
    );
    let later = format!("; {} of {}) against", number(held_out, "met_buyers"), number(held_out, "met"));
    assert!(sentence.contains(&later), "{sentence}");
    let buyers = number(held_out, "buyers");
    assert!(buyers < 100 && sentence.contains(&format!("of {buyers} buyers")), "{sentence}");
}

/// Where nobody says by what, the best are set beside the rest by the traits that say who they are; `--by` is in their place.
#[test]
fn the_best_are_compared_by_who_they_are() {
    let folder = people("who-is-best", 600, |person| {
        let mut did = at_random(person);
        if person % 2 == 0 {
            did.push(("Subscription Started", 3));
            did.extend((person % 90 > 45).then_some(("Logged In", 6)));
        }
        (did, format!("a{person}"))
    });
    let best = |more: &[&str]| json(&folder, &[&["--json", "best", "--tenure", "10d"], more].concat());
    let by_account = |answer: &serde_json::Value| {
        let all = [&answer["stands_out"], &answer["compared"]].map(|of| of.as_array().unwrap().clone()).concat();
        let words = all.iter().map(|of| of["words"].as_str().unwrap().to_owned());
        words.filter(|words| words.contains("employees")).collect::<Vec<_>>()
    };
    let answer = best(&[]);
    assert_eq!(answer["compared_by"], serde_json::json!(["account.employees"]));
    let mut bands = by_account(&answer);
    bands.sort();
    assert_eq!(bands, ["account.employees: 11–50", "account.employees: 1–10", "account.employees: 51–200"]);
    assert_eq!(best(&["--subject", "account"])["compared_by"], serde_json::json!(["employees"]));
    assert_eq!(best(&["--by", "employees"])["not_known"][0]["trait"], "employees");
    let words = out(&folder, &["best", "--tenure", "10d"]);
    assert!(words.contains("Who they are was compared by account.employees."), "{words}");
    assert!(fails(&folder, 2, &["best", "--by", "employes"]).contains("did you mean `employees`?"));
}

/// So do the other commands that learn from buyers: who is watched for too short a time is told, with the cure.
#[test]
fn too_few_buyers_are_said_with_the_cure() {
    let folder = people("few-buyers", 60, |person| {
        let mut did = at_random(person);
        if person % 6 == 0 {
            did.push(("Subscription Started", 3));
        }
        (did, format!("a{person}"))
    });
    let words = |arguments: &[&str]| {
        let told = String::from_utf8(run(&folder, arguments).stdout).unwrap();
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let best = words(&["best"]);
    assert!(best.contains("10 more have been customers for a shorter time"), "{best}");
    assert!(best.contains("needs 40. A shorter --tenure leaves more of them."), "{best}");
    let limits = words(&["limits", "--metric", "Project Created"]);
    assert!(
        limits.contains("conversions after the landmark") && limits.contains("A shorter --after or --within"),
        "{limits}"
    );
}

/// Whatever is doubted has a name, which `--trust` takes.
#[test]
fn what_is_doubted_by_its_values_is_named() {
    let folder = scratch("doubted-by-values");
    out(&folder, &["simulate", "--users", "800", "--months", "6", "--seed", "7", "--out", "export"]);
    out(&folder, &["init", "export", "--mapping", "export/mapping.yaml"]);
    out(&folder, &["import", "export", "--mapping", "export/mapping.yaml"]);
    let doubted = |more: &[&str]| {
        let asked = [&["--json", "discover", "--permutations", "0"], more].concat();
        json(&folder, &asked)["doubted"].to_string()
    };
    let words = doubted(&[]);
    assert!(words.contains("the values of \\\"timezone\\\" together tell 24 of 100"), "{words}");
    assert!(!doubted(&["--trust", "timezone"]).contains("together tell"));
}
