//! What stands in the log: one entry is one fact that the server has accepted.
//!
//! An entry is the format's version (one byte), then the fact in postcard's wire format. The kinds of facts are numbered by their
//! order here: new ones go to the end.

use engine::Timestamp;
use engine::record::Record;
use serde::{Deserialize, Serialize};
use store::ledger::lead::LeadState;

use super::activation::Activation;
use super::erasure::Asked;
use super::silence::Silence;

/// The version that [`Entry::encode`] writes first.
pub const ENTRY_VERSION: u8 = 1;

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A source has said something; the record carries its time of receipt.
    Record(Box<Record>),
    /// Time has passed: something was due.
    Tick(Timestamp),
    /// Somebody did something to a lead.
    Lead {
        /// The lead.
        lead: u64,
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
        /// What.
        what: LeadAct,
    },
    /// Other definitions are in force from here on.
    Activation(Box<Activation>),
    /// Somebody is to be erased.
    Erasure(Box<Asked>),
    /// Those have been silent for long, and are to go.
    Silence(Box<Silence>),
}

/// What people do to leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeadAct {
    /// Where they have got with it.
    State(LeadState),
    /// Who is responsible; nobody.
    Owner(Option<String>),
    /// Its stage in the CRM.
    Stage(Option<String>),
    /// They wrote something.
    Note(String),
}

/// Why bytes are no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Written by another version.
    #[error(
        "the entry has format version {0}; this build reads version {ENTRY_VERSION}: use the version of Brix that wrote it, or a later one"
    )]
    Version(u8),
    /// Cut off or changed.
    #[error("the entry is damaged: {0}")]
    Damaged(String),
}

impl Entry {
    /// As bytes.
    ///
    /// # Errors
    /// [`EntryError::Damaged`] if the serializer refuses, which it has no reason to.
    pub fn encode(&self) -> Result<Vec<u8>, EntryError> {
        let bytes = vec![ENTRY_VERSION];
        postcard::to_extend(self, bytes).map_err(|error| EntryError::Damaged(error.to_string()))
    }

    /// Reads what [`Entry::encode`] wrote.
    ///
    /// # Errors
    /// Another version, or bytes that are no entry.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryError> {
        match bytes.split_first() {
            Some((&ENTRY_VERSION, rest)) => {
                postcard::from_bytes(rest).map_err(|error| EntryError::Damaged(error.to_string()))
            }
            Some((version, _)) => Err(EntryError::Version(*version)),
            None => Err(EntryError::Damaged("it is empty".to_owned())),
        }
    }

    /// When it was accepted; [`Timestamp::MIN`] for a record that does not say.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Record(record) => record.received_at.unwrap_or(Timestamp::MIN),
            Self::Tick(at) | Self::Lead { at, .. } => *at,
            Self::Activation(activation) => activation.at,
            Self::Erasure(asked) => asked.at,
            Self::Silence(silence) => silence.at,
        }
    }
}
