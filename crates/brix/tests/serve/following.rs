//! Whoever follows leads: of which they hear, and that they hear something at least every 15 seconds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{MANAGE, READ, Server, folder};

const DEFINITION: &str = "
id: active
name: Makes projects
subject: user
when: { event: Project Created, count: \">= 2\" }
score: { work: { weight: 100, of: { event: Project Created, ever: true }, full: 4 } }
bands: { high: 70, low: 0 }
value: { trait: account.seats, times: 10, currency: USD }
";

fn send(server: &Server, kind: &str, body: &Value) {
    assert_eq!(server.call(kind, body).status, 200, "{body}");
}

/// Told in this order: Ada of acme with a low score, who wants to hear nothing; Bob of bolt with a high one, a month before her; Cy of
/// nowhere, a month after her.
fn start(name: &str) -> Server {
    let place = folder(name, "");
    std::fs::create_dir(place.join("definitions")).unwrap();
    std::fs::write(place.join("definitions/active.yaml"), DEFINITION).unwrap();
    std::fs::write(place.join("brix.yaml"), "consent: { contact: newsletter }\n").unwrap();
    let server = Server::start(&place);
    server.until_ready();
    let at = "2026-03-01T09:00:00Z";
    send(&server, "identify", &json!({"userId": "ada", "traits": {"newsletter": false}, "timestamp": at}));
    for (user, account) in [("ada", "acme"), ("bob", "bolt")] {
        let early = "2026-01-01T09:00:00Z";
        send(&server, "group", &json!({"userId": user, "groupId": account, "timestamp": early}));
    }
    for (user, at) in [
        ("ada", &["2026-03-01T10:00:00Z", "2026-03-01T10:01:00Z"][..]),
        ("bob", &["2026-02-01T10:00:00Z", "2026-02-01T10:01:00Z", "2026-02-01T10:01:00Z", "2026-02-01T10:01:00Z"]),
        ("cy", &["2026-04-01T10:00:00Z", "2026-04-01T10:01:00Z"]),
    ] {
        let message = |(number, at): (usize, &&str)| json!({"type": "track", "userId": user, "event": "Project Created", "messageId": format!("{user}{number}"), "timestamp": at});
        let batch: Vec<Value> = at.iter().enumerate().map(message).collect();
        send(&server, "batch", &json!({ "batch": batch }));
        let begun = Instant::now();
        let is_there = |lead: &Value| lead["subject"]["id"] == user;
        while !server.ask("GET", "/api/v1/leads", READ, "").json()["leads"].as_array().unwrap().iter().any(is_there) {
            assert!(begun.elapsed() < Duration::from_secs(20), "the lead does not come");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    server
}

/// The first line that whoever follows with a choice hears.
fn heard(server: &Server, choice: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.env("BRIX_API_KEY", READ).env("BRIX_URL", format!("http://{}", server.address));
    command.args(["leads", "--follow", "--after", "0"]).args(choice).stdout(Stdio::piped());
    let mut follower = command.spawn().unwrap();
    let line = BufReader::new(follower.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    follower.kill().unwrap();
    follower.wait().unwrap();
    line
}

#[test]
fn each_filter_chooses_of_whom_is_heard() {
    let server = start("filters-of-followers");
    // Each but those of Ada has to leave out somebody who was told before.
    for (choice, who) in [
        (["--band", "low"], "ada of acme"),
        (["--band", "high"], "bob of bolt"),
        (["--text", "ACM"], "ada of acme"),
        (["--text", "Bo"], "bob of bolt"),
        (["--before", "2026-02-15T00:00:00Z"], "bob of bolt"),
        (["--since", "2026-03-15T00:00:00Z"], "cy"),
        (["--may-contact", "false"], "ada of acme"),
        (["--may-contact", "true"], "bob of bolt"),
        (["--account", "bolt"], "bob of bolt"),
        (["--score", "70"], "bob of bolt"),
    ] {
        let told = heard(&server, &choice);
        assert!(told.contains(&format!(" {who}, active: is a new lead")), "{choice:?}: {told}");
    }
    // What is empty chooses by the empty text, and does not choose all: nobody has that band, account or owner.
    for empty in ["band=", "account=", "owner="] {
        let page = server.ask("GET", &format!("/api/v1/leads?{empty}"), READ, "").json();
        assert_eq!(page["leads"], json!([]), "{empty}");
    }
    for wrong in
        ["state=", "kind=", "qualification=", "since=", "before=", "score=", "may_contact=", "may_contact=1", "after=x"]
    {
        for route in ["leads", "leads/stream"] {
            let answer = server.ask("GET", &format!("/api/v1/{route}?{wrong}"), READ, "");
            assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("bad-parameter")), "{route}?{wrong}");
        }
    }
}

/// A company is told of first, then Ada, who does not fit, then Bob, who does.
#[test]
fn the_kind_and_the_qualification_choose_of_whom_is_heard() {
    let place = folder("kinds-for-followers", "");
    std::fs::create_dir(place.join("definitions")).unwrap();
    std::fs::write(place.join("definitions/active.yaml"), format!("{DEFINITION}fit: {{ trait: plan, is: pro }}\n"))
        .unwrap();
    let company = "id: company\nsubject: account\nwhen: { event: Team Created, count: \">= 1\" }\n";
    std::fs::write(place.join("definitions/company.yaml"), company).unwrap();
    let server = Server::start(&place);
    server.until_ready();
    let told = |number: usize| {
        let begun = Instant::now();
        while server.ask("GET", "/api/v1/leads", READ, "").json()["leads"].as_array().unwrap().len() < number {
            assert!(begun.elapsed() < Duration::from_secs(20), "lead {number} does not come");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    send(&server, "group", &json!({"userId": "ada", "groupId": "acme", "timestamp": "2026-03-01T08:00:00Z"}));
    send(&server, "track", &json!({"userId": "ada", "event": "Team Created", "timestamp": "2026-03-01T09:00:00Z"}));
    told(1);
    send(
        &server,
        "identify",
        &json!({"userId": "bob", "traits": {"plan": "pro"}, "timestamp": "2026-03-01T08:00:00Z"}),
    );
    for (number, user) in [(2, "ada"), (3, "bob")] {
        for minute in 0..2 {
            let at = format!("2026-03-02T10:0{minute}:00Z");
            send(&server, "track", &json!({"userId": user, "event": "Project Created", "timestamp": at}));
        }
        told(number);
    }
    for (choice, who) in [
        (&["--kind", "user"][..], "ada of acme, active: is a new lead (to_use)"),
        (&["--kind", "account"], "acme, company: is a new lead (to_buy)"),
        (&["--qualification", "to_use"], "ada of acme, active: is a new lead (to_use)"),
        (&["--qualification", "to_buy", "--kind", "user"], "bob, active: is a new lead (to_buy)"),
    ] {
        let told = heard(&server, choice);
        assert!(told.contains(who), "{choice:?}: {told}");
    }
}

/// A change has texts where they belong, and texts that say something.
#[test]
fn a_change_of_another_type_or_without_words_is_refused() {
    let server = start("changes-of-another-type");
    let patch = |change: &Value| {
        let answer = server.ask("PATCH", "/api/v1/leads/1", MANAGE, &change.to_string());
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    for name in ["state", "owner", "stage", "note", "refused_because", "snoozed_until"] {
        for odd in [json!(7), json!(true), json!([]), json!({})] {
            assert_eq!(patch(&json!({ name: odd })), (400, "bad-body".to_owned()), "{name}: {odd}");
        }
    }
    for (change, code) in [
        (json!({"note": ""}), "nothing-to-do"),
        (json!({"note": " \n"}), "nothing-to-do"),
        (json!({"state": ""}), "bad-parameter"),
        (json!({"state": "refused", "refused_because": ""}), "no-reason"),
        (json!({"state": "refused", "refused_because": " "}), "no-reason"),
        (json!({"state": "snoozed", "snoozed_until": ""}), "bad-parameter"),
    ] {
        assert_eq!(patch(&change), (400, code.to_owned()), "{change}");
    }
    let history = || server.ask("GET", "/api/v1/leads/1", READ, "").json()["history"].as_array().unwrap().len();
    let before = history();
    assert_eq!(patch(&json!({"owner": "", "stage": ""})).0, 202, "these take away");
    let begun = Instant::now();
    while history() < before + 2 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the change does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
    let lead = server.ask("GET", "/api/v1/leads/1", READ, "").json();
    assert_eq!((&lead["owner"], &lead["stage"], &lead["notes"]), (&Value::Null, &Value::Null, &json!([])));
}

#[test]
fn a_stream_with_nothing_to_say_says_so_every_fifteen_seconds() {
    let server = start("alive-stream");
    let mut stream = server.connect();
    let request = format!(
        "GET /api/v1/leads/stream?after=0&band=none HTTP/1.1\r\nhost: brix\r\nauthorization: Bearer {READ}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut since = Instant::now();
    let mut alive = Vec::new();
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        assert!(!line.starts_with("data:"), "nobody has that band: {line}");
        if line == ": alive" {
            alive.push(since.elapsed().as_secs_f64());
            since = Instant::now();
        }
        if alive.len() == 2 {
            break;
        }
    }
    assert!(alive.iter().all(|seconds| (14.0..25.0).contains(seconds)), "{alive:?}");
}
