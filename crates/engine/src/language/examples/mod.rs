//! A definition's own examples: small timelines with the expected outcome, written so that a growth manager
//! can read them.
//!
//! ```yaml
//! examples:
//!   - name: Three projects and two invites in the first week
//!     timeline:
//!       - 0d: Signed Up
//!       - 1d, 2d, 3d: Project Created
//!       - 3d 2h: { event: Member Invited, role: admin }
//!       - 5d: { traits: { plan: pro, account.employees: 80 } }
//!     expect: { qualified: 3d 2h }
//! ```

mod read;
mod run;

use std::sync::Arc;

pub(crate) use read::read;
pub use run::{Observed, Run, run};

use super::diagnostic::Place;
use crate::record::{Record, SubjectKind};
use crate::{Number, Timestamp};

/// An example of a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What times count from.
    pub start: Timestamp,
    /// How far is looked.
    pub until: Timestamp,
    /// Whose outcome is expected: the kind of the definition's subject.
    pub kind: SubjectKind,
    /// Its id.
    pub about: Arc<str>,
    /// What happened.
    pub records: Vec<Record>,
    /// The outcome.
    pub expect: Expectation,
}

/// What is expected of an example. `None`: it does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expectation {
    /// The entries' instants; empty: the subject never qualifies to buy.
    pub qualified: Vec<Timestamp>,
    /// The entries' exits; `None` in it: it has not ended by `until`.
    pub exits: Option<Vec<Option<Timestamp>>>,
    /// When the behaviour is first met, whatever the fit; `None` in it: never.
    pub to_use: Option<Option<Timestamp>>,
    /// The score at the first entry.
    pub score: Option<Number>,
    /// The band of that score; `None` in it: below all.
    pub band: Option<Option<Arc<str>>>,
    /// The value at the first entry.
    pub value: Option<Number>,
}
