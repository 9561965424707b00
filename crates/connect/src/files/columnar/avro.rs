//! Avro's object container files (Avro 1.12, "Object Container Files"), block by block.
//!
//! The blocks are cut here and each is given to `arrow-avro` by itself, behind the file's header. Given the whole file, it takes one
//! whose end is missing for complete, and goes round for ever in a block that holds more bytes than its rows.

use std::io::{BufRead as _, BufReader, Cursor, Read};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow_avro::reader::ReaderBuilder;

use crate::files::limits;

/// The mark at the end of the header and of each block.
const MARK_BYTES: usize = 16;
/// The most rows of a block.
const BLOCK_ROWS: usize = 1 << 20;

pub(super) struct Avro {
    bytes: BufReader<Box<dyn Read + Send>>,
    header: Vec<u8>,
    schema: SchemaRef,
    is_done: bool,
}

fn wrong(why: &str) -> ArrowError {
    ArrowError::AvroError(why.to_owned())
}

pub(super) fn open(bytes: Box<dyn Read + Send>) -> Result<Avro, ArrowError> {
    let mut bytes = BufReader::new(bytes);
    let mut header = Vec::new();
    take(&mut bytes, 4, &mut header)?;
    // Names and values of the metadata come in groups, the last of which is empty.
    loop {
        let count = number(&mut bytes, &mut header)?;
        if count == 0 {
            break;
        }
        if count < 0 {
            number(&mut bytes, &mut header)?;
        }
        for _ in 0..count.unsigned_abs().saturating_mul(2) {
            let length = number(&mut bytes, &mut header)?;
            take(&mut bytes, size(length)?, &mut header)?;
        }
    }
    take(&mut bytes, MARK_BYTES, &mut header)?;
    let schema = ReaderBuilder::new().build(Cursor::new(header.as_slice()))?.schema();
    Ok(Avro { bytes, header, schema, is_done: false })
}

/// Bytes of a block or of the header, within the limit of a row.
fn size(length: i64) -> Result<usize, ArrowError> {
    let size = usize::try_from(length).ok().filter(|size| *size <= limits::ROW_BYTES);
    size.ok_or_else(|| wrong("a block is longer than any should be"))
}

fn take(bytes: &mut impl Read, count: usize, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let before = out.len();
    bytes.take(count as u64).read_to_end(out)?;
    if out.len() - before == count { Ok(()) } else { Err(wrong("the file ends within a block")) }
}

/// A number of Avro: zigzag, seven bits a byte. Its bytes are kept too.
fn number(bytes: &mut impl Read, out: &mut Vec<u8>) -> Result<i64, ArrowError> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        take(bytes, 1, out)?;
        let byte = out.last().copied().unwrap_or_default();
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    Err(wrong("a number has too many bytes"))
}

impl Avro {
    pub(super) fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    /// The rows of the next block; `None` at the end.
    fn block(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        loop {
            if self.bytes.fill_buf()?.is_empty() {
                return Ok(None);
            }
            if let Some(rows) = self.block_of_rows()? {
                return Ok(Some(rows));
            }
        }
    }

    /// The rows of a block, if it has any.
    fn block_of_rows(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let mut block = self.header.clone();
        let rows = number(&mut self.bytes, &mut block)?;
        let rows = usize::try_from(rows).ok().filter(|rows| *rows <= BLOCK_ROWS);
        let rows = rows.ok_or_else(|| wrong("a block has more rows than any should have"))?;
        let length = number(&mut self.bytes, &mut block)?;
        take(&mut self.bytes, size(length)?, &mut block)?;
        take(&mut self.bytes, MARK_BYTES, &mut block)?;
        if rows == 0 {
            return Ok(None);
        }
        // With all of its rows the batch is full, and the reader asks for nothing more.
        let mut reader = ReaderBuilder::new().with_batch_size(rows).build(Cursor::new(block))?;
        let batch = reader.next().ok_or_else(|| wrong("a block has no rows"))??;
        if batch.num_rows() == rows { Ok(Some(batch)) } else { Err(wrong("a block has fewer rows than it says")) }
    }
}

impl Iterator for Avro {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let block = self.block().transpose();
        self.is_done = !matches!(block, Some(Ok(_)));
        block
    }
}
