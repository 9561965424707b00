//! Whatever comes, nothing panics, and every message is counted: as records or as a reject.

#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;

use connect::files::Mapping;
use connect::secret::Secret;
use connect::sources::{self, Method, Received, Request, Settings};
use proptest::prelude::*;

use crate::asked::RECEIVED;

/// Names that sources look for, so that random objects come near to messages.
const NAMES: [&str; 40] = [
    "type",
    "userId",
    "anonymousId",
    "groupId",
    "previousId",
    "event",
    "messageId",
    "traits",
    "properties",
    "context",
    "timestamp",
    "sentAt",
    "originalTimestamp",
    "batch",
    "writeKey",
    "api_key",
    "events",
    "event_type",
    "user_id",
    "device_id",
    "time",
    "insert_id",
    "distinct_id",
    "token",
    "$set",
    "$distinct_id",
    "$token",
    "uuid",
    "data",
    "object",
    "id",
    "created",
    "customer",
    "metadata",
    "amount",
    "currency",
    "revenue",
    "groups",
    "email",
    "domain",
];

/// Words that sources look for, and some that are no one's.
const WORDS: [&str; 24] = [
    "track",
    "identify",
    "group",
    "alias",
    "page",
    "$identify",
    "$create_alias",
    "$groupidentify",
    "u1",
    "null",
    "",
    "2026-05-01T11:00:00Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01",
    "NaN",
    "USD",
    "用户",
    "customer.subscription.created",
    "invoice.paid",
    "company",
    "ada@example.com",
    "example.com",
    "\u{0}",
    "a.b/c~d",
];

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        prop::sample::select(&WORDS[..]).prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<bool>().prop_map(Into::into),
        Just(serde_json::Value::Null),
        "\\PC{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 48, 8, |inner| {
        let name = prop::sample::select(&NAMES[..]).prop_map(str::to_owned);
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            3 => prop::collection::btree_map(name, inner, 0..8)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Asks a source at one of its routes.
fn receive(source: usize, route: usize, body: &[u8]) -> Received {
    let source = &sources::all()[source % sources::all().len()];
    let route = source.routes[route % source.routes.len()];
    receive_at(source.id, route.method, route.path, "", body)
}

/// Asks a source at a path.
pub fn receive_at(source: &str, method: Method, path: &str, query: &str, body: &[u8]) -> Received {
    let source = sources::find(source).expect("a source");
    // Signed as Stripe would, so that what is behind the signature is tried too.
    let signature = crate::stripe::signature(body);
    let headers = [("Stripe-Signature", signature.as_str())];
    let request = Request { method, path, query, headers: &headers, body, received_at: RECEIVED };
    // Read once: it takes longer than a message.
    static READ: std::sync::OnceLock<Arc<Mapping>> = std::sync::OnceLock::new();
    let mapping = READ.get_or_init(|| Arc::new(Mapping::parse("mapping.yaml", MAPPING).expect("a mapping")));
    let settings = Settings {
        signing_secret: Some(Secret::new(crate::stripe::SECRET)),
        mapping: Some(Arc::clone(mapping)),
        ..Settings::of(source.id)
    };
    (source.receive)(&request, &settings)
}

const MAPPING: &str = r#"
source: any
files:
  - match: "*.json"
    records:
      - event: { column: event }
        user: userId
        time: timestamp
        rest: true
"#;

/// Every message gave records or a reject, never both, never nothing.
pub fn assert_counted(received: &Received) {
    let outcome = &received.outcome;
    let taken = outcome.messages - outcome.rejects.len() - outcome.passed_over;
    assert!(outcome.records.len() >= taken, "{} of {taken} messages gave records", outcome.records.len());
    assert!(taken > 0 || outcome.records.is_empty(), "records of no message");
    assert!((200..500).contains(&received.answer.status), "{}", received.answer.status);
    for record in &outcome.records {
        assert!(record.timestamp <= RECEIVED && record.timestamp >= engine::Timestamp::EARLIEST);
        assert!(!record.message.is_empty());
    }
    for reject in &outcome.rejects {
        assert!(reject.sample.len() <= sources::limits::SAMPLE_BYTES && !reject.reason.code().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn random_bytes(source in any::<usize>(), route in any::<usize>(), body in prop::collection::vec(any::<u8>(), 0..64)) {
        let received = receive(source, route, &body);
        assert_counted(&received);
    }

    #[test]
    fn random_json(source in any::<usize>(), route in any::<usize>(), body in any_json(), wrapped in 0..4) {
        let body = match wrapped {
            0 => serde_json::json!({ "batch": [body.clone(), body], "api_key": "k" }),
            1 => serde_json::json!({ "events": [body], "api_key": "k" }),
            2 => serde_json::json!([body]),
            _ => body,
        };
        let received = receive(source, route, body.to_string().as_bytes());
        assert_counted(&received);
        let asked = &sources::all()[source % sources::all().len()];
        // Browsers also ask for settings, which says nothing.
        let says = asked.routes[route % asked.routes.len()].method == Method::Post;
        let wrapped_items = body.get("batch").and_then(|batch| batch.as_array());
        if let (Some(items), "segment", true) = (wrapped_items, asked.id, says) {
            prop_assert_eq!(received.outcome.messages, items.len());
        }
    }
}
