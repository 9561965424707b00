//! One JSON object to the cells of a row.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use engine::{Number, Value};
use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::files::columns::Columns;
use crate::files::limits;
use crate::files::reject::Reason;

/// A value without its text, which lies in the arena.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    Null,
    Text(Range<usize>),
    Numeral(Range<usize>),
    Boolean(bool),
    List(usize),
}

/// Cells of the rows of a block, and what they point to.
#[derive(Debug, Default)]
pub(crate) struct Flattener {
    pub(crate) columns: Columns,
    pub(crate) cells: Vec<(u32, Stored)>,
    pub(crate) arena: String,
    pub(crate) lists: Vec<Value>,
    pub(crate) duplicate_keys: u64,
    /// For each column the last row that had it, to notice members that are given twice.
    seen_in: Vec<u64>,
    row: u64,
}

/// The byte of the row's text that is at fault, and why.
type Fault = (usize, Reason);

impl Flattener {
    /// Forgets the rows, not the columns.
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.arena.clear();
        self.lists.clear();
    }

    /// Whether any row had a column.
    pub(crate) fn was_seen(&self, column: usize) -> bool {
        self.seen_in.get(column).is_some_and(|row| *row > 0)
    }

    /// Reads one value, which must be an object.
    pub(crate) fn row(&mut self, text: &str) -> Result<(), Fault> {
        self.row += 1;
        // The whole is checked first; members are then read from their own texts.
        if let Err(error) = serde_json::from_str::<&RawValue>(text) {
            return Err((byte_of(text, &error), Reason::Json(words_of(&error))));
        }
        let kind = match text.as_bytes().first() {
            Some(b'{') => return self.object(text, text, &mut String::new(), 0),
            Some(b'[') => "an array",
            Some(b'"') => "a text",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "null",
            _ => "a number",
        };
        Err((0, Reason::NotAnObject(kind)))
    }

    fn object(&mut self, whole: &str, text: &str, path: &mut String, depth: usize) -> Result<(), Fault> {
        if depth >= limits::JSON_DEPTH {
            return Err((offset(whole, text), Reason::TooDeep));
        }
        let members = members_of(text).map_err(|error| fault_in(whole, text, &error))?;
        for (key, value) in members {
            let length = path.len();
            if depth > 0 {
                path.push('.');
            }
            path.push_str(&key);
            let done = self.member(whole, value.get(), path, depth);
            path.truncate(length);
            done?;
        }
        Ok(())
    }

    fn member(&mut self, whole: &str, text: &str, path: &mut String, depth: usize) -> Result<(), Fault> {
        let stored = match text.as_bytes().first() {
            Some(b'{') => return self.object(whole, text, path, depth + 1),
            Some(b'[') => {
                let list = self.list(whole, text)?;
                self.lists.push(list);
                Stored::List(self.lists.len() - 1)
            }
            Some(b'"') => {
                let words = text_of(text).map_err(|error| fault_in(whole, text, &error))?;
                Stored::Text(self.keep(&words))
            }
            Some(b't') => Stored::Boolean(true),
            Some(b'f') => Stored::Boolean(false),
            Some(b'n') => Stored::Null,
            _ => Stored::Numeral(self.keep(text)),
        };
        let column = self.columns.place_of(path);
        if column >= limits::COLUMNS {
            return Err((offset(whole, text), Reason::TooManyColumns));
        }
        if self.seen_in.len() <= column {
            self.seen_in.resize(column + 1, 0);
        }
        if let Some(seen) = self.seen_in.get_mut(column) {
            if *seen == self.row {
                self.duplicate_keys += 1;
            }
            *seen = self.row;
        }
        // Cells are put into the row in order, so that the last of a name wins.
        self.cells.push((column as u32, stored));
        Ok(())
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let start = self.arena.len();
        self.arena.push_str(text);
        start..self.arena.len()
    }

    /// A list's scalars; nested values stay their JSON text, nulls are left out.
    fn list(&self, whole: &str, text: &str) -> Result<Value, Fault> {
        let items = items_of(text).map_err(|error| fault_in(whole, text, &error))?;
        if items.len() > limits::ITEMS {
            return Err((offset(whole, text), Reason::TooManyItems));
        }
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let item = item.get();
            values.push(match item.as_bytes().first() {
                Some(b'n') => continue,
                Some(b't') => Value::Boolean(true),
                Some(b'f') => Value::Boolean(false),
                Some(b'"') => {
                    let words = text_of(item).map_err(|error| fault_in(whole, item, &error))?;
                    Value::Text(Arc::from(words.as_ref()))
                }
                Some(b'{' | b'[') => Value::text(item),
                _ => match item.parse::<Number>() {
                    Ok(number) => Value::Number(number),
                    Err(_) => return Err((offset(whole, item), Reason::NumberTooLarge)),
                },
            });
        }
        Ok(Value::List(values.into()))
    }
}

/// Where a part begins in the whole that it was cut from.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len())
}

fn fault_in(whole: &str, part: &str, error: &serde_json::Error) -> Fault {
    (offset(whole, part) + byte_of(part, error), Reason::Json(words_of(error)))
}

/// The byte that an error's line and column point to.
fn byte_of(text: &str, error: &serde_json::Error) -> usize {
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The error's words without its place, which is told with the file's.
fn words_of(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.rfind(" at line ").and_then(|at| words.get(..at)).unwrap_or(&words).to_owned()
}

type Members<'text> = Vec<(Cow<'text, str>, &'text RawValue)>;

fn members_of(text: &str) -> serde_json::Result<Members<'_>> {
    struct Object;
    impl<'de> Visitor<'de> for Object {
        type Value = Members<'de>;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(key) = map.next_key::<Words<'de>>()? {
                members.push((key.0, map.next_value::<&'de RawValue>()?));
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(text).deserialize_map(Object)
}

fn items_of(text: &str) -> serde_json::Result<Vec<&RawValue>> {
    struct List;
    impl<'de> Visitor<'de> for List {
        type Value = Vec<&'de RawValue>;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut values = Vec::new();
            while let Some(item) = items.next_element::<&'de RawValue>()? {
                values.push(item);
            }
            Ok(values)
        }
    }
    serde_json::Deserializer::from_str(text).deserialize_seq(List)
}

fn text_of(text: &str) -> serde_json::Result<Cow<'_, str>> {
    serde_json::from_str::<Words<'_>>(text).map(|words| words.0)
}

/// A JSON text, borrowed where it has no escapes.
struct Words<'text>(Cow<'text, str>);

impl<'de> serde::Deserialize<'de> for Words<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Words<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Words(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Words(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Visit)
    }
}
