//! The part of a JSON file that is in memory: blocks are read behind what is not cut yet.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use super::super::limits;
use super::super::reject::{FileError, Reason};
use super::split::{Cut, Splitter};

pub(super) struct Window {
    file: Arc<str>,
    input: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    pub(super) filled: usize,
    next_start: usize,
    /// Whether the file's end has been read.
    pub(super) ended: bool,
}

impl Window {
    pub(super) fn open(file: &Arc<str>, input: Box<dyn Read + Send>) -> Self {
        let buffer = vec![0; limits::BLOCK_BYTES];
        Self { file: Arc::clone(file), input, buffer, filled: 0, next_start: 0, ended: false }
    }

    /// Forgets what is cut and reads on, into a larger buffer if nothing could be cut.
    pub(super) fn fill(&mut self) -> Result<(), FileError> {
        self.buffer.copy_within(self.next_start..self.filled, 0);
        self.filled -= self.next_start;
        self.next_start = 0;
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len().saturating_mul(2), 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let wanted = room.len();
        let got = crate::files::input::read_fully(&mut self.input, room)
            .map_err(|source| FileError::Read { file: Arc::clone(&self.file), source })?;
        self.filled += got;
        self.ended = got < wanted;
        Ok(())
    }

    /// The next cut, and the offset that its places count from.
    pub(super) fn cut(&mut self, splitter: &mut Splitter) -> (Cut, usize) {
        let base = self.next_start;
        let bytes = self.buffer.get(base..self.filled).unwrap_or_default();
        let (cut, taken) = splitter.next(bytes, self.ended);
        self.next_start += taken;
        (cut, base)
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// That what is not cut yet can still be a row.
    pub(super) fn check_row(&self, splitter: &Splitter) -> Result<(), FileError> {
        if self.filled - self.next_start > limits::ROW_BYTES {
            let (line, _) = splitter.place();
            return Err(FileError::unfit(&self.file, Some(line), Reason::RowTooLong.to_string()));
        }
        Ok(())
    }
}
