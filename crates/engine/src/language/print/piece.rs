//! A tree of YAML and its text: short mappings on one line, long ones over several.

use std::fmt::Write;

use crate::language::scalars;

/// The longest line that is written for something that could take several.
const WIDTH: usize = 100;

/// A piece of a file that is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// Written as it is: numbers and truths.
    Plain(String),
    /// A text, in quotes where it would be read as something else without.
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
    /// Read by people in one form, hashed in another: so that how it is written does not change a version.
    Shown {
        as_written: Box<Self>,
        as_hashed: Box<Self>,
    },
}

impl Piece {
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub fn map(pairs: Vec<(&'static str, Self)>) -> Self {
        Self::Map(pairs.into_iter().map(|(key, piece)| (key.to_owned(), piece)).collect())
    }

    /// The text of a file, ending in a new line.
    pub fn to_yaml(&self) -> String {
        let mut text = String::new();
        match self {
            Self::Map(pairs) => block_map(pairs, 0, &mut text),
            Self::List(items) => block_list(items, 0, &mut text),
            Self::Plain(_) | Self::Text(_) | Self::Shown { .. } => {
                let _ = writeln!(text, "{}", self.flow());
            }
        }
        text
    }

    /// All on one line.
    pub fn flow(&self) -> String {
        match self {
            Self::Shown { as_written, .. } => as_written.flow(),
            Self::Plain(text) => text.clone(),
            Self::Text(text) => scalar(text),
            Self::List(items) => format!("[{}]", items.iter().map(Self::flow).collect::<Vec<_>>().join(", ")),
            Self::Map(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(key, piece)| format!("{}: {}", scalar(key), piece.flow())).collect();
                if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
            }
        }
    }

    /// Whether it goes on one line that starts at this column: nothing inside it that people would list.
    fn fits(&self, column: usize) -> bool {
        self.is_flat() && column + self.flow().chars().count() <= WIDTH
    }

    fn is_flat(&self) -> bool {
        match self {
            Self::Shown { as_written, .. } => as_written.is_flat(),
            Self::Plain(_) | Self::Text(_) => true,
            Self::List(items) => items.iter().all(|item| matches!(item, Self::Plain(_) | Self::Text(_))),
            Self::Map(pairs) => {
                pairs.iter().all(|(key, piece)| !matches!(key.as_str(), "all" | "any") && piece.is_flat())
            }
        }
    }

    /// The piece in a form that does not depend on how it is laid out: for hashes.
    pub fn canonical(&self, into: &mut String) {
        match self {
            Self::Shown { as_hashed, .. } => as_hashed.canonical(into),
            Self::Plain(text) => {
                let _ = write!(into, "p{}:{text}", text.len());
            }
            Self::Text(text) => {
                let _ = write!(into, "t{}:{text}", text.len());
            }
            Self::List(items) => {
                let _ = write!(into, "l{}:", items.len());
                items.iter().for_each(|item| item.canonical(into));
            }
            Self::Map(pairs) => {
                let _ = write!(into, "m{}:", pairs.len());
                for (key, piece) in pairs {
                    let _ = write!(into, "{}:{key}", key.len());
                    piece.canonical(into);
                }
            }
        }
    }
}

fn block_map(pairs: &[(String, Piece)], indent: usize, text: &mut String) {
    for (place, (key, piece)) in pairs.iter().enumerate() {
        if place > 0 {
            text.push_str(&" ".repeat(indent));
        }
        let key = scalar(key);
        text.push_str(&key);
        text.push(':');
        let top = indent == 0;
        match piece {
            Piece::Map(inner)
                if !inner.is_empty() && (!piece.fits(indent + key.len() + 2) || (top && key == "score")) =>
            {
                let _ = write!(text, "\n{}", " ".repeat(indent + 2));
                block_map(inner, indent + 2, text);
            }
            Piece::List(items) if !items.is_empty() && !piece.fits(indent + key.len() + 2) => {
                let _ = write!(text, "\n{}", " ".repeat(indent + 2));
                block_list(items, indent + 2, text);
            }
            _ => {
                let _ = writeln!(text, " {}", piece.flow());
            }
        }
    }
}

fn block_list(items: &[Piece], indent: usize, text: &mut String) {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            text.push_str(&" ".repeat(indent));
        }
        text.push_str("- ");
        match item {
            Piece::Map(pairs) if !pairs.is_empty() && !item.fits(indent + 2) => block_map(pairs, indent + 2, text),
            Piece::List(inner) if !inner.is_empty() && !item.fits(indent + 2) => block_list(inner, indent + 2, text),
            _ => {
                let _ = writeln!(text, "{}", item.flow());
            }
        }
    }
}

/// A text as a scalar: as it is where nobody could read it as anything else, else in double quotes.
fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    let starts = text.starts_with(|sign: char| sign.is_ascii_alphabetic() || matches!(sign, '$' | '_'))
        || scalars::duration(text).is_ok();
    let allowed = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, ' ' | '_' | '.' | '$' | '-' | '/');
    let lower = text.to_ascii_lowercase();
    let taken = ["true", "false", "null", "yes", "no", "off", "y", "n"].contains(&lower.as_str());
    starts && text.chars().all(allowed) && !text.ends_with(' ') && !text.contains("  ") && !taken
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for sign in text.chars() {
        match sign {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            sign if sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{85}' | '\u{a0}') => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(sign));
            }
            '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(sign));
            }
            sign => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}
