//! The whole job on a small simulated product, and each of its commands with good and bad input.

use std::path::Path;

use serde_json::Value;

use crate::support::{fails, json, out, product, run, scratch};

#[test]
fn the_whole_job_on_a_simulated_product() {
    let folder = product("job");
    let again = json(&folder, &["--json", "import", "export"]);
    assert_eq!(again["new_events"], 0, "importing twice changes nothing");
    assert_eq!(again["version"], 1);

    out(&folder, &["templates", "--write", "minimum-viable"]);
    out(&folder, &["check", "minimum-viable.yaml"]);
    out(&folder, &["test", "minimum-viable.yaml"]);
    let ever = json(&folder, &["--json", "qualify", "minimum-viable.yaml", "--ever"]);
    let rows = ever["rows"].as_array().unwrap();
    assert!(!rows.is_empty());
    let csv = out(&folder, &["qualify", "minimum-viable.yaml", "--ever", "--format", "csv"]);
    assert_eq!(csv.lines().count(), rows.len() + 1);

    // Who is listed qualifies by his own explanation, at the same instant.
    let id = rows[0]["id"].as_str().unwrap();
    let explained = json(&folder, &["--json", "explain", id, "--definition", "minimum-viable.yaml"]);
    assert_eq!(explained["definitions"][0]["entries"][0]["at"], rows[0]["qualified_at"]);

    // Nobody had qualified before the product began.
    let before = json(&folder, &["--json", "qualify", "minimum-viable.yaml", "--ever", "--as-of", "2024-12-31"]);
    assert_eq!(before["rows"].as_array().unwrap().len(), 0);
}

#[test]
fn a_backtest_is_told_in_three_forms() {
    let folder = product("backtest");
    let text = out(&folder, &["backtest", "project-management", "minimum-viable", "--html", "report.html"]);
    assert!(text.contains("Goal: Subscription Started"), "{text}");
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && !page.contains("<script"));
    let report = json(&folder, &["--json", "backtest", "minimum-viable", "--by", "role", "--capacity", "5"]);
    assert_eq!(report["definitions"][0]["id"], "minimum-viable");
    assert_eq!(report["question"]["capacity_per_week"], 5);
    assert_eq!(report["baseline"]["name"], "Logged In, 5 times within the 14d of minimum-viable");
    assert_eq!(report["definitions"][0]["segments"][0]["name"], "role");

    // An export can be made long after the last event: by then every lead has been watched.
    let later = json(&folder, &["--json", "backtest", "minimum-viable", "--observed-until", "2026-12-31"]);
    assert_eq!(later["question"]["observed_until"], "2026-12-31T23:59:59.999999Z");
    assert_eq!(later["definitions"][0]["leads"]["immature"]["total"], 0);
    assert_ne!(report["definitions"][0]["leads"]["immature"]["total"], 0);

    let goal = "id: cheat\nwhen: { event: Subscription Started }\n";
    std::fs::write(folder.join("cheat.yaml"), goal).unwrap();
    assert!(fails(&folder, 1, &["backtest", "cheat.yaml"]).contains("it would predict buying by buying"));
    let near = fails(&folder, 2, &["backtest", "minimum-viable", "--goal", "Subscription Startet"]);
    assert!(near.contains("did you mean `Subscription Started`?"), "{near}");
    let near = fails(&folder, 2, &["backtest", "minimum-viable", "--by", "user.rolle"]);
    assert!(near.contains("no trait `rolle`; did you mean `role`?"), "{near}");
    let dates = ["backtest", "minimum-viable", "--from", "2025-03-01", "--to", "2025-02-01"];
    assert!(fails(&folder, 2, &dates).contains("--from is after --to"));
}

#[test]
fn discovery_says_what_it_looked_at_and_refuses_what_cannot_be() {
    let folder = product("discover");
    let told = json(&folder, &["--json", "discover", "--within", "20d"]);
    let population = &told["population"];
    let sum = ["outside_period", "converted_before", "immature", "outside", "before_first_landmark", "counted"];
    let sum: u64 = sum.iter().map(|part| population[part].as_u64().unwrap()).sum();
    assert_eq!(population["started"].as_u64().unwrap(), sum, "everybody is counted once");
    assert!(population["counted"].as_u64().unwrap() > 100);
    assert_eq!(told["windows"].as_array().unwrap().len(), 4, "a window ends before the outcome");
    assert!(told["excluded"].as_array().unwrap().iter().any(|event| event["name"] == "Subscription Started"));
    let text = out(&folder, &["discover", "--within", "20d", "--full"]);
    assert!(text.contains("Left out by construction") && text.contains("it is the goal"), "{text}");
    let accounts = out(&folder, &["discover", "--subject", "account", "--within", "20d"]);
    assert!(accounts.starts_with("What predicts Subscription Started of an account"), "{accounts}");

    // Straight from the files it says the same, and leaves nothing behind.
    let files = json(&folder, &["--json", "discover", "export", "--within", "20d"]);
    assert_eq!(files["findings"], told["findings"]);
    assert_eq!(files["population"], told["population"]);

    let dates = ["discover", "--from", "2025-03-01", "--to", "2025-02-01"];
    assert!(fails(&folder, 2, &dates).contains("--from is after --to"));
    assert!(fails(&folder, 2, &["discover", "--within", "12h"]).contains("say a --window that is shorter"));
    let near = fails(&folder, 2, &["discover", "--goal", "Subscription Startet"]);
    assert!(near.contains("did you mean `Subscription Started`?"), "{near}");
    let late = fails(&folder, 2, &["discover", "--window", "30d", "--within", "20d"]);
    assert!(late.contains("--window 30d: the outcome ends 20d after the start"), "{late}");
    assert!(fails(&folder, 2, &["discover", "--window", "200d", "--within", "300d"]).contains("120d"));
}

#[test]
fn simulated_products_are_the_same_for_a_seed_and_refused_without_sense() {
    let folder = scratch("simulate");
    let arguments = |out| ["simulate", "--users", "50", "--months", "1", "--format", "jsonl", "--out", out];
    out(&folder, &arguments("first"));
    out(&folder, &arguments("second"));
    let read = |name: &str| std::fs::read(folder.join(name).join("events.jsonl")).unwrap();
    assert_eq!(read("first"), read("second"));
    out(&folder, &["import", "first"]);
    assert!(fails(&folder, 2, &arguments("first")).contains("--force"));
    fails(&folder, 2, &["simulate", "--users", "0", "--out", "third"]);
}

#[test]
fn a_product_is_the_same_in_parquet_as_in_csv() {
    let folder = scratch("parquet");
    for format in ["csv", "parquet"] {
        out(&folder, &["simulate", "--users", "200", "--months", "4", "--format", format, "--out", format]);
    }
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/simulated/brix.yaml");
    std::fs::copy(settings, folder.join("brix.yaml")).unwrap();
    let [csv, parquet] = ["csv", "parquet"].map(|format| {
        let lake = format!("{format}-lake");
        let told = json(&folder, &["--json", "--lake", &lake, "import", format]);
        assert_eq!(told["rejected"]["rows"], 0);
        let said =
            ["rows", "new_events", "new_facts", "duplicates", "differing_duplicates"].map(|name| told[name].clone());
        let by = ["--by", "account.employees", "--by", "account.mrr", "--by", "account.trial_ends_at"];
        let backtest = ["--json", "--lake", &lake, "backtest", "project-management", "minimum-viable"];
        (said, json(&folder, &[&backtest[..], &by].concat()))
    });
    assert_eq!(csv.0, parquet.0);
    assert!(csv.1 == parquet.1, "the reports differ");
    let files = std::fs::read_dir(folder.join("parquet")).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let tables = ["account_history", "accounts", "events"].map(|name| format!("{name}.parquet"));
    let others = ["mapping.yaml", "subscriptions.parquet", "truth.csv", "users.parquet"].map(str::to_owned);
    assert_eq!(names, [tables.to_vec(), others.to_vec()].concat());
}

#[test]
fn rejected_rows_are_kept_with_their_places() {
    let folder = scratch("rejects");
    std::fs::write(folder.join("events.csv"), "user,at,name\nann,2025-01-01,Logged In\nbob,someday,Logged In\n")
        .unwrap();
    let mapping = "source: test\nfiles:\n  - match: events.csv\n    records:\n      - event: { column: name }\n        user: user\n        time: at\n";
    std::fs::write(folder.join("mapping.yaml"), mapping).unwrap();
    assert!(fails(&folder, 3, &["import", "--strict", "events.csv"]).contains("events.csv:3:5"));
    assert!(fails(&folder, 3, &["qualify", "minimum-viable"]).contains("there is no lake"));
    let told = json(&folder, &["--json", "import", "events.csv"]);
    assert_eq!((&told["new_events"], &told["rejected"]["rows"]), (&Value::from(1), &Value::from(1)));
    let kept = std::fs::read_to_string(folder.join(told["rejected"]["file"].as_str().unwrap())).unwrap();
    let line: Value = serde_json::from_str(kept.trim()).unwrap();
    assert_eq!((&line["line"], &line["code"]), (&Value::from(3), &Value::from("not-a-time")));
}

#[test]
fn a_guessed_mapping_imports() {
    let folder = scratch("guess");
    std::fs::create_dir(folder.join("data")).unwrap();
    let rows: String = (1..=30).map(|day| format!("u{},2025-01-{day:02}T10:00:00Z,Logged In\n", day % 7)).collect();
    std::fs::write(folder.join("data/events.csv"), format!("user_id,timestamp,event\n{rows}")).unwrap();
    std::fs::write(folder.join("guessed.yaml"), out(&folder, &["import", "--guess", "data"])).unwrap();
    let told = json(&folder, &["--json", "import", "data", "--mapping", "guessed.yaml"]);
    assert_eq!(told["new_events"], 30);
    fails(&folder, 2, &["import", "--guess", "--strict", "data"]);
}

#[test]
fn faults_of_definitions_have_their_places() {
    let folder = scratch("definitions");
    std::fs::write(folder.join("bad.yaml"), "id: x\nwhen: { event: A, count: >= 3 }\n").unwrap();
    let findings: Value = serde_json::from_slice(&run(&folder, &["--json", "check", "bad.yaml"]).stdout).unwrap();
    assert_eq!((&findings[0]["line"], &findings[0]["code"]), (&Value::from(2), &Value::from("quote-needed")));
    fails(&folder, 1, &["check", "bad.yaml"]);
    fails(&folder, 1, &["test", "bad.yaml"]);
    assert!(fails(&folder, 3, &["check", "minimum-viabel"]).contains("did you mean the template `minimum-viable`?"));

    let wrong = "id: y\nwhen: { event: A }\nexamples:\n  - name: never\n    timeline: [0d: A]\n    expect: { qualified: never }\n";
    std::fs::write(folder.join("wrong.yaml"), wrong).unwrap();
    let output = run(&folder, &["test", "wrong.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("expected to qualify: never"));
}

#[test]
fn the_command_line_itself() {
    let folder = scratch("line");
    assert!(out(&folder, &["--help"]).contains("Exit codes:"));
    assert!(out(&folder, &["help", "backtest"]).contains("--capacity"));
    assert!(out(&folder, &["completions", "bash"]).contains("_brix"));
    fails(&folder, 2, &["completions", "dos"]);
    fails(&folder, 2, &[]);
    let ids = json(&folder, &["--json", "templates"]);
    assert!(ids.as_array().unwrap().iter().any(|template| template["id"] == "hand-raise"));
    fails(&folder, 2, &["templates", "--show", "nothing"]);
}
