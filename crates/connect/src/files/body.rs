//! Rows that come in a request instead of a file: JSON, by the mapping that would import it from one.

use std::io::Cursor;
use std::sync::Arc;

use engine::batch::Batch;
use engine::record::Record;

use super::apply::{Changed, Outcome, bind};
use super::columns::Decoder as _;
use super::json::Json;
use super::limits;
use super::mapping::Mapping;
use super::reject::{FileError, Reason};

/// What became of a row.
#[derive(Debug)]
pub(crate) enum Row {
    /// Its records.
    Records(Vec<Record>),
    /// The mapping leaves it out.
    LeftOut,
    /// Why it is not taken, and the column to blame.
    Rejected(Reason, Option<String>),
}

/// The rows of a body, each with its text, in order. The mapping's first rule whose pattern fits the name is used, else its
/// first rule.
///
/// # Errors
/// If the body cannot be a file of that rule.
pub(crate) fn rows(mapping: &Mapping, name: &str, body: &[u8]) -> Result<(Vec<(Row, String)>, Changed), FileError> {
    let shown: Arc<str> = Arc::from(name);
    let rule = mapping.files.iter().find(|rule| rule.matcher.is_match(name)).or_else(|| mapping.files.first());
    let rule = rule.ok_or_else(|| FileError::unfit(&shown, None, "the mapping has no `files:`"))?;
    let head_bytes = body.get(..limits::HEAD_BYTES.min(body.len())).unwrap_or_default();
    let head = String::from_utf8_lossy(head_bytes).into_owned();
    let mut decoder = Json::open(&shown, Box::new(Cursor::new(body.to_vec())), &head, head_bytes.len() == body.len());
    let mut taken = Vec::new();
    let mut applier = None;
    while decoder.next_block()? {
        let applier = match &mut applier {
            Some(applier) => applier,
            none => none.insert(bind(mapping, rule, &shown, &mut decoder, false)?),
        };
        let mut fields = Vec::new();
        for row in 0..decoder.rows() {
            let mut batch = Batch::default();
            applier.begin_batch(&mut batch);
            let done = match decoder.fields(row, &mut fields) {
                Err(fault) => Row::Rejected(fault.reason, None),
                Ok(()) => match applier.row(decoder.columns(), &fields, &mut batch) {
                    Ok(Outcome::Records(_)) => Row::Records(batch.to_records()),
                    Ok(Outcome::LeftOut) => Row::LeftOut,
                    Err(fault) => {
                        let column = fault.column.and_then(|column| decoder.columns().name(column));
                        Row::Rejected(fault.reason, column.map(str::to_owned))
                    }
                },
            };
            taken.push((done, decoder.raw(row)));
        }
    }
    let changed = applier.map(|applier| applier.changed).unwrap_or_default();
    Ok((taken, changed))
}
