//! Identity: who is meant by the ids that records carry, and who belongs together.
//!
//! Everything here works on codes of ids (see [`Ids`]) and is a pure function of the set of facts: the order in
//! which they arrived changes nothing. Users' and anonymous ids share one dictionary of *person ids*, because an
//! anonymous id that is never tied is a person of its own and an alias may name either.
//!
//! - [`Identity`]: ties and aliases → the person behind a row.
//! - [`Bond`] and [`Households`]: who has to be read together.
//! - [`Belonging`]: inside a household, memberships and each row's account.

mod belonging;
mod dictionary;
mod households;
mod links;
mod persons;

pub(crate) use belonging::Joining;
pub use belonging::{Belonging, EmailFact, Statement};
pub use dictionary::IdDictionary;
pub use households::{Bond, HouseholdKey, Households};
pub use links::{Link, Links};
pub use persons::{Alias, Identity, Tie};

use crate::household::Code;

/// The texts of one kind of id, by code from 1 on; code 0 is "none" and an empty text.
pub trait Ids {
    /// The text of a code; empty for 0 and for codes that are not there.
    fn text(&self, code: Code) -> &str;
}

/// When a statement takes effect: at its receipt, and where that is not known at its own time.
#[must_use]
pub fn known_at(at: i64, received: Option<i64>) -> i64 {
    received.map_or(at, |received| received.max(at))
}
