//! Mixpanel's ingestion APIs: track, import, engage and groups.
//!
//! After Mixpanel's reference "Ingestion API" and what its SDKs send: JSON, lines of JSON, forms and base64.

use std::sync::Arc;

use engine::Timestamp;
use engine::record::{SubjectKind, Who};
use engine::time::SECOND;
use twox_hash::XxHash3_128;

use super::answer::{Answer, failed_records};
use super::clock;
use super::groups::OTHER_GROUP;
use super::intake::{Intake, Outcome, Received, Said};
use super::json::{self, Items, Json, Object};
use super::reject::{Fault, Reason};
use super::request::{Authorization, Method, Request, json_in};
use super::source::{Proof, Route, Settings, Source};
use super::values::{self, Collected};
use crate::secret::Secret;

const BODY_BYTES: usize = 10 << 20;
const MOST_EVENTS: usize = 2_000;

/// Mixpanel.
pub(super) const SOURCE: Source = Source {
    id: "mixpanel",
    name: "Mixpanel",
    about: "Events from Mixpanel's SDKs: point their host at Brix.",
    proof: Proof::Key,
    routes: &[
        Route::post("/track", BODY_BYTES),
        Route::get("/track"),
        Route::post("/import", BODY_BYTES),
        Route::post("/engage", BODY_BYTES),
        Route::get("/engage"),
        Route::post("/groups", BODY_BYTES),
        Route::get("/groups"),
    ],
    receive,
    unauthorized: |_| fault(401, "Unauthorized", "the project's token is missing or unknown"),
    too_busy: |_, seconds| fault(429, "Too Many Requests", "too many requests").after(seconds),
    too_large: |_| fault(413, "Payload Too Large", "the body is larger than 10 MiB; send smaller batches"),
};

fn fault(code: u16, status: &str, error: &str) -> Answer {
    Answer::json(code, serde_json::json!({ "code": code, "status": status, "error": error }).to_string())
}

fn receive(request: &Request<'_>, settings: &Settings) -> Received {
    let mut intake = Intake::new(&settings.source, request.received_at);
    let in_query = if request.method == Method::Get { Some(format!("data={}", encoded(request))) } else { None };
    let raw = in_query.as_deref().map_or(request.body, str::as_bytes);
    let body = json_in(raw, &["data"]);
    let mut key = match json::checked(&body) {
        Ok(text) => read(request, text, settings, &mut intake),
        // Lines of JSON are no JSON.
        Err(reason) => match std::str::from_utf8(&body) {
            Ok(text) if text.trim_start().starts_with('{') && text.trim().contains('\n') => {
                read_lines(request, text, settings, &mut intake)
            }
            _ => {
                intake.refuse(reason, raw);
                None
            }
        },
    };
    if let Authorization::Basic { name, .. } = request.authorization()
        && key.is_none()
    {
        key = Some(name);
    }
    let outcome = intake.finish();
    let answer = answer(request, &outcome, settings);
    Received { key, outcome, answer }
}

/// The message of the query, as a form has it.
fn encoded(request: &Request<'_>) -> String {
    let data = request.parameter("data").unwrap_or_default();
    form_urlencoded::byte_serialize(data.as_bytes()).collect()
}

fn read(request: &Request<'_>, text: &str, settings: &Settings, intake: &mut Intake) -> Option<Secret> {
    let piece = request.last_piece();
    let received = intake.received_at();
    intake.each(text, MOST_EVENTS, |message| said(&piece, message, settings, received));
    key_inside(Items::of(text).next().unwrap_or(text))
}

fn read_lines(request: &Request<'_>, text: &str, settings: &Settings, intake: &mut Intake) -> Option<Secret> {
    let piece = request.last_piece();
    let received = intake.received_at();
    let mut key = None;
    for (number, line) in text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let said = json::checked(line.as_bytes()).map_err(Fault::from).and_then(|text| {
            if number >= MOST_EVENTS {
                return Err(Reason::TooManyMessages(MOST_EVENTS).into());
            }
            if number == 0 {
                key = key_inside(text);
            }
            said(&piece, &json::object(text)?, settings, received)
        });
        intake.take(line, said);
    }
    key
}

fn key_inside(message: &str) -> Option<Secret> {
    let message = json::object(message).ok()?;
    let inside = message.object("properties").and_then(|properties| properties.text("token"));
    message.text("$token").or(inside).filter(|key| !key.is_empty()).map(Secret::new)
}

/// Import answers in numbers; the others say 1, or more when asked to be verbose.
fn answer(request: &Request<'_>, outcome: &Outcome, settings: &Settings) -> Answer {
    let is_import = request.last_piece() == "import";
    let asks_strict = is_import && request.parameter("strict").as_deref() == Some("1");
    if (settings.strict || asks_strict) && !outcome.rejects.is_empty() {
        return failed_records(outcome);
    }
    let unreadable = outcome.rejects.iter().find(|reject| reject.place.message.is_none());
    if is_import {
        return match unreadable {
            Some(reject) => fault(400, "Bad Request", &reject.reason.to_string()),
            None => {
                let imported = outcome.messages - outcome.rejects.len();
                let body = serde_json::json!({ "code": 200, "num_records_imported": imported, "status": "OK" });
                Answer::json(200, body.to_string())
            }
        };
    }
    let form = std::str::from_utf8(request.body).unwrap_or_default();
    let is_verbose = [request.query, form]
        .into_iter()
        .any(|text| super::request::form_value(text, "verbose").as_deref() == Some("1"));
    match (unreadable, is_verbose) {
        (None, true) => Answer::json(200, r#"{"status":1,"error":null}"#),
        (None, false) => Answer::text(200, "1"),
        (Some(reject), true) => {
            Answer::json(200, serde_json::json!({ "status": 0, "error": reject.reason.to_string() }).to_string())
        }
        (Some(_), false) => Answer::text(200, "0"),
    }
}

fn said(piece: &str, message: &Object<'_>, settings: &Settings, received: Timestamp) -> Result<Said, Fault> {
    match piece {
        "engage" => profile(message, received),
        "groups" => group(message, settings, received),
        _ => event(message, settings, received),
    }
}

/// Members of an event's properties that say something else than what happened.
const NOT_PROPERTIES: [&str; 8] =
    ["token", "time", "distinct_id", "$insert_id", "$device_id", "$user_id", "ip", "$anon_distinct_id"];

/// What an event says: of a request, or of an export.
pub(crate) fn event(message: &Object<'_>, settings: &Settings, received: Timestamp) -> Result<Said, Fault> {
    let name = values::name_in(message, "event")?;
    let nothing = Object::default();
    let properties = message.object("properties").unwrap_or(&nothing);
    let at = |reason| Fault::at("/properties/time", reason);
    let happened = properties.get("time").map(clock::time).transpose().map_err(at)?;
    let dated = clock::dated(received, None, happened).map_err(at)?;
    let id = |name: &str| values::id_in(properties, name, "/properties");
    let distinct = id("distinct_id")?;
    let said = Said::by(Who::default(), dated, id_of(&name, happened, distinct.as_deref(), properties));
    match name.as_ref() {
        "$create_alias" => {
            let alias = id("alias")?.ok_or_else(|| Fault::at("/properties/alias", Reason::NoId("alias")))?;
            let previous = distinct.ok_or_else(|| Fault::at("/properties/distinct_id", Reason::NoId("distinct_id")))?;
            return Ok(Said { who: Who { user: Some(alias), ..Who::default() }, ..said }.alias(previous));
        }
        "$merge" => {
            let ids = properties.get("$distinct_ids");
            let both = if let Some(Json::List(ids)) = ids { ids.as_slice() } else { &[] };
            let [first, second] = both else {
                return Err(Fault::at("/properties/$distinct_ids", Reason::NoId("pair of ids")));
            };
            let at = |reason| Fault::at("/properties/$distinct_ids", reason);
            let previous = values::id(Some(second)).map_err(at)?;
            let previous = previous.ok_or_else(|| at(Reason::NoId("pair of ids")))?;
            let who = Who { user: values::id(Some(first)).map_err(at)?, ..Who::default() };
            return Ok(Said { who, ..said }.alias(previous));
        }
        "$identify" => {
            let user = id("$identified_id")?.or(id("$user_id")?).or(distinct);
            let anonymous = id("$anon_id")?.or(id("$anon_distinct_id")?).or(id("$device_id")?);
            let who = Who { user, anonymous: anonymous.map(without_mark), ..Who::default() };
            return Ok(Said { who, ..said }.traits("", SubjectKind::User, Collected::default()));
        }
        _ => {}
    }
    let mut who = person(distinct, id("$user_id")?, id("$device_id")?);
    who.account = settings.groups.account_in(properties)?;
    if who == Who::default() {
        return Err(Fault::at("/properties/distinct_id", Reason::NoSubject("distinct_id, $user_id and $device_id")));
    }
    let mut collected = Collected::default();
    collected.take_except(properties, "", "/properties", &NOT_PROPERTIES)?;
    let amount = properties
        .text("currency")
        .and_then(|currency| values::money(properties.get("revenue").or_else(|| properties.get("amount")), currency));
    Ok(Said { who, ..said }.event(name, None, collected, amount))
}

/// A visitor's id is the device's, with or without the mark that newer projects put before it.
fn person(distinct: Option<Arc<str>>, user: Option<Arc<str>>, device: Option<Arc<str>>) -> Who {
    let is_marked = distinct.as_ref().is_some_and(|id| id.starts_with(MARK));
    let is_device = distinct.is_some() && distinct == device;
    let (user, visitor) = match distinct {
        Some(id) if user.is_none() && (is_marked || is_device) => (None, Some(without_mark(id))),
        Some(id) => (user.or(Some(id)), device),
        None => (user, device),
    };
    Who { user, anonymous: visitor, ..Who::default() }
}

const MARK: &str = "$device:";

fn without_mark(id: Arc<str>) -> Arc<str> {
    id.strip_prefix(MARK).map_or(Arc::clone(&id), Arc::from)
}

/// Mixpanel counts an event once by its name, time, person and `$insert_id` together. The time in whole seconds, as its
/// exports know no more of it.
fn id_of(name: &str, happened: Option<Timestamp>, distinct: Option<&str>, properties: &Object<'_>) -> Option<Arc<str>> {
    let insert = properties.text("$insert_id").filter(|id| !id.is_empty())?;
    let time = happened.map_or(0, |happened| happened.0.div_euclid(SECOND));
    let whole = format!("{name}\0{time}\0{}\0{insert}", distinct.unwrap_or_default());
    Some(Arc::from(format!("{:032x}", XxHash3_128::oneshot(whole.as_bytes()))))
}

/// Traits that Mixpanel keeps under names of its own, under those that all of Brix knows them by.
const RESERVED: [&str; 7] = ["$email", "$name", "$first_name", "$last_name", "$phone", "$created", "$avatar"];

/// A profile's traits that are set, and how many changes need the value before.
fn changes(message: &Object<'_>) -> Result<(Collected, u64), Fault> {
    if message.get("$delete").is_some() {
        return Err(Fault::at("/$delete", Reason::NotTaken("deleting is not taken from senders; erase in Brix")));
    }
    let mut traits = Collected::default();
    for name in ["$set_once", "$set"] {
        let Some(object) = message.object(name) else { continue };
        for (member, value) in &object.members {
            let known = RESERVED.contains(&member.as_ref());
            let name_here = if known { member.trim_start_matches('$') } else { member };
            traits.put(name_here, value, &format!("/{name}/{member}"))?;
        }
    }
    let others = ["$add", "$union", "$append", "$remove", "$unset"];
    let left_out = others.iter().filter_map(|name| message.get(name)).map(|value| match value {
        Json::Object(object) => object.members.len() as u64,
        Json::List(items) => items.len() as u64,
        _ => 1,
    });
    Ok((traits, left_out.sum()))
}

/// Profiles have no ids of their own for messages, and mostly no time.
pub(crate) fn profile(message: &Object<'_>, received: Timestamp) -> Result<Said, Fault> {
    let id = values::id_in(message, "$distinct_id", "")?;
    let id = id.ok_or_else(|| Fault::at("/$distinct_id", Reason::NoSubject("$distinct_id")))?;
    let mut said = Said::by(person(Some(id), None, None), dated(message, received)?, None);
    let (traits, left_out) = changes(message)?;
    said.left_out = left_out;
    Ok(said.traits("", SubjectKind::User, traits))
}

fn group(message: &Object<'_>, settings: &Settings, received: Timestamp) -> Result<Said, Fault> {
    let word = message.text("$group_key").unwrap_or_default();
    let mut said = Said::by(Who::default(), dated(message, received)?, None);
    let id = message.get("$group_id").unwrap_or(&Json::Null);
    let kind = settings.groups.place_one(word, id, &mut said.who);
    let kind = kind.map_err(|reason| Fault::at("/$group_id", reason))?;
    let Some(kind) = kind else { return Err(Fault::at("/$group_key", OTHER_GROUP)) };
    if said.who == Who::default() {
        return Err(Fault::at("/$group_id", Reason::NoId("$group_id")));
    }
    let (traits, left_out) = changes(message)?;
    said.left_out = left_out;
    Ok(said.traits("", kind, traits))
}

fn dated(message: &Object<'_>, received: Timestamp) -> Result<clock::Dated, Fault> {
    let at = |reason| Fault::at("/$time", reason);
    let happened = message.get("$time").map(clock::time).transpose().map_err(at)?;
    clock::dated(received, None, happened).map_err(at)
}
