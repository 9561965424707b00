//! Batches: many records side by side in columns, the form in which sources hand them to the lake.
//!
//! A batch says exactly what a list of [`Record`](crate::record::Record)s says ([`Batch::to_records`] and [`Batch::from_records`] are
//! inverse to each other), without an allocation per row: every text is interned in the batch's own dictionary
//! ([`Texts`]) and stands in the columns as its code; properties and traits are sparse columns, one for each name and
//! type. Codes mean nothing outside their batch.

mod columns;
mod convert;
mod texts;

pub use columns::{Amounts, Cell, PropertyColumn, PropertyValues};
pub use texts::{ABSENT, TextList, Texts};

use crate::record::{EventKind, SubjectKind};
use crate::{Number, Timestamp};

/// Records side by side. All plain columns have [`Batch::len`] entries; `amounts` and `properties` are sparse.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The dictionary that the codes below point into.
    pub texts: Texts,
    /// Message ids, which are mostly different from each other and therefore not interned.
    pub message_texts: TextList,
    /// [`Record::source`](crate::record::Record::source), as codes.
    pub sources: Vec<u32>,
    /// [`Record::sender`](crate::record::Record::sender), as codes (the empty text has a code too).
    pub senders: Vec<u32>,
    /// Message ids.
    pub messages: Vec<Message>,
    /// When it happened; [`Timestamp::MIN`] for constant traits.
    pub timestamps: Vec<Timestamp>,
    /// When it was received, [`Timestamp::MIN`] where that is not known.
    pub received: Vec<Timestamp>,
    /// User ids, [`ABSENT`] where there is none.
    pub users: Vec<u32>,
    /// Anonymous ids, [`ABSENT`] where there is none.
    pub anonymous: Vec<u32>,
    /// Account ids, [`ABSENT`] where there is none.
    pub accounts: Vec<u32>,
    /// Workspace ids, [`ABSENT`] where there is none.
    pub workspaces: Vec<u32>,
    /// What kind of statement it is.
    pub shapes: Vec<Shape>,
    /// The event's name, the alias's previous id, else [`ABSENT`].
    pub names: Vec<u32>,
    /// The money of those rows that have any, by ascending row.
    pub amounts: Amounts,
    /// Properties of events and traits of subjects: one column for each name and type, in order of first use.
    pub properties: Vec<PropertyColumn>,
}

/// A message id. Two are the same id if their texts are ([`Batch::message_text`]), in whichever form they stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    /// As the sender gave it: a place in [`Batch::message_texts`].
    Text(u32),
    /// Made from the row's content; as text it is these bytes as 32 lower-case hexadecimal digits, most significant
    /// first.
    Digest(u128),
}

/// What kind of statement a row is: [`Body`](crate::record::Body) without its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Something was done; with the kind if the source states one.
    Event(Option<EventKind>),
    /// Traits of a subject.
    Traits {
        /// Whose.
        of: SubjectKind,
        /// Held to be so always.
        constant: bool,
    },
    /// Two ids are one person.
    Alias,
    /// The user leaves the account.
    Leave,
}

/// A row's plain columns, to append it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Code of the source.
    pub source: u32,
    /// Code of the sender.
    pub sender: u32,
    /// Message id.
    pub message: Message,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When it was received, [`Timestamp::MIN`] where that is not known.
    pub received: Timestamp,
    /// Code or [`ABSENT`].
    pub user: u32,
    /// Code or [`ABSENT`].
    pub anonymous: u32,
    /// Code or [`ABSENT`].
    pub account: u32,
    /// Code or [`ABSENT`].
    pub workspace: u32,
    /// What kind of statement it is.
    pub shape: Shape,
    /// Code of the event's name or the alias's previous id, else [`ABSENT`].
    pub name: u32,
}

impl Batch {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.timestamps.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.timestamps.is_empty()
    }

    /// Appends a row; its properties and money follow by [`Self::set`] and [`Self::set_amount`] before the next row.
    pub fn push(&mut self, row: Row) {
        self.sources.push(row.source);
        self.senders.push(row.sender);
        self.messages.push(row.message);
        self.timestamps.push(row.timestamp);
        self.received.push(row.received);
        self.users.push(row.user);
        self.anonymous.push(row.anonymous);
        self.accounts.push(row.account);
        self.workspaces.push(row.workspace);
        self.shapes.push(row.shape);
        self.names.push(row.name);
    }

    /// The plain columns of a row, `None` past the end.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<Row> {
        Some(Row {
            source: *self.sources.get(at)?,
            sender: *self.senders.get(at)?,
            message: *self.messages.get(at)?,
            timestamp: *self.timestamps.get(at)?,
            received: *self.received.get(at)?,
            user: *self.users.get(at)?,
            anonymous: *self.anonymous.get(at)?,
            account: *self.accounts.get(at)?,
            workspace: *self.workspaces.get(at)?,
            shape: *self.shapes.get(at)?,
            name: *self.names.get(at)?,
        })
    }

    /// The last row's number, 0 if there is none.
    #[must_use]
    pub fn last_row(&self) -> u32 {
        u32::try_from(self.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Sets the money of the last row. To be called at most once for a row.
    pub fn set_amount(&mut self, amount: Number, currency: u32) {
        let row = self.last_row();
        self.amounts.rows.push(row);
        self.amounts.amounts.push(amount);
        self.amounts.currencies.push(currency);
    }

    /// A message id in words.
    #[must_use]
    pub fn message_text(&self, message: Message) -> String {
        match message {
            Message::Text(at) => self.message_texts.get(at).unwrap_or_default().to_owned(),
            Message::Digest(digest) => format!("{digest:032x}"),
        }
    }

    /// Roughly how many bytes of memory the batch holds.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let plain = 4 * 7 + size_of::<Message>() + 2 * size_of::<Timestamp>() + size_of::<Shape>();
        self.texts.memory_bytes()
            + self.message_texts.memory_bytes()
            + self.len() * plain
            + self.amounts.rows.len() * 24
            + self.properties.iter().map(PropertyColumn::memory_bytes).sum::<usize>()
    }
}
