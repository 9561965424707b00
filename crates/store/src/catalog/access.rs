//! Who may come in: keys of programs, people and their sessions. Secrets are kept as digests, made by the caller.

use std::fmt;

use engine::time::Timestamp;

/// The SHA-256 of a secret with enough randomness of its own: of a key or a session's token, never of a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest(***)")
    }
}

/// A program's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, unique.
    pub id: String,
    /// What it is for, in words.
    pub name: String,
    /// Its first characters, to be shown.
    pub prefix: String,
    /// The digest of the whole.
    pub digest: Digest,
    /// What it may do, in the caller's words.
    pub scopes: Vec<String>,
    /// The source that it writes to, if it is for one.
    pub source: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, as far as noted.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is valid no more.
    pub revoked_at: Option<Timestamp>,
    /// Until when it is valid beside its successor.
    pub rotated_until: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything at this instant.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none_or(|at| now < at) && self.rotated_until.is_none_or(|until| now < until)
    }
}

/// Somebody who signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// An id, unique.
    pub id: String,
    /// The e-mail address, unique.
    pub email: String,
    /// How to call the person.
    pub name: String,
    /// The hash of the password with its parameters; `None`: signs in otherwise.
    pub password: Option<String>,
    /// What the person may do, in the caller's words.
    pub role: String,
    /// When added.
    pub created_at: Timestamp,
    /// Since when the person may not come in.
    pub disabled_at: Option<Timestamp>,
}

impl fmt::Debug for Person {
    /// Without what must not stand in a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Person").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A person is signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The digest of its token.
    pub digest: Digest,
    /// The person's id.
    pub person: String,
    /// What forms must carry.
    pub csrf: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("person", &self.person).finish_non_exhaustive()
    }
}
