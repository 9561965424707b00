//! Rows of an export's files as the texts of JSON objects, whatever the format.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use encoding_rs::UTF_8;

use crate::files::columns::Decoder;
use crate::files::encoding::{Utf8Reader, head_text};
use crate::files::field::Field;
use crate::files::input::{self, ByteCount, Found};
use crate::files::json::JsonTexts;
use crate::files::mapping::Format;
use crate::files::reject::{FileError, Place, Reason};
use crate::files::{import, sniff};

/// A file's rows.
pub(super) struct Rows {
    shown: Arc<str>,
    pub(super) format: Format,
    kind: Kind,
    number: u64,
}

enum Kind {
    /// One value after the other: rows are texts already.
    Texts(JsonTexts),
    /// Columns, of which a text is made for each row.
    Columns { decoder: Box<dyn Decoder>, row: usize, text: String },
}

/// A row: its text, or why it is none.
pub(super) struct TextRow<'file> {
    pub(super) bytes: &'file [u8],
    pub(super) place: Place,
    pub(super) fault: Option<Reason>,
}

impl Rows {
    pub(super) fn open(found: &Found, count: &Arc<ByteCount>) -> Result<Self, FileError> {
        let shown = Arc::clone(&found.shown);
        // Looked into with a count of its own, as it is opened again.
        let head = input::open(found, &Arc::new(ByteCount::default()))?.head;
        let format = sniff::format(&head, &found.relative);
        let replaced = Arc::new(AtomicU64::new(0));
        let kind = if format == Format::Json {
            let opened = input::open(found, count)?;
            let bytes = Box::new(Utf8Reader::new(opened.bytes, UTF_8, replaced));
            Kind::Texts(JsonTexts::open(&shown, bytes, &head_text(&opened.head, UTF_8), opened.is_whole))
        } else {
            let mut decoder = import::open(found, None, count, &replaced)?.decoder;
            decoder.next_block()?;
            Kind::Columns { decoder, row: 0, text: String::new() }
        };
        Ok(Self { shown, format, kind, number: 0 })
    }

    /// The next row; `None` at the file's end.
    pub(super) fn next(&mut self) -> Result<Option<TextRow<'_>>, FileError> {
        self.number += 1;
        let shown = Arc::clone(&self.shown);
        match &mut self.kind {
            Kind::Texts(texts) => {
                let Some(row) = texts.next()? else { return Ok(None) };
                let place = Place { file: shown, row: self.number, line: Some(row.line), column: Some(row.character) };
                let fault = row.fault.map(|message| Reason::Json(message.to_owned()));
                Ok(Some(TextRow { bytes: row.bytes, place, fault }))
            }
            Kind::Columns { decoder, row, text } => {
                while *row >= decoder.rows() {
                    *row = 0;
                    if !decoder.next_block()? {
                        return Ok(None);
                    }
                }
                let at = decoder.position(*row, None);
                let place = Place { file: shown, row: at.row, line: at.line, column: at.column };
                let fault = write_row(decoder.as_ref(), *row, text).err();
                *row += 1;
                Ok(Some(TextRow { bytes: text.as_bytes(), place, fault }))
            }
        }
    }
}

/// A row of columns as a JSON object. Empty texts of delimited files are nothing.
fn write_row(decoder: &dyn Decoder, row: usize, text: &mut String) -> Result<(), Reason> {
    text.clear();
    text.push('{');
    let mut fields = Vec::new();
    decoder.fields(row, &mut fields).map_err(|fault| fault.reason)?;
    for (name, field) in decoder.columns().names().iter().zip(&fields) {
        if field.is_absent() || matches!(field, Field::Text("")) {
            continue;
        }
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(name.as_str()).to_string());
        text.push(':');
        write_field(field, text)?;
    }
    text.push('}');
    Ok(())
}

fn write_field(field: &Field<'_>, out: &mut String) -> Result<(), Reason> {
    match field {
        Field::Absent => out.push_str("null"),
        Field::Numeral(_) | Field::Number(_) | Field::Boolean(_) => field.write_text(out),
        Field::Unusable(why) => return Err(Reason::Unusable(why)),
        Field::List(list) => out.push_str(&plain(list).to_string()),
        // Clocks without a zone are UTC's.
        Field::Text(_) | Field::Time(_) | Field::Clock(_) => {
            out.push_str(&serde_json::Value::from(field.text()).to_string());
        }
    }
    Ok(())
}

fn plain(value: &engine::Value) -> serde_json::Value {
    match value {
        engine::Value::Text(text) => text.as_ref().into(),
        engine::Value::Number(number) => serde_json::from_str(&number.to_string()).unwrap_or_default(),
        engine::Value::Boolean(truth) => (*truth).into(),
        engine::Value::Time(time) => time.to_string().into(),
        engine::Value::List(items) => items.iter().map(plain).collect(),
    }
}
