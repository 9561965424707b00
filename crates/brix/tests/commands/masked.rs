//! What would give the answer away is not looked at, or doubted: the goal and its parts, what only follows it, and marks that were
//! set afterwards; as events, as properties, as traits.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{fails, json, out, run, scratch};

const MAPPING: &str = r#"
source: app
files:
  - match: events.csv
    only_if: { column: event, is: Paid }
    records:
      - { event: Subscription Started, kind: billing, user: user, time: time, properties: { plan: { column: plan, type: text } } }
      - { event: Invoice Settled, kind: billing, user: user, time: time, properties: { plan: { column: plan, type: text } } }
      - { event: Started A Subscription, user: user, time: time, properties: { plan: { column: plan, type: text } } }
      - { traits: user, user: user, time: time, values: { tier: { column: plan, type: text } } }
  - match: others.csv
    records:
      - { event: { column: event }, user: user, time: time, properties: { area: { column: area, type: text } } }
  - match: people.csv
    records:
      - { traits: user, constant: true, user: user, values: { mark: { column: mark, type: text }, size: { column: size, type: number } } }
      - { traits: user, user: user, time: time, values: { tier: { column: tier, type: text } } }
"#;

/// 900 people of whom every fourth pays between the tenth and the thirtieth day, and then opens what is paid for.
fn folder(name: &str) -> PathBuf {
    let folder = scratch(name);
    let files = folder.join("files");
    std::fs::create_dir(&files).unwrap();
    let (mut paid, mut others, mut people) = (
        "user,time,event,plan\n".to_owned(),
        "user,time,event,area\n".to_owned(),
        "user,time,mark,size,tier\n".to_owned(),
    );
    let start: jiff::civil::DateTime = "2026-01-01T08:00:00".parse().unwrap();
    let mut dice = 7_u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    for person in 0..900_i64 {
        let signup = start + jiff::Span::new().hours(3 * person);
        let after = |hours: u64| signup + jiff::Span::new().hours(hours as i64);
        writeln!(others, "u{person},{signup}Z,Signed Up,home").unwrap();
        for _ in 0..roll(5) {
            writeln!(
                others,
                "u{person},{}Z,Project Created,{}",
                after(1 + roll(150)),
                ["a", "b", "c"][roll(3) as usize]
            )
            .unwrap();
        }
        let buys = roll(4) == 0;
        let marked = buys || roll(25) == 0;
        writeln!(people, "u{person},{signup}Z,{},{},free", if marked { "gold" } else { "none" }, 10 + roll(90))
            .unwrap();
        if buys {
            let at = 24 * (10 + roll(20));
            writeln!(paid, "u{person},{}Z,Paid,{}", after(at), ["team", "pro"][roll(2) as usize]).unwrap();
            writeln!(others, "u{person},{}Z,Premium Opened,{}", after(at + 5), ["x", "y"][roll(2) as usize]).unwrap();
        }
    }
    for (name, text) in
        [("events.csv", paid), ("others.csv", others), ("people.csv", people), ("mapping.yaml", MAPPING.to_owned())]
    {
        std::fs::write(files.join(name), text).unwrap();
    }
    std::fs::write(folder.join("brix.yaml"), "zone: UTC\ngoal: { event: Subscription Started, within: 31d }\n")
        .unwrap();
    let told = run(&folder, &["import", "files"]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    folder
}

fn words(discovery: &Value, list: &str) -> Vec<String> {
    discovery[list].as_array().unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn the_goal_its_parts_and_what_follows_it_are_masked_with_their_properties_and_traits() {
    let folder = folder("masked");
    let discovery = json(&folder, &["--json", "discover", "--window", "7d", "--permutations", "20"]);
    assert!(discovery["windows"][0]["buyers"].as_u64().unwrap() > 150, "{}", discovery["windows"]);
    let why = |name: &str| {
        let excluded = discovery["excluded"].as_array().unwrap().iter();
        let mut of_name = excluded.filter(|excluded| excluded["name"] == name);
        of_name.next().map(|excluded| excluded["why"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert!(why("Subscription Started").contains("it is the goal"));
    assert!(why("Invoice Settled").contains("billing"), "{}", discovery["excluded"]);
    assert!(why("Premium Opened").contains("only ever follows"), "{}", discovery["excluded"]);
    let tried = [words(&discovery, "candidates"), words(&discovery, "findings")].concat();
    assert!(tried.iter().any(|words| words.contains("Project Created")), "others are looked at");
    for masked in ["Subscription Started", "Invoice Settled", "Started A Subscription", "Premium Opened", "\"plan\""] {
        assert!(!tried.iter().any(|words| words.contains(masked)), "{masked}: {tried:?}");
    }
    // A trait that paying sets is as it was at the landmark: nobody had a paid tier.
    assert!(!tried.iter().any(|words| words.contains("tier = pro") || words.contains("tier = team")), "{tried:?}");
    // One that was set afterwards and bears no date looks like a miracle, and is doubted.
    let findings = discovery["findings"].as_array().unwrap().iter();
    let of_mark: Vec<&Value> = findings.filter(|finding| finding["words"].as_str().unwrap().contains("mark")).collect();
    assert!(!of_mark.is_empty());
    for finding in of_mark {
        assert_eq!(finding["verdict"], "possible_leak", "{}", finding["sentence"]);
    }
    assert_eq!(discovery["recommended"], Value::Null);
}

#[test]
fn a_score_does_not_learn_it_either() {
    let folder = folder("masked-learned");
    let learned = run(&folder, &["--json", "learn", "--window", "7d", "--traits"]);
    assert_eq!(learned.status.code(), Some(6), "{}", String::from_utf8_lossy(&learned.stderr));
    let answer: Value = serde_json::from_slice(&learned.stdout).unwrap();
    assert_ne!(answer["reliable"], true, "{answer}");
    let rows = answer["rows"].to_string();
    assert!(!["mark", "Premium Opened", "Subscription"].iter().any(|masked| rows.contains(masked)), "{rows}");
    assert!(answer["left_out"].to_string().contains("mark = gold"), "{answer}");
    // Whoever says that the mark was there before gets what he asks for.
    let card = json(&folder, &["--json", "learn", "--window", "7d", "--traits", "--trust", "mark"]);
    assert_eq!(card["rows"][0]["words"], "mark = gold");
    let unknown = run(&folder, &["learn", "--window", "7d", "--trust", "marc"]);
    assert_eq!(unknown.status.code(), Some(2));
}

/// Who says that it was known before gets it judged like anything else, and reads that this is what he said.
#[test]
fn discovery_takes_back_what_is_declared_as_known_before() {
    let folder = folder("masked-trusted");
    let asked = ["discover", "--window", "7d", "--permutations", "0"];
    let doubting = out(&folder, &asked);
    assert!(doubting.contains("Doubted") && doubting.contains("--trust NAME"), "{doubting}");
    assert!(doubting.contains("mark = gold"), "{doubting}");
    let trusting = [&asked[..], &["--trust", "mark"]].concat();
    let discovery = json(&folder, &[&trusting[..], &["--json"]].concat());
    let findings = discovery["findings"].as_array().unwrap();
    let of_mark = findings.iter().find(|finding| finding["words"] == "mark = gold").unwrap();
    assert_eq!(of_mark["verdict"], "reliable", "{}", of_mark["sentence"]);
    let sentence = of_mark["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("You say that \"mark\" was known before the outcome; else it would be doubted"),
        "{sentence}"
    );
    assert_eq!(discovery["trusted"], serde_json::json!(["mark"]));
    let told = out(&folder, &trusting).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("since you say that it was known before the outcome mark."), "{told}");
    assert!(fails(&folder, 2, &[&asked[..], &["--trust", "marc"]].concat()).contains("marc"));
}
