//! From a file's encoding to UTF-8.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};

/// The encoding a file has: what its byte order mark says, else what the mapping says, else UTF-8 if its head is that,
/// else windows-1252 (which agrees with latin-1 on all letters) where guessing is allowed.
///
/// RFC 8259 asks for UTF-8, so JSON is never guessed to be anything else.
pub(crate) fn choose(head: &[u8], stated: Option<&'static Encoding>, may_guess: bool) -> &'static Encoding {
    if let Some((marked, _)) = Encoding::for_bom(head) {
        return marked;
    }
    if let Some(stated) = stated {
        return stated;
    }
    if may_guess && !is_utf8_so_far(head) { WINDOWS_1252 } else { UTF_8 }
}

/// Whether bytes are UTF-8, but for a last character that may be cut.
fn is_utf8_so_far(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Whether text in this encoding is passed on as it is (and checked row by row).
fn passes(encoding: &'static Encoding) -> bool {
    encoding == UTF_8
}

/// A head as text: what does not fit the encoding is replaced, and a cut character at the end is dropped.
pub(crate) fn head_text(head: &[u8], encoding: &'static Encoding) -> String {
    let bytes = match Encoding::for_bom(head) {
        Some((_, mark)) => head.get(mark..).unwrap_or_default(),
        None => head,
    };
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let most = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len().saturating_mul(3));
    let mut text = String::with_capacity(most);
    let (_result, _read, _replaced) = decoder.decode_to_string(bytes, &mut text, false);
    text
}

/// Reads UTF-8 without a byte order mark. UTF-8 input is passed on unchecked.
pub(crate) struct Utf8Reader {
    inner: Box<dyn Read + Send>,
    state: State,
    /// Characters that the encoding does not have; they became U+FFFD.
    replaced: Arc<AtomicU64>,
}

enum State {
    /// Before the first byte of UTF-8.
    Start,
    /// UTF-8: whatever comes, after the first bytes that were read to look for a mark.
    Pass(Vec<u8>),
    Decode(Box<Transcoder>),
}

struct Transcoder {
    decoder: Decoder,
    raw: Vec<u8>,
    /// Large enough for all that `raw` can become.
    text: Vec<u8>,
    given: usize,
    made: usize,
    ended: bool,
}

const RAW_BYTES: usize = 64 << 10;

impl Utf8Reader {
    pub(crate) fn new(inner: Box<dyn Read + Send>, encoding: &'static Encoding, replaced: Arc<AtomicU64>) -> Self {
        let state = if passes(encoding) { State::Start } else { State::Decode(Box::new(Transcoder::new(encoding))) };
        Self { inner, state, replaced }
    }
}

impl Transcoder {
    fn new(encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        let most = decoder.max_utf8_buffer_length(RAW_BYTES).unwrap_or(4 * RAW_BYTES);
        Self { decoder, raw: vec![0; RAW_BYTES], text: vec![0; most], given: 0, made: 0, ended: false }
    }

    fn read(&mut self, inner: &mut dyn Read, buffer: &mut [u8], replaced: &AtomicU64) -> io::Result<usize> {
        while self.given >= self.made && !self.ended {
            let got = inner.read(&mut self.raw)?;
            self.ended = got == 0;
            let source = self.raw.get(..got).unwrap_or_default();
            let (_result, _read, made, lossy) = self.decoder.decode_to_utf8(source, &mut self.text, self.ended);
            (self.given, self.made) = (0, made);
            if lossy {
                // The decoder tells that, not how often: each piece of up to 64 KiB counts once.
                replaced.fetch_add(1, Ordering::Relaxed);
            }
        }
        let ready = self.text.get(self.given..self.made).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        for (to, byte) in buffer.iter_mut().zip(ready) {
            *to = *byte;
        }
        self.given += count;
        Ok(count)
    }
}

impl Read for Utf8Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.state, State::Start) {
            let mut first = [0_u8; 3];
            let got = super::input::read_fully(&mut self.inner, &mut first)?;
            let start = first.get(..got).unwrap_or_default();
            self.state = State::Pass(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).to_vec());
        }
        match &mut self.state {
            State::Pass(pending) if !pending.is_empty() => {
                let count = pending.len().min(buffer.len());
                for (to, byte) in buffer.iter_mut().zip(pending.drain(..count)) {
                    *to = byte;
                }
                Ok(count)
            }
            State::Start | State::Pass(_) => self.inner.read(buffer),
            State::Decode(transcoder) => transcoder.read(&mut self.inner, buffer, &self.replaced),
        }
    }
}
