//! PostHog's batch exports of events: JSON lines, Parquet, or what a warehouse made of them as CSV.
//!
//! After PostHog's documentation "Batch exports". In Parquet and CSV `properties` is a text that holds JSON. What is so of the
//! person at the time (`person_properties`) is left: the events' own `$set` says it, as it does live.

use std::borrow::Cow;

use super::{Row, Vendor};
use crate::sources::Settings;
use crate::sources::clock;
use crate::sources::intake::Said;
use crate::sources::json::{self, Json, Object};
use crate::sources::posthog;
use crate::sources::reject::Fault;
use jiff::tz::TimeZone;

pub(super) const VENDOR: Vendor = Vendor {
    id: "posthog",
    name: "PostHog",
    doubts: "#account_group: company # the kind of group that is an account, if it is none of the usual words\n",
    is_row: |row| {
        ["uuid", "event", "distinct_id", "timestamp", "properties"].iter().all(|name| row.object.get(name).is_some())
    },
    says,
    received: |object| {
        let told = ["created_at", "_inserted_at", "inserted_at"];
        told.iter().find_map(|name| clock::time_if_any(object.get(name)))
    },
};

/// The members that say what happened, under their names in messages.
const MEMBERS: [(&str, &str); 7] = [
    ("uuid", "uuid"),
    ("event", "event"),
    ("distinct_id", "distinct_id"),
    ("timestamp", "timestamp"),
    ("properties", "properties"),
    ("set", "$set"),
    ("set_once", "$set_once"),
];

fn says(row: &Row<'_>, settings: &Settings, _: &TimeZone) -> Result<Option<Said>, Fault> {
    let mut members = Vec::with_capacity(MEMBERS.len());
    for (column, name) in MEMBERS {
        let Some(value) = row.object.get(column) else { continue };
        let value = match value {
            Json::Text(text) if matches!(name, "properties" | "$set" | "$set_once") => nested(text, column)?,
            value => value.clone(),
        };
        members.push((Cow::Borrowed(name), value));
    }
    let message = Object { text: row.object.text, members };
    // What stands beside the properties stands in them too.
    let within = message.object("properties").is_some_and(|inner| inner.get("$set").is_some());
    let twice = |name: &str| within && matches!(name, "$set" | "$set_once");
    let members = message.members.iter().filter(|(name, _)| !twice(name)).cloned().collect();
    posthog::said(&Object { text: message.text, members }, settings, row.received, None).map(Some)
}

fn nested<'a>(text: &'a str, column: &str) -> Result<Json<'a>, Fault> {
    if text.trim().is_empty() {
        return Ok(Json::Null);
    }
    let checked = json::checked(text.as_bytes()).map_err(|reason| Fault::at(format!("/{column}"), reason))?;
    Ok(Json::read(checked))
}
