//! `brix data`: what is inside the lake, and what is odd about it.

use serde_json::Value;

use crate::support::{events, fails, json, out, product, scratch};

#[test]
fn a_simulated_product_on_a_page() {
    let folder = product("data");
    let page = out(&folder, &["data"]);
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    for part in ["EVENT ", "TRAIT ", "TO KNOW", "brix data events", "▁"] {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
    let told = json(&folder, &["data", "--json"]);
    let events = told["events"].as_array().unwrap();
    let sum: u64 = events.iter().map(|event| event["count"].as_u64().unwrap()).sum();
    assert_eq!(told["event_rows"], sum);
    for event in events {
        let days: u64 = event["by_day"].as_object().unwrap().values().map(|rows| rows.as_u64().unwrap()).sum();
        assert_eq!(event["count"], days, "{event}");
    }
    assert!(told["duplicates"].as_u64().unwrap() > 0 && told["receipts"]["over_an_hour"].as_u64().unwrap() > 0);
    assert!(told["imports"][0]["changed"]["times_set_to_receipt"].as_u64().unwrap() > 0, "clocks ran ahead");
    assert!(page.contains("whose clock ran ahead"), "{page}");
    let signups = events.iter().find(|event| event["name"] == "Signed Up").unwrap();
    assert_eq!(signups["count"], signups["people"]);
    assert_eq!(told["people"]["with_user_id"], signups["people"], "everybody with an id has signed up once");
    let emails = told["traits"].as_array().unwrap().iter().find(|found| found["name"] == "email").unwrap();
    assert_eq!((&emails["subjects"], &emails["of"]), (&signups["people"], &Value::from("user")));
}

#[test]
fn one_event_with_its_properties() {
    let folder = product("data-event");
    let page = out(&folder, &["data", "events", "Subscription Started"]);
    assert!(page.contains("Subscription Started, billing") && page.contains("PROPERTY"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    let told = json(&folder, &["data", "events", "Subscription Started", "--json"]);
    let plan = told[0]["properties"].as_array().unwrap().iter().find(|column| column["name"] == "plan").unwrap();
    assert_eq!((&plan["type"], &plan["rows"]), (&Value::from("text"), &told[0]["count"]));
    assert!(
        fails(&folder, 2, &["data", "events", "Subscription Startet"]).contains("did you mean `Subscription Started`?")
    );
    assert!(out(&folder, &["data", "traits"]).contains("account.employees"));
    fails(&folder, 2, &["data", "nothing"]);
}

#[test]
fn gaps_copies_and_rejects_are_told() {
    let rows = [
        "ann,2025-01-01T10:00:00Z,Logged In",
        "ann,2025-01-01T10:00:00Z,Logged In",
        "bob,2025-01-05T10:00:00Z,Logged In",
        "bob,someday,Logged In",
        ",2025-01-05T10:00:00Z,Logged In",
    ];
    let folder = events("data-odd", "", &rows);
    out(&folder, &["import", "files"]);
    let told = json(&folder, &["data", "--json"]);
    assert_eq!(told["gaps"], serde_json::json!([{ "from": "2025-01-02", "to": "2025-01-04", "days": 3 }]));
    assert_eq!(told["rejected"]["rows"], 2);
    assert_eq!(told["rejected"]["reasons"]["not-a-time"], 1);
    let page = out(&folder, &["data"]);
    assert!(page.contains("2 rows were rejected by imports") && page.contains("2025-01-02 to 2025-01-04"), "{page}");
    assert!(page.contains("No event says when it was received"), "{page}");
    // The same rows, rejected again, are the same rows.
    out(&folder, &["import", "files"]);
    assert_eq!(json(&folder, &["data", "--json"])["rejected"]["rows"], 2);
}

#[test]
fn no_lake_is_an_error_with_a_cure() {
    assert!(fails(&scratch("data-none"), 3, &["data"]).contains("`brix import` makes one"));
}

#[test]
fn odd_names_break_no_page_and_no_terminal() {
    let rows = ["ann,2025-01-01,\"two\nlines\"", "ann,2025-01-01,\u{1b}[31mred", "ann,2025-01-01,any"];
    let folder = events("data-names", "", &rows);
    out(&folder, &["import", "files"]);
    let page = out(&folder, &["data", "--color", "always"]);
    assert!(!page.contains('\u{1b}') && page.contains("two\u{FFFD}lines"), "{page}");
    assert_eq!(json(&folder, &["data", "events", "two\nlines", "--json"])[0]["count"], 1);
    let settings = out(&folder, &["init", "--print"]);
    assert!(!settings.contains("two\nlines") && !settings.contains('\u{1b}'), "{settings}");
    assert!(settings.contains("the data knows days only"), "all three count, if they are proposed or not: {settings}");
}

#[test]
fn a_lake_of_traits_alone() {
    let folder = events("data-traits", "", &["ann,2025-01-01,pro"]);
    let mapping = "source: app\nfiles:\n  - match: events.csv\n    records:\n      - traits: user\n        user: user\n        time: time\n        values: { colour: { column: event } }\n";
    std::fs::write(folder.join("files/mapping.yaml"), mapping).unwrap();
    out(&folder, &["import", "files"]);
    let page = out(&folder, &["data"]);
    assert!(page.contains("There is no event.") && page.contains("colour") && page.contains("pro 100 %"), "{page}");
    out(&folder, &["init"]);
    assert!(fails(&folder, 3, &["qualify", "minimum-viable"]).contains("holds no event"));
}
