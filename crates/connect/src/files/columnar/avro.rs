//! Avro's object container files, of which the reader itself does not notice that the end is missing.
//!
//! Every block ends with the sixteen bytes that the header ends with (Avro 1.12, "Object Container Files"), so a whole file does.

use std::io::{BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow_avro::reader::{Reader, ReaderBuilder};

/// The mark at the end of each block.
type Mark = [u8; 16];

pub(super) struct Avro {
    reader: Reader<BufReader<Tail>>,
    last: Arc<Mutex<Mark>>,
    is_done: bool,
}

/// Remembers the last bytes that were read.
struct Tail {
    inner: Box<dyn Read + Send>,
    last: Arc<Mutex<Mark>>,
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(buffer)?;
        let read = buffer.get(..got).unwrap_or_default();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = last.len().min(got);
        last.rotate_left(kept);
        let from = last.len() - kept;
        if let (Some(end), Some(new)) = (last.get_mut(from..), read.get(got - kept..)) {
            end.copy_from_slice(new);
        }
        Ok(got)
    }
}

pub(super) fn open(bytes: Box<dyn Read + Send>) -> Result<Avro, ArrowError> {
    let last = Arc::new(Mutex::new(Mark::default()));
    let tail = Tail { inner: bytes, last: Arc::clone(&last) };
    let reader = ReaderBuilder::new().with_batch_size(super::BLOCK_ROWS).build(BufReader::new(tail))?;
    Ok(Avro { reader, last, is_done: false })
}

impl Avro {
    pub(super) fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }
}

impl Iterator for Avro {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let batch = self.reader.next();
        self.is_done = !matches!(batch, Some(Ok(_)));
        if batch.is_some() {
            return batch;
        }
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_whole = last == self.reader.avro_header().sync();
        (!is_whole).then(|| Err(ArrowError::AvroError("the file ends within a block".to_owned())))
    }
}
