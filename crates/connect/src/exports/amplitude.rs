//! Amplitude's export: JSON lines, gzipped, in a zip archive; `123456/123456_2024-01-01_0#1.json.gz`.
//!
//! After Amplitude's documentation "Export API". Times have no zone and are UTC; `event_time` is already corrected.

use engine::Timestamp;

use super::{Row, Vendor};
use crate::sources::amplitude;
use crate::sources::clock;
use crate::sources::json::Object;

pub(super) const VENDOR: Vendor = Vendor {
    id: "amplitude",
    name: "Amplitude",
    doubts: "#currency: EUR # of revenue without one; USD if left out\n\
             #account_group: company # the kind of group that is an account, if it is none of the usual words\n",
    is_row: |row| row.object.get("event_type").is_some() && row.object.get("event_time").is_some(),
    says: |row, settings, _| {
        let message = message(row);
        let name = message.text("event_type").unwrap_or_default();
        amplitude::said(&message, name, settings, row.received, None).map(Some)
    },
    received,
};

/// The event as the SDKs send it. One that they sent without an `insert_id` is known by Amplitude's own `uuid`.
fn message<'a>(row: &Row<'a>) -> Object<'a> {
    let has_id = row.object.get("$insert_id").is_some();
    let mut members = Vec::with_capacity(row.object.members.len());
    for (name, value) in &row.object.members {
        let name = match name.as_ref() {
            "event_time" => "time".into(),
            "$insert_id" if has_id => "insert_id".into(),
            "uuid" if !has_id => "insert_id".into(),
            "time" | "insert_id" => continue,
            _ => name.clone(),
        };
        members.push((name, value.clone()));
    }
    Object { text: row.object.text, members }
}

fn received(object: &Object<'_>) -> Option<Timestamp> {
    ["server_upload_time", "server_received_time"].iter().find_map(|name| clock::time_if_any(object.get(name)))
}
