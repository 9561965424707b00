//! Bodies that are not what they should be: of another type, too deep, too large, packed to burst. Each is answered with what is wrong
//! and the cure, and counted; the server goes on.

use serde_json::{Value, json};

use crate::limits::gzip;
use crate::support::{KEY, MANAGE, Server, basic};

/// A list in a list in a list …
fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

fn begin(body: &str) -> String {
    body.chars().take(40).collect()
}

/// Every route of the document that takes a body, with something in the place of what its path names.
fn with_bodies(server: &Server) -> Vec<(String, String)> {
    let document = server.get("/api/v1/openapi.json").json();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        for (method, operation) in item.as_object().unwrap() {
            if !operation["requestBody"].is_null() {
                found.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    found
}

#[test]
fn every_route_that_takes_an_object_refuses_all_else() {
    let server = Server::of("odd-bodies");
    let routes = with_bodies(&server);
    assert!(routes.len() >= 14, "{routes:?}");
    let wrong = |status: u16, code: &str, method: &str, path: &str, body: &str| {
        let answer = server.ask(method, path, MANAGE, body);
        let what = format!("{method} {path} {}: {answer:?}", begin(body));
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, Some("application/problem+json")),
            "{what}"
        );
        assert_eq!(answer.json()["code"], code, "{what}");
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    let deep = format!("{{\"a\": {}}}", nested(100_000));
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(3 << 20));
    for (method, path) in &routes {
        for body in ["[]", "[null, null, null]", "\"text\"", "7", "true", "null"] {
            let detail = wrong(400, "bad-body", method, path, body);
            assert!(detail.contains("expected an object"), "{method} {path} {body}: {detail}");
        }
        for body in ["", "{", "{]", "{\"a\": \u{1}}", &deep] {
            wrong(400, "bad-body", method, path, body);
        }
        let detail = wrong(413, "too-large", method, path, &large);
        assert!(detail.contains("2 MB"), "{method} {path}: {detail}");
    }
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn what_is_of_another_type_or_too_deep_is_told_with_its_place() {
    let server = Server::of("odd-messages");
    let with = |name: &str, value: Value| {
        let mut message = json!({"type": "track", "userId": "u", "event": "E"});
        message[name] = value;
        message
    };
    let mut sent = 0;
    for (message, place, reason) in [
        (with("userId", json!({"id": 1})), "userId", "an object stands where"),
        (with("userId", json!(["u"])), "userId", "a list stands where"),
        (with("userId", json!(true)), "userId", "true or false stands where"),
        (with("userId", json!("x".repeat(513))), "userId", "longer than 512 bytes"),
        (with("event", json!(7)), "event", "a number stands where"),
        (with("event", json!({})), "event", "an object stands where"),
        (with("event", json!("x".repeat(5_000))), "event", "longer than"),
        (with("properties", json!("text")), "properties", "a text stands where"),
        (with("properties", json!([1, 2])), "properties", "a list stands where"),
        (with("timestamp", json!(true)), "timestamp", "stands where"),
        (with("timestamp", json!("yesterday")), "timestamp", "`yesterday` is not a time"),
        (with("type", json!(7)), "type", "a number stands where"),
        (with("type", json!("trak")), "type", "`trak` is no kind of message"),
        (with("messageId", json!({})), "messageId", "an object stands where"),
        (
            with("properties", serde_json::from_str(&format!("{{\"a\": {}}}", nested(100))).unwrap()),
            "properties",
            "deeper",
        ),
        (with("properties", json!({"a": 1e18})), "properties", "10^18"),
    ] {
        let batch = json!({ "batch": [message] }).to_string();
        let strict =
            server.post("/ingest/careful/v1/batch", &[("authorization", &basic("careful-key"))], batch.as_bytes());
        let told = &strict.body;
        assert_eq!(strict.status, 400, "{batch}: {told}");
        assert!(told.contains(reason) && told.contains(&format!("\"field\":\"{place}")), "{batch}: {told}");
        let usual = server.post("/v1/batch", &[("authorization", &basic(KEY))], batch.as_bytes());
        assert_eq!(usual.status, 200, "as Segment does: {batch}");
        sent += 1;
    }
    // A whole request that is none.
    for (body, reason) in [
        (nested(100_000), "a list stands where"),
        ("[".repeat(100_000), "not JSON"),
        ("7".to_owned(), "a number stands where"),
        ("{\"batch\": {}}".to_owned(), "an object stands where"),
        ("{\"batch\": \"text\"}".to_owned(), "a text stands where"),
        ("{}".to_owned(), "no batch"),
    ] {
        let answer =
            server.post("/ingest/careful/v1/batch", &[("authorization", &basic("careful-key"))], body.as_bytes());
        assert!(answer.status == 400 && answer.body.contains(reason), "{}: {answer:?}", begin(&body));
        sent += 1;
    }
    let totals = server.ask("GET", "/api/v1/rejects", MANAGE, "").json()["totals"].clone();
    let count = |source: &str| -> u64 {
        let of = totals.as_array().unwrap().iter().filter(|total| total["source"] == source);
        of.map(|total| total["total"].as_u64().unwrap()).sum()
    };
    assert_eq!((count("careful"), count("app")), (sent, sent - 6), "each is counted: {totals}");
    assert_eq!(server.records(), [], "nothing of it is taken");
}

/// The most memory that the server has had, in kB.
fn high_water(server: &Server) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

#[test]
fn bombs_do_not_fill_the_memory() {
    let server = Server::of("bombs");
    server.until_ready();
    let zeros = vec![0; 100 << 20];
    let once = gzip(&zeros);
    // Several packed bodies one behind the other, which unpack to one; and one within another.
    let many = once.repeat(4);
    let twice = gzip(&once);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut zlib, &zeros).unwrap();
    let zlib = zlib.finish().unwrap();
    let before = high_water(&server);
    let key = basic(KEY);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for (encoding, body) in [("gzip", &once), ("gzip", &many), ("deflate", &zlib)] {
                    let answer =
                        server.post("/v1/batch", &[("authorization", &key), ("content-encoding", encoding)], body);
                    assert_eq!((answer.status, answer.json()["success"].as_bool()), (400, Some(false)), "{answer:?}");
                }
                let answer = server.post("/v1/batch", &[("authorization", &key), ("content-encoding", "gzip")], &twice);
                assert_eq!(answer.status, 400, "it is not unpacked twice: {answer:?}");
            });
        }
    });
    if let (Some(before), Some(after)) = (before, high_water(&server)) {
        assert!(after < before + (64 << 10), "from {before} kB to {after} kB");
    }
    let figures = server.get("/metrics").body;
    assert!(figures.contains("source=\"app\",reason=\"too-large\"} 24\n"), "{figures}");
    assert_eq!(server.call("track", &json!({"userId": "u", "event": "E"})).status, 200, "it goes on");
}
