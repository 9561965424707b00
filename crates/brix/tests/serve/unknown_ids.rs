//! Whoever asks for somebody of whom nothing is known: to be erased, or what there is.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{KEY, MANAGE, READ, Server, folder};

const DEFINITION: &str = "id: starter\nsubject: user\nwhen: { event: Project Created, count: \">= 1\" }\n";

fn start(name: &str) -> Server {
    let place = folder(name, "");
    std::fs::create_dir(place.join("definitions")).unwrap();
    std::fs::write(place.join("definitions/starter.yaml"), DEFINITION).unwrap();
    let server = Server::start(&place);
    server.until_ready();
    for (user, event) in [("ada.lovelace", "Project Created"), ("bob", "Looked")] {
        let body = json!({"userId": user, "event": event, "messageId": user, "timestamp": "2026-03-01T10:00:00Z"});
        assert_eq!(server.call("track", &body).status, 200);
    }
    until("the lead", || !server.ask("GET", "/api/v1/leads", READ, "").json()["leads"].as_array().unwrap().is_empty());
    server
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn brix(server: &Server, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(&server.folder).env("BRIX_API_KEY", MANAGE);
    command.envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)]);
    command.env("BRIX_URL", format!("http://{}", server.address)).args(arguments);
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn an_export_of_an_unknown_id_fails_with_the_nearest() {
    let server = start("unknown-export");
    let (code, _, words) = brix(&server, &["export", "ada.lovelase"]);
    assert_eq!(code, Some(3), "{words}");
    assert!(words.contains("nothing is known of the user `ada.lovelase`; did you mean `ada.lovelace`?"), "{words}");
    let (code, _, words) = brix(&server, &["export", "acme", "--kind", "account"]);
    assert!(code == Some(3) && words.contains("nothing is known of the account `acme`"), "{words}");
    assert!(!server.folder.join("export.zip").exists(), "no file is made");
    for known in ["ada.lovelace", "bob"] {
        assert_eq!(brix(&server, &["export", known]).0, Some(0), "{known}");
    }
}

#[test]
fn an_erasure_of_an_unknown_id_is_done_and_says_so() {
    let mut server = start("unknown-erasure");
    assert_eq!(brix(&server, &["backup", "copy"]).0, Some(0));
    let (code, told, words) = brix(&server, &["erase", "nobody", "--yes"]);
    assert_eq!(code, Some(0), "{words}");
    assert!(
        words.contains("nothing was known by this id, so nothing was erased; it is suppressed from now on"),
        "{words}"
    );
    assert!(
        told.contains(
            "Nothing was known by this id: see whether it is written right; nothing of it is taken in from now on."
        ),
        "{told}"
    );
    let (_, told, words) = brix(&server, &["erase", "no-one", "--yes", "--no-suppress", "--json"]);
    let state: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&state["known"], &state["suppressed"]), (&json!(false), &json!(false)));
    assert!(words.ends_with("so nothing was erased\n"), "{words}");
    // Who is known is, with a lead or without one.
    for known in ["bob", "ada.lovelace"] {
        let (_, told, words) = brix(&server, &["erase", known, "--yes", "--json"]);
        assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["known"], true, "{known}");
        assert!(!words.contains("nothing was known"), "{words}");
    }
    // That nothing holds it any more is said once it is true, and not by each start.
    let held = |server: &Server| server.words().matches("nothing holds any more what was erased").count();
    let all_done = |server: &Server| {
        let all = server.ask("GET", "/api/v1/privacy/erasures", MANAGE, "").json();
        all["erasures"].as_array().unwrap().iter().all(|one| one["state"] == "done")
    };
    until("the end of the erasures", || all_done(&server) && held(&server) > 0);
    // Nor do backups hold what nobody knew; what was known they do.
    let all = server.ask("GET", "/api/v1/privacy/erasures", MANAGE, "").json();
    for one in all["erasures"].as_array().unwrap() {
        let is_known = one["known"] == true;
        assert_eq!(one["words"].to_string().contains("still hold"), is_known, "{one}");
        assert_eq!(one["backups"].as_array().unwrap().len(), usize::from(is_known), "{one}");
    }
    for _ in 0..2 {
        server.signal("TERM");
        assert_eq!(server.ended(), Some(0));
        server = Server::start(&server.folder.clone());
        server.until_ready();
        // It has looked by then.
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(held(&server), 0, "{}", server.words());
    }
}
