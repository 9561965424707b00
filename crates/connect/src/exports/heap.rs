//! Heap Connect's files on S3: Avro, a folder for each table: `users`, `user_migrations`, `sessions`, `pageviews`, one for each event.
//!
//! After Heap's documentation "S3 integration". Heap's `user_id` is a visitor's; `identity` is the product's own id.

use std::sync::Arc;

use engine::Timestamp;
use engine::record::{SubjectKind, Who};
use jiff::tz::TimeZone;

use super::{Row, Vendor};
use crate::sources::Settings;
use crate::sources::clock;
use crate::sources::intake::Said;
use crate::sources::reject::{Fault, Reason};
use crate::sources::values::{self, Collected};

pub(super) const VENDOR: Vendor = Vendor {
    id: "heap",
    name: "Heap",
    doubts: "#account_group: company_id # the column of events that names their account\n",
    is_row: |row| {
        let has = |name: &str| row.object.get(name).is_some();
        (has("user_id") && has("session_id") && has("time"))
            || (has("from_user_id") && has("to_user_id"))
            || (row.table == "users" && has("user_id") && (has("joindate") || has("last_modified")))
    },
    says,
    // Heap does not tell when it received an event.
    received: |_| None,
};

fn says(row: &Row<'_>, settings: &Settings, _: &TimeZone) -> Result<Option<Said>, Fault> {
    match row.table {
        "users" => user(row).map(Some),
        "user_migrations" => migration(row).map(Some),
        _ => event(row, settings).map(Some),
    }
}

/// A row of `users` says who a visitor is, and how things stood when it was last changed.
fn user(row: &Row<'_>) -> Result<Said, Fault> {
    let who = Who {
        user: values::id_in(row.object, "identity", "")?,
        anonymous: Some(needed(row, "user_id")?),
        ..Who::default()
    };
    let name = if row.object.get("last_modified").is_some() { "last_modified" } else { "joindate" };
    let dated = clock::dated(row.received, None, Some(time(row, name)?));
    let dated = dated.map_err(|reason| Fault::at(format!("/{name}"), reason))?;
    let mut traits = Collected::default();
    traits.take_except(row.object, "", "", &["user_id", "identity", "last_modified"])?;
    Ok(Said::by(who, dated, None).traits("", SubjectKind::User, traits))
}

/// Two visitors turned out to be one.
fn migration(row: &Row<'_>) -> Result<Said, Fault> {
    let previous = needed(row, "from_user_id")?;
    let who = Who { user: Some(needed(row, "to_user_id")?), ..Who::default() };
    // The table tells who is whom, and of late also since when.
    let since = ["time", "last_modified"].into_iter().find(|name| row.object.get(name).is_some());
    let happened = since.map_or(Ok(Timestamp::EARLIEST), |name| time(row, name))?;
    let dated = clock::dated(row.received, None, Some(happened)).map_err(|reason| Fault::at("/time", reason))?;
    Ok(Said::by(who, dated, Some(format!("user_migrations:{previous}").into())).alias(previous))
}

/// Columns that say something else than what happened.
const NOT_PROPERTIES: [&str; 4] = ["user_id", "event_id", "session_id", "time"];

fn event(row: &Row<'_>, settings: &Settings) -> Result<Said, Fault> {
    let (name, id) = match row.table {
        "pageviews" => ("Page Viewed", "event_id"),
        "sessions" => ("Session Started", "session_id"),
        table => (table, "event_id"),
    };
    let name = values::name_of(name).map_err(Fault::from)?;
    let mut who = Who { anonymous: Some(needed(row, "user_id")?), ..Who::default() };
    who.account = settings.groups.account_in(row.object)?;
    let dated =
        clock::dated(row.received, None, Some(time(row, "time")?)).map_err(|reason| Fault::at("/time", reason))?;
    // One event of the page may be in the tables of several defined events.
    let message = values::id_in(row.object, id, "")?.map(|id| Arc::from(format!("{}:{id}", row.table)));
    let mut collected = Collected::default();
    collected.take_except(row.object, "", "", &NOT_PROPERTIES)?;
    Ok(Said::by(who, dated, message).event(name, None, collected, None))
}

fn needed(row: &Row<'_>, name: &'static str) -> Result<Arc<str>, Fault> {
    values::id_in(row.object, name, "")?.ok_or_else(|| Fault::at(format!("/{name}"), Reason::NoSubject(name)))
}

fn time(row: &Row<'_>, name: &'static str) -> Result<Timestamp, Fault> {
    let at = |reason| Fault::at(format!("/{name}"), reason);
    let value = row.object.get(name).ok_or_else(|| at(Reason::Missing(name)))?;
    clock::time(value).map_err(at)
}
