//! What vendors send over HTTP, turned into records. Pure: no network, no clock, no key is looked up here.
//!
//! The way of a request: the server unpacks it, finds the [`Source`] by its mount and the [`Route`] by its path ·
//! [`Source::receive`] reads the key and turns every message into [`Record`](engine::record::Record)s or one [`Reject`] · the server
//! looks the key up, keeps the outcome, and then sends the answer, which is the one that the vendor's client waits for.
//!
//! Invariants: each message of a request ends as records or as a reject, and is counted; a message gives all its records or
//! none; the same request gives the same records with the same ids each time; nothing panics, whatever the bytes.
//!
//! A source is a folder or file that declares a [`Source`], and a line in [`all`]. `docs/sources.md` says what each takes.

pub mod limits;

pub(crate) mod amplitude;
mod answer;
pub(crate) mod clock;
mod crm;
mod groups;
pub(crate) mod intake;
pub(crate) mod json;
mod mapped;
pub(crate) mod mixpanel;
pub(crate) mod posthog;
mod pushed;
pub(crate) mod reject;
mod request;
mod rows;
mod segment;
mod source;
mod stripe;
pub(crate) mod values;

pub use answer::Answer;
pub use groups::Groups;
pub use intake::{Changed, Outcome, Received};
pub use reject::{Place, Reason, Reject};
pub use request::{Headers, Method, Request};
pub use source::{Customer, CustomerIs, Proof, Route, Settings, Source};

/// Every source.
#[must_use]
pub fn all() -> &'static [Source] {
    const {
        &[
            segment::SOURCE,
            segment::family::RUDDERSTACK_SOURCE,
            segment::family::JITSU_SOURCE,
            segment::family::CUSTOMERIO_SOURCE,
            posthog::SOURCE,
            amplitude::SOURCE,
            mixpanel::SOURCE,
            stripe::SOURCE,
            crm::HUBSPOT,
            crm::SALESFORCE,
            rows::SOURCE,
            mapped::SOURCE,
        ]
    }
}

/// The source of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Source> {
    all().iter().find(|source| source.id == id)
}
