//! `brix key` and `brix audit`, with a server and without one.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{KEY, MANAGE, READ, Server, basic, folder};

fn brix(folder: &Path, url: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(folder)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .envs([("BRIX_API_KEY", MANAGE), ("BRIX_URL", url)])
        .args(arguments)
        .output()
        .unwrap()
}

fn out(folder: &Path, url: &str, arguments: &[&str]) -> String {
    let output = brix(folder, url, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// How a source answers an event with this key.
fn sends(server: &Server, key: &str) -> u16 {
    let event = json!({"userId": "u", "event": "E"}).to_string();
    server.post("/ingest/app/v1/track", &[("authorization", &basic(key))], event.as_bytes()).status
}

#[test]
fn keys_are_made_rotated_and_revoked_with_a_server_and_without() {
    let place = folder("key-command", "");
    let nowhere = "http://127.0.0.1:1";
    let app = out(&place, nowhere, &["key", "add", "app", "--scope", "ingest", "--source", "app"]);
    let reader = out(&place, nowhere, &["key", "add", "a/reader", "--scope", "read"]);
    let wrong = brix(&place, nowhere, &["key", "add", "other", "--scope", "ingest", "--source", "ap"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("did you mean `app`?"), "{wrong:?}");
    assert!(!brix(&place, nowhere, &["key", "add", "app", "--scope", "read"]).status.success(), "the name is taken");
    assert!(!brix(&place, nowhere, &["key", "add", "wide", "--scope", "admin"]).status.success());

    let server = Server::start(&place);
    let url = format!("http://{}", server.address);
    assert_eq!((sends(&server, &app), sends(&server, &reader)), (200, 401));
    assert_eq!(server.ask("GET", "/api/v1/status", &reader, "").status, 200);
    let next = out(&place, &url, &["key", "rotate", "app", "--grace", "0"]);
    assert_eq!((sends(&server, &app), sends(&server, &next)), (401, 200));
    let made: Value =
        serde_json::from_str(&out(&place, &url, &["key", "add", "m", "--scope", "manage", "--json"])).unwrap();
    assert_eq!(server.ask("GET", "/api/v1/audit", made["secret"].as_str().unwrap(), "").status, 200);
    out(&place, &url, &["key", "revoke", "a/reader"]);
    assert_eq!(server.ask("GET", "/api/v1/status", &reader, "").status, 401);
    assert!(!brix(&place, &url, &["key", "revoke", "a/reader"]).status.success(), "it is gone");
    let table = out(&place, &url, &["key", "list"]);
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(table.contains("revoked") && !table.contains(&next), "{table}");

    let audit = |arguments: &[&str]| {
        let lines: Value =
            serde_json::from_str(&out(&place, &url, &[&["audit", "--json"], arguments].concat())).unwrap();
        let words = lines.as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap().to_owned());
        words.collect::<Vec<_>>()
    };
    assert_eq!(audit(&[]), ["key.revoke", "key.add", "key.rotate", "key.add", "key.add"]);
    assert_eq!(audit(&["--by", "command line"]), ["key.add", "key.add"]);
    assert_eq!(audit(&["--target", "app", "--what", "key.rotate"]), ["key.rotate"]);
    assert_eq!(audit(&["--limit", "2"]), ["key.revoke", "key.add"]);
    assert_eq!(audit(&["--since", "2020-01-01"]).len(), 5);
    assert_eq!((audit(&["--since", "2999-01-01"]), audit(&["--before", "2020-01-01T00:00:00Z"])), (vec![], vec![]));
    let table = out(&place, &url, &["audit", "--limit", "1"]);
    assert!(table.contains("manager") && table.contains("key.revoke"), "{table}");
    let wrong = brix(&place, &url, &["audit", "--since", "yesterday"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("`yesterday` is no instant"), "{wrong:?}");
}
