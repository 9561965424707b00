//! Every route of the API: what it needs, asked by everybody who could ask; and the document of them all.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{KEY, MANAGE, READ, Server, exchange};

/// What a route needs of a key.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Read,
    Manage,
}
use Needs::{Manage, Read};

/// Method, path as the document has it, what it needs.
const ROUTES: [(&str, &str, Needs); 12] = [
    ("GET", "/api/v1/status", Read),
    ("GET", "/api/v1/leads", Read),
    ("GET", "/api/v1/leads/{lead}", Read),
    ("GET", "/api/v1/leads/stream", Read),
    ("GET", "/api/v1/rejects", Read),
    ("GET", "/api/v1/qualification", Read),
    ("PATCH", "/api/v1/leads/{lead}", Manage),
    ("GET", "/api/v1/definitions", Read),
    ("GET", "/api/v1/definitions/{definition}/revisions", Read),
    ("POST", "/api/v1/definitions/plan", Read),
    ("POST", "/api/v1/definitions/apply", Manage),
    ("POST", "/api/v1/definitions/{definition}/rollback", Manage),
];

fn document(server: &Server) -> Value {
    let answer = server.get("/api/v1/openapi.json");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    answer.json()
}

/// A path with something in the place of what it names.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn each_route_wants_a_key_that_allows_it() {
    let server = Server::of("routes");
    for (method, path, needs) in ROUTES {
        let path = filled(path);
        let status = |headers: &[(&str, &str)]| {
            let mut stream = server.connect();
            exchange(&mut stream, method, &path, headers, b"").unwrap().status
        };
        let with = |key: &str| status(&[("authorization", &format!("Bearer {key}"))]);
        assert_eq!(status(&[]), 401, "{method} {path} without a key");
        assert_eq!(with("guess"), 401, "{method} {path} with a guess");
        assert_eq!(with(KEY), 401, "{method} {path} with a key that writes events");
        assert_eq!(with(READ) != 403, needs == Read, "{method} {path} with a key that reads");
        assert_ne!(with(READ), 401);
        assert!(![401, 403].contains(&with(MANAGE)), "{method} {path} with a key that manages");
    }
    server.until_ready();
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    // A key of the API does not write events.
    let body = json!({"userId": "u", "event": "E", "writeKey": MANAGE}).to_string();
    assert_eq!(server.post("/v1/track", &[], body.as_bytes()).status, 401);
}

#[test]
fn the_document_has_every_route_with_what_it_needs() {
    let document = document(&Server::of("document"));
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{} {path}", method.to_uppercase());
            assert!(operation["summary"].as_str().is_some_and(|words| !words.is_empty()), "{place} has no summary");
            for status in ["400", "401", "403", "500"] {
                let content = &operation["responses"][status]["content"];
                assert!(content["application/problem+json"].is_object(), "{place} does not say what a {status} is");
            }
            found.push((place, operation["x-brix-scope"].as_str().unwrap().to_owned()));
        }
    }
    let word = |needs| if needs == Read { "read" } else { "manage" }.to_owned();
    let mut told: Vec<_> =
        ROUTES.iter().map(|(method, path, needs)| (format!("{method} {path}"), word(*needs))).collect();
    found.sort();
    told.sort();
    assert_eq!(found, told, "the document on the left, ROUTES of this file on the right");
}

#[test]
fn the_document_in_docs_is_the_servers() {
    let server = Server::of("document-kept");
    let answer = server.get("/api/v1/openapi.json").body;
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("BRIX_UPDATE").is_some() {
        std::fs::write(&kept, &answer).unwrap();
    }
    let kept = std::fs::read_to_string(kept).unwrap_or_default();
    assert!(kept == answer, "docs/openapi.json is not the document of this server; BRIX_UPDATE=1 makes it so");
}
