//! What is not imported, and why.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::limits;

/// Where something stands in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it; `archive.zip/inner.csv` inside archives.
    pub file: Arc<str>,
    /// The row's number, from 1, without the header; 0 if the fault is of no row.
    pub row: u64,
    /// The line, from 1; `None` in formats without lines.
    pub line: Option<u64>,
    /// The character in the line, from 1.
    pub column: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file)?;
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(formatter, ":{line}:{column}"),
            (Some(line), None) => write!(formatter, ":{line}"),
            (None, _) if self.row > 0 => write!(formatter, ", row {}", self.row),
            (None, _) => Ok(()),
        }
    }
}

/// Why a row is not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The file has no header or no value.
    #[error("the file is empty")]
    Empty,
    /// A row with more or fewer fields than the header.
    #[error(
        "the row has {found} fields where the header has {expected}; is a delimiter unquoted, or is `delimiter:` another?"
    )]
    FieldCount {
        /// In the row.
        found: usize,
        /// In the header.
        expected: usize,
    },
    /// A quote is opened and never closed.
    #[error("a quote is opened here and never closed")]
    OpenQuote,
    /// Bytes that are no UTF-8.
    #[error("these bytes are not UTF-8; state the file's `encoding:`, such as windows-1252")]
    NotUtf8,
    /// Longer than [`limits::ROW_BYTES`].
    #[error("the row is longer than {} MiB", limits::ROW_BYTES >> 20)]
    RowTooLong,
    /// Not JSON by RFC 8259.
    #[error("not JSON: {0}")]
    Json(String),
    /// JSON, but no object.
    #[error("a row must be a JSON object, this is {0}")]
    NotAnObject(&'static str),
    /// Nested deeper than [`limits::JSON_DEPTH`].
    #[error("objects are nested deeper than {} levels", limits::JSON_DEPTH)]
    TooDeep,
    /// More than [`limits::COLUMNS`].
    #[error("more than {} different columns", limits::COLUMNS)]
    TooManyColumns,
    /// More than [`limits::PROPERTIES`].
    #[error("more than {} properties", limits::PROPERTIES)]
    TooManyProperties,
    /// More than [`limits::ITEMS`].
    #[error("more than {} items", limits::ITEMS)]
    TooManyItems,
    /// No id at all.
    #[error("the record has no user, anonymous, account or workspace id")]
    NoSubject,
    /// The id that this kind of record is about is missing.
    #[error("no {0} id")]
    NoId(&'static str),
    /// No time.
    #[error("no time")]
    NoTime,
    /// A time in another form than the mapping says.
    #[error("not a time of the form `{0}`")]
    NotATime(String),
    /// Before 1900 or from 2200 on.
    #[error("the time {0} is not between 1900 and 2200; are its seconds milliseconds, or the other way round?")]
    TimeOutOfRange(String),
    /// Not a number.
    #[error("not a number; say `type: text` or name it under `missing:`")]
    NotANumber,
    /// 10¹⁸ or more.
    #[error("the number is 10^18 or larger")]
    NumberTooLarge,
    /// Not true or false.
    #[error("neither true nor false; say `type: text` or name it under `missing:`")]
    NotABoolean,
    /// A value of another type than the mapping says, in a typed format.
    #[error("a {found} where the mapping says {expected}")]
    WrongType {
        /// What is there.
        found: &'static str,
        /// What the mapping says.
        expected: &'static str,
    },
    /// A value that Brix cannot hold.
    #[error("{0}")]
    Unusable(&'static str),
    /// Longer than [`limits::ID_BYTES`].
    #[error("the id is longer than {} bytes", limits::ID_BYTES)]
    IdTooLong,
    /// Longer than [`limits::NAME_BYTES`].
    #[error("the name is longer than {} bytes", limits::NAME_BYTES)]
    NameTooLong,
    /// No event name.
    #[error("no event name")]
    NoName,
    /// A name that the mapping's list does not have.
    #[error("the name `{0}` is not in the mapping's `rename:`")]
    UnlistedName(String),
    /// Not three capital letters.
    #[error("`{0}` is not a currency: three letters such as USD are")]
    NotACurrency(String),
    /// Not a row of the vendor's export that was named.
    #[error("not a row of an export of {0}; import other files by a mapping of their own")]
    NotOfVendor(&'static str),
    /// What the live source would say of the message that the row was.
    #[error("{words}")]
    Message {
        /// The source's word for the cause.
        code: &'static str,
        /// The source's words.
        words: String,
    },
}

impl Reason {
    /// A stable word for counting: rejects with the same word have the same cause.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::FieldCount { .. } => "field-count",
            Self::OpenQuote => "open-quote",
            Self::NotUtf8 => "not-utf8",
            Self::RowTooLong => "row-too-long",
            Self::Json(_) => "not-json",
            Self::NotAnObject(_) => "not-an-object",
            Self::TooDeep => "too-deep",
            Self::TooManyColumns => "too-many-columns",
            Self::TooManyProperties => "too-many-properties",
            Self::TooManyItems => "too-many-items",
            Self::NoSubject => "no-subject",
            Self::NoId(_) => "no-id",
            Self::NoTime => "no-time",
            Self::NotATime(_) => "not-a-time",
            Self::TimeOutOfRange(_) => "time-out-of-range",
            Self::NotANumber => "not-a-number",
            Self::NumberTooLarge => "number-too-large",
            Self::NotABoolean => "not-a-boolean",
            Self::WrongType { .. } => "wrong-type",
            Self::Unusable(_) => "unusable",
            Self::IdTooLong => "id-too-long",
            Self::NameTooLong => "name-too-long",
            Self::NoName => "no-name",
            Self::UnlistedName(_) => "unlisted-name",
            Self::NotACurrency(_) => "not-a-currency",
            Self::NotOfVendor(_) => "not-of-vendor",
            Self::Message { code, .. } => code,
        }
    }

    /// What of the input may stand in its words; the rest of them is ours, and says nothing of anybody.
    #[must_use]
    pub fn of_input(&self) -> Option<&str> {
        match self {
            Self::Json(text) | Self::TimeOutOfRange(text) | Self::UnlistedName(text) | Self::NotACurrency(text) => {
                Some(text)
            }
            Self::Message { words, .. } => Some(words),
            _ => None,
        }
    }
}

/// A row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Where it stands.
    pub place: Place,
    /// The column to blame, if one is.
    pub field: Option<String>,
    /// Its text, cut to [`limits::REJECT_RAW_BYTES`].
    pub raw: String,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Reject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.place)?;
        if let Some(field) = &self.field {
            write!(formatter, "`{field}`: ")?;
        }
        write!(formatter, "{}", self.reason)
    }
}

/// Takes rejected rows as they come up.
pub trait RejectSink {
    /// Takes one.
    ///
    /// # Errors
    /// If it cannot be kept (a full disk); the import stops.
    fn reject(&mut self, reject: Reject) -> std::io::Result<()>;
}

/// Keeps the first rejected rows in memory and counts all by reason.
#[derive(Debug, Clone)]
pub struct KeptRejects {
    /// The first ones.
    pub kept: Vec<Reject>,
    /// All, by [`Reason::code`].
    pub counts: BTreeMap<&'static str, u64>,
    limit: usize,
}

impl KeptRejects {
    /// Keeps at most `limit`.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { kept: Vec::new(), counts: BTreeMap::new(), limit }
    }

    /// How many there were, kept or not.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

impl Default for KeptRejects {
    fn default() -> Self {
        Self::new(limits::REJECTS_KEPT)
    }
}

impl RejectSink for KeptRejects {
    fn reject(&mut self, reject: Reject) -> std::io::Result<()> {
        *self.counts.entry(reject.reason.code()).or_default() += 1;
        if self.kept.len() < self.limit {
            self.kept.push(reject);
        }
        Ok(())
    }
}

/// Why an import stops.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading failed.
    #[error("{file}: cannot be read")]
    Read {
        /// Which file.
        file: Arc<str>,
        /// What the system or the decompression says.
        source: std::io::Error,
    },
    /// The file does not fit the mapping, or no mapping fits the file.
    #[error("{place}: {message}")]
    Unfit {
        /// Where.
        place: Place,
        /// What is wrong, and the cure.
        message: String,
    },
    /// Parquet or Avro that cannot be read.
    #[error("{file}: not readable as {format}: {message}; fetch the file again if it may be cut off or damaged")]
    Columns {
        /// Which file.
        file: Arc<str>,
        /// Which of the two.
        format: &'static str,
        /// What the reader says.
        message: String,
    },
    /// A rejected row, in strict mode.
    #[error("{0}")]
    Rejected(Box<Reject>),
    /// The sink of rejected rows failed.
    #[error("rejected rows cannot be kept")]
    Sink(#[source] std::io::Error),
    /// More files than [`limits::FILES`], or folders deeper than [`limits::FOLDER_DEPTH`].
    #[error("{0}")]
    TooMany(String),
}

impl FileError {
    /// A fault of a whole file.
    pub(crate) fn unfit(file: &Arc<str>, line: Option<u64>, message: impl Into<String>) -> Self {
        Self::Unfit { place: Place { file: Arc::clone(file), row: 0, line, column: None }, message: message.into() }
    }
}

/// The start of a text, at most `bytes` long, cut at a character's border.
pub(crate) fn capped(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
