//! `brix validate` and `brix limits` on the real binary: their answers, exit codes, and what they say to bad input.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("validate").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(folder).env_remove("BRIX_LAKE").args(arguments).output().unwrap()
}

fn ends(folder: &Path, code: i32, arguments: &[&str]) -> (String, String) {
    let output = run(folder, arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (data, words) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "brix {arguments:?}: {data}{words}");
    (data, words)
}

const MAPPING: &str = "source: test\nfiles:\n  - match: events.csv\n    records:\n      - event: { column: name }\n        user: user\n        time: { column: at, format: unix }\n";
const DEFINITION: &str = "id: busy\nname: Busy\npopulation: everyone\nclock: { event: Signed Up }\nwindow: 7d\nwhen: { event: Built, count: \">= 3\" }\n";

/// A product of a year in a lake: from a day on (if any) the busy buy no more often than others.
fn product(name: &str, people: u64, until_day: Option<u64>) -> PathBuf {
    let folder = scratch(name);
    let mut rows = String::from("user,at,name\n");
    let mut state = 7_u64;
    let mut dice = |of: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % of
    };
    let start = 19_723_u64;
    for person in 0..people {
        let day = dice(365);
        let mut add = |after: u64, name: &str| {
            let seconds = (start + day + after) * 86_400 + person % 86_400;
            rows.push_str(&format!("p{person},{seconds},{name}\n"));
        };
        add(0, "Signed Up");
        let busy = dice(10) < 3;
        for built in 0..if busy { 4 } else { dice(2) } {
            add(1 + built, "Built");
        }
        if dice(2) == 0 {
            add(2, "Looked");
        }
        let tells = busy && until_day.is_none_or(|until| day < until);
        if dice(100) < if tells { 40 } else { 8 } {
            add(9 + dice(12), "Paid");
            // Some stay: they look again in later weeks.
            for later in (0..person % 4).filter(|_| day < 300) {
                add(23 + 3 * later, "Looked");
            }
        }
    }
    let seconds = (start + 364) * 86_400;
    rows.push_str(&format!("last,{seconds},Looked\n"));
    std::fs::write(folder.join("events.csv"), rows).unwrap();
    std::fs::write(folder.join("mapping.yaml"), MAPPING).unwrap();
    std::fs::write(folder.join("busy.yaml"), DEFINITION).unwrap();
    ends(&folder, 0, &["import", "events.csv"]);
    folder
}

const ASKED: [&str; 6] = ["validate", "busy.yaml", "--goal", "Paid", "--within", "20d"];

fn asked<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ASKED.iter().chain(more).copied().collect()
}

#[test]
fn what_holds_ends_with_0_and_is_the_same_for_a_seed() {
    let folder = product("holds", 2_000, None);
    let (text, _) = ends(&folder, 0, &asked(&[]));
    assert!(text.starts_with("Busy: still true\n") && text.contains("By quarter of signup"), "{text}");
    assert!(text.contains("Nothing is proposed"), "{text}");
    let (first, _) = ends(&folder, 0, &asked(&["--json", "--no-proposal"]));
    assert_eq!(first, ends(&folder, 0, &asked(&["--json", "--no-proposal"])).0);
    let answer: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&answer["verdict"], &answer["proposal"]), (&Value::from("holds"), &Value::Null));
    assert_eq!(answer["quarters"].as_array().unwrap().len(), 4);
    // Its lives are the backtest's.
    let goal = ["--goal", "Paid", "--within", "20d", "--json", "--baseline", "none"];
    let (report, _) = ends(&folder, 0, &["backtest", "busy.yaml"].iter().chain(&goal).copied().collect::<Vec<_>>());
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(answer["recall"], report["definitions"][0]["customers"]["recall"]);
    assert_eq!(answer["whole"]["lift"], report["definitions"][0]["against_rest"]["lift"]);
}

#[test]
fn what_stopped_being_true_ends_with_5() {
    let folder = product("stopped", 3_000, Some(180));
    let (text, _) = ends(&folder, 5, &asked(&["--no-proposal"]));
    assert!(text.starts_with("Busy: no longer what it was\n") && text.contains("precision is lower"), "{text}");
    let (text, _) = ends(&folder, 0, &asked(&["--no-proposal", "--to", "2024-06-15"]));
    assert!(text.starts_with("Busy: still true"), "{text}");
}

#[test]
fn a_better_threshold_is_proposed_and_written() {
    let folder = product("better", 3_000, None);
    std::fs::write(folder.join("busy.yaml"), DEFINITION.replace(">= 3", ">= 1")).unwrap();
    let (text, words) = ends(&folder, 0, &asked(&["--out", "better.yaml"]));
    assert!(text.contains("→ Built at least") && words.contains("better.yaml"), "{text}{words}");
    let better = std::fs::read_to_string(folder.join("better.yaml")).unwrap();
    assert!(better.contains("id: busy\n"), "{better}");
    ends(&folder, 0, &["check", "better.yaml"]);
}

#[test]
fn too_little_to_say_ends_with_6_and_nonsense_with_its_own_codes() {
    let folder = product("few", 60, None);
    let (text, _) = ends(&folder, 6, &asked(&[]));
    assert!(text.starts_with("Busy: not enough data"), "{text}");
    assert!(ends(&folder, 2, &["validate", "busy.yaml"]).1.contains("what is a conversion?"));
    assert!(ends(&folder, 2, &["validate", "busy.yaml", "--goal", "Payd"]).1.contains("did you mean `Paid`?"));
    std::fs::write(folder.join("cheat.yaml"), "id: cheat\nwhen: { event: Paid }\n").unwrap();
    assert!(ends(&folder, 1, &["validate", "cheat.yaml", "--goal", "Paid"]).1.contains("buying by buying"));
    assert!(ends(&folder, 2, &["validate", ".", "--goal", "Paid"]).1.contains("validate asks about one"));
}

#[test]
fn limits_are_told_and_metrics_compared() {
    let folder = product("limits", 2_000, None);
    let terms = ["--goal", "Paid", "--within", "20d", "--clock", "Signed Up", "--after", "7d"];
    std::fs::write(folder.join("brix.yaml"), "population: everyone\n").unwrap();
    let limits = |more: &[&'static str]| ["limits"].iter().chain(more).chain(&terms).copied().collect::<Vec<&str>>();
    let two = ["--metric", "Built", "--metric", "event: Looked", "--limits", "1,3"];
    let (text, _) = ends(&folder, 0, &limits(&two));
    assert!(text.contains("Built, count\n") && text.contains("is reliably better than “event: Looked”"), "{text}");
    let answer: Value = serde_json::from_str(&ends(&folder, 0, &limits(&[&two[..], &["--json"]].concat())).0).unwrap();
    let row = &answer["metrics"][0]["limits"][1];
    assert_eq!(row["limit"], 3.0);
    // Who has built three is who the definition qualifies.
    let (report, _) = ends(
        &folder,
        0,
        &["backtest", "busy.yaml", "--goal", "Paid", "--within", "20d", "--json", "--baseline", "none"],
    );
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(row["met"]["count"], report["definitions"][0]["leads"]["total"]);
    assert_eq!(row["converted"], report["definitions"][0]["leads"]["precision"]);
    let (grid, _) = ends(&folder, 0, &limits(&["--metric", "Built", "--json"]));
    let grid: Value = serde_json::from_str(&grid).unwrap();
    assert!(grid["metrics"][0]["limits"].as_array().unwrap().len() > 1, "{grid}");

    assert!(ends(&folder, 2, &limits(&["--metric", "Bilt"])).1.contains("did you mean `Built`?"));
    assert!(ends(&folder, 2, &limits(&["--metric", "event: Built, some: x"])).1.contains("not a metric"));
    assert!(ends(&folder, 2, &limits(&["--metric", "Built", "--limits", "0,x"])).1.contains("a number above 0"));
    assert!(ends(&folder, 1, &limits(&["--metric", "Paid"])).1.contains("buying by buying"));
}

#[test]
fn a_learned_card_is_a_definition_that_the_evaluator_counts() {
    let folder = product("learn", 3_000, None);
    std::fs::write(folder.join("brix.yaml"), "population: everyone\ngoal: { event: Paid }\n").unwrap();
    let learn = ["learn", "--window", "7d", "--within", "28d", "--out", "learned.yaml"];
    let (text, _) = ends(&folder, 0, &learn);
    assert!(text.contains("had no say"), "{text}");
    let card: Value =
        serde_json::from_str(&ends(&folder, 0, &["--json"].iter().chain(&learn).copied().collect::<Vec<_>>()).0)
            .unwrap();
    assert_eq!((&card["outcome"], &card["reliable"]), (&Value::from("card"), &Value::from(true)));
    ends(&folder, 0, &["check", "learned.yaml"]);
    // Whoever reaches the threshold in the feature table qualifies by the evaluator, and nobody else: the card's own count of
    // those who judge, and the evaluator's of the same days.
    let from = card["judged_from"].as_str().unwrap().to_owned();
    let terms = ["--baseline", "none", "--json", "--within", "28d", "--observed-until", "2025-03-01"];
    let asked: Vec<&str> = ["backtest", "learned.yaml", "--from", from.as_str()].into_iter().chain(terms).collect();
    let report: Value = serde_json::from_str(&ends(&folder, 0, &asked).0).unwrap();
    let leads = report["definitions"][0]["leads"]["total"].as_u64().unwrap();
    let counted = card["precision"]["of"].as_u64().unwrap();
    // The table looks only at those who were watched to the end, the backtest also at those of the last 28 days.
    let all = report["definitions"][0]["population"]["counted"]["total"].as_u64().unwrap();
    let judged = card["judging"]["of"].as_u64().unwrap();
    assert!(leads >= counted && leads - counted <= all - judged, "{leads} {counted} of {all} {judged}");

    let few = product("learn-few", 100, None);
    let (text, _) = ends(&few, 6, &["learn", "--goal", "Paid", "--within", "28d", "--out", "learned.yaml"]);
    assert!(text.contains("it takes 50 conversions") && !few.join("learned.yaml").exists(), "{text}");
}

#[test]
fn the_best_customers_are_a_goal_and_their_answers_come_back() {
    let folder = product("best", 3_000, None);
    std::fs::write(folder.join("brix.yaml"), "population: everyone\ngoal: { event: Paid }\n").unwrap();
    let best = ["best", "--tenure", "10d", "--interviews", "ask", "--label", "best", "--expansion", "Looked"];
    let early = ends(&folder, 2, &["discover", "--goal", "best-customer"]).1;
    assert!(early.contains("brix best --label best && brix import best"), "{early}");
    let (text, words) = ends(&folder, 0, &best);
    assert!(text.starts_with("Best customers") && words.contains("Best Customer Paid"), "{text}{words}");
    let answer: Value =
        serde_json::from_str(&ends(&folder, 0, &["--json"].iter().chain(&best).copied().collect::<Vec<_>>()).0)
            .unwrap();
    let chosen = answer["ranking"].as_array().unwrap().iter().filter(|ranked| ranked["best"] == true).count();
    // The label is a goal like any other.
    let told: Value = serde_json::from_str(&ends(&folder, 0, &["--json", "import", "best"]).0).unwrap();
    assert_eq!(told["new_events"], chosen);
    let discover = |goal| {
        let ask = ["discover", "--goal", goal, "--window", "7d", "--within", "28d", "--permutations", "0", "--json"];
        let (found, words) = ends(&folder, 0, &ask);
        (serde_json::from_str::<Value>(&found).unwrap(), words)
    };
    let (found, _) = discover("Best Customer Paid");
    let (same, doubt) = discover("best-customer");
    assert_eq!(found, same);
    assert!(doubt.contains("--observed-until"), "{doubt}");
    assert!(found["population"]["counted"].as_u64().unwrap() > 0, "{found}");
    // One interview is filled in and comes back as traits of that day.
    let list = std::fs::read_to_string(folder.join("ask/interviews.csv")).unwrap();
    let filled: Vec<String> = list
        .lines()
        .enumerate()
        .map(|(place, line)| {
            if place == 1 {
                line.strip_suffix(",,,").unwrap().to_owned() + ",2025-02-01,speed,price"
            } else {
                line.to_owned()
            }
        })
        .collect();
    std::fs::write(folder.join("ask/interviews.csv"), filled.join("\n") + "\n").unwrap();
    let told: Value = serde_json::from_str(&ends(&folder, 0, &["--json", "import", "ask"]).0).unwrap();
    assert_eq!((&told["new_facts"], &told["rejected"]["rows"]), (&Value::from(1), &Value::from(0)), "{told}");
    assert!(ends(&folder, 2, &["best", "--advocacy", "Lookd"]).1.contains("did you mean `Looked`?"));
}
