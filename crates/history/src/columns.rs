//! Property and trait columns, and the bytes that carry a row's values from batch to file.
//!
//! A column is a table, a type and a name; it stands in the dictionary of columns as `event number.minutes`. On the way
//! from batches to files a row's values are one stretch of bytes: for each value its column's code (2 bytes), then its
//! payload, in ascending order of codes.

use engine::household::Code;
use engine::identity::Ids as _;
use engine::{Number, Timestamp, Value};

use crate::dictionary::Dictionary;
use crate::error::{Error, Result};

/// Which rows a column belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Events and their properties.
    Events,
    /// Traits, aliases and leaves.
    Facts,
}

impl Table {
    /// The word in the dictionary of columns and in file names.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Facts => "facts",
        }
    }
}

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueType {
    /// Words.
    Text,
    /// Exact decimals.
    Number,
    /// True or false.
    Boolean,
    /// Instants.
    Time,
    /// Lists, as JSON.
    List,
}

impl ValueType {
    /// Every type.
    pub const ALL: [Self; 5] = [Self::Text, Self::Number, Self::Boolean, Self::Time, Self::List];

    /// The first part of the column's name in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::List => "list",
        }
    }
}

/// A column of the dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnName {
    /// Which rows have it.
    pub table: Table,
    /// What its values are.
    pub value_type: ValueType,
    /// The property's or trait's name.
    pub name: String,
}

impl ColumnName {
    /// The money of an event.
    pub(crate) const AMOUNT: &str = "events amount";
    /// Its currency.
    pub(crate) const CURRENCY: &str = "events currency";
    /// The other id of an alias.
    pub(crate) const PREVIOUS: &str = "facts previous";

    pub(crate) fn text(table: Table, value_type: ValueType, name: &str) -> String {
        format!("{} {}.{name}", table.word(), value_type.word())
    }

    /// A property's or trait's column; `None` for the fixed columns (amount, currency, previous).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (table, column) = text.split_once(' ')?;
        let table = [Table::Events, Table::Facts].into_iter().find(|candidate| candidate.word() == table)?;
        let (value_type, name) = column.split_once('.')?;
        let value_type = ValueType::ALL.into_iter().find(|candidate| candidate.word() == value_type)?;
        Some(Self { table, value_type, name: name.to_owned() })
    }
}

/// What a column is called in files and what it holds, by its text in the dictionary.
pub(crate) fn describe(text: &str) -> (&str, ValueType) {
    let file_name = text.split_once(' ').map_or(text, |(_, column)| column);
    let value_type = match text {
        ColumnName::AMOUNT => ValueType::Number,
        ColumnName::CURRENCY | ColumnName::PREVIOUS => ValueType::Text,
        _ => ColumnName::parse(text).map_or(ValueType::Text, |column| column.value_type),
    };
    (file_name, value_type)
}

/// The code of a column for the bytes of a row.
pub(crate) fn column_code(columns: &mut Dictionary, text: &str) -> Result<u16> {
    u16::try_from(columns.intern(text))
        .map_err(|_| Error::Full("it holds 65,535 different properties and traits; leave some out in the mapping"))
}

/// Types by code.
pub(crate) fn value_types(columns: &Dictionary) -> Vec<ValueType> {
    (0..columns.end()).map(|code: Code| describe(columns.text(code)).1).collect()
}

/// A value between batch and file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Carried<'a> {
    /// Words, or a list's JSON.
    Text(&'a str),
    /// An exact decimal.
    Number(Number),
    /// True or false.
    Boolean(bool),
    /// An instant.
    Time(i64),
}

impl Carried<'_> {
    /// How many bytes it takes with its code.
    pub(crate) fn size(&self) -> usize {
        2 + match self {
            Self::Text(text) => 4 + text.len(),
            Self::Number(_) => 16,
            Self::Boolean(_) => 1,
            Self::Time(_) => 8,
        }
    }

    /// Writes code and value to the front of `into`, which must have [`Self::size`] bytes or more.
    pub(crate) fn write(&self, code: u16, into: &mut [u8]) {
        put(into, 0, &code.to_le_bytes());
        match self {
            Self::Text(text) => {
                put(into, 2, &u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
                put(into, 6, text.as_bytes());
            }
            Self::Number(number) => put(into, 2, &number.0.to_le_bytes()),
            Self::Boolean(truth) => put(into, 2, &[u8::from(*truth)]),
            Self::Time(time) => put(into, 2, &time.to_le_bytes()),
        }
    }

    /// Appends code and value.
    pub(crate) fn append(&self, code: u16, into: &mut Vec<u8>) {
        let start = into.len();
        into.resize(start + self.size(), 0);
        if let Some(place) = into.get_mut(start..) {
            self.write(code, place);
        }
    }
}

fn put(into: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = into.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Reads a row's values one after the other.
pub(crate) struct Values<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) types: &'a [ValueType],
}

impl<'a> Iterator for Values<'a> {
    type Item = (u16, Carried<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (code, rest) = self.bytes.split_first_chunk::<2>()?;
        let code = u16::from_le_bytes(*code);
        let (value, rest) = match self.types.get(code as usize)? {
            ValueType::Text | ValueType::List => {
                let (length, rest) = rest.split_first_chunk::<4>()?;
                let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
                (Carried::Text(std::str::from_utf8(text).ok()?), rest)
            }
            ValueType::Number => {
                let (number, rest) = rest.split_first_chunk::<16>()?;
                (Carried::Number(Number(i128::from_le_bytes(*number))), rest)
            }
            ValueType::Boolean => {
                let (truth, rest) = rest.split_first()?;
                (Carried::Boolean(*truth != 0), rest)
            }
            ValueType::Time => {
                let (time, rest) = rest.split_first_chunk::<8>()?;
                (Carried::Time(i64::from_le_bytes(*time)), rest)
            }
        };
        self.bytes = rest;
        Some((code, value))
    }
}

/// A list as JSON: texts and booleans as such, numbers as JSON numbers, instants as `{"time": "…Z"}`.
pub(crate) fn list_to_json(list: &Value) -> String {
    fn json(value: &Value) -> serde_json::Value {
        match value {
            Value::Text(words) => serde_json::Value::String(words.to_string()),
            Value::Number(number) => {
                let exact = serde_json::from_str(&number.to_string()).ok();
                exact
                    .filter(|back: &serde_json::Number| back.to_string() == number.to_string())
                    .map_or_else(|| serde_json::json!({ "number": number.to_string() }), serde_json::Value::Number)
            }
            Value::Boolean(truth) => serde_json::Value::Bool(*truth),
            Value::Time(time) => serde_json::json!({ "time": time.0 }),
            Value::List(items) => serde_json::Value::Array(items.iter().map(json).collect()),
        }
    }
    json(list).to_string()
}

/// The reverse of [`list_to_json`].
pub(crate) fn list_from_json(text: &str) -> Option<Value> {
    fn value(json: &serde_json::Value) -> Option<Value> {
        Some(match json {
            serde_json::Value::String(words) => Value::text(words),
            serde_json::Value::Number(number) => Value::Number(number.to_string().parse().ok()?),
            serde_json::Value::Bool(truth) => Value::Boolean(*truth),
            serde_json::Value::Array(items) => Value::List(items.iter().map(value).collect::<Option<_>>()?),
            serde_json::Value::Object(fields) => match (fields.get("number"), fields.get("time")) {
                (Some(number), _) => Value::Number(number.as_str()?.parse().ok()?),
                (None, time) => Value::Time(Timestamp(time?.as_i64()?)),
            },
            serde_json::Value::Null => return None,
        })
    }
    value(&serde_json::from_str(text).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_survive() {
        let list = Value::List(
            vec![
                Value::text("a\"b"),
                Value::whole(-3),
                Value::Number(Number(1)),
                Value::Number(Number(999_999_999_999_999_999_999_999_999)),
                Value::Boolean(true),
                Value::Time(Timestamp(5)),
                Value::List(Vec::new().into()),
            ]
            .into(),
        );
        assert_eq!(list_from_json(&list_to_json(&list)), Some(list));
    }

    #[test]
    fn values_survive() {
        let types = [ValueType::Text, ValueType::Number, ValueType::Boolean, ValueType::Time, ValueType::Text];
        let carried = [
            (1, Carried::Number(Number(-7))),
            (2, Carried::Boolean(true)),
            (3, Carried::Time(-9)),
            (4, Carried::Text("é")),
        ];
        let mut bytes = Vec::new();
        for (code, value) in carried {
            value.append(code, &mut bytes);
        }
        assert_eq!(Values { bytes: &bytes, types: &types }.collect::<Vec<_>>(), carried);
        bytes.pop();
        assert_eq!(Values { bytes: &bytes, types: &types }.count(), 3, "cut short: no panic");
    }
}
