//! What the evaluator reads: a connected group of subjects with all their events, as columns.

use std::sync::Arc;

use crate::record::{EventKind, SubjectKind};
use crate::{Number, Timestamp, Value};

/// A subject's number in a history; 0 is "none". Users, accounts and workspaces are counted apart.
pub type Code = u32;

/// A user, account or workspace of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its number.
    pub code: Code,
}

/// An entry of a history's dictionary of event names: after aliases, with its kind. Its place is its code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct EventName {
    /// The name.
    pub name: Arc<str>,
    /// The kind.
    pub kind: EventKind,
}

/// Everything about users, accounts and workspaces that touch each other, identity already resolved: an
/// account with its members, or one person alone. No subject is in two households.
///
/// Events are rows, sorted by (user, time); at one time in any order. All row columns have one length.
#[derive(Clone, Copy)]
pub struct Household<'a> {
    /// When, in microseconds since the epoch.
    pub times: &'a [i64],
    /// Codes of [`EventName`]s.
    pub names: &'a [u32],
    /// Runs of rows of one user each, in row order, covering all rows; user 0: an account's own events.
    pub users: &'a [Run],
    /// Each row's account (its own group, else the user's membership at that time); `None`: no accounts at all.
    pub accounts: Option<&'a [Code]>,
    /// Each row's workspace; `None`: no workspaces at all.
    pub workspaces: Option<&'a [Code]>,
    /// When each row took effect for its user: the later of its receipt and that of the tie that gives it to him.
    /// `None`: known at once.
    pub known: Option<&'a [i64]>,
    /// When each row took effect for its account: the later of `known` and the receipt of the membership that gives it to the
    /// account. `None`: as `known`.
    pub known_to_account: Option<&'a [i64]>,
    /// Values of the properties that the program needs.
    pub properties: &'a dyn PropertySource,
    /// Traits that the program needs, of every subject of the household, sorted by time.
    pub traits: &'a [TraitFact],
    /// Who belongs where, sorted by time.
    pub memberships: &'a [Membership],
    /// The ids behind the codes.
    pub directory: &'a dyn Directory,
}

/// The rows `start..end` are one user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Whose; 0: nobody's.
    pub user: Code,
    /// The first row.
    pub start: usize,
    /// Behind the last row.
    pub end: usize,
}

/// A trait's value from an instant on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TraitFact {
    /// From when on; [`Timestamp::MIN`] for a constant.
    pub at: Timestamp,
    /// When that was known; [`Timestamp::MIN`] if at once or always.
    pub known: Timestamp,
    /// Whose.
    pub of: Subject,
    /// Which: the index in [`Needs::traits`].
    pub slot: u32,
    /// What. At one instant several values of one trait: the largest holds.
    pub value: Value,
}

/// A user joins or leaves an account, or a workspace is its account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Membership {
    /// From when on.
    pub at: Timestamp,
    /// When that was known.
    pub known: Timestamp,
    /// The user or workspace.
    pub member: Subject,
    /// The account.
    pub account: Code,
    /// It leaves.
    pub leaves: bool,
}

/// Reads a property of a row.
pub trait PropertySource {
    /// The value of property `slot` (the index in [`Needs::properties`]) of a row, `None` where it has none.
    fn value(&self, row: usize, slot: u32) -> Option<Value>;

    /// The same as a number, without building a value.
    fn number(&self, row: usize, slot: u32) -> Option<Number> {
        self.value(row, slot)?.as_number()
    }
}

/// No properties at all.
pub struct NoProperties;

impl PropertySource for NoProperties {
    fn value(&self, _row: usize, _slot: u32) -> Option<Value> {
        None
    }
}

/// Knows the ids behind codes.
pub trait Directory {
    /// The id by which people know the subject.
    fn id(&self, subject: Subject) -> &str;
    /// Whether a text is one of a user's ids (its own, aliases, anonymous ids tied to it).
    fn is_id_of(&self, user: Code, id: &str) -> bool;
}

/// What a program reads: nothing else has to be fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Event properties, by slot.
    pub properties: Vec<Arc<str>>,
    /// Traits, by slot: kind of owner and name.
    pub traits: Vec<(SubjectKind, Arc<str>)>,
    /// Whether rows must carry accounts and memberships.
    pub accounts: bool,
    /// Whether rows must carry workspaces.
    pub workspaces: bool,
    /// Whether something is compared with the ids of whoever did it: then one id more may change what is long past.
    pub user_ids: bool,
}
