//! Mappings: which column of which file means what.
//!
//! The file is YAML; `docs/mapping.md` describes each key with examples. [`Mapping::parse`] reports all problems at once,
//! each with its line and column.

mod constant;
mod read;
mod statement;
pub(crate) mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use encoding_rs::Encoding;
use engine::record::{EventKind, SubjectKind};
use engine::{Number, Value};
use globset::GlobMatcher;
use jiff::tz::TimeZone;

pub use super::sniff::Format;
use super::time::TimeReader;
pub(crate) use constant::changed_by_buying;
pub(crate) use statement::is_currency;

/// A mapping file, read.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The source's name: part of each record's identity.
    pub source: Arc<str>,
    /// The zone of times that state none.
    pub zone: TimeZone,
    /// Files, in order: the first whose pattern fits a file is used for it.
    pub files: Vec<FileMapping>,
}

/// What is in files of some name.
#[derive(Debug, Clone)]
pub struct FileMapping {
    /// The pattern of names, as written.
    pub pattern: String,
    pub(crate) matcher: GlobMatcher,
    /// The format, if stated.
    pub format: Option<Format>,
    /// The delimiter, if stated.
    pub delimiter: Option<u8>,
    /// The quote, `"` unless stated.
    pub quote: u8,
    /// The encoding, if stated.
    pub encoding: Option<&'static Encoding>,
    /// Names of the columns where the file has no header.
    pub names: Option<Vec<String>>,
    /// Texts that mean "no value" in every column that does not say otherwise.
    pub missing: Vec<String>,
    /// What is said of columns.
    pub columns: BTreeMap<String, ColumnRule>,
    /// Rows that do not meet all of these are left out.
    pub only_if: Vec<Condition>,
    /// What each row says.
    pub records: Vec<Statement>,
}

/// What is said of a column for all its uses.
#[derive(Debug, Clone, Default)]
pub struct ColumnRule {
    /// Its type.
    pub value_type: Option<ValueType>,
    /// Texts that mean "no value".
    pub missing: Option<Vec<String>>,
}

/// A statement that a row makes.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What kind of statement.
    pub says: Says,
    /// Ids of whom it is about.
    pub user: Option<IdRule>,
    /// Ids of visitors not yet known.
    pub anonymous: Option<IdRule>,
    /// Ids of accounts.
    pub account: Option<IdRule>,
    /// Ids of workspaces.
    pub workspace: Option<IdRule>,
    /// When it happened; `None` for constant traits.
    pub time: Option<TimeRule>,
    /// When it was received.
    pub received: Option<TimeRule>,
    /// The message id; made from the row's content if there is none.
    pub id: Option<IdRule>,
    /// The sender's own id.
    pub sender: Option<IdRule>,
    /// Properties or traits.
    pub properties: Vec<PropertyRule>,
    /// Whether all columns that are not used otherwise become properties, and the prefix that they must have and lose.
    pub rest: Option<String>,
    /// The money.
    pub amount: Option<AmountRule>,
    /// The statement is made only by rows that meet all of these.
    pub only_if: Vec<Condition>,
    /// The statement is made once for each item.
    pub each: Option<Each>,
    /// What tells this statement from the others of a row, also when the mapping is rearranged.
    pub key: String,
}

/// What kind of statement it is.
#[derive(Debug, Clone)]
pub enum Says {
    /// Something was done.
    Event {
        /// Its name.
        name: NameRule,
        /// Its kind, if stated.
        kind: Option<EventKind>,
    },
    /// Traits.
    Traits {
        /// Whose.
        of: SubjectKind,
        /// Held to be so always.
        constant: bool,
    },
    /// The user joins the account.
    Joined,
    /// The user leaves the account.
    Left,
    /// Another id is the same person.
    Alias {
        /// The other id.
        previous: IdRule,
    },
}

/// An event's name.
#[derive(Debug, Clone)]
pub enum NameRule {
    /// Always this one.
    Fixed(String),
    /// From the row.
    From {
        /// Where it stands.
        operand: Operand,
        /// Other names for what stands there.
        rename: BTreeMap<String, String>,
        /// What happens to names that `rename` does not have.
        others: Others,
    },
}

/// What happens to names that `rename` does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They are kept.
    Keep,
    /// The statement is not made.
    Skip,
    /// The row is rejected.
    Reject,
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// In a column.
    Column(String),
    /// It is the item of `each`.
    Item,
    /// It is the item's number, from 1.
    Position,
    /// It is always the same.
    Constant(Value),
}

/// An id.
#[derive(Debug, Clone)]
pub struct IdRule {
    /// Where it stands.
    pub operand: Operand,
    /// What is put before it.
    pub prefix: String,
    /// Texts that mean "none"; `None`: as the file says.
    pub missing: Option<Vec<String>>,
}

/// A time.
#[derive(Debug, Clone)]
pub struct TimeRule {
    /// Where it stands.
    pub operand: Operand,
    /// How it is written.
    pub reader: TimeReader,
    /// Texts that mean "none"; `None`: as the file says.
    pub missing: Option<Vec<String>>,
}

/// A property or trait.
#[derive(Debug, Clone)]
pub struct PropertyRule {
    /// Its name.
    pub name: String,
    /// Where its value stands.
    pub operand: Operand,
    /// Its type; `None`: as the column says.
    pub value_type: Option<ValueType>,
    /// Texts that mean "none"; `None`: as the column or the file says.
    pub missing: Option<Vec<String>>,
}

/// The type of a value.
#[derive(Debug, Clone)]
pub enum ValueType {
    /// Judged by the first rows in delimited files; as it is in typed formats.
    Auto,
    /// Words.
    Text,
    /// An exact decimal, written with this sign between whole and fraction.
    Number(u8),
    /// True or false.
    Boolean,
    /// An instant.
    Time(TimeReader),
    /// Texts, split at this one.
    List(String),
}

/// Money.
#[derive(Debug, Clone)]
pub struct AmountRule {
    /// How much.
    pub amount: AmountFrom,
    /// In what currency.
    pub currency: Operand,
    /// Texts that mean "none"; `None`: as the file says.
    pub missing: Option<Vec<String>>,
}

/// Where an amount stands.
#[derive(Debug, Clone)]
pub enum AmountFrom {
    /// In a column, written with this sign between whole and fraction.
    Column(String, u8),
    /// Always the same.
    Constant(Number),
}

/// A condition on a column.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// What must be so.
    pub test: Test,
}

/// What must be so of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Its text is one of these.
    Is(Vec<String>),
    /// Its text is none of these.
    IsNot(Vec<String>),
    /// It has a value (`true`) or none.
    Present(bool),
}

/// A list whose items make a statement each.
#[derive(Debug, Clone)]
pub struct Each {
    /// The column.
    pub column: String,
    /// What stands between items; lists of typed formats need none.
    pub split: Option<String>,
}

/// What is wrong with a mapping, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong, and the cure.
    pub message: String,
}

/// All that is wrong with a mapping.
#[derive(Debug, Clone)]
pub struct MappingError {
    /// The file's name.
    pub file: String,
    /// In order of their places.
    pub problems: Vec<Problem>,
    lines: Vec<String>,
}

impl fmt::Display for MappingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let Problem { line, column, message } = problem;
            if at > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{}:{line}:{column}: {message}", self.file)?;
            if let Some(text) = self.lines.get(line.saturating_sub(1)).filter(|text| text.chars().count() < 200) {
                let gutter = line.to_string();
                let blank = " ".repeat(gutter.len());
                write!(formatter, "\n{gutter} | {text}\n{blank} | {}^", " ".repeat(column.saturating_sub(1)))?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for MappingError {}

impl MappingError {
    /// All that is wrong with a text, in the order of its lines.
    pub(crate) fn new(file: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        Self { file: file.to_owned(), problems, lines: text.lines().map(str::to_owned).collect() }
    }
}

impl Mapping {
    /// Reads a mapping. `file` names it in messages.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, MappingError> {
        read::mapping(text).map_err(|problems| MappingError::new(file, text, problems))
    }

    /// The mapping of a file by its path below the folder that is imported (or its name), with `/` between the parts.
    #[must_use]
    pub fn of_file(&self, relative: &str) -> Option<&FileMapping> {
        self.files.iter().find(|file| file.matches(relative))
    }
}

impl FileMapping {
    /// Whether a file's path, or its name if the pattern has no folder, fits the pattern.
    #[must_use]
    pub fn matches(&self, relative: &str) -> bool {
        if self.pattern.contains('/') {
            return self.matcher.is_match(relative);
        }
        self.matcher.is_match(relative.rsplit('/').next().unwrap_or(relative))
    }
}

impl Statement {
    /// The columns that the statement uses by name.
    pub(crate) fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        for id in
            [&self.user, &self.anonymous, &self.account, &self.workspace, &self.id, &self.sender].into_iter().flatten()
        {
            columns.extend(id.operand.column());
        }
        for time in [&self.time, &self.received].into_iter().flatten() {
            columns.extend(time.operand.column());
        }
        columns.extend(self.properties.iter().filter_map(|property| property.operand.column()));
        if let Some(amount) = &self.amount {
            if let AmountFrom::Column(name, _) = &amount.amount {
                columns.push(name);
            }
            columns.extend(amount.currency.column());
        }
        match &self.says {
            Says::Event { name: NameRule::From { operand, .. }, .. } => columns.extend(operand.column()),
            Says::Alias { previous } => columns.extend(previous.operand.column()),
            _ => {}
        }
        columns.extend(self.only_if.iter().map(|condition| condition.column.as_str()));
        columns.extend(self.each.iter().map(|each| each.column.as_str()));
        columns
    }
}

impl Operand {
    /// The column, if it is one.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        if let Self::Column(name) = self { Some(name) } else { None }
    }
}
