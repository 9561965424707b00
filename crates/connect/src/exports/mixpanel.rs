//! Mixpanel's raw export of events and its export of profiles: JSON lines.
//!
//! After Mixpanel's reference "Raw Event Export": times of projects from before 2023 are seconds of the wall clock of the project's
//! zone, as if that were UTC. `distinct_id` is who the person turned out to be; who sent the event stands in
//! `$distinct_id_before_identity`, and `$identify` and `$create_alias` events tie the two as they do live.

use std::borrow::Cow;

use engine::Timestamp;
use jiff::tz::TimeZone;

use super::{Row, Vendor};
use crate::files::field::Field;
use crate::files::time::{TimeFormat, TimeReader};
use crate::sources::Settings;
use crate::sources::clock;
use crate::sources::intake::Said;
use crate::sources::json::{Json, Object};
use crate::sources::mixpanel;
use crate::sources::reject::{Fault, Reason};

pub(super) const VENDOR: Vendor = Vendor {
    id: "mixpanel",
    name: "Mixpanel",
    doubts: "zone: UTC # ? the project's own zone, if the project is from before 2023: its exports state times on that zone's clock\n\
             #account_group: company_id # the property of events that names their account\n",
    is_row: |row| {
        let has = |name: &str| row.object.get(name).is_some();
        let is_event = has("event") && row.object.object("properties").is_some_and(|inner| inner.get("time").is_some());
        is_event || (has("$distinct_id") && row.object.object("$properties").is_some())
    },
    says,
    received: |object| clock::time_if_any(object.object("properties")?.get("mp_processing_time_ms")),
};

/// What Mixpanel adds to events when it takes them in; said nowhere else, and nothing that happened.
const ADDED: [&str; 6] = [
    "mp_processing_time_ms",
    "$distinct_id_before_identity",
    "$mp_api_endpoint",
    "$mp_api_timestamp_ms",
    "mp_sent_by_lib_version",
    "$import",
];

fn says(row: &Row<'_>, settings: &Settings, zone: &TimeZone) -> Result<Option<Said>, Fault> {
    if let Some(properties) = row.object.object("$properties") {
        return profile(row, properties).map(Some);
    }
    let Some(properties) = row.object.object("properties") else {
        return Err(Fault::at("/properties", Reason::Missing("properties")));
    };
    let sent_by = properties.get("$distinct_id_before_identity");
    let mut members = Vec::with_capacity(properties.members.len());
    for (name, value) in &properties.members {
        let value = match (name.as_ref(), sent_by) {
            ("time", _) => Json::Text(Cow::Owned(instant(value, zone)?.to_string())),
            ("distinct_id", Some(id)) => id.clone(),
            (name, _) if ADDED.contains(&name) => continue,
            _ => value.clone(),
        };
        members.push((name.clone(), value));
    }
    let inner = Json::Object(Object { text: properties.text, members });
    let event = row.object.get("event").cloned().unwrap_or(Json::Null);
    let message =
        Object { text: row.object.text, members: vec![("event".into(), event), ("properties".into(), inner)] };
    mixpanel::event(&message, settings, row.received).map(Some)
}

/// The instant at which the zone's clock showed the time that the seconds would be in UTC.
fn instant(value: &Json<'_>, zone: &TimeZone) -> Result<Timestamp, Fault> {
    let at = |reason| Fault::at("/properties/time", reason);
    let shown = clock::time(value).map_err(at)?;
    let mut reader = TimeReader::new(TimeFormat::Iso, zone.clone(), None);
    reader.instant(Field::Clock(shown.0)).map_err(|_| at(Reason::TimeOutOfRange(shown.to_string())))
}

/// A profile says how things stood when it was last changed.
fn profile(row: &Row<'_>, properties: &Object<'_>) -> Result<Said, Fault> {
    let id = row.object.get("$distinct_id").cloned().unwrap_or(Json::Null);
    let Some(seen) = properties.get("$last_seen") else {
        return Err(Fault::at(
            "/$properties/$last_seen",
            Reason::Missing("$last_seen, from which the traits are dated"),
        ));
    };
    let left = |name: &str| name == "$last_seen" || name == "$distinct_id";
    let members = properties.members.iter().filter(|(name, _)| !left(name)).cloned().collect();
    let set = Json::Object(Object { text: properties.text, members });
    let members = vec![("$distinct_id".into(), id), ("$time".into(), seen.clone()), ("$set".into(), set)];
    let message = Object { text: row.object.text, members };
    mixpanel::profile(&message, row.received)
}
