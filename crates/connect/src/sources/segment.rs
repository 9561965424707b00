//! Segment's HTTP Tracking API, and those that speak as it does: RudderStack, Jitsu, Customer.io's pipelines.
//!
//! After Segment's documentation "HTTP Tracking API Source" and "Spec: Common Fields", and what its SDKs send. They
//! differ in limits and paths, which a [`Dialect`] has; the mapping of messages is one ([`message`]).

mod browser;
mod consent;
pub(super) mod family;
mod message;

use super::answer::{Answer, failed_records};
use super::intake::{Intake, Received};
use super::json::{self, Items, Json, Members, Object};
use super::reject::{Fault, Reason};
use super::request::{Authorization, Request};
use super::source::{Proof, Route, Settings, Source};
use crate::secret::Secret;

/// What tells one speaker of Segment's language from another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// The largest message, in bytes.
    pub(super) message_bytes: usize,
    /// The most messages of a batch.
    pub(super) messages: usize,
    /// Whether a message's `timestamp` is taken as it is where `originalTimestamp` stands beside it.
    pub(super) corrected_by_sender: bool,
}

/// Bytes of a batch that Segment takes.
pub(super) const BATCH_BYTES: usize = 500 << 10;
/// Bytes of a message that Segment takes.
pub(super) const MESSAGE_BYTES: usize = 32 << 10;

const SEGMENT: Dialect = Dialect { message_bytes: MESSAGE_BYTES, messages: 2_500, corrected_by_sender: false };

/// The paths of Segment's clients: words, and the letters that browsers use.
macro_rules! paths_of_calls {
    ($bytes:expr $(, $more:expr)*) => {
        &[
            Route::post("/v1/identify", $bytes),
            Route::post("/v1/track", $bytes),
            Route::post("/v1/page", $bytes),
            Route::post("/v1/screen", $bytes),
            Route::post("/v1/group", $bytes),
            Route::post("/v1/alias", $bytes),
            Route::post("/v1/batch", $bytes),
            Route::post("/v1/import", $bytes),
            Route::post("/v1/i", $bytes),
            Route::post("/v1/t", $bytes),
            Route::post("/v1/p", $bytes),
            Route::post("/v1/s", $bytes),
            Route::post("/v1/g", $bytes),
            Route::post("/v1/a", $bytes),
            Route::post("/v1/b", $bytes),
            $($more,)*
        ]
    };
}
pub(super) use paths_of_calls;

/// Segment.
pub(super) const SOURCE: Source = Source {
    id: "segment",
    name: "Segment",
    about: "Events from Segment's SDKs: point their host at Brix.",
    proof: Proof::Key,
    routes: paths_of_calls!(BATCH_BYTES, Route::get(browser::SETTINGS)),
    receive: |request, settings| {
        browser::settings(request, settings).unwrap_or_else(|| receive(&SEGMENT, request, settings))
    },
    unauthorized,
    too_busy,
    too_large,
};

/// Turns a request into records. In a strict request faults are answered with what is wrong.
pub(super) fn receive(dialect: &Dialect, request: &Request<'_>, settings: &Settings) -> Received {
    let mut intake = Intake::new(&settings.source, request.received_at);
    let key = match json::checked(request.body) {
        Ok(text) if text.starts_with('{') => read(dialect, request, text, &mut intake),
        Ok(text) => {
            let found = Json::read(text).word();
            intake.refuse(Reason::WrongType { expected: "an object", found }, request.body);
            None
        }
        Err(reason) => {
            intake.refuse(reason, request.body);
            None
        }
    };
    let key = key_of(request, key);
    let outcome = intake.finish();
    let is_strict = settings.strict || request.headers.get("x-strict-mode").is_some_and(|value| value.trim() == "1");
    let unreadable = outcome.rejects.iter().find(|reject| reject.place.message.is_none());
    let answer = match unreadable {
        _ if is_strict && !outcome.rejects.is_empty() => failed_records(&outcome),
        Some(reject) => refused(400, &reject.reason.to_string()),
        None => Answer::json(200, r#"{"success":true}"#),
    };
    Received { key, outcome, answer }
}

/// Takes in the messages of a body. Gives the key that stands in it.
fn read(dialect: &Dialect, request: &Request<'_>, text: &str, intake: &mut Intake) -> Option<Secret> {
    let kind = match request.last_piece().as_str() {
        "b" | "batch" | "import" => None,
        piece => message::Kind::of(piece),
    };
    let mut batch = None;
    let mut envelope = Object { text: "", members: Vec::new() };
    for (name, value) in Members::of(text) {
        match name.as_ref() {
            "batch" => batch = Some(value),
            // What stands beside the batch is small; of a single message only these are read here.
            "writeKey" | "context" | "sentAt" => envelope.members.push((name, Json::read(value))),
            _ => {}
        }
    }
    let key = envelope.text("writeKey").map(str::to_owned);
    let frame = message::Frame { dialect, envelope: &envelope, kind, received_at: intake.received_at() };
    match batch {
        // A batch may also come by the path of a single call, and the other way round.
        Some(batch) if batch.starts_with('[') => {
            let mut key_inside = None;
            for (number, item) in Items::of(batch).enumerate() {
                let said = sized(dialect, item).and_then(|()| {
                    if number >= dialect.messages {
                        return Err(Reason::TooManyMessages(dialect.messages).into());
                    }
                    let object = json::object(item)?;
                    if key_inside.is_none() {
                        key_inside = object.text("writeKey").map(str::to_owned);
                    }
                    message::said(&object, &frame)
                });
                intake.take(item, said);
            }
            return key.or(key_inside).map(Secret::new);
        }
        Some(other) => {
            let found = Json::read(other).word();
            intake.refuse(Fault::at("/batch", Reason::WrongType { expected: "a list", found }), request.body);
        }
        None if kind.is_none() && !text.contains("\"type\"") => {
            intake.refuse(Reason::Missing("batch"), request.body);
        }
        None => {
            let single = message::Frame { envelope: &Object::default(), ..frame };
            let said = sized(dialect, text).and_then(|()| message::said(&json::object(text)?, &single));
            intake.take(text, said);
        }
    }
    key.map(Secret::new)
}

fn sized(dialect: &Dialect, message: &str) -> Result<(), Fault> {
    let (bytes, most) = (message.len(), dialect.message_bytes);
    if bytes > most { Err(Reason::MessageTooLong { bytes, most }.into()) } else { Ok(()) }
}

/// The key in a header, else in the body. A bearer token comes with a key in the body, or is the key. Jitsu's clients
/// send it in a header of its own, and hide half of it in the body.
fn key_of(request: &Request<'_>, in_body: Option<Secret>) -> Option<Secret> {
    if let Some(key) = request.headers.get("x-write-key").map(str::trim).filter(|key| !key.is_empty()) {
        return Some(Secret::new(key));
    }
    match request.authorization() {
        Authorization::Basic { name, .. } if !name.expose().is_empty() => Some(name),
        Authorization::Bearer(token) => in_body.or(Some(token)),
        _ => in_body.filter(|key| !key.expose().is_empty()),
    }
}

fn refused(status: u16, message: &str) -> Answer {
    Answer::json(status, serde_json::json!({ "success": false, "message": message }).to_string())
}

pub(super) fn unauthorized(_: &Request<'_>) -> Answer {
    refused(
        401,
        "the write key is missing or unknown; send it as the name in Basic authorization, or as writeKey in the body",
    )
}

pub(super) fn too_busy(request: &Request<'_>, seconds: u32) -> Answer {
    let resets = request.received_at.0.div_euclid(engine::time::SECOND) + i64::from(seconds);
    refused(429, "too many requests").after(seconds).with("x-ratelimit-reset", resets.to_string())
}

/// Segment itself answers 400, not 413, and its SDKs then give the batch up.
pub(super) fn too_large(_: &Request<'_>) -> Answer {
    refused(400, "the request is larger than this path takes; send smaller batches")
}
