//! Signed webhooks.

use connect::destinations::{Answer, Dispatch, Message, Settings, Unsendable, Verdict, find};
use serde_json::{Value as Json, json};

use crate::asked::{NOW, payload, sent, shown, webhook};

#[test]
fn a_request() {
    insta::assert_snapshot!(shown(&sent(&*webhook(), &payload())));
}

#[test]
fn what_this_version_does_not_know_is_passed_on() {
    let mut payload = payload();
    payload["stage"] = json!("evaluation");
    let body: Json = serde_json::from_str(sent(&*webhook(), &payload).body.expose()).unwrap();
    assert_eq!(body["data"]["stage"], "evaluation");
}

#[test]
fn a_body_stays_under_20_kb() {
    let mut long = payload();
    long["reasons"] = (0..500).map(|number| format!("reason {number}: {}", "\"ü".repeat(40))).collect();
    let body = sent(&*webhook(), &long).body;
    assert!((19_000..20_000).contains(&body.expose().len()), "{}", body.expose().len());
    let body: Json = serde_json::from_str(body.expose()).unwrap();
    let kept = body["data"]["reasons"].as_array().unwrap().len();
    assert_eq!(body["data"]["reasons_left_out"], 500 - kept);

    long["subject"]["id"] = json!("x".repeat(20_000));
    let message = Message::read(&long.to_string()).unwrap();
    let refused = webhook().outgoing(&Dispatch { key: "k", at: NOW, message: &message }).unwrap_err();
    assert!(matches!(refused, Unsendable::TooLarge { most: 20_000, .. }));
}

#[test]
fn secrets_are_not_shown() {
    let connector = webhook();
    let shown = format!("{connector:?} {:?}", sent(&*connector, &payload()));
    for secret in ["MfKQ9r8GKYqr", "receiver.example", "v1,", "Smith"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn all_faults_at_once() {
    let settings = Settings::default()
        .with("url", "ftp://a.example")
        .with("url", "https://b.example")
        .with("secret", "whsec_AAAA")
        .with("colour", "red");
    let faults = (find("webhook").unwrap().configure)(&settings).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"));
    let none = (find("webhook").unwrap().configure)(&Settings::default()).unwrap_err();
    assert_eq!(none.iter().map(|fault| fault.name.as_str()).collect::<Vec<_>>(), ["url", "secret"]);
}

#[test]
fn a_receiver_that_is_gone() {
    let answer = |status| Answer { status, retry_after: None, body: b"<html>whatever</html>", at: NOW };
    assert!(matches!(webhook().verdict(&answer(410)), Verdict::Gone { .. }));
    assert!(matches!(webhook().verdict(&answer(202)), Verdict::Delivered { .. }));
    assert_eq!(webhook().verdict(&answer(422)), Verdict::Refused { why: "answered 422".to_owned() });
}
