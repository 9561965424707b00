//! Fields: what a decoder says stands in a row under a column.

use engine::{Number, Timestamp, Value};

/// One field of a row, borrowed from the decoder's block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'block> {
    /// Nothing: a JSON member that is not there or null, a null of Parquet.
    Absent,
    /// Words: every field of a delimited file, a JSON string.
    Text(&'block str),
    /// A number as it is written in JSON.
    Numeral(&'block str),
    /// A number of a typed format.
    Number(Number),
    /// True or false.
    Boolean(bool),
    /// An instant of a typed format.
    Time(Timestamp),
    /// A wall clock without a zone, of a typed format: microseconds since 1970-01-01T00:00 there.
    Clock(i64),
    /// A list of scalars.
    List(&'block Value),
    /// A value of a typed format that Brix cannot hold; says why.
    Unusable(&'static str),
}

impl Field<'_> {
    /// Whether there is nothing.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Appends the field's text: as written where it was text, else the value's plain form. Lists are joined by commas.
    pub fn write_text(&self, out: &mut String) {
        use std::fmt::Write as _;
        let done = match self {
            Self::Absent => Ok(()),
            Self::Text(text) | Self::Numeral(text) => out.write_str(text),
            Self::Number(number) => write!(out, "{number}"),
            Self::Boolean(truth) => write!(out, "{truth}"),
            Self::Time(time) => write!(out, "{time}"),
            Self::Clock(clock) => {
                // The same digits as an instant's, without the zone's letter.
                let instant = Timestamp(*clock).to_string();
                out.write_str(instant.trim_end_matches('Z'))
            }
            Self::List(list) => {
                write_value(list, out);
                Ok(())
            }
            Self::Unusable(why) => out.write_str(why),
        };
        debug_assert!(done.is_ok(), "writing to a string cannot fail");
    }

    /// The field's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write_text(&mut out);
        out
    }
}

/// Appends a value's plain form; items of lists are joined by commas.
pub(crate) fn write_value(value: &Value, out: &mut String) {
    use std::fmt::Write as _;
    match value {
        Value::Text(text) => out.push_str(text),
        Value::Number(number) => drop(write!(out, "{number}")),
        Value::Boolean(truth) => drop(write!(out, "{truth}")),
        Value::Time(time) => drop(write!(out, "{time}")),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
        }
    }
}
