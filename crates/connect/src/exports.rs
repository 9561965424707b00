//! Files that a vendor's own export wrote, read without a mapping: each row becomes the message that the vendor's client
//! would have sent, and goes through the same functions as that ([`crate::sources`]).
//!
//! So a history that is imported and the same sent live give the same records with the same ids, and count once, if the
//! import's source has the name of the live one.
//!
//! The way of a row: `rows` reads files of any format as JSON objects · the vendor's `message` names what it says ·
//! the intake of the live sources makes records of it · they go into a [`Batch`](engine::batch::Batch), or the row is a
//! [`Reject`](crate::files::Reject) with its place.
//!
//! A vendor is a file that declares a [`Vendor`], and a line in [`all`].

mod amplitude;
mod guess;
mod heap;
mod import;
mod mixpanel;
mod plan;
mod posthog;
mod rows;

use engine::Timestamp;
use jiff::tz::TimeZone;

use crate::sources::intake::Said;
use crate::sources::json::Object;
use crate::sources::reject::Fault;
use crate::sources::{Groups, Settings};

pub use guess::guess;
pub use import::Exported;
pub use plan::{Plan, vendor_of};

/// A vendor whose exports are read.
#[derive(Debug, Clone, Copy)]
pub struct Vendor {
    /// Its word in commands and mappings: that of its live source, if it has one.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What a mapping that is proposed should say beside the vendor: lines with remarks.
    pub doubts: &'static str,
    /// Whether an object is a row of its exports.
    is_row: fn(&Row<'_>) -> bool,
    /// What a row says; `None` if it says nothing on purpose.
    says: fn(&Row<'_>, &Settings, &TimeZone) -> Result<Option<Said>, Fault>,
    /// When the vendor received what the row says, if it tells.
    received: fn(&Object<'_>) -> Option<Timestamp>,
}

/// A row of an export.
#[derive(Debug, Clone, Copy)]
struct Row<'a> {
    object: &'a Object<'a>,
    /// The table that the file is of: its folder's name, or its own.
    table: &'a str,
    /// When it was received; the end of all times where the export does not tell.
    received: Timestamp,
}

/// Every vendor.
#[must_use]
pub fn all() -> &'static [Vendor] {
    const { &[amplitude::VENDOR, mixpanel::VENDOR, posthog::VENDOR, heap::VENDOR] }
}

/// The vendor of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Vendor> {
    all().iter().find(|vendor| vendor.id == id)
}

/// What an owner says of an export beside its vendor.
fn settings(source: &str, currency: Option<String>, groups: Groups) -> Settings {
    let mut settings = Settings::of(source);
    settings.groups = groups;
    if let Some(currency) = currency {
        settings.currency = currency.into();
    }
    settings
}
