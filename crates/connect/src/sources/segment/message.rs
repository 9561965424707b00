//! One message of Segment's spec as what it says.

use std::sync::Arc;

use engine::Timestamp;
use engine::record::{SubjectKind, Who};

use super::{Dialect, consent};
use crate::sources::clock::{self, Dated};
use crate::sources::intake::Said;
use crate::sources::json::{Json, Object};
use crate::sources::reject::{Fault, Reason, shown};
use crate::sources::values::{self, Collected};

/// The kinds of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Identify,
    Track,
    Page,
    Screen,
    Group,
    Alias,
}

impl Kind {
    /// By its word, or its letter in the paths of browsers.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "identify" | "i" => Self::Identify,
            "track" | "t" => Self::Track,
            "page" | "p" => Self::Page,
            "screen" | "s" => Self::Screen,
            "group" | "g" => Self::Group,
            "alias" | "a" => Self::Alias,
            _ => return None,
        })
    }
}

/// What a message is read by, beside itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) dialect: &'a Dialect,
    /// What stands beside the batch: the `context` and `sentAt` of all its messages.
    pub(super) envelope: &'a Object<'a>,
    /// What the path says.
    pub(super) kind: Option<Kind>,
    pub(super) received_at: Timestamp,
}

/// What a message says.
pub(super) fn said(message: &Object<'_>, frame: &Frame<'_>) -> Result<Said, Fault> {
    let kind = kind_of(message, frame)?;
    let context = Context { own: message.object("context"), shared: frame.envelope.object("context") };
    let account = match kind {
        Kind::Group => values::id_in(message, "groupId", "")?,
        _ => values::id(context.get("groupId")).map_err(|reason| Fault::at("/context/groupId", reason))?,
    };
    let who = Who {
        user: values::id_in(message, "userId", "")?,
        anonymous: values::id_in(message, "anonymousId", "")?,
        account,
        workspace: None,
    };
    if who == Who::default() {
        let wanted = if kind == Kind::Group { "groupId" } else { "userId and anonymousId" };
        return Err(Reason::NoSubject(wanted).into());
    }
    let dated = dated(message, frame)?;
    let said = Said::by(who, dated, values::id_in(message, "messageId", "")?);
    match kind {
        Kind::Identify => {
            // What traits say themselves goes before what is stamped on every message.
            let mut traits = consent::of(&said, kind, None, &context).unwrap_or_default();
            // RudderStack's clients put them into the context.
            if let Some(Json::Object(object)) = context.get("traits") {
                traits.take(object, "", "/context/traits")?;
            }
            take(&mut traits, message, "traits")?;
            Ok(said.traits("", SubjectKind::User, traits))
        }
        Kind::Group => {
            if said.who.account.is_none() {
                return Err(Fault::at("/groupId", Reason::NoId("groupId")));
            }
            let mut traits = Collected::default();
            take(&mut traits, message, "traits")?;
            let consent = consent::of(&said, kind, None, &context);
            Ok(with(said.traits("", SubjectKind::Account, traits), consent))
        }
        Kind::Alias => {
            if said.who.user.is_none() {
                return Err(Fault::at("/userId", Reason::NoId("userId")));
            }
            let previous = values::id_in(message, "previousId", "")?;
            // Browsers leave the previous id out where it is the visitor's.
            let previous = previous.or_else(|| said.who.anonymous.clone());
            let previous = previous.ok_or_else(|| Fault::at("/previousId", Reason::NoId("previousId")))?;
            let who = Who { anonymous: None, ..said.who };
            Ok(Said { who, ..said }.alias(previous))
        }
        Kind::Track | Kind::Page | Kind::Screen => {
            let name = match kind {
                Kind::Page => Arc::from("Page Viewed"),
                Kind::Screen => Arc::from("Screen Viewed"),
                _ => values::name_in(message, "event")?,
            };
            let consent = consent::of(&said, kind, Some(&name), &context);
            Ok(with(event(said, name, message, &context)?, consent))
        }
    }
}

/// With what the person agrees to, if there is news of it.
fn with(said: Said, consent: Option<Collected>) -> Said {
    consent.into_iter().fold(said, |said, consent| said.traits("#consent", SubjectKind::User, consent))
}

fn kind_of(message: &Object<'_>, frame: &Frame<'_>) -> Result<Kind, Fault> {
    match message.get("type") {
        Some(Json::Text(word)) => Kind::of(word).ok_or_else(|| Fault::at("/type", Reason::UnknownKind(shown(word)))),
        Some(other) => {
            Err(Fault::at("/type", Reason::WrongType { expected: "a kind of message", found: other.word() }))
        }
        None => frame.kind.ok_or_else(|| Fault::at("/type", Reason::NoId("type"))),
    }
}

/// By Segment's rule, with the batch's time of sending before the message's, as it is the later one.
fn dated(message: &Object<'_>, frame: &Frame<'_>) -> Result<Dated, Fault> {
    let timestamp = message.get("timestamp");
    let original = message.get("originalTimestamp");
    let sent = clock::time_if_any(frame.envelope.get("sentAt")).or_else(|| clock::time_if_any(message.get("sentAt")));
    let (name, happened, sent) = match (timestamp, original) {
        (Some(timestamp), Some(_)) if frame.dialect.corrected_by_sender => ("/timestamp", Some(timestamp), None),
        (_, Some(original)) => ("/originalTimestamp", Some(original), sent),
        (timestamp, None) => ("/timestamp", timestamp, sent),
    };
    let at = |reason| Fault::at(name, reason);
    let happened = match happened {
        Some(Json::Text(text)) if text.is_empty() => None,
        Some(time) => Some(clock::time(time).map_err(at)?),
        None => None,
    };
    clock::dated(frame.received_at, sent, happened).map_err(at)
}

/// The context of a message over that of its batch.
pub(super) struct Context<'a, 'text> {
    own: Option<&'a Object<'text>>,
    shared: Option<&'a Object<'text>>,
}

impl<'a, 'text> Context<'a, 'text> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Json<'text>> {
        self.own.and_then(|own| own.get(name)).or_else(|| self.shared.and_then(|shared| shared.get(name)))
    }
}

/// Takes in a member that is an object; other kinds of values are not what the spec allows there.
fn take(collected: &mut Collected, message: &Object<'_>, member: &'static str) -> Result<(), Fault> {
    let pointer = format!("/{member}");
    match message.get(member) {
        None => Ok(()),
        Some(Json::Object(object)) => collected.take(object, "", &pointer),
        Some(Json::TooDeep) => Err(Fault::at(pointer, Reason::TooDeep)),
        Some(other) => Err(Fault::at(pointer, Reason::WrongType { expected: "an object", found: other.word() })),
    }
}

/// The members of `context.campaign` under the names that all of Brix knows campaigns by.
const CAMPAIGN: [(&str, &str); 5] = [
    ("source", "utm_source"),
    ("name", "utm_campaign"),
    ("medium", "utm_medium"),
    ("term", "utm_term"),
    ("content", "utm_content"),
];

fn event(said: Said, name: Arc<str>, message: &Object<'_>, context: &Context<'_, '_>) -> Result<Said, Fault> {
    let mut collected = Collected::default();
    if let Some(Json::Object(campaign)) = context.get("campaign") {
        for (member, name) in CAMPAIGN {
            if let Some(value) = campaign.get(member) {
                collected.put(name, value, "/context/campaign")?;
            }
        }
    }
    // Of pages and screens; a property of the same name holds the same, or is meant to differ.
    if matches!(name.as_ref(), "Page Viewed" | "Screen Viewed") {
        for member in ["category", "name"] {
            if let Some(value) = message.get(member) {
                collected.put(member, value, &format!("/{member}"))?;
            }
        }
    }
    take(&mut collected, message, "properties")?;
    let properties = message.object("properties");
    let amount = properties.and_then(|properties| {
        // An order's `total` is what was paid; `revenue` leaves taxes and shipping out, and goes before it as in Segment's spec.
        let total = if name.starts_with("Order ") { properties.get("total") } else { None };
        let currency = properties.text("currency").unwrap_or("USD");
        values::money(properties.get("revenue").or(total), currency)
    });
    Ok(said.event(name, None, collected, amount))
}
