//! The catalog: what people have set up. Definitions, keys, people, sources, destinations, and who changed what.
//!
//! What people change goes through [`Catalog::change`], which keeps the lines of the audit in the same transaction: nothing
//! changes without its line. What Brix itself notes down often (a session, when a key was used, a circuit) has functions of its own.

pub mod access;
pub mod audit;
pub mod connections;
pub mod definitions;
pub mod requests;

use engine::record::SubjectKind;
use engine::time::Timestamp;

use self::access::{ApiKey, Digest, Person, Session};
use self::audit::{AuditEntry, AuditFilter, AuditLine};
use self::connections::{Circuit, Destination, Source};
use self::definitions::{Activation, DefinitionState, Revision};
use self::requests::{KeptAnswer, KnownRequest, NewRequest};
use crate::error::Result;

/// A subject of which nothing is to be taken in or told any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Whether a person, an account or a workspace.
    pub kind: SubjectKind,
    /// Its id.
    pub subject: String,
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// One thing that somebody changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogChange {
    /// A new text of a definition. Its number must be one above the last: else somebody else was faster, and it is
    /// [`crate::Error::Taken`].
    SaveRevision(Revision),
    /// A definition is in force from an offset of the log on, or retired.
    Activate(Activation),
    /// A new key.
    AddKey(ApiKey),
    /// A key has a successor and ends at an instant.
    RotateKey {
        /// The key that ends.
        id: String,
        /// When.
        until: Timestamp,
    },
    /// A key is valid no more.
    RevokeKey {
        /// Which.
        id: String,
        /// Since when.
        at: Timestamp,
    },
    /// A new person. E-mail addresses are compared without regard to the case of ASCII letters.
    AddPerson(Person),
    /// Another password, already hashed. Ends the person's sessions.
    SetPassword {
        /// Whose.
        person: String,
        /// The hash, with its parameters.
        hash: String,
    },
    /// Another role.
    SetRole {
        /// Whose.
        person: String,
        /// The role.
        role: String,
    },
    /// The person may not come in any more, or again (`None`). Ends the person's sessions.
    SetDisabled {
        /// Who.
        person: String,
        /// Since when.
        at: Option<Timestamp>,
    },
    /// A new destination, or other settings of one; its circuit stays as it is.
    PutDestination(Destination),
    /// A destination goes.
    RemoveDestination {
        /// Which.
        id: String,
    },
    /// A new source, or other settings of one.
    PutSource(Source),
    /// A source goes.
    RemoveSource {
        /// Which.
        name: String,
    },
    /// A subject is suppressed; what was said first stands.
    Suppress(Suppression),
    /// A subject is suppressed no more.
    Unsuppress {
        /// Whether a person, an account or a workspace.
        kind: SubjectKind,
        /// Its id.
        subject: String,
    },
}

/// Where settings are kept.
pub trait Catalog: Send + Sync {
    /// Makes all changes and keeps the lines of the audit, or nothing.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] if what changes is not there, [`crate::Error::Taken`] if what is new is; and if it cannot be
    /// written.
    fn change(&self, changes: &[CatalogChange], audit: &[AuditEntry]) -> Result<()>;

    /// All definitions, by id.
    ///
    /// # Errors
    /// If it cannot be read.
    fn definitions(&self) -> Result<Vec<DefinitionState>>;

    /// All texts of a definition, the newest first.
    ///
    /// # Errors
    /// If it cannot be read.
    fn revisions(&self, definition: &str) -> Result<Vec<Revision>>;

    /// What was in force when, of all definitions, by offset.
    ///
    /// # Errors
    /// If it cannot be read.
    fn activations(&self) -> Result<Vec<Activation>>;

    /// The key with this digest, valid or not.
    ///
    /// # Errors
    /// If it cannot be read.
    fn key(&self, digest: &Digest) -> Result<Option<ApiKey>>;

    /// All keys, by creation.
    ///
    /// # Errors
    /// If it cannot be read.
    fn keys(&self) -> Result<Vec<ApiKey>>;

    /// Notes when keys were last used: best many at a time, for each call is a sync.
    ///
    /// # Errors
    /// If it cannot be written.
    fn used_keys(&self, used: &[(String, Timestamp)]) -> Result<()>;

    /// All people, by e-mail.
    ///
    /// # Errors
    /// If it cannot be read.
    fn people(&self) -> Result<Vec<Person>>;

    /// The person with this e-mail address.
    ///
    /// # Errors
    /// If it cannot be read.
    fn person_by_email(&self, email: &str) -> Result<Option<Person>>;

    /// Begins a session.
    ///
    /// # Errors
    /// If it cannot be written.
    fn begin_session(&self, session: &Session) -> Result<()>;

    /// The session with this digest, if it has not ended, with its person.
    ///
    /// # Errors
    /// If it cannot be read.
    fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<(Session, Person)>>;

    /// A session goes on until then.
    ///
    /// # Errors
    /// If it cannot be written.
    fn extend_session(&self, digest: &Digest, expires_at: Timestamp) -> Result<()>;

    /// Ends a session.
    ///
    /// # Errors
    /// If it cannot be written.
    fn end_session(&self, digest: &Digest) -> Result<()>;

    /// Removes sessions that have expired.
    ///
    /// # Errors
    /// If it cannot be written.
    fn sweep_sessions(&self, now: Timestamp) -> Result<u64>;

    /// All destinations, by id.
    ///
    /// # Errors
    /// If it cannot be read.
    fn destinations(&self) -> Result<Vec<Destination>>;

    /// Notes whether a destination is being spared.
    ///
    /// # Errors
    /// If it is not there or cannot be written.
    fn set_circuit(&self, destination: &str, circuit: &Circuit) -> Result<()>;

    /// All sources, by name.
    ///
    /// # Errors
    /// If it cannot be read.
    fn sources(&self) -> Result<Vec<Source>>;

    /// All suppressed subjects.
    ///
    /// # Errors
    /// If it cannot be read.
    fn suppressions(&self) -> Result<Vec<Suppression>>;

    /// Lines of the audit, the newest first, at most so many.
    ///
    /// # Errors
    /// If it cannot be read.
    fn audit(&self, filter: &AuditFilter, most: usize) -> Result<Vec<AuditLine>>;

    /// Removes lines of the audit from before an instant, at most so many, the oldest first; gives how many that were.
    ///
    /// # Errors
    /// If it cannot be written.
    fn shorten_audit(&self, before: Timestamp, most: usize) -> Result<u64>;

    /// Notes a request that is about to be done; gives the one that came before with this digest, if there is one.
    ///
    /// # Errors
    /// If it cannot be written.
    fn begin_request(&self, new: &NewRequest) -> Result<Option<KnownRequest>>;

    /// Keeps what was answered.
    ///
    /// # Errors
    /// If it cannot be written.
    fn answer_request(&self, digest: &Digest, answer: &KeptAnswer) -> Result<()>;

    /// Nothing was done: the request may be sent again.
    ///
    /// # Errors
    /// If it cannot be written.
    fn forget_request(&self, digest: &Digest) -> Result<()>;

    /// Removes requests from before an instant, and of the others all but so many, the latest.
    ///
    /// # Errors
    /// If it cannot be written.
    fn sweep_requests(&self, before: Timestamp, most: usize) -> Result<u64>;

    /// Forgets what requests were answered, though not that they were done, and makes sure that nothing of what was removed can be read
    /// from the files any more.
    ///
    /// # Errors
    /// If it cannot be written, or somebody is reading for long.
    fn scrub(&self) -> Result<()>;
}
