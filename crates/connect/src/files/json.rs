//! JSON: lines, one array of objects, or objects one after the other; each object is a row.
//!
//! What is JSON is decided by RFC 8259 through `serde_json`; numbers keep their written digits. Members of nested objects
//! become columns with dotted names (`plan.name`); lists keep their scalars, and hold nested values as their JSON text.
//! A member that is given twice counts with its last value, and is counted ([`Decoder::duplicate_keys`]).

mod split;
mod texts;
mod value;
mod window;

use std::io::Read;
use std::sync::Arc;

use engine::Value;

use super::columns::{Columns, Decoder, Position, RowFault};
use super::field::Field;
use super::limits;
use super::reject::{FileError, Reason, capped};
use split::{Cut, Splitter};
pub(crate) use texts::JsonTexts;
use value::{Flattener, Stored};
use window::Window;

struct RowMark {
    raw_start: usize,
    raw_end: usize,
    line: u64,
    character: u64,
    /// Cells of this row in `cells`.
    cells: std::ops::Range<usize>,
    fault: Option<RowFault>,
}

pub(crate) struct Json {
    window: Window,
    splitter: Splitter,
    rows_before: u64,
    has_values: bool,
    rows: Vec<RowMark>,
    flattener: Flattener,
}

impl Json {
    pub(crate) fn open(file: &Arc<str>, input: Box<dyn Read + Send>, head: &str, head_is_whole: bool) -> Self {
        Self {
            window: Window::open(file, input),
            splitter: Splitter::for_head(head, head_is_whole),
            rows_before: 0,
            has_values: false,
            rows: Vec::new(),
            flattener: Flattener::default(),
        }
    }

    /// Cuts the buffer into values and reads each.
    fn cut(&mut self) {
        self.flattener.clear();
        loop {
            let (cut, base) = self.window.cut(&mut self.splitter);
            match cut {
                Cut::More => break,
                Cut::Value { start, end, line, character } => {
                    self.has_values = true;
                    self.read_row(base + start, base + end, (line, character));
                }
                Cut::Fault { start, end, line, character, message } => {
                    self.has_values = true;
                    let fault = RowFault { reason: Reason::Json(message.to_owned()), position: None };
                    self.push_fault((base + start, base + end), (line, character), fault);
                }
            }
        }
        if self.window.ended && !self.has_values && !self.splitter.is_past_array() {
            self.has_values = true;
            let fault = RowFault { reason: Reason::Empty, position: None };
            self.push_fault((self.window.filled, self.window.filled), (1, 1), fault);
        }
    }

    fn push_fault(&mut self, (raw_start, raw_end): (usize, usize), (line, character): (u64, u64), fault: RowFault) {
        let none = self.flattener.cells.len();
        self.rows.push(RowMark { raw_start, raw_end, line, character, cells: none..none, fault: Some(fault) });
    }

    fn read_row(&mut self, start: usize, end: usize, (line, character): (u64, u64)) {
        let raw = self.window.bytes(start..end);
        let number = self.rows_before + self.rows.len() as u64 + 1;
        let place = |lines: u64, characters: u64| Position {
            row: number,
            line: Some(line + lines),
            column: Some(if lines == 0 { character + characters } else { characters + 1 }),
        };
        let first_cell = self.flattener.cells.len();
        let fault = match std::str::from_utf8(raw) {
            Err(error) => {
                let (lines, characters) = offset_in(raw, error.valid_up_to());
                Some(RowFault { reason: Reason::NotUtf8, position: Some(place(lines, characters)) })
            }
            Ok(text) => self.flattener.row(text).err().map(|(at, reason)| {
                let (lines, characters) = offset_in(raw, at);
                RowFault { reason, position: Some(place(lines, characters)) }
            }),
        };
        if fault.is_some() {
            self.flattener.cells.truncate(first_cell);
        }
        let cells = first_cell..self.flattener.cells.len();
        self.rows.push(RowMark { raw_start: start, raw_end: end, line, character, cells, fault });
    }
}

/// Line ends before a byte, and the characters between the last of them and the byte.
fn offset_in(raw: &[u8], at: usize) -> (u64, u64) {
    let before = raw.get(..at.min(raw.len())).unwrap_or_default();
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    (lines as u64, line.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64)
}

impl Decoder for Json {
    fn next_block(&mut self) -> Result<bool, FileError> {
        self.rows_before += self.rows.len() as u64;
        self.rows.clear();
        loop {
            if self.window.ended {
                return Ok(false);
            }
            self.window.fill()?;
            self.cut();
            if self.window.ended {
                return Ok(!self.rows.is_empty());
            }
            if !self.rows.is_empty() {
                return Ok(true);
            }
            self.window.check_row(&self.splitter)?;
        }
    }

    fn columns(&self) -> &Columns {
        &self.flattener.columns
    }

    fn columns_to_extend(&mut self) -> Option<&mut Columns> {
        Some(&mut self.flattener.columns)
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn fields<'block>(&'block self, row: usize, fields: &mut Vec<Field<'block>>) -> Result<(), RowFault> {
        fields.clear();
        let Some(mark) = self.rows.get(row) else { return Ok(()) };
        if let Some(fault) = &mark.fault {
            return Err(fault.clone());
        }
        fields.resize(self.columns().len(), Field::Absent);
        for (column, stored) in self.flattener.cells.get(mark.cells.clone()).unwrap_or_default() {
            if let Some(field) = fields.get_mut(*column as usize) {
                *field = self.flattener.field(stored);
            }
        }
        Ok(())
    }

    fn position(&self, row: usize, _column: Option<usize>) -> Position {
        let number = self.rows_before + row as u64 + 1;
        match self.rows.get(row) {
            Some(mark) => Position { row: number, line: Some(mark.line), column: Some(mark.character) },
            None => Position { row: number, line: None, column: None },
        }
    }

    fn raw(&self, row: usize) -> String {
        let Some(mark) = self.rows.get(row) else { return String::new() };
        let raw = self.window.bytes(mark.raw_start..mark.raw_end);
        let raw = raw.get(..limits::REJECT_RAW_BYTES + 8).unwrap_or(raw);
        capped(&String::from_utf8_lossy(raw), limits::REJECT_RAW_BYTES).to_owned()
    }

    fn duplicate_keys(&self) -> u64 {
        self.flattener.duplicate_keys
    }

    fn never_present(&self) -> Vec<String> {
        let names = self.flattener.columns.names().iter();
        names.enumerate().filter(|(at, _)| !self.flattener.was_seen(*at)).map(|(_, name)| name.clone()).collect()
    }
}

impl Flattener {
    fn field(&self, stored: &Stored) -> Field<'_> {
        match stored {
            Stored::Null => Field::Absent,
            Stored::Text(range) => Field::Text(self.arena.get(range.clone()).unwrap_or_default()),
            Stored::Numeral(range) => Field::Numeral(self.arena.get(range.clone()).unwrap_or_default()),
            Stored::Boolean(truth) => Field::Boolean(*truth),
            Stored::List(at) => self.lists.get(*at).map_or(Field::Absent, |list: &Value| Field::List(list)),
        }
    }
}
