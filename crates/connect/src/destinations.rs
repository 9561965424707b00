//! Where leads go. Pure mapping: no network, no clock, no state.
//!
//! The way of an action: it stands in the outbox as a [`Message`] · the owner's [`Settings`] made a [`Connector`] ·
//! [`Connector::outgoing`] turns both into one request · the caller sends it · [`Connector::verdict`] says what the answer means. Who
//! sends, when, and how often is the caller's affair.
//!
//! Invariants: the same action gives the same body each time it is sent, with the same key; no body is larger than its destination
//! takes; what a person or product wrote cannot become markup or a command there; no secret is seen in `Debug` or in an error.
//!
//! A destination is a folder that declares a [`Destination`], and a line in [`all`]. `docs/destinations.md` says what each sends.

mod answer;
mod destination;
mod key;
mod message;
mod outgoing;
mod settings;
mod slack;
mod webhook;

pub use answer::{Answer, Verdict};
pub use destination::{Connected, Connector, Destination, Dispatch, Field, Pace, Unsendable};
pub use key::key;
pub use message::{Definition, Kind, Message, Money, Score, Subject};
pub use outgoing::{Method, Outgoing};
pub use settings::{Fault, Settings};

/// Every destination.
#[must_use]
pub fn all() -> &'static [Destination] {
    const { &[webhook::DESTINATION, slack::DESTINATION] }
}

/// The destination of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Destination> {
    all().iter().find(|destination| destination.id == id)
}

#[cfg(test)]
mod tests {
    use super::{all, find};

    #[test]
    fn ids_are_unique_and_found() {
        for destination in all() {
            assert_eq!(find(destination.id).map(|found| found.name), Some(destination.name));
            assert!(destination.fields.iter().any(|field| field.name == "url" && field.is_needed));
        }
        assert!(find("carrier-pigeon").is_none());
    }
}
