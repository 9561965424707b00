//! What a destination declares of itself: its name, its settings, how fast it may be called, and the pure functions behind it.

use std::fmt;

use engine::time::Timestamp;

use super::answer::{Answer, Verdict};
use super::message::Message;
use super::outgoing::Outgoing;
use super::settings::{Fault, Settings};

/// A destination: a declaration and a pure mapping.
#[derive(Debug)]
pub struct Destination {
    /// The word in settings and commands.
    pub id: &'static str,
    /// The name that people know.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// What its owner has to say.
    pub fields: &'static [Field],
    /// How fast it may be called.
    pub pace: Pace,
    /// Makes a connector of what the owner said, or tells all that is wrong with it.
    pub configure: fn(&Settings) -> Connected,
}

/// A connector, or all that is wrong with its settings.
pub type Connected = Result<Box<dyn Connector>, Vec<Fault>>;

/// One thing that the owner of a destination says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// Whether it must be there.
    pub is_needed: bool,
    /// Whether nobody may see it again.
    pub is_secret: bool,
    /// Whether there may be several.
    pub is_many: bool,
}

/// How fast a destination may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// At most so many requests at the same time.
    pub most_at_once: u32,
    /// At least so long between the beginnings of two; 0: no limit.
    pub interval_ms: u32,
}

/// A destination with its settings.
pub trait Connector: Send + Sync + fmt::Debug {
    /// Where requests go, to be looked at before the first one; holds what [`Outgoing::url`] will.
    fn url(&self) -> &crate::secret::Secret;

    /// The request that tells of an action.
    ///
    /// # Errors
    /// If there is no way to tell of it, now or later.
    fn outgoing(&self, dispatch: &Dispatch<'_>) -> Result<Outgoing, Unsendable>;

    /// What an answer means.
    fn verdict(&self, answer: &Answer<'_>) -> Verdict;
}

/// An action about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Dispatch<'a> {
    /// The same each time that this action is sent ([`super::key()`]).
    pub key: &'a str,
    /// Now.
    pub at: Timestamp,
    /// What to tell.
    pub message: &'a Message,
}

/// Why an action can never be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// The action does not hold what it should.
    #[error("the action cannot be read ({0}); it was written by another version of Brix: have the lead told anew")]
    Unreadable(String),
    /// There is more to say than the destination takes.
    #[error("the message has {found} bytes and the destination takes {most}; shorten the names in the definition")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
        /// The largest size in bytes.
        most: usize,
    },
}
