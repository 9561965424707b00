//! The values of a JSON file as texts, one after the other, for those who read trees instead of columns.

use std::io::Read;
use std::sync::Arc;

use super::split::{Cut, Splitter};
use super::window::Window;
use crate::files::reject::FileError;

pub(crate) struct JsonTexts {
    window: Window,
    splitter: Splitter,
    is_filled: bool,
}

/// A value, or what stands in its place.
pub(crate) struct TextRow<'file> {
    pub(crate) bytes: &'file [u8],
    pub(crate) line: u64,
    pub(crate) character: u64,
    /// Why it can be no value between the others.
    pub(crate) fault: Option<&'static str>,
}

impl JsonTexts {
    pub(crate) fn open(file: &Arc<str>, input: Box<dyn Read + Send>, head: &str, head_is_whole: bool) -> Self {
        let splitter = Splitter::for_head(head, head_is_whole);
        Self { window: Window::open(file, input), splitter, is_filled: false }
    }

    /// The next; `None` at the file's end.
    pub(crate) fn next(&mut self) -> Result<Option<TextRow<'_>>, FileError> {
        loop {
            let cut = if self.is_filled { self.window.cut(&mut self.splitter) } else { (Cut::More, 0) };
            let (start, end, line, character, fault) = match cut {
                (Cut::Value { start, end, line, character }, base) => (base + start, base + end, line, character, None),
                (Cut::Fault { start, end, line, character, message }, base) => {
                    (base + start, base + end, line, character, Some(message))
                }
                (Cut::More, _) if self.window.ended => return Ok(None),
                (Cut::More, _) => {
                    self.window.check_row(&self.splitter)?;
                    self.window.fill()?;
                    self.is_filled = true;
                    continue;
                }
            };
            return Ok(Some(TextRow { bytes: self.window.bytes(start..end), line, character, fault }));
        }
    }
}
