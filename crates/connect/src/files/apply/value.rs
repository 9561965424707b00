//! Fields to cells of a batch, by type.

use engine::Value;
use engine::batch::{Cell, Texts};

use super::Changed;
use crate::files::field::Field;
use crate::files::limits;
use crate::files::reject::{Reason, capped};
use crate::files::time::TimeReader;
use crate::files::typing;

/// Texts that mean "no value".
#[derive(Debug, Clone)]
pub(super) struct Missing {
    empty: bool,
    others: Vec<String>,
}

impl Missing {
    pub(super) fn new(texts: &[String]) -> Self {
        Self {
            empty: texts.iter().any(String::is_empty),
            others: texts.iter().filter(|text| !text.is_empty()).cloned().collect(),
        }
    }

    /// Whether a field that is there stands for none.
    pub(super) fn is(&self, field: &Field<'_>) -> bool {
        match field {
            Field::Text("") => self.empty,
            _ if self.others.is_empty() => false,
            field => is_any_of(*field, &self.others),
        }
    }
}

/// Whether a field's text is one of these; nothing counts as the empty text.
pub(super) fn is_any_of(field: Field<'_>, texts: &[String]) -> bool {
    match field {
        Field::Absent => texts.iter().any(String::is_empty),
        Field::Text(text) | Field::Numeral(text) => texts.iter().any(|other| other == text),
        field => {
            let text = field.text();
            texts.contains(&text)
        }
    }
}

/// A value as a field.
pub(super) fn field_of(value: &Value) -> Field<'_> {
    match value {
        Value::Text(text) => Field::Text(text),
        Value::Number(number) => Field::Number(*number),
        Value::Boolean(truth) => Field::Boolean(*truth),
        Value::Time(time) => Field::Time(*time),
        Value::List(_) => Field::List(value),
    }
}

/// The type of a property, ready for use.
#[derive(Debug, Clone)]
pub(super) enum BoundType {
    /// As the format has it; wall clocks are read by the reader.
    AsSent(TimeReader),
    /// What the first rows were: values of another kind stay texts.
    Judged(typing::Judged, TimeReader),
    Text,
    Number(u8),
    Boolean,
    Time(TimeReader),
    List(String),
}

impl BoundType {
    pub(super) fn as_sent(time: &TimeReader) -> Self {
        Self::AsSent(time.clone())
    }

    /// The cell of a field that is there; `None` for a list without items.
    pub(super) fn cell(
        &mut self,
        field: Field<'_>,
        texts: &mut Texts,
        changed: &mut Changed,
        scratch: &mut String,
    ) -> Result<Option<Cell>, Reason> {
        Ok(Some(match self {
            Self::AsSent(reader) => as_sent(field, reader, texts, changed)?,
            Self::Judged(judged, reader) => match field {
                Field::Text(text) => as_judged(text, *judged, reader, texts, changed),
                field => as_sent(field, reader, texts, changed)?,
            },
            Self::Text => match field {
                Field::Text(text) | Field::Numeral(text) => text_cell(text, texts, changed),
                Field::Unusable(why) => return Err(Reason::Unusable(why)),
                field => {
                    scratch.clear();
                    field.write_text(scratch);
                    text_cell(scratch, texts, changed)
                }
            },
            Self::Number(decimal) => Cell::Number(typing::number(field, *decimal)?),
            Self::Boolean => Cell::Boolean(typing::boolean(field)?),
            Self::Time(reader) => Cell::Time(reader.read(field)?),
            Self::List(split) => match list(field, split, changed)? {
                Some(list) => Cell::List(list),
                None => return Ok(None),
            },
        }))
    }
}

fn text_cell(text: &str, texts: &mut Texts, changed: &mut Changed) -> Cell {
    Cell::Text(texts.intern(cut(text, changed)))
}

fn cut<'text>(text: &'text str, changed: &mut Changed) -> &'text str {
    if text.len() <= limits::TEXT_BYTES {
        return text;
    }
    changed.texts_cut += 1;
    capped(text, limits::TEXT_BYTES)
}

fn as_sent(
    field: Field<'_>,
    reader: &mut TimeReader,
    texts: &mut Texts,
    changed: &mut Changed,
) -> Result<Cell, Reason> {
    Ok(match field {
        Field::Text(text) => text_cell(text, texts, changed),
        Field::Numeral(_) | Field::Number(_) => Cell::Number(typing::number(field, b'.')?),
        Field::Boolean(truth) => Cell::Boolean(truth),
        Field::Time(_) | Field::Clock(_) => Cell::Time(reader.read(field)?),
        Field::List(list) => Cell::List(cut_items(list, changed)),
        Field::Unusable(why) => return Err(Reason::Unusable(why)),
        // Callers leave out what is absent.
        Field::Absent => text_cell("", texts, changed),
    })
}

fn as_judged(
    text: &str,
    judged: typing::Judged,
    reader: &mut TimeReader,
    texts: &mut Texts,
    changed: &mut Changed,
) -> Cell {
    let found = match judged {
        typing::Judged::Text => return text_cell(text, texts, changed),
        typing::Judged::Number if typing::is_plain_number(text) => {
            typing::number(Field::Text(text), b'.').ok().map(Cell::Number)
        }
        typing::Judged::Boolean => typing::plain_boolean(text).map(Cell::Boolean),
        typing::Judged::Time if typing::is_iso(text) => reader.read(Field::Text(text)).ok().map(Cell::Time),
        typing::Judged::Number | typing::Judged::Time => None,
    };
    found.unwrap_or_else(|| {
        changed.kept_as_text += 1;
        text_cell(text, texts, changed)
    })
}

fn list(field: Field<'_>, split: &str, changed: &mut Changed) -> Result<Option<Value>, Reason> {
    let items: Vec<Value> = match field {
        Field::List(list) => return Ok(Some(cut_items(list, changed))),
        Field::Unusable(why) => return Err(Reason::Unusable(why)),
        Field::Text(text) => text
            .split(split)
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| Value::text(cut(item, changed)))
            .take(limits::ITEMS + 1)
            .collect(),
        _ => return Err(Reason::WrongType { found: "single value", expected: "a list" }),
    };
    if items.len() > limits::ITEMS {
        return Err(Reason::TooManyItems);
    }
    Ok(if items.is_empty() { None } else { Some(Value::List(items.into())) })
}

/// A list whose texts are within the limit.
fn cut_items(list: &Value, changed: &mut Changed) -> Value {
    let is_long = |value: &Value| value.as_text().is_some_and(|text| text.len() > limits::TEXT_BYTES);
    match list {
        Value::List(items) if items.iter().any(is_long) => Value::List(
            items
                .iter()
                .map(|item| match item {
                    Value::Text(text) => Value::text(cut(text, changed)),
                    other => other.clone(),
                })
                .collect(),
        ),
        list => list.clone(),
    }
}
