//! Of whoever is suppressed nothing is taken in: from any source's message, after a restart, and when an SDK sends again.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};

use crate::ill_destinations::until;
use crate::support::{MANAGE, READ, Server, folder};

const ANN: &str = "ann-4711@example.com";

fn brix(server: &Server, arguments: &[&str]) -> Output {
    let url = format!("http://{}", server.address);
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(&server.folder).env("BRIX_API_KEY", MANAGE).env("BRIX_URL", url).args(arguments);
    command.output().unwrap()
}

fn send(server: &Server, kind: &str, body: &Value) {
    assert_eq!(server.call(kind, body).status, 200, "{body}");
}

fn track(who: &str, message: &str) -> Value {
    json!({"userId": who, "event": "Project Created", "messageId": message})
}

/// How often each reason was counted.
fn totals(server: &Server) -> Vec<(String, u64)> {
    let rejects = server.ask("GET", "/api/v1/rejects", READ, "").json();
    let totals = rejects["totals"].as_array().unwrap().iter();
    totals.map(|total| (total["reason"].as_str().unwrap().to_owned(), total["total"].as_u64().unwrap())).collect()
}

#[test]
fn nothing_is_taken_in_of_whoever_is_suppressed() {
    let place = folder("suppressed", "");
    let mut server = Server::start(&place);
    server.until_ready();
    for arguments in [&["suppress", ANN, "--reason", "asked"][..], &["suppress", "acme", "--kind", "account"]] {
        let output = brix(&server, arguments);
        assert!(output.status.success(), "{output:?}");
    }
    let refused = json!({"kind": "user", "id": "device-1"}).to_string();
    assert_eq!(server.ask("POST", "/api/v1/privacy/suppressions", READ, &refused).status, 403);
    assert_eq!(server.ask("GET", "/api/v1/privacy/suppressions", READ, "").status, 403);
    assert_eq!(server.ask("POST", "/api/v1/privacy/suppressions", MANAGE, &refused).status, 200);
    let messages = [
        ("track", track(ANN, "m1")),
        ("identify", json!({"userId": ANN, "messageId": "m2", "traits": {"plan": "free"}})),
        ("track", json!({"anonymousId": "device-1", "event": "Visited", "messageId": "m3"})),
        ("alias", json!({"userId": "u9", "previousId": ANN, "messageId": "m4"})),
        ("group", json!({"userId": "u2", "groupId": "acme", "messageId": "m5"})),
    ];
    messages.iter().for_each(|(kind, body)| send(&server, kind, body));
    send(&server, "track", &track("u2", "m6"));
    assert_eq!(totals(&server), [("suppressed".to_owned(), 5)]);
    // What is rejected for another reason is counted under it, without the sample.
    send(&server, "track", &json!({"userId": ANN, "messageId": "m7"}));
    let rejects = server.ask("GET", "/api/v1/rejects", READ, "").body;
    assert!(!rejects.contains(ANN) && !rejects.contains("device-1"), "{rejects}");
    assert_eq!(totals(&server).iter().map(|(_, total)| total).sum::<u64>(), 6);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));

    let server = Server::start(&place);
    server.until_ready();
    send(&server, "track", &track(ANN, "m1"));
    assert!(totals(&server).contains(&("suppressed".to_owned(), 6)));
    let all = server.ask("GET", "/api/v1/privacy/suppressions", MANAGE, "").json();
    assert_eq!(all["suppressions"].as_array().unwrap().len(), 3, "{all}");
    assert!(brix(&server, &["unsuppress", ANN]).status.success());
    let again = brix(&server, &["unsuppress", ANN]);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("nobody with this kind"));
    send(&server, "track", &track(ANN, "m8"));
    for file in ["log.db", "log.db-wal", "ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(place.join("data").join(file)).unwrap_or_default();
        let found = bytes.windows("device-1".len()).any(|window| window == b"device-1");
        assert!(!found, "{file} holds what is suppressed");
    }
    assert!(!server.words().contains(ANN), "ids do not stand in the log of the server");
    let records = server.records();
    let taken: Vec<(&str, &str)> =
        records.iter().map(|record| (record.who.user.as_deref().unwrap(), &*record.message)).collect();
    assert_eq!(taken, [("u2", "m6"), (ANN, "m8")]);
}

#[test]
fn what_cannot_be_suppressed_is_told_why() {
    let server = Server::of("suppressed-questions");
    for (path, body, status, code) in [
        ("suppressions", json!({"kind": "user", "id": ""}), 400, "bad-parameter"),
        ("suppressions", json!({"kind": "dog", "id": "rex"}), 400, "bad-body"),
        ("suppressions", json!({"kind": "user", "id": "x".repeat(1_001)}), 400, "bad-parameter"),
        ("suppressions/lift", json!({"kind": "user", "id": "nobody"}), 404, "not-suppressed"),
    ] {
        let answer = server.ask("POST", &format!("/api/v1/privacy/{path}"), MANAGE, &body.to_string());
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{body}");
    }
}

/// In our own words nobody is named, whatever somebody's id is: `no event name; …`, at `message 0`.
#[test]
fn what_is_rejected_is_kept_where_only_our_words_have_the_id() {
    let server = Server::of("suppressed-words");
    for id in ["name", "no", "message"] {
        assert!(brix(&server, &["suppress", id]).status.success());
    }
    send(&server, "track", &json!({"userId": "u5", "messageId": "x1"}));
    send(&server, "track", &json!({"userId": "name", "messageId": "x2"}));
    assert_eq!(totals(&server), [("no-name".to_owned(), 2)]);
    let rejects = server.ask("GET", "/api/v1/rejects", READ, "").json();
    let samples: Vec<&str> =
        rejects["latest"].as_array().unwrap().iter().filter_map(|reject| reject["sample"].as_str()).collect();
    assert_eq!(samples.iter().filter(|sample| sample.contains("u5")).count(), 1, "{rejects}");
    assert!(!rejects.to_string().contains("x2"), "{rejects}");
}

/// An import into the lake of a server that has stopped.
fn import(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(place).args(["import", "files", "--json"]).args(arguments).output().unwrap()
}

#[test]
fn an_import_into_its_lake_takes_nothing_either() {
    let place = folder("suppressed-import", "");
    let path = place.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, settings.replace("every = \"1h\"", "every = \"50ms\"")).unwrap();
    let mut server = Server::start(&place);
    server.until_ready();
    ["erased-1", "u2"].iter().for_each(|user| send(&server, "track", &track(user, user)));
    assert!(brix(&server, &["erase", "erased-1", "--yes"]).status.success());
    assert!(brix(&server, &["suppress", ANN]).status.success());
    until("it is in the lake", &server, Duration::from_secs(30), || place.join("data/lake/current").exists());
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));

    std::fs::create_dir(place.join("files")).unwrap();
    let rows = format!("user,time\n{ANN},2025-01-01\nerased-1,2025-01-01\nu2,2025-01-01\n{ANN},soon\n");
    std::fs::write(place.join("files/events.csv"), rows).unwrap();
    let mapping =
        "source: files\nfiles:\n  - match: events.csv\n    records:\n      - { event: E, user: user, time: time }\n";
    std::fs::write(place.join("files/mapping.yaml"), mapping).unwrap();
    // Elsewhere nobody could know.
    std::fs::rename(place.join("data/lake"), place.join("moved")).unwrap();
    let refused = import(&place, &["--lake", "moved"]);
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(2) && words.contains("name that by --data"), "{words}");
    let told = import(&place, &["--lake", "moved", "--data", "data"]);
    let counts = |told: Output| {
        let told: Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{told:?}"));
        ["new_events", "suppressed", "duplicates"].map(|name| told[name].as_u64().unwrap())
    };
    assert_eq!(counts(told), [1, 2, 0]);
    std::fs::rename(place.join("moved"), place.join("data/lake")).unwrap();
    assert_eq!(counts(import(&place, &["--lake", "data/lake"])), [0, 2, 1]);
    assert!(!place.join("data/lake/rejects").exists(), "what was rejected names somebody who is suppressed");
}
