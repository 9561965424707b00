//! Messages to Slack.

use connect::destinations::{Answer, Verdict};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::asked::{NOW, payload, sent, shown, slack};

#[test]
fn a_message() {
    insta::assert_snapshot!(shown(&sent(&*slack(), &payload())));
}

#[test]
fn the_least_that_can_be_told() {
    let mut payload = payload();
    payload["type"] = json!("lead.retracted");
    payload["subject"] = json!({ "kind": "account", "id": "acme", "account": null });
    for name in ["score", "band", "value", "link"] {
        payload[name] = Json::Null;
    }
    payload["reasons"] = json!([]);
    insta::assert_snapshot!(shown(&sent(&*slack(), &payload)));
}

#[test]
fn who_wakes_is_to_be_looked_at_again_or_is_over() {
    let mut payload = payload();
    payload["type"] = json!("lead.woken");
    let told = |payload: &Json| shown(&sent(&*slack(), payload));
    assert!(told(&payload).contains("*Look again*: "), "{}", told(&payload));
    payload["over"] = json!(true);
    assert!(told(&payload).contains("*Snoozed until now, and over*: "), "{}", told(&payload));
}

#[test]
fn answers() {
    let verdict = |status, body: &str, retry_after| {
        slack().verdict(&Answer { status, retry_after, body: body.as_bytes(), at: NOW })
    };
    assert_eq!(verdict(200, "ok", None), Verdict::Delivered { remote_id: None });
    assert_eq!(
        verdict(400, "invalid_blocks", None),
        Verdict::Refused { why: "answered 400, invalid_blocks".to_owned() }
    );
    assert_eq!(verdict(404, "no_service", None), Verdict::Gone { why: "answered 404, no_service".to_owned() });
    assert_eq!(
        verdict(410, "channel_is_archived", None),
        Verdict::Gone { why: "answered 410, channel_is_archived".to_owned() }
    );
    assert!(matches!(verdict(404, "<html>", None), Verdict::Retry { .. }), "not Slack's own words");
    let Verdict::Retry { why, after } = verdict(429, "rate_limited", Some("30")) else {
        panic!("is to be tried again")
    };
    assert_eq!((why.as_str(), after.map(|after| after.as_secs())), ("answered 429, rate_limited", Some(30)));
    assert_eq!(verdict(400, "Ada Lovelace <a@b.example>", None), Verdict::Refused { why: "answered 400".to_owned() });
}

/// Every text of every block.
fn texts(body: &Json) -> Vec<String> {
    let blocks = body["blocks"].as_array().unwrap();
    let elements = blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
    let sections = blocks.iter().filter(|block| block["type"] == "section").map(|block| &block["text"]);
    elements.chain(sections).map(|text| text["text"].as_str().unwrap().to_owned()).collect()
}

/// Whether `<` and `>` only stand where this code put them.
fn is_safe(text: &str) -> bool {
    let own = ["<https://", "<http://", "<!date^"];
    text.match_indices('<').all(|(at, _)| own.iter().any(|own| text.get(at..).unwrap().starts_with(own)))
        && text.matches('<').count() == text.matches('>').count()
        && text.split('&').skip(1).all(|rest| ["amp;", "lt;", "gt;"].iter().any(|escape| rest.starts_with(escape)))
}

proptest! {
    #[test]
    fn any_text_stays_within_the_limits(
        words in prop::collection::vec(prop_oneof![any::<String>(), "[&<>|\n!@#a-z]{0,400}", "[&<>]{3000}"], 1..40),
        times in 1..40_usize,
    ) {
        let word = |number: usize| words[number % words.len()].repeat(times);
        let mut payload = payload();
        payload["subject"] = json!({ "kind": "user", "id": word(0), "account": word(1) });
        payload["definition"] = json!({ "id": word(2), "name": word(3), "version": word(4) });
        payload["reasons"] = (0..50).map(word).collect();
        payload["score"] = json!({ "total": word(5), "parts": { word(6): word(7), word(8): word(9) } });
        payload["band"] = json!(word(10));
        payload["value"] = json!({ "amount": word(11), "currency": word(12) });
        payload["link"] = json!(format!("https://{}", word(13)));
        payload["qualified_at"] = json!(word(14));
        let outgoing = sent(&*slack(), &payload);
        let body: Json = serde_json::from_str(outgoing.body.expose()).unwrap();
        let mut texts = texts(&body);
        texts.push(body["text"].as_str().unwrap().to_owned());
        prop_assert!(texts.len() <= 50);
        let lengths: Vec<usize> = texts.iter().map(|text| text.chars().count()).collect();
        prop_assert!(lengths.iter().all(|length| (1..=3000).contains(length)), "{lengths:?}");
        prop_assert!(lengths.iter().sum::<usize>() < 13_000, "{lengths:?}");
        for text in &texts {
            prop_assert!(is_safe(text), "{text}");
        }
    }
}
