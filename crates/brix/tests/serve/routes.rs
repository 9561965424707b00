//! Every route of the API: what it needs, asked by everybody who could ask; and the document of them all.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::people::{add_key, add_person, sign_in};
use crate::support::{KEY, MANAGE, READ, Server, exchange};

/// Method, path as the document has it, the least scope of a key, the least role of a person.
const ROUTES: [(&str, &str, &str, &str); 37] = [
    ("GET", "/api/v1/status", "read", "viewer"),
    ("GET", "/api/v1/leads", "read", "viewer"),
    ("GET", "/api/v1/leads/near", "read", "viewer"),
    ("GET", "/api/v1/leads/stalled", "read", "viewer"),
    ("GET", "/api/v1/leads/{lead}", "read", "viewer"),
    ("GET", "/api/v1/leads/stream", "read", "viewer"),
    ("GET", "/api/v1/rejects", "read", "viewer"),
    ("GET", "/api/v1/qualification", "read", "viewer"),
    ("PATCH", "/api/v1/leads/{lead}", "manage", "member"),
    ("GET", "/api/v1/definitions", "read", "viewer"),
    ("GET", "/api/v1/definitions/{definition}/revisions", "read", "viewer"),
    ("POST", "/api/v1/definitions/plan", "read", "viewer"),
    ("POST", "/api/v1/definitions/apply", "manage", "editor"),
    ("POST", "/api/v1/definitions/{definition}/rollback", "manage", "editor"),
    ("GET", "/api/v1/deliveries", "read", "viewer"),
    ("GET", "/api/v1/deliveries/{delivery}", "read", "viewer"),
    ("POST", "/api/v1/deliveries/{delivery}/replay", "manage", "editor"),
    ("POST", "/api/v1/deliveries/replay", "manage", "editor"),
    ("GET", "/api/v1/destinations", "read", "viewer"),
    ("POST", "/api/v1/destinations/{destination}/enable", "manage", "editor"),
    ("GET", "/api/v1/session", "read", "viewer"),
    ("DELETE", "/api/v1/session", "read", "viewer"),
    ("GET", "/api/v1/keys", "manage", "admin"),
    ("POST", "/api/v1/keys", "manage", "admin"),
    ("POST", "/api/v1/keys/{name}/rotate", "manage", "admin"),
    ("POST", "/api/v1/keys/{name}/revoke", "manage", "admin"),
    ("GET", "/api/v1/people", "manage", "admin"),
    ("POST", "/api/v1/people", "manage", "admin"),
    ("PATCH", "/api/v1/people/{email}", "manage", "admin"),
    ("GET", "/api/v1/audit", "manage", "admin"),
    ("GET", "/api/v1/privacy/suppressions", "manage", "admin"),
    ("POST", "/api/v1/privacy/suppressions", "manage", "admin"),
    ("POST", "/api/v1/privacy/suppressions/lift", "manage", "admin"),
    ("GET", "/api/v1/privacy/erasures", "manage", "admin"),
    ("POST", "/api/v1/privacy/erasures", "manage", "admin"),
    ("GET", "/api/v1/privacy/erasures/{erasure}", "manage", "admin"),
    ("POST", "/api/v1/privacy/exports", "manage", "admin"),
];
type Headers = Vec<(String, String)>;

/// To which anybody may come.
const OPEN: [&str; 1] = ["POST /api/v1/session"];

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
fn each_route_lets_in_whom_it_should() {
    let server = Server::of("routes");
    let scopes = ["ingest", "read", "manage"];
    let roles = ["viewer", "member", "editor", "admin"];
    let rank = |all: &[&str], word: &str| all.iter().position(|known| *known == word).unwrap();
    // Who asks: the headers, and the scope; none: nobody is known by these headers.
    let bearer = |key: &str| vec![("authorization".to_owned(), format!("Bearer {key}"))];
    let mut askers: Vec<(String, Headers, Option<&str>)> = vec![
        ("nobody".to_owned(), Vec::new(), None),
        ("a guess".to_owned(), bearer("guess"), None),
        ("a source's key of server.toml".to_owned(), bearer(KEY), Some("ingest")),
        ("a key of server.toml that reads".to_owned(), bearer(READ), Some("read")),
        ("a key of server.toml that manages".to_owned(), bearer(MANAGE), Some("manage")),
    ];
    for scope in scopes {
        askers.push((format!("a key: {scope}"), bearer(&add_key(&server, scope, scope)), Some(scope)));
    }
    let revoked = add_key(&server, "revoked", "manage");
    assert_eq!(server.ask("POST", "/api/v1/keys/revoked/revoke", MANAGE, "").status, 204);
    askers.push(("a revoked key".to_owned(), bearer(&revoked), None));
    let expired = add_key(&server, "expired", "manage");
    assert_eq!(server.ask("POST", "/api/v1/keys/expired/rotate", MANAGE, "{\"grace_seconds\":0}").status, 201);
    askers.push(("an expired key".to_owned(), bearer(&expired), None));
    let mut sessions = HashMap::new();
    for role in roles {
        add_person(&server, role);
        sessions.insert(role, sign_in(&server, role));
    }
    add_person(&server, "disabled");
    let disabled = sign_in(&server, "disabled");
    assert_eq!(server.ask("PATCH", "/api/v1/people/disabled@example.com", MANAGE, "{\"disabled\":true}").status, 200);
    askers.push(("somebody disabled".to_owned(), disabled, None));

    for (method, path, scope, role) in ROUTES {
        let path = filled(path);
        let status = |headers: &[(String, String)]| {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            exchange(&mut server.connect(), method, &path, &headers, b"").unwrap().status
        };
        let is_let_in = |status: u16| ![401, 403].contains(&status);
        for (who, headers, known) in &askers {
            let status = status(headers);
            match known {
                None => assert_eq!(status, 401, "{method} {path}: {who}"),
                Some(has) if rank(&scopes, has) < rank(&scopes, scope) => {
                    assert_eq!(status, 403, "{method} {path}: {who}");
                }
                Some(_) => assert!(is_let_in(status), "{method} {path}: {who}: {status}"),
            }
        }
        for has in roles {
            let status = status(&sessions[has]);
            if method == "DELETE" {
                sessions.insert(has, sign_in(&server, has));
            }
            let expected = rank(&roles, has) >= rank(&roles, role);
            assert_eq!(is_let_in(status), expected, "{method} {path}: a person, {has}: {status}");
            assert_ne!(status, 401, "{method} {path}: a person, {has}");
        }
    }
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
            if OPEN.contains(&place.as_str()) {
                assert_eq!(operation["security"], json!([]), "{place}");
                continue;
            }
            let word = |name: &str| operation["x-brix-needs"][name].as_str().unwrap().to_owned();
            found.push((place, word("scope"), word("role")));
        }
    }
    let told = ROUTES
        .iter()
        .map(|(method, path, scope, role)| (format!("{method} {path}"), (*scope).to_owned(), (*role).to_owned()));
    let mut told: Vec<_> = told.collect();
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
