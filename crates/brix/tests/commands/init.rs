//! `brix init`: what it writes can be read back, whatever the data is like, and it says what it rests on.

use std::path::Path;

use serde_json::Value;

use crate::support::{events, fails, json, out, product, run, scratch};

/// Adds a statement to the mapping of a folder of [`events`].
fn map(folder: &Path, lines: &str) {
    let path = folder.join("files/mapping.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{text}{lines}")).unwrap();
}

/// What `brix init` prints for a folder of [`events`], read back by `brix check` without a word about it.
fn proposed(folder: &Path) -> String {
    let text = out(folder, &["init", "files", "--print"]);
    out(folder, &["init", "files", "--quiet"]);
    assert_eq!(std::fs::read_to_string(folder.join("brix.yaml")).unwrap(), text, "printed and written are the same");
    let checked = run(folder, &["check", "minimum-viable"]);
    assert!(checked.status.success());
    assert_eq!(String::from_utf8(checked.stderr).unwrap(), "", "read back without a finding");
    assert!(text.lines().all(|line| line.chars().count() <= 100 || !line.starts_with('#')), "{text}");
    text
}

fn setting<'a>(seen: &'a Value, key: &str) -> &'a Value {
    seen["settings"].as_array().unwrap().iter().find(|section| section["key"] == key).unwrap()
}

#[test]
fn the_simulated_product() {
    let folder = product("init");
    std::fs::remove_file(folder.join("brix.yaml")).unwrap();
    let seen = json(&folder, &["init", "--json"]);
    assert_eq!(seen["written"], "brix.yaml");
    let text = std::fs::read_to_string(folder.join("brix.yaml")).unwrap();
    assert_eq!(seen["yaml"], text);
    assert!(text.contains("goal: { event: Subscription Started, of: account"), "{text}");
    assert!(text.contains("\n  Demo Requested: sales"), "{text}");
    assert!(text.contains("\n#   Page Viewed: marketing"), "a doubt is not decided: {text}");
    assert_eq!(setting(&seen, "event_aliases")["settings"], Value::Array(Vec::new()));
    out(&folder, &["check", "project-management", "minimum-viable"]);
    out(&folder, &["backtest", "minimum-viable"]);

    // What somebody has settled is not written over.
    std::fs::write(folder.join("brix.yaml"), "zone: Europe/Berlin\n").unwrap();
    assert!(fails(&folder, 2, &["init"]).contains("--force"));
    assert_eq!(out(&folder, &["init", "--print"]), text, "printing is no writing");
    assert_eq!(std::fs::read_to_string(folder.join("brix.yaml")).unwrap(), "zone: Europe/Berlin\n");
    out(&folder, &["init", "--force"]);
    assert_eq!(std::fs::read_to_string(folder.join("brix.yaml")).unwrap(), text);

    // From the files themselves, before there is a lake, the same is seen.
    let files = out(&folder, &["init", "export", "--print"]);
    let settings = |text: &str| text.lines().skip(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(settings(&files), settings(&text));
}

#[test]
fn nothing_to_look_at_is_an_error_with_a_cure() {
    let folder = scratch("init-nothing");
    assert!(fails(&folder, 3, &["init"]).contains("brix init FOLDER --mapping mapping.yaml"));
    std::fs::create_dir(folder.join("files")).unwrap();
    std::fs::write(folder.join("files/a.csv"), "a\n").unwrap();
    assert!(fails(&folder, 3, &["init", "files"]).contains("brix import --guess"));
    fails(&folder, 3, &["init", "nowhere"]);
    fails(&folder, 2, &["init", "--mapping", "mapping.yaml"]);
    assert!(!folder.join("brix.yaml").exists());
}

#[test]
fn without_purchases_there_is_no_goal_but_a_word_about_it() {
    let rows = ["ann,2025-01-01T10:00:00Z,Logged In", "bob,2025-01-02T11:00:00Z,Logged In"];
    let text = proposed(&events("init-no-goal", "", &rows));
    assert!(text.contains("# ? No event looks like a purchase"), "{text}");
    assert!(!text.contains("\ngoal:"), "{text}");
}

#[test]
fn of_several_purchases_the_first_is_taken_and_the_others_named() {
    let rows = [
        "ann,2025-01-01T10:00:00Z,Logged In",
        "bob,2025-01-01T10:00:00Z,Logged In",
        "ann,2025-01-05T10:00:00Z,subscription_created",
        "ann,2025-02-05T10:00:00Z,Invoice Paid",
        "ann,2025-03-05T10:00:00Z,Invoice Paid",
        "ann,2025-03-06T10:00:00Z,Plan Upgraded",
        "ann,2025-03-07T10:00:00Z,Subscription Cancelled",
    ];
    let text = proposed(&events("init-goals", "", &rows));
    assert!(text.contains("goal: { event: subscription_created, within: 14d }"), "{text}");
    let doubt: String = text.lines().skip_while(|line| !line.contains("The first purchase is meant")).take(4).collect();
    assert!(doubt.contains("Plan") && doubt.contains("Invoice Paid") && !doubt.contains("Cancelled"), "{doubt}");
}

#[test]
fn spellings_of_one_event_are_proposed_and_never_joined() {
    let mut rows = vec!["ann,2025-01-01T10:00:00Z,signup", "bob,2025-01-02T10:00:00Z,Report Exportd"];
    rows.extend(["cid,2025-01-03T10:00:00Z,Sign Up"; 1]);
    rows.extend(["dan,2025-01-04T10:00:00Z,Sign Up", "ann,2025-01-05T10:00:00Z,Report Exported"]);
    rows.extend([
        "bob,2025-01-06T10:00:00Z,Report Exported",
        "bob,2025-01-06T11:00:00Z,Report 1",
        "bob,2025-01-06T12:00:00Z,Report 2",
    ]);
    let folder = events("init-spellings", "", &rows);
    let text = proposed(&folder);
    assert!(text.contains("# event_aliases:\n#   signup: Sign Up\n#   Report Exportd: Report Exported\n"), "{text}");
    assert!(!text.contains("Report 1"), "numbers are not slips: {text}");

    // Taking the marks away joins them.
    let settled = text
        .replace("# event_aliases", "event_aliases")
        .replace("#   signup", "  signup")
        .replace("#   Report", "  Report");
    std::fs::write(folder.join("brix.yaml"), settled).unwrap();
    out(&folder, &["import", "files"]);
    let names = json(&folder, &["data", "events", "--json"]);
    let names: Vec<&str> = names.as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Report Exported", "Sign Up", "Report 1", "Report 2"]);
    assert!(fails(&folder, 2, &["data", "events", "signup"]).contains("brix.yaml reads `signup` as `Sign Up`"));
}

#[test]
fn accounts_are_found_by_ids_or_by_work_addresses() {
    let people = ["ann,acme.com", "ada,acme.com", "bob,beta.io", "ben,beta.io", "cid,gmail.com"];
    let rows: Vec<String> = people
        .iter()
        .map(|person| person.split_once(',').unwrap())
        .map(|(name, domain)| format!("{name},2025-01-01T10:00:00Z,Logged In,{name}@{domain},{domain}"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let traits =
        "      - traits: user\n        user: user\n        time: time\n        values: { email: { column: email } }\n";

    let folder = events("init-emails", ",email,company", &rows);
    map(&folder, traits);
    let text = proposed(&folder);
    assert!(text.contains("\naccount: { from: email_domain }\n"), "{text}");
    assert!(text.contains("acme.com (2 people)"), "{text}");
    assert!(!text.contains("gmail.com"), "free mail is nobody's company: {text}");
    let told = String::from_utf8(run(&folder, &["import", "files"]).stderr).unwrap();
    assert!(told.contains("Imported"), "{told}");
    out(&folder, &["qualify", "expansion-seats"]);

    let folder = events("init-groups", ",email,company", &rows);
    map(&folder, &traits.replace("user: user\n", "user: user\n        account: company\n"));
    let text = proposed(&folder);
    assert!(text.contains("The data's own ids are enough"), "{text}");
    assert!(!text.contains("\naccount:"), "{text}");
}

#[test]
fn a_lake_is_laid_out_anew_when_accounts_are_found_otherwise() {
    let rows: Vec<String> = (0..6)
        .map(|place| format!("u{place},2025-01-01T10:00:00Z,Logged In,u{place}@c{}.example", place / 2))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let folder = events("init-relay", ",email", &rows);
    map(
        &folder,
        "      - traits: user\n        user: user\n        time: time\n        values: { email: { column: email } }\n",
    );
    out(&folder, &["import", "files"]);
    let told = String::from_utf8(run(&folder, &["init"]).stderr).unwrap();
    assert!(told.contains("`brix import` without files lays the lake out anew"), "{told}");
    assert!(fails(&folder, 3, &["qualify", "expansion-seats"]).contains("lays it out anew"));
    assert_eq!(json(&folder, &["import", "--json"])["laid_out_anew"], true);
    out(&folder, &["qualify", "expansion-seats"]);
    assert_eq!(json(&folder, &["import", "--json"])["laid_out_anew"], false);
    assert_eq!(json(&folder, &["data", "--json"])["people"]["accounts"], 3);
    assert!(fails(&scratch("init-relay-none"), 2, &["import"]).contains("name files or folders"));
}

#[test]
fn own_people_are_told_by_the_many_accounts_they_are_in() {
    let mut rows: Vec<String> = (0..6)
        .map(|place| format!("tester{place},2025-01-01T10:00:00Z,Logged In,t{place}@ours.example,account{place}"))
        .collect();
    rows.extend((0..20).map(|place| {
        format!("u{place},2025-01-02T10:00:00Z,Logged In,u{place}@c{}.example,account{}", place / 2, place / 2)
    }));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let folder = events("init-internal", ",email,company", &rows);
    map(
        &folder,
        "      - traits: user\n        user: user\n        account: company\n        time: time\n        values: { email: { column: email } }\n",
    );
    let text = proposed(&folder);
    assert!(text.contains("\ninternal_domains: [ours.example]\n"), "{text}");
    assert!(text.contains("# ? An agency"), "{text}");
}

#[test]
fn money_zones_and_names_that_need_quotes() {
    let rows = [
        "ann,2025-01-01T10:00:00Z,\"Paid: \"\"all\"\"\",EUR,Europe/Berlin",
        "ann,2025-01-02T10:00:00Z,any,EUR,Europe/Berlin",
        "bob,2025-01-03T10:00:00Z,# yes,USD,Europe/Berlin",
        "bob,2025-01-04T10:00:00Z,Ticket *,,Europe/Berlin",
        "cid,2025-01-05T10:00:00Z,purchase: 'x' {a},,Europe/Berlin",
    ];
    let folder = events("init-odd", ",currency,timezone", &rows);
    map(
        &folder,
        "        properties: { currency: { column: currency } }\n      - traits: user\n        user: user\n        time: time\n        values: { timezone: { column: timezone } }\n",
    );
    let text = proposed(&folder);
    assert!(text.contains("\nzone: Europe/Berlin\n") && text.contains("\ncurrency: EUR\n"), "{text}");
    assert!(text.contains("# ? Several currencies"), "{text}");
    assert!(text.contains("goal: { event: \"purchase: 'x' {a}\" }"), "{text}");
}

#[test]
fn days_alone_and_kinds_that_the_source_states() {
    let rows = ["ann,2025-01-01,Ticket Opened", "bob,2025-01-02,Ticket Opened"];
    let folder = events("init-days", "", &rows);
    let text = std::fs::read_to_string(folder.join("files/mapping.yaml")).unwrap();
    std::fs::write(
        folder.join("files/mapping.yaml"),
        text.replace("{ column: event }", "{ column: event }\n        kind: product"),
    )
    .unwrap();
    let text = proposed(&folder);
    assert!(text.contains("the data knows days only"), "{text}");
    assert!(text.contains("The source states every kind") && !text.contains("support #"), "{text}");
}
