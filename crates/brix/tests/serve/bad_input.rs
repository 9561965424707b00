//! What is not as it should be is answered, kept with its reason, and never brings the server down.

use std::path::Path;

use serde_json::json;

use crate::support::{KEY, Server, basic, folder};

#[test]
fn what_is_not_taken_is_kept_with_its_reason() {
    let server = Server::of("rejects");
    let key = basic(KEY);
    let plain = |body: &[u8]| server.post("/v1/track", &[("authorization", &key)], body);
    assert_eq!(plain(b"not JSON").status, 400);
    assert_eq!(plain(b"\xff\xfe").status, 400);
    let batch = json!({"batch": [
        {"type": "track", "userId": "u", "event": "Good", "messageId": "good"},
        {"type": "track", "userId": "u"},
        {"type": "track", "event": "Nobody"},
    ]});
    assert_eq!(server.call("batch", &batch).status, 200, "as Segment does");
    let strict = server.post(
        "/ingest/careful/v1/batch",
        &[("authorization", &basic("careful-key"))],
        batch.to_string().as_bytes(),
    );
    assert_eq!(strict.status, 400);
    assert_eq!(strict.json()["failed_records"].as_array().unwrap().len(), 2);
    let words = server.words();
    assert!(!words.contains("Nobody") && !words.contains(KEY), "{words}");
    let rejects = server.rejects();
    let reasons: Vec<&str> = rejects.iter().map(|(_, reason)| reason.as_str()).collect();
    assert_eq!(reasons, ["not-json", "not-utf8", "no-name", "no-subject", "no-name", "no-subject"]);
    assert!(rejects[2].0.starts_with("message 1"), "{rejects:?}");
}

#[test]
fn nothing_is_kept_of_those_without_a_key() {
    let server = Server::of("strangers");
    for body in [&b"not JSON"[..], b"{}", br#"{"userId":"u","event":"E","writeKey":"guess"}"#] {
        let answer = server.post("/v1/track", &[], body);
        assert_eq!(answer.status, 401);
    }
    assert_eq!(server.get("/v1/track").status, 404);
    assert_eq!(server.get("/nothing").json()["code"], "not-found");
    assert_eq!(server.get("/healthz").body, "ok\n");
    server.until_ready();
    assert_eq!(server.get("/readyz").body, "ready\n");
    assert_eq!(server.rejects(), []);
}

/// A source of rows of any form.
const ROWS: &str =
    "[[sources]]\nname = \"rows\"\nvendor = \"json\"\nkeys = [\"env:TEST_KEY\"]\nmapping = \"rows.yaml\"\n";
const MAPPING: &str =
    "source: rows\nfiles:\n  - match: '*'\n    records:\n      - { event: E, user: user, time: time, rest: true }\n";

#[test]
fn the_suite_of_json_comes_through() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/import-suites/json_testsuite/test_parsing");
    let Ok(files) = std::fs::read_dir(&suite) else {
        eprintln!("skipped: the JSON suite is not at {}", suite.display());
        return;
    };
    let place = folder("json_suite", "");
    let settings = std::fs::read_to_string(place.join("server.toml")).unwrap();
    std::fs::write(place.join("server.toml"), settings + ROWS).unwrap();
    std::fs::write(place.join("rows.yaml"), MAPPING).unwrap();
    let server = Server::start(&place);
    let key = basic(KEY);
    let mut sent = 0;
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read(&path).unwrap();
        let whole = server.post("/v1/track", &[("authorization", &key)], &text);
        let mut inside = br#"{"userId":"u","event":"E","properties":{"value":"#.to_vec();
        inside.extend_from_slice(&text);
        inside.extend_from_slice(b"}}");
        let inside = server.post("/v1/track", &[("authorization", &key)], &inside);
        assert!([200, 400].contains(&whole.status) && [200, 400].contains(&inside.status), "{name}");
        // Some are not JSON alone but are within an object, such as an empty file with its comma: only what must be read.
        if name.starts_with("y_") {
            assert_eq!(inside.status, 200, "{name}");
        }
        if name.starts_with("n_") {
            assert_eq!(whole.status, 400, "{name}");
        }
        let mut row = br#"{"user":"u","time":"2026-05-01T10:00:00Z","value":"#.to_vec();
        row.extend_from_slice(&text);
        row.push(b'}');
        for row in [row.as_slice(), &text] {
            let status = server.post("/ingest/rows/orders", &[("authorization", &key)], row).status;
            assert!([200, 400].contains(&status), "{name}: {status}");
        }
        sent += 1;
    }
    assert!(sent > 300, "{sent}");
    assert_eq!(server.get("/healthz").status, 200);
}
