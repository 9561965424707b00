//! `brix retain`: what would go is said before it goes; after it everybody else is as they were, and every question says since when
//! somebody is kept.

use crate::support::{events, fails, json, out, run};

const TWICE: &str = "id: twice\nclock: { event: Signed Up }\nwhen: { event: Logged In, days: \">= 2\" }\n";

fn small(name: &str) -> std::path::PathBuf {
    let rows = [
        // Of Ann nothing was heard for long; Bob began as she did, and was.
        "ann,2025-01-01T09:00:00Z,Signed Up",
        "ann,2025-01-01T10:00:00Z,Logged In",
        "ann,2025-01-03T10:00:00Z,Logged In",
        "bob,2025-01-01T09:00:00Z,Signed Up",
        "bob,2025-01-02T10:00:00Z,Logged In",
        "bob,2025-01-04T10:00:00Z,Logged In",
        "bob,2025-05-04T10:00:00Z,Subscription Started",
        "cid,2025-04-01T09:00:00Z,Signed Up",
        "cid,2025-04-02T10:00:00Z,Logged In",
        "cid,2025-04-04T10:00:00Z,Logged In",
        "cid,2025-04-14T10:00:00Z,Subscription Started",
    ];
    let folder = events(name, "", &rows);
    std::fs::write(folder.join("brix.yaml"), "goal: { event: Subscription Started, within: 30d }\n").unwrap();
    std::fs::write(folder.join("twice.yaml"), TWICE).unwrap();
    out(&folder, &["import", "files"]);
    folder
}

#[test]
fn who_was_not_heard_of_goes_and_the_lake_says_so() {
    let folder = small("retain");
    let ever = ["qualify", "twice.yaml", "--ever", "--json"];
    let ids = |listing: &serde_json::Value| -> Vec<String> {
        let rows = listing["rows"].as_array().unwrap().iter();
        let mut ids: Vec<String> = rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    let before = json(&folder, &ever);
    assert_eq!(ids(&before), ["ann", "bob", "cid"]);
    assert!(before.get("kept_from").is_none());

    let would = json(&folder, &["retain", "--before", "2025-03-01", "--dry-run", "--json"]);
    let expected = serde_json::json!({
        "kept_from": "2025-03-01T00:00:00Z", "households": 1, "ids": { "user": 1, "account": 0, "workspace": 0 },
        "events": 3, "facts": 0, "removed": false,
    });
    assert_eq!(would, expected);
    assert_eq!(json(&folder, &ever), before, "a dry run changes nothing");
    assert!(fails(&folder, 2, &["retain", "--before", "2025-03-01"]).contains("--yes"), "there is nobody to ask");
    let told = out(&folder, &["retain", "--before", "2025-03-01", "--yes"]);
    assert!(told.contains("Nothing was heard since 2025-03-01 of 1 person or company"), "{told}");

    let after = json(&folder, &ever);
    assert_eq!((ids(&after), &after["kept_from"]), (vec!["bob".into(), "cid".into()], &"2025-03-01T00:00:00Z".into()));
    let mut rest = before["rows"].clone();
    rest.as_array_mut().unwrap().retain(|row| row["id"] != "ann");
    assert_eq!(after["rows"], rest, "the others are as they were");
    let said = run(&folder, &["qualify", "twice.yaml"]);
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("Before 2025-03-01 only those are kept who were heard of since"), "{said}");
    assert_eq!(json(&folder, &["data", "--json"])["kept_from"], "2025-03-01T00:00:00Z");
    assert!(out(&folder, &["data"]).contains("Before 2025-03-01 only those are kept"));
    // Of those who began before, who stayed would be the only ones: they are not counted.
    let report = json(&folder, &["backtest", "twice.yaml", "--json"]);
    assert_eq!((&report["kept_from"], &report["question"]["from"]), (&after["kept_from"], &after["kept_from"]));
    assert_eq!(report["definitions"][0]["population"]["counted"]["total"], 1, "{report}");
    let asked = run(&folder, &["backtest", "twice.yaml", "--from", "2025-01-01"]);
    assert!(String::from_utf8_lossy(&asked.stderr).contains("of those who started before 2025-03-01"));
    // What is imported again is known, and nobody comes back.
    out(&folder, &["import", "files"]);
    assert_eq!(ids(&json(&folder, &ever)), ["bob", "cid"]);
    let none = json(&folder, &["retain", "--older-than", "36000d", "--yes", "--json"]);
    assert_eq!((&none["households"], &none["removed"]), (&0.into(), &true.into()));
    assert_eq!(json(&folder, &ever)["kept_from"], "2025-03-01T00:00:00Z", "it goes forward only");
    assert!(fails(&folder, 2, &["retain", "--before", "2125-03-01", "--yes"]).contains("still to come"));
    for short in ["0s", "23h", "0 months"] {
        let words = fails(&folder, 2, &["retain", "--older-than", short, "--yes"]);
        assert!(words.contains("--older-than: shorter than a day"), "{short}: {words}");
    }
    assert_eq!(ids(&json(&folder, &ever)), ["bob", "cid"]);
    let unknown = out(&folder, &["erase", "nobody", "--lake", "lake", "--yes"]);
    assert!(!unknown.contains("still hold"), "{unknown}");
    assert!(out(&folder, &["erase", "cid", "--lake", "lake", "--yes"]).contains("still hold it"));
}

/// Their codes stay taken in the lake, under marks: those are nobody.
#[test]
fn who_has_gone_is_not_counted_any_more() {
    let rows = [
        "ann,2025-01-01T09:00:00Z,Signed Up,acme",
        "bob,2025-05-01T09:00:00Z,Signed Up,globex",
        "cid,2025-05-02T09:00:00Z,Signed Up,erased 3 1",
    ];
    let folder = events("retain-counts", ",company", &rows);
    let mapping = std::fs::read_to_string(folder.join("files/mapping.yaml")).unwrap();
    std::fs::write(folder.join("files/mapping.yaml"), format!("{mapping}        account: company\n")).unwrap();
    out(&folder, &["import", "files"]);
    let people = || json(&folder, &["data", "--json"])["people"].clone();
    assert_eq!((&people()["people"], &people()["accounts"]), (&3.into(), &3.into()));
    out(&folder, &["retain", "--before", "2025-03-01", "--yes"]);
    assert_eq!((&people()["people"], &people()["accounts"]), (&2.into(), &2.into()), "one is called like a mark");
    assert!(out(&folder, &["data"]).contains("2 accounts"));
    out(&folder, &["retain", "--before", "2025-06-01", "--yes"]);
    assert_eq!((&people()["people"], &people()["accounts"]), (&0.into(), &0.into()));
}
