//! PostHog's capture API.
//!
//! After PostHog's documentation "Capture and batch API" and what its SDKs send: single events, batches, bare lists, JSON,
//! forms and base64.

use engine::record::{SubjectKind, Who};
use engine::{Number, Timestamp};

use super::answer::{Answer, failed_records};
use super::clock::{self, Dated};
use super::groups::OTHER_GROUP;
use super::intake::{Intake, Received, Said};
use super::json::{self, Json, Members, Object};
use super::reject::{Fault, Reason};
use super::request::{Authorization, Request, json_in};
use super::source::{Proof, Route, Settings, Source};
use super::values::{self, Collected};
use crate::secret::Secret;

const BODY_BYTES: usize = 20 << 20;
const MOST_EVENTS: usize = 20_000;

/// PostHog.
pub(super) const SOURCE: Source = Source {
    id: "posthog",
    name: "PostHog",
    about: "Events from PostHog's SDKs: point their host at Brix.",
    proof: Proof::Key,
    routes: &[
        Route::post("/capture", BODY_BYTES),
        Route::post("/batch", BODY_BYTES),
        Route::post("/e", BODY_BYTES),
        Route::post("/i/v0/e", BODY_BYTES),
        Route::post("/track", BODY_BYTES),
    ],
    receive,
    unauthorized,
    too_busy: |_, seconds| fault(429, "rate_limited", "too many requests").after(seconds),
    too_large: |_| fault(413, "too_large", "the body is larger than 20 MiB; send smaller batches"),
};

fn fault(status: u16, code: &str, detail: &str) -> Answer {
    Answer::json(status, serde_json::json!({ "type": "validation_error", "code": code, "detail": detail }).to_string())
}

fn unauthorized(_: &Request<'_>) -> Answer {
    fault(401, "invalid_api_key", "the project's API key is missing or unknown; send it as api_key")
}

fn receive(request: &Request<'_>, settings: &Settings) -> Received {
    let mut intake = Intake::new(&settings.source, request.received_at);
    let body = json_in(request.body, &["data"]);
    let mut key = match json::checked(&body) {
        Ok(text) => read(request, text, settings, &mut intake),
        Err(reason) => {
            intake.refuse(reason, request.body);
            None
        }
    };
    if let (None, Authorization::Bearer(token)) = (&key, request.authorization()) {
        key = Some(token);
    }
    let outcome = intake.finish();
    let unreadable = outcome.rejects.iter().find(|reject| reject.place.message.is_none());
    let answer = match unreadable {
        _ if settings.strict && !outcome.rejects.is_empty() => failed_records(&outcome),
        Some(reject) => fault(400, "invalid_payload", &reject.reason.to_string()),
        None => Answer::json(200, r#"{"status":1}"#),
    };
    Received { key, outcome, answer }
}

/// Takes in the events of a body. Gives the key that stands in it.
fn read(request: &Request<'_>, text: &str, settings: &Settings, intake: &mut Intake) -> Option<Secret> {
    let (mut batch, mut key, mut sent) = (None, None, None);
    for (name, value) in Members::of(text) {
        match (name.as_ref(), Json::read(value)) {
            ("api_key" | "token", Json::Text(text)) => key = Some(Secret::new(text)),
            ("sent_at", time) => sent = clock::time_if_any(Some(&time)),
            ("batch", Json::List(_)) => batch = Some(value),
            _ => {}
        }
    }
    // Browsers put their time into the query instead.
    let sent = sent.or_else(|| request.parameter("_").and_then(|digits| clock::unix_in(&digits, 1_000).ok()));
    let events = batch.unwrap_or(text);
    let received = intake.received_at();
    intake.each(events, MOST_EVENTS, |event| said(event, settings, received, sent));
    key.filter(|key| !key.expose().is_empty()).or_else(|| key_inside(events))
}

/// The key of the first event that has one: browsers send lists without anything around them.
fn key_inside(events: &str) -> Option<Secret> {
    let first = json::Items::of(events).next().unwrap_or(events);
    let event = json::object(first).ok()?;
    let inside = event.object("properties").and_then(|properties| properties.text("token"));
    event.text("api_key").or_else(|| event.text("token")).or(inside).map(Secret::new)
}

/// Members of `properties` that say something else than what happened.
const NOT_PROPERTIES: [&str; 8] =
    ["$set", "$set_once", "$unset", "$groups", "$group_set", "token", "distinct_id", "$ip"];

/// What the SDKs send beside events, and Brix has no use for.
const RECORDINGS: [&str; 3] = ["$snapshot", "$snapshot_items", "$performance_event"];

/// What an event says: of a request, or of an export.
pub(crate) fn said(
    event: &Object<'_>,
    settings: &Settings,
    received: Timestamp,
    sent: Option<Timestamp>,
) -> Result<Said, Fault> {
    let name = values::name_in(event, "event")?;
    if RECORDINGS.contains(&name.as_ref()) {
        return Err(Reason::NotTaken("recordings of sessions are not taken; switch them off for this host").into());
    }
    let nothing = Object::default();
    let properties = event.object("properties").unwrap_or(&nothing);
    let person = person(event, properties)?;
    let dated = dated(event, received, sent.or_else(|| clock::time_if_any(event.get("sent_at"))))?;
    let message = values::id_in(event, "uuid", "")?;
    let mut said = Said::by(person, dated, message);
    match name.as_ref() {
        "$create_alias" | "$merge_dangerously" => {
            let previous = values::id_in(properties, "alias", "/properties")?;
            let previous = previous.ok_or_else(|| Fault::at("/properties/alias", Reason::NoId("alias")))?;
            // Either of the two may be the visitor.
            let user = said.who.user.take().or_else(|| said.who.anonymous.take());
            said.who = Who { user, ..Who::default() };
            return Ok(said.alias(previous));
        }
        "$groupidentify" => return group(said, properties, settings),
        _ => {}
    }
    settings.groups.place(properties.get("$groups"), &mut said.who, "/properties/$groups")?;
    if name.as_ref() == "$identify" {
        let visitor = values::id_in(properties, "$anon_distinct_id", "/properties")?;
        said.who.user = said.who.user.or(said.who.anonymous.take());
        said.who.anonymous = visitor;
    }
    if matches!(name.as_ref(), "$identify" | "$set") {
        let mut traits = Collected::default();
        for holder in [properties, event] {
            for member in ["$set_once", "$set"] {
                if let Some(object) = holder.object(member) {
                    traits.take(object, "", &format!("/properties/{member}"))?;
                }
            }
        }
        return Ok(said.traits("", SubjectKind::User, traits));
    }
    let mut collected = Collected::default();
    collected.take_except(properties, "", "/properties", &NOT_PROPERTIES)?;
    let amount = properties.text("currency").and_then(|currency| values::money(properties.get("revenue"), currency));
    let mut traits = Collected::default();
    for object in [properties.object("$set"), event.object("$set")].into_iter().flatten() {
        traits.take(object, "", "/properties/$set")?;
    }
    Ok(said.event(name, None, collected, amount).traits_if_any("#traits", SubjectKind::User, traits))
}

/// The person. A visitor, where the SDK says that nobody is identified.
fn person(event: &Object<'_>, properties: &Object<'_>) -> Result<Who, Fault> {
    let id = match values::id_in(event, "distinct_id", "")? {
        Some(id) => Some(id),
        None => match values::id_in(properties, "distinct_id", "/properties")? {
            Some(id) => Some(id),
            None => values::id_in(event, "$distinct_id", "")?,
        },
    };
    let Some(id) = id else { return Err(Fault::at("/distinct_id", Reason::NoSubject("distinct_id"))) };
    let is_false = |name| matches!(properties.get(name), Some(Json::Boolean(false)));
    let is_device = properties.text("$device_id").is_some_and(|device| device == id.as_ref());
    let is_visitor = is_false("$process_person_profile") || is_false("$is_identified") || is_device;
    Ok(if is_visitor {
        Who { anonymous: Some(id), ..Who::default() }
    } else {
        Who { user: Some(id), ..Who::default() }
    })
}

/// A group's traits. The id of a person beside them is made up by the SDKs.
fn group(said: Said, properties: &Object<'_>, settings: &Settings) -> Result<Said, Fault> {
    let word = properties.text("$group_type").unwrap_or_default();
    let mut who = Who::default();
    let key = properties.get("$group_key").unwrap_or(&Json::Null);
    let kind = settings.groups.place_one(word, key, &mut who);
    let kind = kind.map_err(|reason| Fault::at("/properties/$group_key", reason))?;
    let Some(kind) = kind else { return Err(Fault::at("/properties/$group_type", OTHER_GROUP)) };
    if who == Who::default() {
        return Err(Fault::at("/properties/$group_key", Reason::NoId("$group_key")));
    }
    let mut traits = Collected::default();
    if let Some(object) = properties.object("$group_set") {
        traits.take(object, "", "/properties/$group_set")?;
    }
    Ok(Said { who, ..said }.traits("", kind, traits))
}

/// By the time of sending where it is known, as Segment does; else by `offset`, the milliseconds since it happened.
fn dated(event: &Object<'_>, received: Timestamp, sent: Option<Timestamp>) -> Result<Dated, Fault> {
    let at = |reason| Fault::at("/timestamp", reason);
    let happened = event.get("timestamp").map(clock::time).transpose().map_err(at)?;
    if let (None, Some(Json::Numeral(digits))) = (happened, event.get("offset")) {
        let offset = values::number(digits).map_err(|reason| Fault::at("/offset", reason))?;
        let micros = i64::try_from(offset.0 / (Number::UNIT / 1_000)).unwrap_or(i64::MAX);
        let happened = Timestamp(received.0.saturating_sub(micros));
        return clock::dated(received, None, Some(happened)).map_err(|reason| Fault::at("/offset", reason));
    }
    clock::dated(received, sent, happened).map_err(at)
}
