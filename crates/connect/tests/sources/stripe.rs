//! Stripe's webhooks: the signature, and what events say.

#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use connect::secret::Secret;
use connect::sources::{Customer, CustomerIs, Headers, Method, Received, Request, Settings, find};
use engine::Timestamp;
use engine::time::SECOND;
use hmac::{Hmac, Mac};

use crate::asked::{RECEIVED, lines};

pub const SECRET: &str = "whsec_abc";

fn receive(body: &str, signature: &str, received_at: Timestamp, settings: &Settings) -> Received {
    let headers = [("Stripe-Signature", signature)];
    let headers: &dyn Headers = &headers;
    let source = find("stripe").expect("a source");
    let request = Request { method: Method::Post, path: "/", query: "", headers, body: body.as_bytes(), received_at };
    (source.receive)(&request, settings)
}

fn settings() -> Settings {
    Settings { signing_secret: Some(Secret::new(SECRET)), ..Settings::of("stripe") }
}

/// A body's signature, made when it is received.
pub fn signature(body: &[u8]) -> String {
    let time = RECEIVED.0 / SECOND;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={time},v1=00ff,v1={digits}")
}

/// An event with a fresh signature.
fn event(body: &str, settings: &Settings) -> Vec<String> {
    let received = receive(body, &signature(body.as_bytes()), RECEIVED, settings);
    assert_eq!(received.answer.status, 200);
    lines(&received)
}

/// Made by Stripe's own library for Node (`generateTestHeaderString`, stripe 23.1.0).
const KNOWN: &str = "t=1700000000,v1=8e592cdd14d5abcfca2d98925d5b89177aa4331a92facc0e96493db4f54fa0a5";

#[test]
fn signatures_are_checked_over_the_bytes() {
    let body = r#"{"id":"evt_1","object":"event"}"#;
    let at = |seconds: i64| Timestamp(seconds * SECOND);
    let check = |body: &str, signature: &str, received: Timestamp, settings: &Settings| {
        let received = receive(body, signature, received, settings);
        let reject = received.outcome.rejects.first().map(|reject| reject.reason.code());
        assert!(received.outcome.records.is_empty());
        (received.answer.status, reject)
    };
    let good = settings();
    // Signed, but of no type.
    assert_eq!(check(body, KNOWN, at(1_700_000_000), &good), (200, Some("no-id")));
    assert_eq!(check(body, KNOWN, at(1_700_000_300), &good), (200, Some("no-id")));
    let refused = (400, Some("bad-signature"));
    assert_eq!(check(body, KNOWN, at(1_700_000_301), &good), refused, "too old");
    assert_eq!(check(body, KNOWN, at(1_699_999_699), &good), refused, "of the future");
    assert_eq!(check(&body.replace("evt_1", "evt_2"), KNOWN, at(1_700_000_000), &good), refused, "another body");
    assert_eq!(check(body, &KNOWN.replace("a0a5", "a0a6"), at(1_700_000_000), &good), refused);
    for malformed in ["", "t=1700000000", "v1=8e59", "t=x,v1=zz", "t=1700000000,v1=8e5", "t=1700000000,v1="] {
        assert_eq!(check(body, malformed, at(1_700_000_000), &good), refused, "{malformed}");
    }
    let other = Settings { signing_secret: Some(Secret::new("whsec_other")), ..Settings::of("stripe") };
    assert_eq!(check(body, KNOWN, at(1_700_000_000), &other), refused);
    assert_eq!(check(body, KNOWN, at(1_700_000_000), &Settings::of("stripe")), refused, "no secret, no entry");
    let empty = Settings { signing_secret: Some(Secret::new("")), ..Settings::of("stripe") };
    assert_eq!(check(body, KNOWN, at(1_700_000_000), &empty), refused);
}

const ITEMS: &str = r#""items":{"data":[{"quantity":3,"price":{"id":"price_1","nickname":"Team","unit_amount":1900,"currency":"usd"}}]}"#;

fn of(kind: &str, object: &str) -> String {
    format!(r#"{{"id":"evt_1","type":"{kind}","created":1777633200,"livemode":true,"data":{{"object":{{{object}}}}}}}"#)
}

#[test]
fn events_by_type() {
    let settings = settings();
    let subscription = |status: &str| format!(r#""id":"sub_1","customer":"cus_1","status":"{status}",{ITEMS}"#);
    let line = |name: &str, amount: &str, status: &str| {
        format!(
            "2026-05-01T11:00:00Z | a=cus_1 | {name} (billing){amount} {{id=\"sub_1\", plan=\"Team\", price=\"price_1\", status=\"{status}\"}} | evt_1"
        )
    };
    let traits = |status: &str| {
        format!(
            "2026-05-01T11:00:00Z | a=cus_1 | traits of account {{plan=\"Team\", seats=3, subscription_status=\"{status}\"}} | evt_1#traits"
        )
    };
    for (kind, status, name, amount) in [
        ("customer.subscription.created", "trialing", "Trial Started", " 57 USD"),
        ("customer.subscription.created", "active", "Subscription Started", " 57 USD"),
        ("customer.subscription.created", "incomplete", "Subscription Pending", " 57 USD"),
        ("customer.subscription.updated", "active", "Subscription Changed", " 57 USD"),
        ("customer.subscription.deleted", "canceled", "Subscription Ended", ""),
        ("customer.subscription.trial_will_end", "trialing", "Trial Will End", ""),
    ] {
        let lines = event(&of(kind, &subscription(status)), &settings);
        assert_eq!(lines, [line(name, amount, status), traits(status)], "{kind}");
    }
    let started = of("customer.subscription.updated", &subscription("active"))
        .replace(r#""data":{"#, r#""data":{"previous_attributes":{"status":"trialing"},"#);
    assert_eq!(event(&started, &settings)[0], line("Subscription Started", " 57 USD", "active"));

    let invoice = r#""id":"in_1","customer":"cus_1","amount_paid":500,"amount_due":700,"currency":"jpy","customer_email":"ada@example.com""#;
    assert_eq!(
        event(&of("invoice.paid", invoice), &settings),
        [
            r#"2026-05-01T11:00:00Z | a=cus_1 | Invoice Paid (billing) 500 JPY {currency="jpy", id="in_1"} | evt_1"#,
            r#"2026-05-01T11:00:00Z | a=cus_1 | traits of account {billing_email="ada@example.com"} | evt_1#traits"#,
        ]
    );
    let failed = event(&of("invoice.payment_failed", invoice), &settings);
    assert_eq!(
        failed[0],
        r#"2026-05-01T11:00:00Z | a=cus_1 | Payment Failed (billing) 700 JPY {currency="jpy", id="in_1"} | evt_1"#
    );
}

#[test]
fn customers_by_settings() {
    let mut settings = settings();
    settings.customer = Customer { is: CustomerIs::User, metadata_key: Some("user_id".to_owned()) };
    let checkout = r#""id":"cs_1","customer":"cus_1","amount_total":1999,"currency":"eur","metadata":{"user_id":"u1"},"customer_details":{"email":"ada@example.com"}"#;
    assert_eq!(
        event(&of("checkout.session.completed", checkout), &settings),
        [
            r#"2026-05-01T11:00:00Z | u=u1 v=cus_1 | Checkout Completed (billing) 19.99 EUR {currency="eur", id="cs_1"} | evt_1"#,
            r#"2026-05-01T11:00:00Z | u=u1 v=cus_1 | traits of user {email="ada@example.com"} | evt_1#traits"#,
        ]
    );
    for (object, who) in [
        (r#""customer":"cus_1","client_reference_id":"u2""#, "u=u2 v=cus_1"),
        (r#""customer":{"id":"cus_1","metadata":{"user_id":"u3"}}"#, "u=u3 v=cus_1"),
        (r#""customer":"cus_1","subscription_details":{"metadata":{"user_id":"u4"}}"#, "u=u4 v=cus_1"),
        (r#""customer":"cus_1""#, "u=cus_1"),
    ] {
        let lines = event(&of("checkout.session.completed", object), &settings);
        assert!(lines[0].starts_with(&format!("2026-05-01T11:00:00Z | {who} | Checkout Completed")), "{lines:?}");
    }
}

#[test]
fn rejects() {
    let settings = settings();
    let lines = event(&of("charge.succeeded", r#""customer":"cus_1""#), &settings);
    assert!(lines[0].starts_with("REJECT message 0, /type: this type of event is not taken"), "{lines:?}");
    assert_eq!(
        event(&of("invoice.paid", r#""id":"in_1""#), &settings),
        ["REJECT message 0, /data/object/customer: no id of a user, visitor or account; send one of customer"]
    );
    assert_eq!(event("[]", &settings), ["REJECT message 0: a list stands where an object is expected"]);
    assert_eq!(
        event(r#"{"id":"evt_1","type":"invoice.paid"}"#, &settings),
        ["REJECT message 0, /data/object: no object; this kind of message is about one"]
    );
}
