//! What people agree to: nobody outside is told of those who do not want to be contacted, and those who do not want to be judged are
//! no leads, live and in the lake alike.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::receivers::{Receiver, destination};
use crate::support::{MANAGE, READ, Server, folder};

const DEFINITION: &str = "id: busy\nname: Busy\nsubject: user\nwhen: { event: Project Created, count: \">= 2\" }\n";
const CONSENT: &str = "consent: { profile: consent.profiling, contact: newsletter }\n";

fn place(name: &str) -> std::path::PathBuf {
    let place = folder(name, "");
    std::fs::create_dir(place.join("definitions")).unwrap();
    std::fs::write(place.join("definitions/busy.yaml"), DEFINITION).unwrap();
    std::fs::write(place.join("brix.yaml"), CONSENT).unwrap();
    place
}

fn send(server: &Server, kind: &str, body: &Value) {
    assert_eq!(server.call(kind, body).status, 200, "{body}");
}

/// Two projects, which make a lead.
fn works(server: &Server, who: &str) {
    for number in 1..=2 {
        let at = format!("2026-03-01T10:0{number}:00Z");
        let message = format!("{who}-{number}");
        send(
            server,
            "track",
            &json!({"userId": who, "event": "Project Created", "messageId": message, "timestamp": at}),
        );
    }
}

fn says(server: &Server, who: &str, traits: &Value, at: &str) {
    let message = format!("{who}-{at}");
    send(server, "identify", &json!({"userId": who, "traits": traits, "messageId": message, "timestamp": at}));
}

/// Whose leads are asked for.
fn leads(server: &Server, query: &str) -> Vec<String> {
    let page = server.ask("GET", &format!("/api/v1/leads?sort=qualified_at{query}"), READ, "").json();
    let mut found: Vec<String> = page["leads"]
        .as_array()
        .unwrap_or_else(|| panic!("{page}"))
        .iter()
        .map(|lead| lead["subject"]["id"].as_str().unwrap().to_owned())
        .collect();
    found.sort();
    found
}

fn until(server: &Server, query: &str, wanted: &[&str]) {
    let begun = Instant::now();
    while leads(server, query) != wanted {
        assert!(begun.elapsed() < Duration::from_secs(30), "{query}: {:?}, not {wanted:?}", leads(server, query));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn told(hooks: &Receiver, count: usize) {
    let begun = Instant::now();
    while hooks.count() < count {
        assert!(begun.elapsed() < Duration::from_secs(30), "{} told, not {count}", hooks.count());
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(hooks.count(), count);
}

fn brix(place: &std::path::Path, server: Option<&Server>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(place).args(arguments);
    if let Some(server) = server {
        command.env("BRIX_API_KEY", MANAGE).env("BRIX_URL", format!("http://{}", server.address));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn nobody_is_told_of_those_who_do_not_want_to_be_contacted() {
    let (place, hooks) = (place("consent-contact"), Receiver::well());
    destination(&place, &hooks);
    let mut server = Server::start(&place);
    server.until_ready();
    says(&server, "ann", &json!({"newsletter": false}), "2026-03-01T09:00:00Z");
    says(&server, "ben", &json!({"newsletter": "opted_in"}), "2026-03-01T09:00:00Z");
    ["ann", "ben", "eve"].iter().for_each(|who| works(&server, who));
    until(&server, "", &["ann", "ben", "eve"]);
    told(&hooks, 2);
    assert_eq!(leads(&server, "&may_contact=false"), ["ann"]);
    assert_eq!(leads(&server, "&may_contact=true"), ["ben", "eve"]);
    let table = String::from_utf8(brix(&place, Some(&server), &["leads"]).stdout).unwrap();
    assert_eq!(table.matches("no consent to contact").count(), 1, "{table}");
    let few = brix(&place, Some(&server), &["leads", "--may-contact", "false", "--format", "csv"]);
    let few = String::from_utf8(few.stdout).unwrap();
    assert!(few.lines().count() == 2 && few.contains(",ann,") && few.ends_with(",false\n"), "{few}");

    // It may change at any time: of who refuses now not even the end is told; who agrees later is no news.
    says(&server, "eve", &json!({"newsletter": "unsubscribed"}), "2026-03-02T09:00:00Z");
    says(&server, "ann", &json!({"newsletter": true}), "2026-03-02T09:00:00Z");
    until(&server, "&may_contact=false", &["eve"]);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let server = Server::start(&place);
    server.until_ready();
    until(&server, "&may_contact=false", &["eve"]);
    told(&hooks, 2);
}

#[test]
fn those_who_do_not_want_to_be_judged_are_no_leads() {
    let (place, hooks) = (place("consent-profile"), Receiver::well());
    destination(&place, &hooks);
    let mut server = Server::start(&place);
    server.until_ready();
    says(&server, "ann", &json!({"consent": {"profiling": false}}), "2026-03-01T09:00:00Z");
    ["ann", "ben", "eve"].iter().for_each(|who| works(&server, who));
    until(&server, "", &["ben", "eve"]);
    told(&hooks, 2);
    let known = server.ask("GET", "/api/v1/qualification?user=ann", READ, "").json();
    assert_eq!((known["known"].as_bool(), known["definitions"].as_array().map(Vec::len)), (Some(true), Some(0)));

    // Withdrawn later: the lead is retracted, says why, and whoever was told of it is told that.
    says(&server, "eve", &json!({"consent": {"profiling": "withdrawn"}}), "2026-03-02T09:00:00Z");
    until(&server, "", &["ben"]);
    until(&server, "&retracted=true", &["eve"]);
    told(&hooks, 3);
    let page = server.ask("GET", "/api/v1/leads?retracted=true", READ, "").json();
    let lead = server.ask("GET", &format!("/api/v1/leads/{}", page["leads"][0]["id"]), READ, "").json();
    let last = lead["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["kind"], &last["detail"]["because"]), (&json!("retracted"), &json!("consent")), "{lead}");
    // Given again: from then on.
    says(&server, "ann", &json!({"consent": {"profiling": true}}), "2026-03-03T09:00:00Z");
    until(&server, "", &["ann", "ben"]);
    let page = server.ask("GET", "/api/v1/leads?text=ann", READ, "").json();
    assert_eq!(page["leads"][0]["qualified_at"], "2026-03-03T09:00:00Z");
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));

    // The lake says the same, and how many were left out.
    let settings = std::fs::read_to_string(place.join("server.toml")).unwrap();
    std::fs::write(place.join("server.toml"), settings.replace("every = \"1h\"", "every = \"1ms\"")).unwrap();
    let mut server = Server::start(&place);
    server.until_ready();
    until(&server, "", &["ann", "ben"]);
    works(&server, "joe");
    // Up to here the history goes, and Ann agrees within it.
    let late =
        json!({"userId": "zoe", "event": "Project Created", "messageId": "z1", "timestamp": "2026-03-05T09:00:00Z"});
    send(&server, "track", &late);
    until(&server, "", &["ann", "ben", "joe"]);
    std::thread::sleep(Duration::from_millis(500));
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let lake = place.join("data/lake");
    let lake = if lake.exists() { lake } else { place.join("lake") };
    let arguments = ["qualify", "definitions/busy.yaml", "--lake", lake.to_str().unwrap(), "--json"];
    let listing: Value = serde_json::from_slice(&brix(&place, None, &arguments).stdout).unwrap();
    let mut found: Vec<&str> =
        listing["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, ["ann", "ben", "joe"], "{listing}");
    assert_eq!(listing["refused_profiling"], 1, "{listing}");
    let text = String::from_utf8(brix(&place, None, &arguments[..4]).stdout).unwrap();
    assert!(text.contains("left out: 1 who refuses to be judged"), "{text}");
}

#[test]
fn what_a_consent_platform_stamps_on_messages_counts() {
    let (place, hooks) = (place("consent-stamped"), Receiver::well());
    std::fs::write(place.join("brix.yaml"), "consent: { profile: consent.Analytics, contact: consent.Advertising }\n")
        .unwrap();
    destination(&place, &hooks);
    let server = Server::start(&place);
    server.until_ready();
    let stamped = |who: &str, event: &str, preferences: Value, at: &str| {
        let message = format!("{who}-{at}");
        let context = json!({"consent": {"categoryPreferences": preferences}});
        let body = json!({"userId": who, "event": event, "messageId": message, "timestamp": at, "context": context});
        send(&server, "track", &body);
    };
    stamped("ann", "Visited", json!({"Analytics": false, "Advertising": true}), "2026-03-01T09:00:00Z");
    stamped("ben", "Visited", json!({"Analytics": true, "Advertising": false}), "2026-03-01T09:00:00Z");
    stamped("eve", "Visited", json!({"Analytics": true, "Advertising": true}), "2026-03-01T09:00:00Z");
    ["ann", "ben", "eve"].iter().for_each(|who| works(&server, who));
    until(&server, "", &["ben", "eve"]);
    assert_eq!(leads(&server, "&may_contact=false"), ["ben"]);
    told(&hooks, 1);
    let chosen = "Segment Consent Preference Updated";
    stamped("ann", chosen, json!({"Analytics": true, "Advertising": true}), "2026-03-02T09:00:00Z");
    until(&server, "", &["ann", "ben", "eve"]);
    told(&hooks, 2);
}

/// Only those are told that a lead is none who have heard of it.
#[test]
fn who_has_heard_of_nobody_is_told_nothing_back() {
    let (place, hooks) = (place("consent-unheard"), Receiver::well());
    // Nobody listens at that port: every attempt to connect fails.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let path = place.join("server.toml");
    let gone = format!(
        "[[destinations]]\nname = \"gone\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{nobody}/\"\n\
         secret = \"whsec_{}\"\nallow_private = true\n",
        "A".repeat(44)
    );
    let settings = std::fs::read_to_string(&path).unwrap() + &crate::receivers::webhook("well", &hooks, "") + &gone;
    std::fs::write(&path, settings).unwrap();
    let server = Server::start(&place);
    server.until_ready();
    works(&server, "eve");
    until(&server, "", &["eve"]);
    told(&hooks, 1);
    let deliveries = |of: &str| {
        let found = server.ask("GET", &format!("/api/v1/deliveries?destination={of}"), READ, "").json();
        found["deliveries"].as_array().unwrap().clone()
    };
    let begun = Instant::now();
    while !deliveries("gone")[0]["last_error"].as_str().is_some_and(|error| error.starts_with("cannot connect: ")) {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", deliveries("gone"));
        std::thread::sleep(Duration::from_millis(20));
    }
    says(&server, "eve", &json!({"consent": {"profiling": false}}), "2026-03-02T09:00:00Z");
    until(&server, "&retracted=true", &["eve"]);
    told(&hooks, 2);
    let states: Vec<Value> = deliveries("gone").iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, [json!("cancelled")], "{:?}", deliveries("gone"));
    assert_eq!(deliveries("well").len(), 2);
}
