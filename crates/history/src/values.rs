//! Property and trait values of a batch of rows: sparse columns with an index by row.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use engine::{Number, Timestamp, Value};
use foldhash::fast::FixedState;
use parquet::data_type::{
    AsBytes as _, BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};

use crate::columns::{Carried, ValueType, list_from_json};
use crate::error::{Error, Result};
use crate::table_reader::{Cursor, OpenTable};

/// Stands for "no value" in an index.
const NONE: u32 = u32::MAX;

/// A column that may be read from files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedColumn {
    /// Its name in files.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: ColumnKind,
}

/// What a file's column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// A property's values of one type; numbers that fit 64 bits.
    Main(ValueType),
    /// Numbers that do not.
    Large,
    /// Values of columns beyond the file's limit, as JSON; `name` is that of the wanted column, not of the file's.
    Rest(ValueType),
}

#[derive(Debug)]
enum Store {
    Text(Vec<ByteArray>),
    Whole(Vec<i64>),
    Boolean(Vec<bool>),
    Large(Vec<FixedLenByteArray>),
}

/// The values of one wanted column for the rows of a batch.
#[derive(Debug)]
pub(crate) struct ValueColumn {
    kind: ColumnKind,
    name: String,
    store: Store,
    /// By row: the place in `store`, or [`NONE`].
    index: Vec<u32>,
    /// Texts already turned into values, by the place of their bytes, which all rows of one dictionary entry share.
    words: RefCell<HashMap<(usize, usize), Arc<str>, FixedState>>,
}

/// Reads one wanted column of one file.
pub(crate) enum ValueCursor {
    Text(Cursor<ByteArrayType>),
    Whole(Cursor<Int64Type>),
    Boolean(Cursor<BoolType>),
    Large(Cursor<FixedLenByteArrayType>),
}

impl ValueCursor {
    /// `None` if the file does not have the column.
    pub(crate) fn new(table: &Arc<OpenTable>, wanted: &WantedColumn) -> Option<Self> {
        match wanted.kind {
            ColumnKind::Main(ValueType::Text | ValueType::List) => Cursor::new(table, &wanted.name).map(Self::Text),
            ColumnKind::Rest(_) if table.column(&wanted.name).is_none() => {
                Cursor::new(table, crate::table_writer::REST).map(Self::Text)
            }
            ColumnKind::Rest(_) => None,
            ColumnKind::Main(ValueType::Number | ValueType::Time) => Cursor::new(table, &wanted.name).map(Self::Whole),
            ColumnKind::Main(ValueType::Boolean) => Cursor::new(table, &wanted.name).map(Self::Boolean),
            ColumnKind::Large => Cursor::new(table, &wanted.name).map(Self::Large),
        }
    }

    pub(crate) fn skip(&mut self, rows: usize) -> Result<()> {
        match self {
            Self::Text(cursor) => cursor.skip(rows),
            Self::Whole(cursor) => cursor.skip(rows),
            Self::Boolean(cursor) => cursor.skip(rows),
            Self::Large(cursor) => cursor.skip(rows),
        }
    }
}

impl ValueColumn {
    pub(crate) fn new(wanted: &WantedColumn) -> Self {
        let store = match wanted.kind {
            ColumnKind::Main(ValueType::Text | ValueType::List) | ColumnKind::Rest(_) => Store::Text(Vec::new()),
            ColumnKind::Main(ValueType::Number | ValueType::Time) => Store::Whole(Vec::new()),
            ColumnKind::Main(ValueType::Boolean) => Store::Boolean(Vec::new()),
            ColumnKind::Large => Store::Large(Vec::new()),
        };
        Self { kind: wanted.kind, name: wanted.name.clone(), store, index: Vec::new(), words: RefCell::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.index.clear();
        self.words.borrow_mut().clear();
        match &mut self.store {
            Store::Text(values) => values.clear(),
            Store::Whole(values) => values.clear(),
            Store::Boolean(values) => values.clear(),
            Store::Large(values) => values.clear(),
        }
    }

    /// Appends rows without values.
    pub(crate) fn fill_none(&mut self, rows: usize) {
        self.index.resize(self.index.len() + rows, NONE);
    }

    /// Appends the next rows of a file.
    pub(crate) fn fill(&mut self, cursor: &mut ValueCursor, rows: usize, levels: &mut Vec<i16>) -> Result<()> {
        levels.clear();
        let from = match (&mut self.store, cursor) {
            (Store::Text(values), ValueCursor::Text(cursor)) => read(cursor, rows, levels, values)?,
            (Store::Whole(values), ValueCursor::Whole(cursor)) => read(cursor, rows, levels, values)?,
            (Store::Boolean(values), ValueCursor::Boolean(cursor)) => read(cursor, rows, levels, values)?,
            (Store::Large(values), ValueCursor::Large(cursor)) => read(cursor, rows, levels, values)?,
            _ => return Err(Error::Full("a column is read as another type")),
        };
        let mut next = u32::try_from(from).unwrap_or(NONE);
        self.index.extend(levels.iter().map(|level| {
            let place = next;
            next += u32::from(*level == 1);
            if *level == 1 { place } else { NONE }
        }));
        Ok(())
    }

    fn place(&self, row: usize) -> Option<usize> {
        self.index.get(row).filter(|place| **place != NONE).map(|place| *place as usize)
    }

    /// Rows that may have a value.
    pub(crate) fn filled(&self) -> impl Iterator<Item = usize> {
        self.index.iter().enumerate().filter(|(_, place)| **place != NONE).map(|(row, _)| row)
    }

    /// A row's number, if the column holds numbers.
    pub(crate) fn number(&self, row: usize) -> Option<Number> {
        match (&self.store, self.kind) {
            (Store::Whole(values), ColumnKind::Main(ValueType::Number)) => {
                values.get(self.place(row)?).map(|units| Number(i128::from(*units)))
            }
            (Store::Large(values), _) => {
                let bytes: [u8; 16] = values.get(self.place(row)?)?.as_bytes().try_into().ok()?;
                Some(Number(i128::from_be_bytes(bytes)))
            }
            (Store::Text(_), ColumnKind::Rest(ValueType::Number)) => self.value(row)?.as_number(),
            _ => None,
        }
    }

    /// A row's value.
    pub(crate) fn value(&self, row: usize) -> Option<Value> {
        if let Some(number) = self.whole_number(row) {
            return Some(Value::Number(number));
        }
        let place = self.place(row)?;
        match (&self.store, self.kind) {
            (Store::Text(values), ColumnKind::Rest(value_type)) => {
                rest_value(values.get(place)?.as_utf8().ok()?, &self.name, value_type)
            }
            (Store::Text(values), ColumnKind::Main(ValueType::List)) => {
                list_from_json(values.get(place)?.as_utf8().ok()?)
            }
            (Store::Text(values), _) => Some(Value::Text(self.text(values.get(place)?)?)),
            (Store::Whole(values), _) => values.get(place).map(|time| Value::Time(Timestamp(*time))),
            (Store::Boolean(values), _) => values.get(place).map(|truth| Value::Boolean(*truth)),
            (Store::Large(_), _) => None,
        }
    }

    fn whole_number(&self, row: usize) -> Option<Number> {
        if matches!(self.store, Store::Text(_)) { None } else { self.number(row) }
    }

    fn text(&self, bytes: &ByteArray) -> Option<Arc<str>> {
        let data = bytes.data();
        let key = (data.as_ptr() as usize, data.len());
        let mut words = self.words.borrow_mut();
        if let Some(found) = words.get(&key) {
            return Some(Arc::clone(found));
        }
        let text: Arc<str> = Arc::from(std::str::from_utf8(data).ok()?);
        words.insert(key, Arc::clone(&text));
        Some(text)
    }

    /// A row's value as it goes to a new file; `None` where there is none.
    pub(crate) fn carried(&self, row: usize) -> Option<Carried<'_>> {
        if let (Store::Whole(_) | Store::Large(_), Some(number)) = (&self.store, self.number(row)) {
            return Some(Carried::Number(number));
        }
        let place = self.place(row)?;
        match &self.store {
            Store::Text(values) => Some(Carried::Text(std::str::from_utf8(values.get(place)?.data()).ok()?)),
            Store::Whole(values) => values.get(place).map(|time| Carried::Time(*time)),
            Store::Boolean(values) => values.get(place).map(|truth| Carried::Boolean(*truth)),
            Store::Large(_) => None,
        }
    }
}

/// Reads rows and gives the place of the first value read.
fn read<T: parquet::data_type::DataType>(
    cursor: &mut Cursor<T>,
    rows: usize,
    levels: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<usize> {
    let from = values.len();
    cursor.read(rows, Some(levels), values)?;
    Ok(from)
}

/// The value of a column in the JSON of `rest`.
fn rest_value(json: &str, name: &str, value_type: ValueType) -> Option<Value> {
    let fields: serde_json::Value = serde_json::from_str(json).ok()?;
    let field = fields.get(name)?;
    Some(match value_type {
        ValueType::Text => Value::text(field.as_str()?),
        ValueType::List => list_from_json(field.as_str()?)?,
        ValueType::Number => Value::Number(field.as_str()?.parse().ok()?),
        ValueType::Boolean => Value::Boolean(field.as_bool()?),
        ValueType::Time => Value::Time(Timestamp(field.as_i64()?)),
    })
}
