//! `brix import`: good and bad files and mappings.

use std::path::Path;

use serde_json::Value;

use crate::support::{events, fails, json, out, run, scratch};

fn mapping(folder: &Path, text: &str) {
    std::fs::write(folder.join("files/mapping.yaml"), text).unwrap();
}

#[test]
fn a_mapping_that_is_wrong_is_pointed_at() {
    let folder = events("import-mapping", "", &["ann,2025-01-01,Logged In"]);
    mapping(&folder, "source: app\nfiles:\n  - match: events.csv\n    recrods: []\n");
    let words = fails(&folder, 3, &["import", "files"]);
    assert!(
        words.contains("files/mapping.yaml:4:5") && words.contains("recrods") && words.contains("records"),
        "{words}"
    );

    let lacking = "source: app\nfiles:\n  - match: events.csv\n    records:\n      - event: { column: nmae }\n        user: user\n        time: time\n";
    mapping(&folder, lacking);
    let words = fails(&folder, 3, &["import", "files"]);
    assert!(words.contains("nmae") && words.contains("events.csv"), "{words}");

    mapping(
        &folder,
        "source: app\nfiles:\n  - match: others.csv\n    records:\n      - { event: A, user: user, time: time }\n",
    );
    let words = fails(&folder, 3, &["import", "files"]);
    assert!(words.contains("others.csv"), "{words}");
    assert!(!folder.join("lake/current").exists(), "nothing was imported");
}

#[test]
fn without_a_mapping_the_cure_is_named() {
    let folder = events("import-none", "", &["ann,2025-01-01,Logged In"]);
    std::fs::remove_file(folder.join("files/mapping.yaml")).unwrap();
    assert!(fails(&folder, 3, &["import", "files"]).contains("brix import --guess"));
    assert!(fails(&folder, 3, &["import", "files", "--mapping", "no.yaml"]).contains("no.yaml"));
    assert!(fails(&folder, 3, &["import", "nowhere"]).contains("nowhere") || !folder.join("nowhere").exists());
    fails(&folder, 2, &["import", "--guess"]);
}

#[test]
fn strict_stops_at_the_first_bad_row_and_leaves_the_lake_as_it_was() {
    let rows = ["ann,2025-01-01,Logged In", "bob,2025-01-02,Logged In"];
    let folder = events("import-strict", "", &rows);
    out(&folder, &["import", "files"]);
    let bad = "user,time,event\ncid,2025-01-03,Logged In\ndan,2025-13-03,Logged In\n";
    std::fs::write(folder.join("files/events.csv"), bad).unwrap();
    let words = fails(&folder, 3, &["import", "--strict", "files"]);
    assert!(words.contains("events.csv:3:5"), "{words}");
    assert_eq!(json(&folder, &["data", "--json"])["event_rows"], 2);
    assert!(!folder.join("lake/rejects").exists(), "an import that stopped keeps nothing");

    let told = json(&folder, &["import", "files", "--json"]);
    assert_eq!((&told["new_events"], &told["rejected"]["rows"], &told["version"]), (&1.into(), &1.into(), &2.into()));
    assert_eq!(told["rejected"]["reasons"][0]["code"], "not-a-time");
}

#[test]
fn the_same_file_twice_under_another_name_or_packed_changes_nothing() {
    let folder = events("import-twice", "", &["ann,2025-01-01,Logged In", "ann,2025-01-01,Logged In"]);
    assert_eq!(json(&folder, &["import", "files", "--json"])["new_events"], 2, "identical rows of one file are two");
    let current = std::fs::read(folder.join("lake/current")).unwrap();
    for _ in 0..2 {
        let told = json(&folder, &["import", "files", "--json"]);
        assert_eq!((&told["new_events"], &told["duplicates"]), (&Value::from(0), &Value::from(2)));
    }
    assert_eq!(std::fs::read(folder.join("lake/current")).unwrap(), current);
    let told = String::from_utf8(run(&folder, &["import", "files"]).stderr).unwrap();
    assert!(told.contains("2 rows were there already"), "{told}");
}

#[test]
fn a_guess_is_a_mapping_with_its_doubts_as_comments() {
    let folder = events("import-guess", ",plan", &["ann,2025-01-01,Logged In,pro", "bob,2025-01-02,Logged In,"]);
    let guess = out(&folder, &["import", "--guess", "files"]);
    assert!(guess.contains("- event: { column: \"event\" }") && guess.contains("# ?"), "{guess}");
    assert!(!guess.contains("mapping.yaml"), "a mapping is no data: {guess}");
    assert!(!folder.join("lake").exists(), "a guess imports nothing");
    std::fs::write(folder.join("guess.yaml"), &guess).unwrap();
    assert_eq!(json(&folder, &["import", "files", "--mapping", "guess.yaml", "--json"])["new_events"], 2);
    assert_eq!(json(&folder, &["import", "--guess", "files", "--json"])["mapping"], guess);
    std::fs::create_dir(folder.join("empty")).unwrap();
    assert!(fails(&folder, 3, &["import", "--guess", "empty"]).contains("nothing to guess from in empty"));
    assert!(fails(&scratch("import-guess-none"), 3, &["import", "--guess", "nowhere.csv"]).contains("nowhere.csv"));
}

/// Where a server's settings lie, its lake may be meant.
#[test]
fn an_import_beside_a_server_says_whose_lake_it_writes() {
    let folder = events("import-beside", "", &["ann,2025-01-01,Logged In"]);
    let words = |arguments: &[&str]| String::from_utf8(run(&folder, arguments).stderr).unwrap();
    let of_server = "of which the server of server.toml here knows nothing";
    assert!(!words(&["import", "files"]).contains(of_server), "there is no server");
    for (settings, lake) in [
        ("", "data/lake"),
        ("data = \"kept\"\nlisten = \"127.0.0.1:1\"\n", "kept/lake"),
        ("data = \"kept\"\nlake = \"history\"\n", "history"),
    ] {
        std::fs::write(folder.join("server.toml"), settings).unwrap();
        let told = words(&["import", "files"]);
        assert!(told.contains("Into the lake lake") && told.contains(of_server), "{told}");
        assert!(told.contains(&format!("its own is {lake}: --lake {lake} imports into that")), "{told}");
        assert!(!words(&["import", "files", "--lake", lake]).contains(of_server));
    }
    std::fs::write(folder.join("server.toml"), "lake = \"./lake\"\n").unwrap();
    assert!(!words(&["import", "files"]).contains(of_server), "it is the server's");
}

#[test]
fn whoever_is_suppressed_is_left_out_and_counted() {
    let rows = ["ann,2025-01-01,Logged In,acme", "bob,2025-01-02,Logged In,best", "bob,2025-01-03,Logged In,acme"];
    let folder = events("import-suppressed", ",company", &[&rows[..], &["ann,never,Logged In,best"]].concat());
    mapping(
        &folder,
        "source: app\nfiles:\n  - match: events.csv\n    records:\n      - { event: { column: event }, user: user, account: company, time: time }\n",
    );
    std::fs::write(folder.join("them"), "user ann\n\n  account\tacme \n").unwrap();
    let arguments = ["import", "files", "--suppressed", "them"];
    let told = json(&folder, &[&arguments[..], &["--json"]].concat());
    assert_eq!(
        (&told["new_events"], &told["suppressed"], &told["rejected"]["rows"]),
        (&1.into(), &2.into(), &1.into())
    );
    assert!(!told.to_string().contains("ann"), "{told}");
    assert!(!folder.join("lake/rejects").exists(), "nothing of whoever is suppressed is put aside");
    let words = String::from_utf8(run(&folder, &arguments).stderr).unwrap();
    assert!(
        words.contains("2 records of whoever is suppressed: left out") && words.contains("Rejected 1 row"),
        "{words}"
    );
    assert_eq!(json(&folder, &["import", "files", "--json"])["new_events"], 2, "nothing of it is known");

    // Words of Brix itself are of nobody, whatever somebody's id is.
    std::fs::write(folder.join("them"), "user a\nuser time\nuser not\n").unwrap();
    let told = json(&folder, &[&arguments[..], &["--json"]].concat());
    let first = told["rejected"]["reasons"][0]["first"].as_str().unwrap().to_owned();
    assert!(first.contains("not a time of the form") && folder.join("lake/rejects").exists(), "{told}");

    std::fs::write(folder.join("them"), "user bob\nann\n").unwrap();
    let words = fails(&folder, 3, &arguments);
    assert!(words.contains("them:2: there must stand `user`") && !words.contains("ann"), "{words}");
    assert!(fails(&folder, 3, &["import", "files", "--suppressed", "nobody"]).contains("cannot read nobody"));
    assert!(fails(&folder, 3, &["import", "files", "--data", "files"]).contains("no data folder"));
}

/// Whoever imports the folder in which they are has their lake in it, whole or only begun.
#[test]
fn a_lake_within_the_folder_is_not_what_is_imported() {
    let folder = events("import-here", "", &["ann,2025-13-01,Logged In"]);
    for file in ["events.csv", "mapping.yaml"] {
        std::fs::rename(folder.join("files").join(file), folder.join(file)).unwrap();
    }
    fails(&folder, 3, &["import", "--strict", "."]);
    assert!(folder.join("lake/lock").is_file(), "an import that failed leaves that");
    std::fs::write(folder.join("events.csv"), "user,time,event\nann,2025-01-01,Logged In\n").unwrap();
    for _ in 0..2 {
        let told = run(&folder, &["import", "."]);
        let words = String::from_utf8(told.stderr).unwrap();
        assert!(told.status.success() && !words.contains("fits no pattern"), "{words}");
    }
}
