//! Rejected input, what was told and the audit go by their age; what is younger, and what waits, stays.

use std::time::Duration;

use serde_json::json;

use crate::ill_destinations::{becomes_a_lead, until, with_destinations};
use crate::receivers::{Does, Receiver, webhook};
use crate::support::{MANAGE, READ, Server};

const PATIENCE: Duration = Duration::from_secs(30);

fn count(server: &Server, path: &str, list: &str) -> usize {
    server.ask("GET", path, MANAGE, "").json()[list].as_array().unwrap().len()
}

/// A server with something of each kind, which has not told what is for `slow`.
fn with_something_old(name: &str) -> (Server, [Receiver; 2]) {
    let [well, slow] = [Receiver::well(), Receiver::that(Does::Answers(503, "retry-after: 3600\r\n".to_owned()), 99)];
    let settings = webhook("well", &well, "") + &webhook("slow", &slow, "");
    let server = Server::start(&with_destinations(name, &settings));
    server.until_ready();
    becomes_a_lead(&server, "u1");
    server.call("track", &json!({"userId": "u2", "messageId": "without-an-event"}));
    assert_eq!(server.ask("POST", "/api/v1/keys", MANAGE, "{\"name\": \"k\", \"scope\": \"read\"}").status, 201);
    until("it is told", &server, PATIENCE, || well.got().len() == 1 && slow.got().len() == 1);
    until("it is rejected", &server, PATIENCE, || count(&server, "/api/v1/rejects", "latest") == 1);
    until("it is settled", &server, PATIENCE, || {
        count(&server, "/api/v1/deliveries?state=delivered", "deliveries") == 1
            && count(&server, "/api/v1/deliveries?state=waiting", "deliveries") == 1
    });
    (server, [well, slow])
}

fn again_with(mut server: Server, retention: &str) -> Server {
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    let path = server.folder.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{settings}\n[retention]\n{retention}\n")).unwrap();
    let server = Server::start(&server.folder);
    server.until_ready();
    server
}

fn holds(server: &Server, needle: &str) -> bool {
    let text = |path: &str| server.ask("GET", path, MANAGE, "").body;
    text("/api/v1/deliveries/1").contains(needle) || text("/api/v1/deliveries/2").contains(needle)
}

#[test]
fn what_is_old_goes_and_what_waits_stays() {
    let (server, _receivers) = with_something_old("ages");
    // Longer than what a lease takes, by which a delivery's age is told.
    std::thread::sleep(Duration::from_secs(31));
    let server = again_with(server, "rejects = \"1s\"\nmessages = \"1s\"\naudit = \"1s\"\nevery = \"1s\"");
    until("rejected input has gone", &server, PATIENCE, || count(&server, "/api/v1/rejects", "latest") == 0);
    let totals = server.ask("GET", "/api/v1/rejects", READ, "").json()["totals"].clone();
    assert_eq!(totals[0]["total"], 1, "it stays counted: {totals}");
    until("what was told has gone", &server, PATIENCE, || !holds(&server, "\"status\":200"));
    let told = server.ask("GET", "/api/v1/deliveries", READ, "").json()["deliveries"].clone();
    let states: Vec<_> = told.as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert!(states.len() == 2 && states.contains(&"delivered") && states.contains(&"waiting"), "{told}");
    assert!(holds(&server, "answered 503"), "what waits is kept");
    let key = json!("lead_1/well/to-buy");
    assert!(told.as_array().unwrap().iter().any(|one| one["key"] == key), "its message has gone: {told}");
    until("the audit has gone, and says so", &server, PATIENCE, || {
        let lines = server.ask("GET", "/api/v1/audit", MANAGE, "").json()["lines"].clone();
        lines.as_array().unwrap().iter().all(|line| line["what"] == "retention.audit")
            && lines[0]["detail"]["lines"] == 1
    });
}

#[test]
fn what_is_younger_stays() {
    let (server, _receivers) = with_something_old("ages_young");
    let server = again_with(server, "rejects = \"1h\"\nmessages = \"1h\"\naudit = \"1h\"\nevery = \"1s\"");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(count(&server, "/api/v1/rejects", "latest"), 1);
    assert!(holds(&server, "\"status\":200"));
    assert!(count(&server, "/api/v1/audit", "lines") >= 1);
}
