//! Where each JSON value of a file begins and ends, without judging what is inside it.

/// How values follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One value on each line: a broken line spoils no other.
    Lines,
    /// Values one after the other, over any number of lines.
    Stream,
    /// One array: before its bracket.
    BeforeArray,
    /// After the bracket: a value or the end.
    FirstItem,
    /// After a comma: a value.
    NextItem,
    /// After a value: a comma or the end.
    AfterItem,
    /// After the array: nothing.
    AfterArray,
    /// After a fault that nothing can be found behind.
    Lost,
}

/// Finds values in blocks of bytes.
#[derive(Debug)]
pub(crate) struct Splitter {
    layout: Layout,
    line: u64,
    character: u64,
}

/// What the splitter found; places are offsets in the bytes given, lines and characters count from 1 in the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// No whole value is left.
    More,
    /// A value, or what stands in its place.
    Value { start: usize, end: usize, line: u64, character: u64 },
    /// Something that cannot stand between values.
    Fault { start: usize, end: usize, line: u64, character: u64, message: &'static str },
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl Splitter {
    /// Judges the layout by the file's start: a bracket opens one array; else there is one value a line if the first line
    /// that is not blank holds a whole one.
    pub(crate) fn for_head(head: &str, head_is_whole: bool) -> Self {
        let text = head.trim_start_matches([' ', '\t', '\n', '\r']);
        let layout = if text.starts_with('[') {
            Layout::BeforeArray
        } else if text.starts_with('{') && !first_line_is_whole(text, head_is_whole) {
            Layout::Stream
        } else {
            Layout::Lines
        };
        Self { layout, line: 1, character: 1 }
    }

    /// Whether an array was opened and closed, perhaps without a value.
    pub(crate) fn is_past_array(&self) -> bool {
        self.layout == Layout::AfterArray
    }

    /// The line and character that comes next.
    pub(crate) const fn place(&self) -> (u64, u64) {
        (self.line, self.character)
    }

    /// The next value in `bytes`, and how many bytes are done with. `is_last`: nothing follows these bytes.
    pub(crate) fn next(&mut self, bytes: &[u8], is_last: bool) -> (Cut, usize) {
        if self.layout == Layout::Lines {
            return self.next_line(bytes, is_last);
        }
        let mut at = 0;
        loop {
            let space = bytes.iter().skip(at).take_while(|byte| is_space(**byte)).count();
            self.advance(bytes.get(at..at + space).unwrap_or_default());
            at += space;
            let Some(byte) = bytes.get(at).copied() else { return (self.at_end(bytes.len(), is_last), at) };
            match (self.layout, byte) {
                (Layout::BeforeArray, b'[') => self.layout = Layout::FirstItem,
                (Layout::FirstItem | Layout::AfterItem, b']') => self.layout = Layout::AfterArray,
                (Layout::AfterItem, b',') => self.layout = Layout::NextItem,
                (Layout::FirstItem | Layout::NextItem | Layout::Stream, _) => {
                    return self.next_value(bytes, at, is_last);
                }
                (Layout::AfterItem, _) => return self.lost(bytes, at, "expected `,` or `]` after a value"),
                (Layout::AfterArray, _) => return self.lost(bytes, at, "nothing may follow the array"),
                (Layout::BeforeArray, _) => return self.lost(bytes, at, "expected `[`"),
                (Layout::Lost | Layout::Lines, _) => return (Cut::More, bytes.len()),
            }
            self.advance(&[byte]);
            at += 1;
        }
    }

    fn next_line(&mut self, bytes: &[u8], is_last: bool) -> (Cut, usize) {
        let mut from = 0;
        loop {
            let rest = bytes.get(from..).unwrap_or_default();
            let length = match rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => end,
                None if is_last && !rest.is_empty() => rest.len(),
                None => return (Cut::More, from),
            };
            let line = rest.get(..length).unwrap_or_default();
            let next = (from + length + 1).min(bytes.len());
            let number = self.line;
            self.line += 1;
            let before = line.iter().take_while(|byte| is_space(**byte)).count();
            if before == line.len() {
                from = next;
                continue;
            }
            let after = line.iter().rev().take_while(|byte| is_space(**byte)).count();
            let (start, end) = (from + before, from + length - after);
            return (Cut::Value { start, end, line: number, character: before as u64 + 1 }, next);
        }
    }

    fn next_value(&mut self, bytes: &[u8], start: usize, is_last: bool) -> (Cut, usize) {
        let rest = bytes.get(start..).unwrap_or_default();
        let length = match value_length(rest) {
            Some(length) => length,
            None if is_last => rest.len(),
            None => return (Cut::More, start),
        };
        if length == 0 {
            // A comma or closing bracket where a value belongs.
            return self.lost(bytes, start, "expected a value");
        }
        let (line, character) = self.place();
        self.advance(rest.get(..length).unwrap_or_default());
        if self.layout != Layout::Stream {
            self.layout = Layout::AfterItem;
        }
        (Cut::Value { start, end: start + length, line, character }, start + length)
    }

    /// A fault behind which no value can be told from another: the rest of the file is left.
    fn lost(&mut self, bytes: &[u8], start: usize, message: &'static str) -> (Cut, usize) {
        self.layout = Layout::Lost;
        let (line, character) = self.place();
        (Cut::Fault { start, end: bytes.len(), line, character, message }, bytes.len())
    }

    fn at_end(&mut self, end: usize, is_last: bool) -> Cut {
        let is_open = matches!(self.layout, Layout::FirstItem | Layout::NextItem | Layout::AfterItem);
        if !(is_last && is_open) {
            return Cut::More;
        }
        self.layout = Layout::Lost;
        let (line, character) = self.place();
        Cut::Fault { start: end, end, line, character, message: "the file ends inside its array" }
    }

    fn advance(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.line += 1;
                self.character = 1;
            } else if byte & 0xC0 != 0x80 {
                self.character += 1;
            }
        }
    }
}

fn first_line_is_whole(text: &str, head_is_whole: bool) -> bool {
    let Some((line, _)) = text.split_once('\n') else { return head_is_whole };
    // Only the outline matters: a broken first line of a file of lines must not turn it into a stream.
    value_length(line.as_bytes()).is_some() || !line.trim_end().ends_with(['{', ',', '['])
}

/// The length of the value that the bytes begin with, `None` if its end is not among them. For objects and arrays that is
/// where brackets are balanced, for texts the closing quote, else the next space, comma or bracket.
fn value_length(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    in_text = false;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' if depth == 0 && at > 0 => return Some(at),
            b'"' => in_text = true,
            b'{' | b'[' if depth == 0 && at > 0 => return Some(at),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}
