//! Amplitude's HTTP V2, batch, identify and group identify APIs.
//!
//! After Amplitude's documentation of these and what its SDKs send.

use engine::record::{Money, SubjectKind, Who};
use engine::time::MINUTE;
use engine::{Number, Timestamp};

use super::answer::{Answer, failed_records};
use super::clock::{self, Dated};
use super::groups::OTHER_GROUP;
use super::intake::{Intake, Received, Said};
use super::json::{self, Items, Json, Members, Object};
use super::reject::{Fault, Reason};
use super::request::{Request, form_value, json_in};
use super::source::{Proof, Route, Settings, Source};
use super::values::{self, Collected};
use crate::secret::Secret;

const SMALL_BYTES: usize = 1 << 20;
const BATCH_BYTES: usize = 20 << 20;
const MOST_EVENTS: usize = 2_000;

/// Amplitude.
pub(super) const SOURCE: Source = Source {
    id: "amplitude",
    name: "Amplitude",
    about: "Events from Amplitude's SDKs: point their server URL at Brix.",
    proof: Proof::Key,
    routes: &[
        Route::post("/2/httpapi", SMALL_BYTES),
        Route::post("/httpapi", SMALL_BYTES),
        Route::post("/batch", BATCH_BYTES),
        Route::post("/identify", SMALL_BYTES),
        Route::post("/groupidentify", SMALL_BYTES),
    ],
    receive,
    // The SDKs give up on 400 with these words.
    unauthorized: |_| fault(400, "Invalid API key: it is missing or unknown; send it as api_key"),
    too_busy,
    too_large: |_| fault(413, "Payload too large: send smaller batches"),
};

fn fault(status: u16, error: &str) -> Answer {
    Answer::json(status, serde_json::json!({ "code": status, "error": error }).to_string())
}

/// With the lists that the SDKs look into.
fn too_busy(_: &Request<'_>, seconds: u32) -> Answer {
    let body = r#"{"code":429,"error":"Too many requests for some devices and users","eps_threshold":1000,"throttled_devices":{},"throttled_users":{},"throttled_events":[],"exceeded_daily_quota_devices":{},"exceeded_daily_quota_users":{}}"#;
    Answer::json(429, body).after(seconds)
}

fn receive(request: &Request<'_>, settings: &Settings) -> Received {
    let mut intake = Intake::new(&settings.source, request.received_at);
    let body = json_in(request.body, &["identification", "event", "e"]);
    let mut key = match json::checked(&body) {
        Ok(text) => read(request, text, settings, &mut intake),
        Err(reason) => {
            intake.refuse(reason, request.body);
            None
        }
    };
    if key.is_none() {
        let in_form = std::str::from_utf8(request.body).ok().and_then(|form| form_value(form, "api_key"));
        key = in_form.filter(|key| !key.is_empty()).map(Secret::new);
    }
    let outcome = intake.finish();
    let unreadable = outcome.rejects.iter().find(|reject| reject.place.message.is_none());
    let answer = match unreadable {
        _ if settings.strict && !outcome.rejects.is_empty() => failed_records(&outcome),
        Some(reject) => fault(400, &format!("Invalid request: {}", reject.reason)),
        None => Answer::json(
            200,
            serde_json::json!({
                "code": 200,
                "events_ingested": outcome.messages - outcome.rejects.len(),
                "payload_size_bytes": request.body.len(),
                "server_upload_time": request.received_at.0.div_euclid(1_000),
            })
            .to_string(),
        ),
    };
    Received { key, outcome, answer }
}

/// Takes in the events of a body. Gives the key that stands in it.
fn read(request: &Request<'_>, text: &str, settings: &Settings, intake: &mut Intake) -> Option<Secret> {
    let piece = request.last_piece();
    let (mut events, mut key, mut sent) = (None, None, None);
    for (name, value) in Members::of(text) {
        match name.as_ref() {
            "api_key" => key = Json::read(value).as_text().filter(|key| !key.is_empty()).map(Secret::new),
            "client_upload_time" => sent = clock::time_if_any(Some(&Json::read(value))),
            "events" | "identification" => events = Some(value),
            _ => {}
        }
    }
    if events.is_none()
        && text.starts_with('{')
        && matches!(piece.as_str(), "httpapi" | "batch")
        && !text.contains("\"event_type\"")
    {
        intake.refuse(Reason::Missing("events"), request.body);
        return key;
    }
    let received = intake.received_at();
    let events = events.unwrap_or(text);
    intake.each(events, MOST_EVENTS, |event| {
        let kind = match (event.text("event_type"), piece.as_str()) {
            (_, "groupidentify") => "$groupidentify",
            (None, "identify") => "$identify",
            (kind, _) => kind.unwrap_or_default(),
        };
        said(event, kind, settings, received, sent)
    });
    key.or_else(|| {
        let first = json::object(Items::of(events).next()?).ok()?;
        first.text("api_key").map(Secret::new)
    })
}

/// What an event says: of a request, or of an export.
pub(crate) fn said(
    event: &Object<'_>,
    name: &str,
    settings: &Settings,
    received: Timestamp,
    sent: Option<Timestamp>,
) -> Result<Said, Fault> {
    if name.trim().is_empty() {
        return Err(Fault::at("/event_type", Reason::NoName("event_type")));
    }
    let dated = dated(event, received, sent)?;
    let message = values::id_in(event, "insert_id", "")?;
    if name == "$groupidentify" {
        return group(Said::by(Who::default(), dated, message), event, settings);
    }
    let device = values::id_in(event, "device_id", "")?;
    let user = values::id_in(event, "user_id", "")?;
    let mut who = Who { user, anonymous: device.clone(), ..Who::default() };
    settings.groups.place(event.get("groups"), &mut who, "/groups")?;
    if who == Who::default() {
        return Err(Reason::NoSubject("user_id and device_id").into());
    }
    let mut said = Said::by(who, dated, message);
    // An `insert_id` counts once for a device.
    said.sender = device;
    let (traits, left_out) = changes(event, "user_properties")?;
    said.left_out = left_out;
    if name == "$identify" {
        return Ok(said.traits("", SubjectKind::User, traits));
    }
    let name = values::name_of(name).map_err(|reason| Fault::at("/event_type", reason))?;
    let mut collected = Collected::default();
    let nothing = Object::default();
    let properties = event.object("event_properties").unwrap_or(&nothing);
    collected.take(properties, "", "/event_properties")?;
    let amount = amount(event, properties, settings);
    let has_person = said.who.user.is_some() || said.who.anonymous.is_some();
    let said = said.event(name, None, collected, amount);
    Ok(if has_person { said.traits_if_any("#traits", SubjectKind::User, traits) } else { said })
}

fn group(mut said: Said, event: &Object<'_>, settings: &Settings) -> Result<Said, Fault> {
    // In the API of its own the group is named by two members.
    let kind = match (event.text("group_type"), event.get("group_value")) {
        (Some(word), Some(id)) => settings.groups.place_one(word, id, &mut said.who),
        _ => {
            settings.groups.place(event.get("groups"), &mut said.who, "/groups")?;
            Ok(if said.who.account.is_some() {
                Some(SubjectKind::Account)
            } else {
                said.who.workspace.as_ref().map(|_| SubjectKind::Workspace)
            })
        }
    };
    let Some(kind) = kind.map_err(|reason| Fault::at("/group_value", reason))? else {
        return Err(Fault::at("/groups", OTHER_GROUP));
    };
    let (traits, left_out) = changes(event, "group_properties")?;
    said.left_out = left_out;
    Ok(said.traits("", kind, traits))
}

/// Traits that are set, and how many changes need the value before. Members without a `$` are set too.
fn changes(event: &Object<'_>, member: &str) -> Result<(Collected, u64), Fault> {
    let mut traits = Collected::default();
    let mut left_out = 0;
    let Some(changes) = event.object(member) else { return Ok((traits, 0)) };
    for name in ["$setOnce", "$set"] {
        if let Some(object) = changes.object(name) {
            traits.take(object, "", &format!("/{member}/{name}"))?;
        }
    }
    for (name, value) in &changes.members {
        match (name.as_ref(), value) {
            ("$set" | "$setOnce", _) => {}
            (name, Json::Object(object)) if name.starts_with('$') => left_out += object.members.len() as u64,
            (name, _) if name.starts_with('$') => left_out += 1,
            (name, value) => traits.put(name, value, &format!("/{member}/{name}"))?,
        }
    }
    Ok((traits, left_out))
}

/// `revenue`, or price times quantity; at the event or, as newer SDKs send it, among its properties.
fn amount(event: &Object<'_>, properties: &Object<'_>, settings: &Settings) -> Option<Money> {
    let get = |name: &str| event.get(name).or_else(|| properties.get(&format!("${name}")));
    let currency = event.text("currency").or_else(|| properties.text("$currency"));
    let currency = currency.unwrap_or(&settings.currency);
    if let Some(revenue) = get("revenue") {
        return values::money(Some(revenue), currency);
    }
    let price = values::money(get("price"), currency)?;
    let quantity = match get("quantity") {
        Some(Json::Numeral(digits)) => values::number(digits).ok()?,
        _ => Number::ONE,
    };
    Some(Money { amount: price.amount.times(quantity)?, currency: price.currency })
}

/// In milliseconds. A clock is held to be wrong from a minute on.
fn dated(event: &Object<'_>, received: Timestamp, sent: Option<Timestamp>) -> Result<Dated, Fault> {
    let at = |reason| Fault::at("/time", reason);
    let happened = event.get("time").map(clock::time).transpose().map_err(at)?;
    let is_off = |sent: &Timestamp| received.0.saturating_sub(sent.0).saturating_abs() >= MINUTE;
    clock::dated(received, sent.filter(is_off), happened).map_err(at)
}
