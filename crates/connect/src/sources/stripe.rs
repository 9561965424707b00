//! Stripe's webhooks: subscriptions, invoices and checkouts as billing events.
//!
//! After Stripe's documentation "Receive Stripe events in your webhook endpoint" and the event types of its API. Stripe sends
//! again and in any order; an event's id makes it count once, and what it says is dated by its `created`.

mod billing;
mod money;
mod signature;

use super::answer::Answer;
use super::intake::{Intake, Received, Said};
use super::json::{self, Json, Object};
use super::reject::{Fault, Reason};
use super::request::Request;
use super::source::{Proof, Route, Settings, Source};
use super::{clock, values};

/// Stripe's own events have at most a few hundred KiB.
const BODY_BYTES: usize = 1 << 20;

/// Stripe.
pub(super) const SOURCE: Source = Source {
    id: "stripe",
    name: "Stripe",
    about: "Subscriptions, invoices and checkouts: add a webhook endpoint that points at Brix, and give Brix its signing secret.",
    proof: Proof::Signature,
    routes: &[Route::post("/", BODY_BYTES), Route::post("/webhook", BODY_BYTES)],
    receive,
    unauthorized: |_| fault(400, "the signature is missing or another's"),
    too_busy: |_, seconds| fault(429, "too many requests").after(seconds),
    too_large: |_| fault(413, "the event is larger than 1 MiB"),
};

fn fault(status: u16, message: &str) -> Answer {
    Answer::json(status, serde_json::json!({ "error": message }).to_string())
}

fn receive(request: &Request<'_>, settings: &Settings) -> Received {
    let mut intake = Intake::new(&settings.source, request.received_at);
    let mut refused = None;
    match signature::check(request, settings.signing_secret.as_ref()).and_then(|()| json::checked(request.body)) {
        Ok(text) => intake.take(text, json::object(text).and_then(|event| said(&event, settings, request))),
        Err(reason) => {
            refused = Some(fault(400, &reason.to_string()));
            intake.refuse(reason, request.body);
        }
    }
    // What is not taken is not sent again either: Stripe would for days.
    let answer = refused.unwrap_or_else(|| Answer::json(200, r#"{"received":true}"#));
    Received { key: None, outcome: intake.finish(), answer }
}

fn said(event: &Object<'_>, settings: &Settings, request: &Request<'_>) -> Result<Said, Fault> {
    let kind = event.text("type").ok_or_else(|| Fault::at("/type", Reason::NoId("type")))?;
    let message = values::id_in(event, "id", "")?.ok_or_else(|| Fault::at("/id", Reason::NoId("id of the event")))?;
    let at = |reason| Fault::at("/created", reason);
    let created = event.get("created").map(clock::time).transpose().map_err(at)?;
    let dated = clock::dated(request.received_at, None, created).map_err(at)?;
    let data = event.object("data");
    let object = data.and_then(|data| data.object("object"));
    let object = object.ok_or_else(|| Fault::at("/data/object", Reason::NoId("object")))?;
    let before = data.and_then(|data| data.object("previous_attributes"));
    let told = billing::told(kind, object, before)?;
    let who = billing::customer(object, &settings.customer)?;
    let mut said = Said::by(who, dated, Some(message));
    let mut told = told;
    if let Some(live @ Json::Boolean(false)) = event.get("livemode") {
        told.properties.put("livemode", live, "/livemode")?;
    }
    said = said.event(told.name.into(), Some(engine::record::EventKind::Billing), told.properties, told.amount);
    let of = settings.customer.is.subject();
    Ok(said.traits_if_any("#traits", of, billing::traits(kind, object, of)?))
}
