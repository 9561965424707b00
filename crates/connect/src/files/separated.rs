//! Delimited text: CSV, TSV and their kin.
//!
//! A block of the file is cut into rows and fields by `csv-core` (RFC 4180 with the usual leniency: a quote inside an
//! unquoted field is a character like any other), checked to be UTF-8 once, and then handed out as borrowed text. A row
//! that does not end in the block is cut again with the next one.

use std::io::Read;
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::columns::{Columns, Decoder, Position, RowFault};
use super::field::Field;
use super::limits;
use super::reject::{FileError, Reason, capped};

/// How a delimited file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Between fields.
    pub(crate) delimiter: u8,
    /// Around fields that hold delimiters.
    pub(crate) quote: u8,
    /// The columns' names where the file has no header.
    pub(crate) names: Option<Vec<String>>,
    /// Lines before the header, such as Excel's `sep=;`.
    pub(crate) skip_lines: usize,
}

struct RowMark {
    text_start: usize,
    first_end: usize,
    fields: usize,
    raw_start: usize,
    raw_end: usize,
    line: u64,
    fault: Option<Reason>,
}

pub(crate) struct Separated {
    file: Arc<str>,
    input: Box<dyn Read + Send>,
    dialect: Dialect,
    reader: Reader,
    columns: Columns,
    has_header: bool,
    /// Bytes of the file; rows up to `next_start` are cut.
    buffer: Vec<u8>,
    filled: usize,
    next_start: usize,
    ended: bool,
    /// The line that `next_start` is in.
    line: u64,
    rows_before: u64,
    /// Unquoted fields one after the other.
    text: String,
    /// Where each field ends, counted from its row's start in `text`.
    ends: Vec<usize>,
    rows: Vec<RowMark>,
}

impl Separated {
    /// Opens and reads the header.
    pub(crate) fn open(file: &Arc<str>, input: Box<dyn Read + Send>, dialect: Dialect) -> Result<Self, FileError> {
        let reader = ReaderBuilder::new().delimiter(dialect.delimiter).quote(dialect.quote).build();
        let mut columns = Columns::default();
        for name in dialect.names.iter().flatten() {
            columns.push(name.clone());
        }
        Ok(Self {
            file: Arc::clone(file),
            input,
            has_header: dialect.names.is_some(),
            dialect,
            reader,
            columns,
            buffer: vec![0; limits::BLOCK_BYTES],
            filled: 0,
            next_start: 0,
            ended: false,
            line: 1,
            rows_before: 0,
            text: String::new(),
            ends: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// Moves the rest of the last block to the front and reads on.
    fn fill(&mut self) -> Result<(), FileError> {
        self.buffer.copy_within(self.next_start..self.filled, 0);
        self.filled -= self.next_start;
        self.next_start = 0;
        if self.filled == self.buffer.len() {
            // A row longer than the buffer.
            self.buffer.resize(self.buffer.len().saturating_mul(2), 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let wanted = room.len();
        let got = super::input::read_fully(&mut self.input, room)
            .map_err(|source| FileError::Read { file: Arc::clone(&self.file), source })?;
        self.filled += got;
        self.ended = got < wanted;
        Ok(())
    }

    /// Cuts all rows that end in the buffer.
    fn cut(&mut self) {
        self.rows.clear();
        let mut text = std::mem::take(&mut self.text).into_bytes();
        // What comes out is never longer than what goes in.
        if text.len() < self.filled + 1 {
            text.resize(self.filled + 1, 0);
        }
        self.ends.clear();
        self.ends.resize(self.ends.capacity().max(64), 0);
        let (mut from, mut text_from, mut ends_from) = (self.next_start, 0, 0);
        let mut whole_end = 0;
        self.reader.reset();
        self.reader.set_line(self.line);
        loop {
            let row_start = from;
            let (text_start, first_end) = (text_from, ends_from);
            let is_whole = loop {
                let input = self.buffer.get(from..self.filled).unwrap_or_default();
                let output = text.get_mut(text_from..).unwrap_or_default();
                let ends = self.ends.get_mut(ends_from..).unwrap_or_default();
                let (result, read, written, fields) = self.reader.read_record(input, output, ends);
                from += read;
                text_from += written;
                ends_from += fields;
                match result {
                    ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                    ReadRecordResult::OutputFull => text.resize(text.len() * 2, 0),
                    // At the end of the file an empty input asks the reader to close the last row.
                    ReadRecordResult::InputEmpty if self.ended && !input.is_empty() => {}
                    ReadRecordResult::InputEmpty | ReadRecordResult::End => break false,
                    ReadRecordResult::Record => break true,
                }
            };
            if !is_whole {
                break;
            }
            let mark = self.mark(row_start, from, (text_start, first_end, ends_from - first_end));
            self.line = self.reader.line();
            self.next_start = from;
            self.rows.push(mark);
            whole_end = text_from;
        }
        // What is behind the last whole row is part of a row, perhaps of a character.
        text.truncate(whole_end);
        self.keep_text(text);
    }

    fn mark(
        &self,
        row_start: usize,
        row_end: usize,
        (text_start, first_end, fields): (usize, usize, usize),
    ) -> RowMark {
        let raw = self.buffer.get(row_start..row_end).unwrap_or_default();
        let blank = raw.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let lines = raw.iter().take(blank).filter(|byte| **byte == b'\n').count();
        let is_last = self.ended && row_end == self.filled;
        let fault = if is_last && leaves_a_quote_open(raw, &self.dialect) { Some(Reason::OpenQuote) } else { None };
        RowMark {
            text_start,
            first_end,
            fields,
            raw_start: row_start + blank,
            raw_end: row_end,
            line: self.line + lines as u64,
            fault,
        }
    }

    /// Makes the fields' bytes text; rows that are not UTF-8 are marked, and their other bytes blotted out.
    fn keep_text(&mut self, text: Vec<u8>) {
        self.text = match String::from_utf8(text) {
            Ok(text) => text,
            Err(error) => {
                let mut bytes = error.into_bytes();
                let mut stops: Vec<usize> = self.rows.iter().skip(1).map(|mark| mark.text_start).collect();
                stops.push(bytes.len());
                for (mark, stop) in self.rows.iter_mut().zip(stops) {
                    let row = bytes.get_mut(mark.text_start..stop).unwrap_or_default();
                    if std::str::from_utf8(row).is_err() {
                        mark.fault = Some(Reason::NotUtf8);
                        row.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
                    }
                }
                String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
            }
        };
    }

    /// Skips stated lines before the header. The buffer holds the file's start.
    fn skip_lines(&mut self) {
        for _ in 0..std::mem::take(&mut self.dialect.skip_lines) {
            let rest = self.buffer.get(self.next_start..self.filled).unwrap_or_default();
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return };
            self.next_start += end + 1;
            self.line += 1;
        }
    }

    /// Takes the block's first row for the header.
    fn read_header(&mut self) -> Result<(), FileError> {
        if self.has_header || self.rows.is_empty() {
            return Ok(());
        }
        let mark = self.rows.remove(0);
        if let Some(reason) = mark.fault {
            return Err(FileError::unfit(&self.file, Some(mark.line), format!("in the header: {reason}")));
        }
        if mark.fields > limits::COLUMNS {
            return Err(FileError::unfit(&self.file, Some(mark.line), Reason::TooManyColumns.to_string()));
        }
        for name in fields_of(&self.text, &self.ends, &mark) {
            self.columns.push(name.to_owned());
        }
        self.has_header = true;
        Ok(())
    }
}

/// The fields of a row, in order.
fn fields_of<'block>(
    text: &'block str,
    ends: &'block [usize],
    mark: &RowMark,
) -> impl Iterator<Item = &'block str> + use<'block> {
    let base = mark.text_start;
    let mut start = base;
    ends.get(mark.first_end..mark.first_end + mark.fields).unwrap_or_default().iter().map(move |end| {
        let field = text.get(start..base + end).unwrap_or_default();
        start = base + end;
        field
    })
}

/// Whether the file's last row opens a quote and does not close it: it then spans lines and its quotes are odd.
fn leaves_a_quote_open(raw: &[u8], dialect: &Dialect) -> bool {
    let mut inside = false;
    let mut at_start = true;
    for byte in raw {
        if *byte == dialect.quote && (inside || at_start) {
            inside = !inside;
            // A doubled quote inside closes and opens again.
            at_start = true;
            continue;
        }
        at_start = !inside && (matches!(*byte, b'\n' | b'\r') || *byte == dialect.delimiter);
    }
    inside
}

impl Decoder for Separated {
    fn next_block(&mut self) -> Result<bool, FileError> {
        let is_first = self.rows_before == 0 && self.rows.is_empty();
        self.rows_before += self.rows.len() as u64;
        self.rows.clear();
        loop {
            if self.ended && self.next_start >= self.filled {
                return Ok(false);
            }
            if !self.ended {
                self.fill()?;
            }
            if is_first {
                self.skip_lines();
            }
            self.cut();
            self.read_header()?;
            if self.ended {
                // What is left are blank lines.
                self.next_start = self.filled;
                return Ok(!self.rows.is_empty());
            }
            if !self.rows.is_empty() {
                return Ok(true);
            }
            if self.filled - self.next_start > limits::ROW_BYTES {
                let reason = Reason::RowTooLong;
                let message =
                    format!("{reason}; is a quote opened here and never closed? State `quote:` if it is another");
                return Err(FileError::unfit(&self.file, Some(self.line), message));
            }
        }
    }

    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn columns_to_extend(&mut self) -> Option<&mut Columns> {
        None
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn fields<'block>(&'block self, row: usize, fields: &mut Vec<Field<'block>>) -> Result<(), RowFault> {
        fields.clear();
        let Some(mark) = self.rows.get(row) else { return Ok(()) };
        if let Some(reason) = &mark.fault {
            return Err(RowFault { reason: reason.clone(), position: None });
        }
        if mark.fields != self.columns.len() {
            let reason = Reason::FieldCount { found: mark.fields, expected: self.columns.len() };
            return Err(RowFault { reason, position: None });
        }
        fields.extend(fields_of(&self.text, &self.ends, mark).map(Field::Text));
        Ok(())
    }

    fn position(&self, row: usize, column: Option<usize>) -> Position {
        let number = self.rows_before + row as u64 + 1;
        let Some(mark) = self.rows.get(row) else { return Position { row: number, line: None, column: None } };
        let raw = self.buffer.get(mark.raw_start..mark.raw_end).unwrap_or_default();
        let (lines, character) = place_in(raw, column.unwrap_or(0), &self.dialect);
        Position { row: number, line: Some(mark.line + lines), column: Some(character) }
    }

    fn raw(&self, row: usize) -> String {
        let Some(mark) = self.rows.get(row) else { return String::new() };
        let raw = self.buffer.get(mark.raw_start..mark.raw_end).unwrap_or_default();
        let raw = raw.get(..limits::REJECT_RAW_BYTES + 8).unwrap_or(raw);
        let text = String::from_utf8_lossy(raw);
        capped(text.trim_end_matches(['\r', '\n']), limits::REJECT_RAW_BYTES).to_owned()
    }
}

/// Where a column's field begins in a row: lines after the row's first, and the character in that line from 1.
fn place_in(raw: &[u8], column: usize, dialect: &Dialect) -> (u64, u64) {
    let (mut lines, mut character, mut field) = (0, 1, 0);
    let mut inside = false;
    let mut at_start = true;
    for byte in raw {
        if field == column {
            break;
        }
        if *byte == dialect.quote && (inside || at_start) {
            inside = !inside;
        } else if *byte == dialect.delimiter && !inside {
            field += 1;
            at_start = true;
            character += 1;
            continue;
        }
        at_start = *byte == dialect.quote;
        if *byte == b'\n' {
            lines += 1;
            character = 1;
        } else if byte & 0xC0 != 0x80 {
            // Bytes that continue a character are not counted.
            character += 1;
        }
    }
    (lines, character)
}
