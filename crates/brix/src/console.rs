//! Where a command's data and words go.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::Result;
use serde::Serialize;

/// Good news.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Bad news.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Doubtful news.
pub const DOUBT: Style = AnsiColor::Yellow.on_default();
/// Titles.
pub const TITLE: Style = Style::new().bold();

/// Standard output for data and standard error for words; colours survive only on a terminal.
pub struct Console {
    /// Data is wanted as JSON.
    pub json: bool,
    /// Only errors are told on standard error.
    pub quiet: bool,
    out: BufWriter<AutoStream<io::Stdout>>,
    words: AutoStream<io::Stderr>,
}

impl Console {
    /// The process's own streams.
    pub fn new(json: bool, quiet: bool, colour: ColorChoice) -> Self {
        Self {
            json,
            quiet,
            out: BufWriter::with_capacity(1 << 16, AutoStream::new(io::stdout(), colour)),
            words: AutoStream::new(io::stderr(), colour),
        }
    }

    /// Standard output, buffered; ends with [`Self::finish`].
    pub fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// A line of data.
    pub fn line(&mut self, text: impl Display) -> Result<()> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// A value as indented JSON.
    pub fn value(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer_pretty(&mut self.out, value)?;
        Ok(writeln!(self.out)?)
    }

    /// A line of words. That nobody can read it is no reason to stop.
    pub fn say(&mut self, text: impl Display) {
        if !self.quiet {
            let _ = writeln!(self.words, "{text}");
        }
    }

    /// A line of words that is told in any case.
    pub fn warn(&mut self, text: impl Display) {
        let _ = writeln!(self.words, "{text}");
    }

    /// Whether somebody watches the words.
    pub fn is_watched(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Writes what is still buffered.
    pub fn finish(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

/// `1 row`, `2 rows`, `1,024 rows`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, expect) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), expect);
        }
        assert_eq!(count(1, "row", "rows"), "1 row");
        assert_eq!(count(0, "row", "rows"), "0 rows");
    }
}
