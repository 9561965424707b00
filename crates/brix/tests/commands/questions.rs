//! `brix qualify`, `explain` and `backtest`, with every option, on a product small enough to count by hand.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{events, fails, json, out, run};

const TWICE: &str = "id: twice\nname: Came twice\nclock: { event: Signed Up }\nwhen: { event: Logged In, days: \">= 2\" }\nfit: { not: { trait: email, domain_kind: free } }\n";

/// Four people: ann and bob came twice, bob with free mail; cid came once; dan bought.
fn small(name: &str) -> PathBuf {
    let rows = [
        "ann,2025-01-01T09:00:00Z,Signed Up,ann@acme.example",
        "ann,2025-01-01T10:00:00Z,Logged In,",
        "ann,2025-01-03T10:00:00Z,Logged In,",
        "bob,2025-01-01T09:00:00Z,Signed Up,bob@gmail.com",
        "bob,2025-01-02T10:00:00Z,Logged In,",
        "bob,2025-01-04T10:00:00Z,Logged In,",
        "cid,2025-01-01T09:00:00Z,Signed Up,cid@beta.example",
        "cid,2025-01-02T10:00:00Z,Logged In,",
        "dan,2025-01-01T09:00:00Z,Signed Up,dan@acme.example",
        "dan,2025-01-06T09:00:00Z,Subscription Started,",
        "cid,2025-03-01T10:00:00Z,Ticket Opened,",
    ];
    let folder = events(name, ",email", &rows);
    let path = folder.join("files/mapping.yaml");
    let mapping = std::fs::read_to_string(&path).unwrap();
    let traits = "      - traits: user\n        user: user\n        time: time\n        only_if: { column: email, present: true }\n        values: { email: { column: email } }\n";
    std::fs::write(path, format!("{mapping}{traits}")).unwrap();
    std::fs::write(folder.join("brix.yaml"), "goal: { event: Subscription Started, within: 30d }\n").unwrap();
    std::fs::write(folder.join("twice.yaml"), TWICE).unwrap();
    out(&folder, &["import", "files"]);
    folder
}

fn ids(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let listing = json(folder, &[&["qualify", "twice.yaml", "--json"], arguments].concat());
    listing["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_qualifies_and_when() {
    let folder = small("qualify");
    assert_eq!(ids(&folder, &[]), ["ann"]);
    assert_eq!(ids(&folder, &["--to-use"]), ["bob"]);
    assert_eq!(ids(&folder, &["--ever"]), ["ann"]);
    assert!(ids(&folder, &["--as-of", "2025-01-02"]).is_empty());
    assert_eq!(ids(&folder, &["--as-of", "2025-01-03"]), ["ann"], "a date is its whole day");
    assert!(ids(&folder, &["--as-of", "2025-01-03T09:59:59Z"]).is_empty());
    let csv = out(&folder, &["qualify", "twice.yaml", "--format", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("id,state,qualified_at")
            && lines[1].starts_with("ann,qualified_to_buy,2025-01-03T10:00:00Z"),
        "{csv}"
    );
    assert_eq!(
        out(&folder, &["qualify", "twice.yaml", "--format", "json"]),
        out(&folder, &["qualify", "twice.yaml", "--json"])
    );
    let table = out(&folder, &["qualify", "twice.yaml"]);
    assert!(table.contains("ann") && !table.contains("bob"), "{table}");

    fails(&folder, 2, &["qualify", "twice.yaml", "--as-of", "soon"]);
    fails(&folder, 2, &["qualify", "twice.yaml", "--ever", "--to-use"]);
    fails(&folder, 2, &["qualify"]);
    assert!(fails(&folder, 3, &["qualify", "twise.yaml"]).contains("twise.yaml"));
    assert!(fails(&folder, 3, &["qualify", "twice.yaml", "--lake", "none"]).contains("`brix import` makes one"));
}

#[test]
fn a_name_that_the_data_does_not_have_is_warned_of() {
    let folder = small("unknown");
    std::fs::write(folder.join("slip.yaml"), TWICE.replace("Logged In", "Loged In")).unwrap();
    for command in [&["qualify", "slip.yaml"][..], &["backtest", "slip.yaml"], &["explain", "ann", "-d", "slip.yaml"]] {
        let words = String::from_utf8(run(&folder, command).stderr).unwrap();
        assert!(
            words.contains("the data has no event `Loged In`") && words.contains("did you mean `Logged In`?"),
            "{words}"
        );
        let words = String::from_utf8(run(&folder, &[command, &["--quiet"]].concat()).stderr).unwrap();
        assert!(!words.contains("Loged"), "{words}");
    }
}

#[test]
fn one_person_criterion_by_criterion() {
    let folder = small("explain");
    let told = json(&folder, &["explain", "ann", "--definition", "twice.yaml", "--json"]);
    assert_eq!(told["definitions"][0]["entries"][0]["at"], "2025-01-03T10:00:00Z");
    let text = out(&folder, &["explain", "cid", "-d", "twice.yaml"]);
    assert!(text.contains("cid") && text.contains("Logged In"), "{text}");
    // The definitions of the folder are taken where none is named.
    assert!(out(&folder, &["explain", "ann"]).contains("Came twice"));
    let before = json(&folder, &["explain", "ann", "-d", "twice.yaml", "--at", "2025-01-02", "--json"]);
    assert_eq!(before["definitions"][0]["entries"], Value::Array(Vec::new()));
    assert!(fails(&folder, 3, &["explain", "nobody"]).contains("nobody"));
    fails(&folder, 2, &["explain", "ann", "--kind", "team"]);
}

#[test]
fn definitions_side_by_side_and_refused_ones() {
    let folder = small("backtest-small");
    let once = TWICE.replace("id: twice", "id: once").replace("Came twice", "Came once").replace(">= 2", ">= 1");
    std::fs::write(folder.join("once.yaml"), once).unwrap();
    let report = json(&folder, &["backtest", "twice.yaml", "once.yaml", "--html", "both.html", "--json"]);
    let ids: Vec<&str> =
        report["definitions"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["twice", "once"]);
    let page = std::fs::read_to_string(folder.join("both.html")).unwrap();
    assert!(page.contains("Came twice") && page.contains("Came once") && !page.contains("<script"));
    let text = out(&folder, &["backtest", "twice.yaml"]);
    assert!(text.to_lowercase().contains("not enough"), "four people prove nothing, and it says so: {text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");

    let cheat = "id: cheat\nwhen: { event: Subscription Started }\n";
    std::fs::write(folder.join("cheat.yaml"), cheat).unwrap();
    let words = fails(&folder, 1, &["backtest", "cheat.yaml"]);
    assert!(words.contains("Subscription Started") && words.contains("predict buying by buying"), "{words}");
    std::fs::write(folder.join("brix.yaml"), "zone: UTC\n").unwrap();
    let words = String::from_utf8(run(&folder, &["backtest", "twice.yaml"]).stderr).unwrap();
    assert!(words.contains("--goal"), "without a goal the cure is named: {words}");
}
