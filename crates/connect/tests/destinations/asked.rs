//! What the tests tell, and to whom.

use connect::destinations::{Connector, Dispatch, Message, Outgoing, Settings, find, key};
use engine::time::Timestamp;
use serde_json::{Value as Json, json};

/// Two secrets, the newer one first.
pub const SECRETS: [&str; 2] =
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_bmV3ZXIgYW5kIG5vdCB0aGUgc2FtZSBhdCBhbGw="];

/// When the tests send.
pub const NOW: Timestamp = Timestamp(1_760_000_000_500_000);

/// A lead as the processor tells of it.
pub fn payload() -> Json {
    json!({
        "type": "lead.qualified",
        "lead": 17,
        "definition": { "id": "trial-team", "name": "Trial team", "version": "5f2c9d3e11aa77bb" },
        "subject": { "kind": "user", "id": "ada", "account": "Smith & Sons <EU>" },
        "qualification": "to_buy",
        "qualified_at": "2025-10-09T08:53:19.25Z",
        "detected_at": "2025-10-09T08:53:20Z",
        "score": { "total": "72.5", "parts": { "time": "20", "engagement": "30", "virality": "22.5" } },
        "band": "high",
        "value": { "amount": "1200", "currency": "USD" },
        "reasons": ["4 × Project Created in 14 days (at least 3)", "5 separate days with Logged In (at least 5)"],
        "link": "https://brix.example/leads/17?from=slack&x=1",
    })
}

pub fn webhook() -> Box<dyn Connector> {
    let settings =
        SECRETS.iter().fold(Settings::default().with("url", "https://receiver.example/brix"), |settings, secret| {
            settings.with("secret", *secret)
        });
    (find("webhook").unwrap().configure)(&settings).unwrap()
}

pub fn slack() -> Box<dyn Connector> {
    let settings = Settings::default().with("url", "https://hooks.slack.com/services/T0/B0/hush");
    (find("slack").unwrap().configure)(&settings).unwrap()
}

pub fn sent(connector: &dyn Connector, payload: &Json) -> Outgoing {
    sent_at(connector, payload, NOW)
}

pub fn sent_at(connector: &dyn Connector, payload: &Json, at: Timestamp) -> Outgoing {
    let message = Message::read(&payload.to_string()).unwrap();
    connector.outgoing(&Dispatch { key: &key(17, None, "sales/to-buy"), at, message: &message }).unwrap()
}

/// A request as text, to be looked at.
pub fn shown(outgoing: &Outgoing) -> String {
    let headers: Vec<String> =
        outgoing.headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect();
    let body: Json = serde_json::from_str(outgoing.body.expose()).unwrap();
    format!("{:?} {}\n{}\n\n{body:#}", outgoing.method, outgoing.url.expose(), headers.join("\n"))
}
