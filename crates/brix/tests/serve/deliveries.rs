//! `brix deliveries` and the routes behind it: what was told and what was not, why, and sending it again.

use std::collections::BTreeSet;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};

use crate::equality::until_judged;
use crate::ill_destinations::{becomes_a_lead, until, with_destinations};
use crate::receivers::{Does, Receiver, webhook};
use crate::support::{MANAGE, READ, Server};

const PATIENCE: Duration = Duration::from_secs(20);

fn brix_as(server: &Server, key: &str, arguments: &[&str]) -> Output {
    let url = format!("http://{}", server.address);
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(&server.folder).env("BRIX_API_KEY", key).env("BRIX_URL", url);
    command.arg("deliveries").args(arguments).output().unwrap()
}

fn brix(server: &Server, arguments: &[&str]) -> (String, String) {
    let output = brix_as(server, MANAGE, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn refused(server: &Server, arguments: &[&str]) -> String {
    let output = brix_as(server, MANAGE, arguments);
    assert!(!output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Deliveries as `query` asks for them, the newest first.
fn asked(server: &Server, query: &str) -> Vec<Value> {
    let answer = server.ask("GET", &format!("/api/v1/deliveries?{query}"), READ, "");
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    answer.json()["deliveries"].as_array().unwrap().clone()
}

fn audit(server: &Server, what: &str) -> Vec<(String, String, Value)> {
    let lines = server.ask("GET", &format!("/api/v1/audit?what={what}"), MANAGE, "").json();
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let lines = lines["lines"].as_array().unwrap().iter();
    lines.map(|line| (text(line, "who"), text(line, "target"), line["detail"].clone())).collect()
}

fn destination(server: &Server, name: &str) -> Value {
    let all = server.ask("GET", "/api/v1/destinations", READ, "").json();
    let all = all["destinations"].as_array().unwrap().clone();
    all.into_iter().find(|one| one["name"] == name).unwrap()
}

fn suppress(server: &Server, user: &str) {
    let body = json!({"kind": "user", "id": user}).to_string();
    assert_eq!(server.ask("POST", "/api/v1/privacy/suppressions", MANAGE, &body).status, 200);
}

#[test]
fn where_there_is_nothing_it_says_what_to_do() {
    let server = Server::start(&with_destinations("deliveries-none", ""));
    for what in [&[][..], &["destinations"]] {
        let (out, words) = brix(&server, what);
        assert!(out.is_empty() && words.contains("`[[destinations]]` in server.toml"), "{out}{words}");
    }
    let well = Receiver::well();
    let server = Server::start(&with_destinations("deliveries-early", &webhook("crm", &well, "")));
    let (out, words) = brix(&server, &[]);
    assert!(out.is_empty() && words.contains("nothing has been told to crm yet"), "{out}{words}");
    let words = refused(&server, &["--destination", "cmr"]);
    assert!(words.contains("there is no destination `cmr`; these are set up: crm"), "{words}");
    assert!(brix(&server, &["--state", "dead"]).1.contains("no delivery is like that"));
    assert!(brix(&server, &["replay", "--dead"]).1.contains("nothing was given up"));
    assert_eq!(brix(&server, &["--json"]).0.trim(), "[]");
}

#[test]
fn what_was_given_up_is_sent_again_with_its_id() {
    let refuses = Receiver::that(Does::Answers(400, String::new()), 99);
    let settings = webhook("crm", &refuses, "") + &webhook("well", &Receiver::well(), "");
    let server = Server::start(&with_destinations("deliveries-dead", &settings));
    server.until_ready();
    (1..=5).for_each(|user| becomes_a_lead(&server, &format!("u{user}")));
    until("all is told or given up", &server, PATIENCE, || {
        asked(&server, "state=dead").len() == 5 && asked(&server, "state=delivered").len() == 5
    });
    // Page by page the same as at once.
    let all = asked(&server, "limit=200");
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.ask("GET", &format!("/api/v1/deliveries?limit=3{after}"), READ, "").json();
        paged.extend(page["deliveries"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_u64() else { break };
        after = format!("&after={next}");
    }
    assert_eq!((paged.len(), &paged), (10, &all));
    assert_eq!(asked(&server, "lead=2").len(), 2);
    let dead = asked(&server, "destination=crm&state=dead&lead=2").remove(0);
    let key = dead["key"].as_str().unwrap();
    assert!(key.starts_with("lead_") && key.ends_with("/crm/to-buy"), "{key}");
    assert_eq!(refuses.keys()[&2].iter().collect::<Vec<_>>(), [key]);
    assert_eq!(dead["last_error"], "answered 400");
    assert_eq!((dead["attempts"].as_u64(), &dead["next_try_at"]), (Some(1), &Value::Null));

    let (table, words) = brix(&server, &["--destination", "crm", "--limit", "2"]);
    assert!(table.lines().count() == 3 && table.contains("dead") && table.contains("answered 400"), "{table}");
    assert!(words.contains("there are more") && words.contains("sends it again"), "{words}");
    let id = dead["id"].to_string();
    let shown = brix(&server, &["show", &id]).0;
    assert!(shown.starts_with(&format!("{key} to crm: dead\n")) && shown.contains("400"), "{shown}");
    let tried = server.ask("GET", &format!("/api/v1/deliveries/{id}"), READ, "").json()["each_attempt"].clone();
    assert_eq!((tried[0]["status"].as_u64(), tried[0]["error"].as_str()), (Some(400), Some("answered 400")));

    refuses.recovers();
    assert!(
        String::from_utf8_lossy(&brix_as(&server, READ, &["replay", &id]).stderr).contains("needs one with the scope")
    );
    assert!(brix(&server, &["replay", &id]).1.contains("1 delivery is sent again"));
    until("it is delivered", &server, PATIENCE, || asked(&server, "destination=crm&state=delivered").len() == 1);
    assert!(refused(&server, &["replay", &id]).contains("is delivered: only what was given up"));
    suppress(&server, "u3");
    let told: Value =
        serde_json::from_str(&brix(&server, &["replay", "--dead", "--destination", "crm", "--json"]).0).unwrap();
    assert_eq!(told, json!({"replayed": 3, "left_out": 1}), "nothing is told of who is suppressed");
    until("all are delivered", &server, PATIENCE, || asked(&server, "destination=crm&state=delivered").len() == 4);
    let keys = refuses.keys();
    assert!(keys.values().all(|keys| keys.len() == 1), "one id each: {keys:?}");
    let attempts: Vec<usize> = refuses.attempts().values().map(Vec::len).collect();
    assert_eq!(attempts, [2, 2, 1, 2, 2]);
    let crm = |count: u64| ("manager".to_owned(), "crm".to_owned(), json!({"deliveries": count}));
    assert_eq!(audit(&server, "delivery.replay"), [crm(3), crm(1)]);
    let words = brix(&server, &["replay", "--dead"]).1;
    assert!(words.contains("0 deliveries are sent again") && words.contains("1 stays"), "{words}");
}

#[test]
fn what_is_retracted_or_has_no_destination_is_not_sent_again() {
    let refuses = Receiver::that(Does::Answers(400, String::new()), 99);
    let folder = with_destinations("deliveries-retracted", &webhook("crm", &refuses, ""));
    let mut server = Server::start(&folder);
    server.until_ready();
    becomes_a_lead(&server, "u1");
    becomes_a_lead(&server, "u2");
    until("given up", &server, PATIENCE, || asked(&server, "state=dead").len() == 2);
    // A definition by which nobody is one.
    let text = "id: any\nname: Anybody\nsubject: user\npopulation: everyone\nwhen: { event: F }\n";
    let apply = json!({"files": [{"name": "any.yaml", "text": text}]}).to_string();
    let answer = server.ask("POST", "/api/v1/definitions/apply", MANAGE, &apply);
    assert_eq!(answer.status, 202, "{answer:?}");
    let retracted =
        || server.ask("GET", "/api/v1/leads?retracted=true", READ, "").json()["leads"].as_array().unwrap().len();
    until("both are retracted", &server, PATIENCE, || retracted() == 2);
    refuses.recovers();
    let answer = server.ask("POST", "/api/v1/deliveries/replay", MANAGE, "{}").json();
    assert_eq!(answer, json!({"replayed": 0, "left_out": 2}));

    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    let settings = std::fs::read_to_string(folder.join("server.toml")).unwrap();
    std::fs::write(folder.join("server.toml"), settings.split("[[destinations]]").next().unwrap()).unwrap();
    let server = Server::start(&folder);
    let id = asked(&server, "").remove(0)["id"].to_string();
    assert!(refused(&server, &["replay", &id]).contains("no destination `crm` any more: set it up in server.toml"));
    assert_eq!(server.ask("POST", "/api/v1/deliveries/replay", MANAGE, "{}").json()["replayed"], 0);
    let (table, _) = brix(&server, &["destinations"]);
    assert!(table.lines().nth(1).unwrap().contains("not set up"), "{table}");
    assert_eq!(refuses.got().len(), 2, "nothing was sent again");
}

#[test]
fn a_destination_that_was_given_up_is_enabled_again() {
    let gone = Receiver::that(Does::Answers(410, String::new()), 99);
    let down = Receiver::that(Does::Answers(503, String::new()), 99);
    let server = Server::start(&with_destinations(
        "deliveries-enable",
        &(webhook("gone", &gone, "") + &webhook("down", &down, "")),
    ));
    server.until_ready();
    (1..=6).for_each(|user| becomes_a_lead(&server, &format!("u{user}")));
    until("one is disabled and one left alone", &server, PATIENCE, || {
        destination(&server, "gone")["enabled"] == false && destination(&server, "down")["left_alone_until"].is_string()
    });
    until_judged(&server);
    let (table, _) = brix(&server, &["destinations"]);
    assert!(
        table.contains("disabled") && table.contains("answered 410") && table.contains("left alone until"),
        "{table}"
    );
    let waiting = "brix_actions{destination=\"gone\",state=\"waiting\"} 6\n";
    until("all wait", &server, PATIENCE, || server.get("/metrics").body.contains(waiting));
    let came = gone.got().len();

    gone.recovers();
    down.recovers();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(gone.got().len(), came, "nothing is sent to one that is disabled");
    assert!(brix(&server, &["enable", "gone"]).1.contains("what is due for `gone` is sent"));
    brix(&server, &["enable", "down"]);
    for (name, receiver) in [("gone", &gone), ("down", &down)] {
        // It would have been left alone for 30 s.
        until("everything is delivered", &server, PATIENCE, || {
            asked(&server, &format!("destination={name}&state=delivered")).len() == 6
        });
        assert_eq!(destination(&server, name)["failures"], 0);
        assert!(receiver.keys().values().all(|keys| keys.len() == 1), "{name}");
    }
    assert!(!server.get("/metrics").body.contains(waiting), "what is no more is not told");
    let targets: BTreeSet<_> = audit(&server, "destination.enable").into_iter().map(|(who, to, _)| (who, to)).collect();
    assert_eq!(targets, [("manager".to_owned(), "down".to_owned()), ("manager".to_owned(), "gone".to_owned())].into());
    assert!(refused(&server, &["enable", "gon"]).contains("did you mean `gone`?"));
    assert!(refused(&server, &["replay", "--dead", "--destination", "crm"]).contains("these are set up: gone, down"));
}

#[test]
fn what_cannot_be_asked_is_told_why() {
    let server = Server::start(&with_destinations("deliveries-questions", ""));
    for query in [
        "state=odd",
        "limit=0",
        "limit=201",
        "limit=x",
        "after=-1",
        "after=9223372036854775808",
        "lead=x",
        "colour=red",
    ] {
        let answer = server.ask("GET", &format!("/api/v1/deliveries?{query}"), READ, "");
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("bad-parameter")), "{query}");
    }
    for (id, status) in [("1", 404), ("9223372036854775807", 404), ("18446744073709551615", 404), ("first", 400)] {
        assert_eq!(server.ask("GET", &format!("/api/v1/deliveries/{id}"), READ, "").status, status, "{id}");
        assert_eq!(server.ask("POST", &format!("/api/v1/deliveries/{id}/replay"), MANAGE, "").status, status, "{id}");
    }
    for body in ["", "[]", "[\"crm\"]", "{\"destination\": 1}", "{\"all\": true}"] {
        let answer = server.ask("POST", "/api/v1/deliveries/replay", MANAGE, body);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("bad-body")), "{body}");
    }
    assert!(!brix_as(&server, MANAGE, &["replay"]).status.success(), "a number, or --dead");
    assert!(!brix_as(&server, MANAGE, &["replay", "1", "--dead"]).status.success());
    assert!(!brix_as(&server, MANAGE, &["replay", "--destination", "crm"]).status.success());
}
