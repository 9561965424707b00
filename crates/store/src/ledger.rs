//! The ledger: what was made of the log. Leads, what is to be told to the outside, and how far the log has been processed.
//!
//! All three change in one transaction ([`Ledger::commit`]), so that a processor that dies and starts again can neither lose nor
//! repeat anything: it goes on after the committed offset, and a commit at or below it changes nothing.

pub mod action;
pub mod erasures;
pub mod lead;
pub mod listing;
pub mod rejects;

use self::action::{NewAction, Outbox};
use self::erasures::{Erasure, Erasures};
use self::lead::{Brief, Change, Lead, LeadChange, LeadState, Note};
use self::listing::{LeadFilter, LeadPage, PageRequest};
use self::rejects::{Reject, Rejects};
use crate::error::Result;

/// What processing the log up to an offset has brought. All of it is kept, or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Commit {
    /// Offset of the last entry of the log that has been processed.
    pub offset: u64,
    /// Changes of leads, in order.
    pub leads: Vec<LeadChange>,
    /// What is to be told to destinations; what is already there by its key stays as it is.
    pub actions: Vec<NewAction>,
    /// Leads of which nothing that has not been sent may be sent any more.
    pub cancelled: Vec<u64>,
    /// Input that could not be processed.
    pub rejects: Vec<Reject>,
    /// Erasures that begin.
    pub erasures: Vec<Erasure>,
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is durable.
    Now,
    /// Its offset was committed before; nothing has changed.
    Before,
}

/// Leads, outbox, rejected input and the processor's offset.
pub trait Ledger: Outbox + Rejects + Erasures {
    /// Makes everything durable in one transaction.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] if a lead that changes is not there, [`crate::Error::Taken`] if a new lead's number is not
    /// [`Ledger::next_lead`] or above; and if it cannot be written. Then nothing has changed.
    fn commit(&self, commit: &Commit) -> Result<Committed>;

    /// Offset of the last commit; 0 before the first.
    ///
    /// # Errors
    /// If it cannot be read.
    fn offset(&self) -> Result<u64>;

    /// The number of the next new lead. Numbers are never given again, also not those of erased leads.
    ///
    /// # Errors
    /// If it cannot be read.
    fn next_lead(&self) -> Result<u64>;

    /// A lead; none if it was erased.
    ///
    /// # Errors
    /// If it cannot be read.
    fn lead(&self, id: u64) -> Result<Option<Lead>>;

    /// The evidence of a lead, as it was given.
    ///
    /// # Errors
    /// If it cannot be read.
    fn evidence(&self, lead: u64) -> Result<Option<String>>;

    /// A page of leads.
    ///
    /// # Errors
    /// If it cannot be read.
    fn leads(&self, filter: &LeadFilter, page: &PageRequest) -> Result<LeadPage>;

    /// How many leads of the filter are in each state (the filter's own state is left aside), by the states' words.
    ///
    /// # Errors
    /// If it cannot be read.
    fn counts(&self, filter: &LeadFilter) -> Result<Vec<(String, u64)>>;

    /// The least that a processor must know of every lead that was not erased.
    ///
    /// # Errors
    /// If it cannot be read.
    fn briefs(&self) -> Result<Vec<Brief>>;

    /// What people wrote about a lead, the oldest first.
    ///
    /// # Errors
    /// If it cannot be read.
    fn notes(&self, lead: u64) -> Result<Vec<Note>>;

    /// Changes of all leads after the one with this number, in order, at most so many. Reading on from the last number that was
    /// read misses none.
    ///
    /// # Errors
    /// If it cannot be read.
    fn changes(&self, after: u64, most: usize) -> Result<Vec<Change>>;

    /// The number of the latest change; 0 if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    fn last_change(&self) -> Result<u64>;

    /// All changes of a lead, in order.
    ///
    /// # Errors
    /// If it cannot be read.
    fn history(&self, lead: u64) -> Result<Vec<Change>>;

    /// Makes sure that nothing of what was erased ([`lead::What::Erased`]) can be read from the files any more. Takes as long as
    /// writing them anew.
    ///
    /// # Errors
    /// If it cannot be written, or somebody is reading for long.
    fn scrub(&self) -> Result<()>;
}

/// The words of a closed set, as they stand in the files.
macro_rules! words {
    ($(#[$about:meta])* $name:ident: $($(#[$about_one:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$about_one])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The one with this word.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}
pub(crate) use words;

impl LeadState {
    /// The words of all states.
    pub const WORDS: [&str; 7] = ["new", "working", "accepted", "refused", "snoozed", "converted", "lapsed"];
}
