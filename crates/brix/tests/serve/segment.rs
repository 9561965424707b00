//! Each kind of Segment's calls, by each of its ways in.

use engine::record::{Body, SubjectKind};
use serde_json::json;

use crate::support::{KEY, Server, basic};

#[test]
fn each_kind_of_call_is_taken() {
    let server = Server::of("each_kind");
    let calls = [
        ("track", json!({"userId": "u1", "event": "Invited", "messageId": "m1", "properties": {"seats": 3}})),
        ("identify", json!({"userId": "u1", "anonymousId": "a1", "messageId": "m2", "traits": {"plan": "trial"}})),
        ("group", json!({"userId": "u1", "groupId": "g1", "messageId": "m3", "traits": {"name": "Acme"}})),
        ("page", json!({"anonymousId": "a1", "name": "Pricing", "messageId": "m4"})),
        ("screen", json!({"userId": "u1", "name": "Home", "messageId": "m5"})),
        ("alias", json!({"userId": "u1", "previousId": "a2", "messageId": "m6"})),
        (
            "batch",
            json!({"batch": [
                {"type": "track", "userId": "u2", "event": "One", "messageId": "m7"},
                {"type": "track", "userId": "u2", "event": "Two", "messageId": "m8"},
            ]}),
        ),
    ];
    for (kind, body) in &calls {
        let answer = server.call(kind, body);
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"success":true}"#), "{kind}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    let figures = server.get("/metrics").body;
    assert!(figures.contains("brix_records_accepted_total{source=\"app\"} 8\n"), "{figures}");
    let records = server.records();
    for message in ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"] {
        assert!(records.iter().any(|record| &*record.message == message), "{message}");
    }
    assert!(records.iter().all(|record| &*record.source == "app" && record.received_at.is_some()));
    let invited = records.iter().find(|record| &*record.message == "m1").unwrap();
    assert!(
        matches!(&invited.body, Body::Event { name, properties, .. } if &**name == "Invited" && properties.len() == 1)
    );
    assert!(records.iter().any(|record| matches!(&record.body, Body::Traits { of: SubjectKind::Account, .. })));
    assert!(records.iter().any(|record| matches!(&record.body, Body::Alias { previous } if &**previous == "a2")));
}

#[test]
fn times_of_receipt_never_go_back() {
    let server = Server::of("receipt");
    for number in 0..50 {
        server.call("track", &json!({"userId": "u", "event": "E", "messageId": number.to_string()}));
    }
    let times: Vec<_> = server.records().iter().map(|record| record.received_at.unwrap()).collect();
    assert_eq!(times.len(), 50);
    assert!(times.is_sorted());
}

#[test]
fn a_key_comes_in_three_ways_and_tells_the_source() {
    let server = Server::of("keys");
    let body = |key: &str, id: &str| {
        json!({"userId": "u", "event": "E", "messageId": id, "writeKey": key}).to_string().into_bytes()
    };
    let track = |headers: &[(&str, &str)], body: &[u8]| server.post("/v1/track", headers, body).status;
    assert_eq!(track(&[("authorization", &basic(KEY))], &body("", "in the header")), 200);
    assert_eq!(track(&[("content-type", "text/plain")], &body(KEY, "in the body")), 200);
    assert_eq!(track(&[("authorization", "Bearer token")], &body(KEY, "beside a token")), 200);
    assert_eq!(track(&[], &body("careful-key", "of the other")), 200);
    assert_eq!(track(&[], &body("wrong", "x")), 401);
    assert_eq!(track(&[], &body("", "x")), 401);
    let named = |name: &str, key: &str| server.post(&format!("/ingest/{name}/v1/t"), &[], &body(key, name)).status;
    assert_eq!(named("careful", "careful-key"), 200);
    assert_eq!(named("careful", KEY), 401, "another source's key");
    assert_eq!(named("nobody", KEY), 404);
    let records = server.records();
    let of = |source: &str| -> Vec<&str> {
        records.iter().filter(|record| &*record.source == source).map(|record| &*record.message).collect()
    };
    assert_eq!(of("app"), ["in the header", "in the body", "beside a token"]);
    assert_eq!(of("careful"), ["of the other", "careful"]);
}

#[test]
fn packed_bodies_are_unpacked() {
    let server = Server::of("packed");
    let body = json!({"userId": "u", "event": "E", "messageId": "packed", "writeKey": KEY}).to_string();
    let packed = crate::limits::gzip(body.as_bytes());
    assert_eq!(server.post("/v1/track", &[("content-encoding", "gzip")], &packed).status, 200);
    assert_eq!(server.post("/v1/track", &[], &packed).status, 200, "without a word");
    let cut = &packed[..packed.len() - 5];
    for (encoding, body) in [("gzip", cut), ("deflate", body.as_bytes()), ("br", body.as_bytes())] {
        let answer = server.post("/v1/track", &[("content-encoding", encoding)], body);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("damaged-body")), "{encoding}");
    }
    assert_eq!(server.records().len(), 2, "sent twice, with one id");
}

#[test]
fn browsers_may_send_from_any_page() {
    let server = Server::of("browsers");
    let origin = ("origin", "https://shop.example");
    let ask = [
        origin,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,x-retry-count"),
    ];
    let answer = crate::support::exchange(&mut server.connect(), "OPTIONS", "/v1/t", &ask, b"").unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,x-retry-count"));
    let body = json!({"userId": "u", "event": "E", "writeKey": KEY}).to_string();
    let answer = server.post("/v1/t", &[origin, ("content-type", "text/plain")], body.as_bytes());
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("https://shop.example")));
}
