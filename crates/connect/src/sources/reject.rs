//! What is not taken, and why.

use std::fmt;

use super::limits;
use crate::files::limits as held;
use crate::files::reject::capped;

/// Where something stands in a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The message's number in its batch, from 0; `None` if the fault is of the request.
    pub message: Option<usize>,
    /// The member of the message, as a JSON pointer (RFC 6901); empty for the whole.
    pub pointer: String,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.message, self.pointer.as_str()) {
            (Some(message), "") => write!(formatter, "message {message}"),
            (Some(message), pointer) => write!(formatter, "message {message}, {pointer}"),
            (None, "") => formatter.write_str("the request"),
            (None, pointer) => write!(formatter, "the request, {pointer}"),
        }
    }
}

/// Why a message, or a whole request, is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Bytes that are no UTF-8.
    #[error("the body is not UTF-8; send JSON as UTF-8, and say so in Content-Encoding if it is packed")]
    NotUtf8,
    /// Not JSON by RFC 8259.
    #[error("not JSON: {0}; a body that is packed needs its Content-Encoding")]
    Json(String),
    /// Not what the source's clients send.
    #[error("{found} stands where {expected} is expected")]
    WrongType {
        /// What is needed.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// Nothing where the messages should be.
    #[error("no {0} in the request; is this path of another source?")]
    Missing(&'static str),
    /// Nested deeper than [`limits::JSON_DEPTH`].
    #[error("nested deeper than {} levels; send what matters as members of its own", limits::JSON_DEPTH)]
    TooDeep,
    /// Larger than the vendor lets one message be.
    #[error("the message has {bytes} bytes, at most {most} are taken; send fewer properties")]
    MessageTooLong {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        most: usize,
    },
    /// Behind the last message that the vendor takes of one batch.
    #[error("the batch has more than {0} messages; send the rest in another")]
    TooManyMessages(usize),
    /// More than [`held::PROPERTIES`].
    #[error("more than {} properties; send those that matter", held::PROPERTIES)]
    TooManyProperties,
    /// More than [`held::ITEMS`].
    #[error("a list of more than {} items; send how many there are instead", held::ITEMS)]
    TooManyItems,
    /// Longer than [`held::ID_BYTES`].
    #[error("the id is longer than {} bytes; a cut one could be someone else's", held::ID_BYTES)]
    IdTooLong,
    /// Longer than [`held::NAME_BYTES`].
    #[error("the name is longer than {} bytes; names are few and short, values go into properties", held::NAME_BYTES)]
    NameTooLong,
    /// No id at all.
    #[error("no id of a user, visitor or account; send one of {0}")]
    NoSubject(&'static str),
    /// Ids that many senders share, such as `null` and `anonymous`.
    #[error("the id `{0}` names nobody; send the person's own id, or none")]
    NamesNobody(String),
    /// The id that this kind of message is about is missing.
    #[error("no {0}; this kind of message is about one")]
    NoId(&'static str),
    /// No event name.
    #[error("no event name; send it as `{0}`")]
    NoName(&'static str),
    /// A kind of message that the vendor does not have either.
    #[error("`{0}` is no kind of message that this source knows")]
    UnknownKind(String),
    /// Something that the vendor takes and Brix has no use for.
    #[error("{0}")]
    NotTaken(&'static str),
    /// Not a time.
    #[error("`{0}` is not a time; send ISO 8601 such as 2026-05-01T12:30:00Z")]
    NotATime(String),
    /// Before 1900 or from 2200 on.
    #[error("the time {0} is not between 1900 and 2200; are its seconds milliseconds, or the other way round?")]
    TimeOutOfRange(String),
    /// 10¹⁸ or more.
    #[error("the number {0} is 10^18 or larger; send ids as texts")]
    NumberTooLarge(String),
    /// Not three letters.
    #[error("`{0}` is not a currency: three letters such as USD are")]
    NotACurrency(String),
    /// The signature is missing, malformed, too old or another's.
    #[error("{0}")]
    Signature(&'static str),
    /// What a mapping says of the row.
    #[error("{0}")]
    Mapping(crate::files::Reason),
}

impl Reason {
    /// A stable word for counting: rejects with the same word have the same cause.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "not-utf8",
            Self::Json(_) => "not-json",
            Self::WrongType { .. } => "wrong-type",
            Self::Missing(_) => "no-messages",
            Self::TooDeep => "too-deep",
            Self::MessageTooLong { .. } => "message-too-long",
            Self::TooManyMessages(_) => "too-many-messages",
            Self::TooManyProperties => "too-many-properties",
            Self::TooManyItems => "too-many-items",
            Self::IdTooLong => "id-too-long",
            Self::NameTooLong => "name-too-long",
            Self::NoSubject(_) => "no-subject",
            Self::NamesNobody(_) => "names-nobody",
            Self::NoId(_) => "no-id",
            Self::NoName(_) => "no-name",
            Self::UnknownKind(_) => "unknown-kind",
            Self::NotTaken(_) => "not-taken",
            Self::NotATime(_) => "not-a-time",
            Self::TimeOutOfRange(_) => "time-out-of-range",
            Self::NumberTooLarge(_) => "number-too-large",
            Self::NotACurrency(_) => "not-a-currency",
            Self::Signature(_) => "bad-signature",
            Self::Mapping(reason) => reason.code(),
        }
    }

    /// What of the input may stand in its words; the rest of them is ours, and says nothing of anybody.
    #[must_use]
    pub fn of_input(&self) -> Option<&str> {
        match self {
            Self::Json(text)
            | Self::NamesNobody(text)
            | Self::UnknownKind(text)
            | Self::NotATime(text)
            | Self::TimeOutOfRange(text)
            | Self::NumberTooLarge(text)
            | Self::NotACurrency(text) => Some(text),
            Self::Mapping(reason) => reason.of_input(),
            _ => None,
        }
    }
}

/// A reason and the member to blame, before it is known which message of the batch it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) pointer: String,
    pub(crate) reason: Reason,
}

impl Fault {
    pub(crate) fn at(pointer: impl Into<String>, reason: Reason) -> Self {
        Self { pointer: pointer.into(), reason }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self { pointer: String::new(), reason }
    }
}

/// A message that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Where it stands.
    pub place: Place,
    /// Why.
    pub reason: Reason,
    /// The message's id, if it has one.
    pub id: Option<String>,
    /// Its text, cut to [`limits::SAMPLE_BYTES`].
    pub sample: String,
}

impl fmt::Display for Reject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.reason)
    }
}

/// The start of a message, for a person to look at.
pub(crate) fn sample_of(bytes: &[u8]) -> String {
    // A few bytes more than are kept, as a replacement of a broken letter may be longer than it was.
    let start = bytes.get(..limits::SAMPLE_BYTES.min(bytes.len())).unwrap_or_default();
    capped(&String::from_utf8_lossy(start), limits::SAMPLE_BYTES).to_owned()
}

/// The start of a text, short enough to stand in a message.
pub(crate) fn shown(text: &str) -> String {
    capped(text, 64).to_owned()
}
