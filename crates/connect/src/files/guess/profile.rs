//! What stands in a file's columns.

use std::collections::HashMap;

use crate::files::columns::Decoder;
use crate::files::field::Field;
use crate::files::time::{TimeFormat, TimeReader};
use crate::files::typing::{Judge, Judged, is_plain_number};

/// The columns of a file, as far as looked at.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) columns: Vec<ColumnProfile>,
    pub(super) rows: u64,
    /// Rows that could not be cut or decoded.
    pub(super) broken: u64,
    pub(super) is_whole: bool,
}

/// A column.
#[derive(Debug)]
pub(super) struct ColumnProfile {
    pub(super) name: String,
    pub(super) filled: u64,
    /// Texts and how often they came, as long as there are not too many.
    pub(super) values: HashMap<String, u64>,
    /// Whether there were too many to keep.
    pub(super) is_varied: bool,
    /// Whether a value came twice, as far as kept.
    pub(super) has_repeats: bool,
    judge: Judge,
    /// Literals that look like "none", with their counts.
    pub(super) nulls: Vec<(String, u64)>,
    /// Kinds of fields of typed formats.
    pub(super) typed: Option<Typed>,
    dates: Dates,
    least: f64,
    most: f64,
}

/// The kind that all fields of a typed column have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    Number,
    Boolean,
    Time,
    List,
    Mixed,
}

/// Patterns that all texts of a column fit so far.
#[derive(Debug)]
struct Dates {
    open: Vec<TimeReader>,
    /// The row, and its text, that ruled the other reading of day and month out.
    decided_by: Option<(u64, String)>,
    seen: u64,
}

/// Different texts of a column that are kept.
const KEPT: usize = 20_000;

/// Texts that often stand for "none".
const NULLS: [&str; 17] = [
    "NULL",
    "null",
    "Null",
    "NaN",
    "nan",
    "N/A",
    "n/a",
    "#N/A",
    "NA",
    "None",
    "none",
    "\\N",
    "(null)",
    "Select",
    "undefined",
    "-",
    "?",
];

const PATTERNS: [&str; 24] = [
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%m-%Y %H:%M",
    "%m-%d-%Y %H:%M",
    "%d-%m-%Y %H:%M:%S",
    "%m-%d-%Y %H:%M:%S",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%d %b %Y",
    "%b %d, %Y",
    "%d-%b-%Y",
    "%Y%m%d",
    "%a, %d %b %Y %H:%M:%S %z",
];

impl Profile {
    pub(super) fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// Takes in a decoder's block, up to a number of rows in all.
    pub(super) fn add(&mut self, decoder: &dyn Decoder, most: u64) {
        let mut fields = Vec::new();
        for row in 0..decoder.rows() {
            if self.rows >= most {
                break;
            }
            self.rows += 1;
            if decoder.fields(row, &mut fields).is_err() {
                self.broken += 1;
                continue;
            }
            for name in decoder.columns().names().iter().skip(self.columns.len()) {
                self.columns.push(ColumnProfile::new(name.clone()));
            }
            for (column, field) in self.columns.iter_mut().zip(&fields) {
                column.add(*field, self.rows);
            }
        }
        for name in decoder.columns().names().iter().skip(self.columns.len()) {
            self.columns.push(ColumnProfile::new(name.clone()));
        }
    }
}

impl ColumnProfile {
    fn new(name: String) -> Self {
        let reader = |pattern: &&str| {
            let format = TimeFormat::parse(pattern).ok()?;
            Some(TimeReader::new(format, jiff::tz::TimeZone::UTC, None))
        };
        let open = PATTERNS.iter().filter_map(reader).collect();
        Self {
            name,
            filled: 0,
            values: HashMap::new(),
            is_varied: false,
            has_repeats: false,
            judge: Judge::default(),
            nulls: Vec::new(),
            typed: None,
            dates: Dates { open, decided_by: None, seen: 0 },
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
        }
    }

    fn add(&mut self, field: Field<'_>, row: u64) {
        let typed = match field {
            Field::Absent | Field::Text("") => return,
            Field::Text(_) => None,
            Field::Numeral(_) | Field::Number(_) => Some(Typed::Number),
            Field::Boolean(_) => Some(Typed::Boolean),
            Field::Time(_) | Field::Clock(_) => Some(Typed::Time),
            Field::List(_) => Some(Typed::List),
            Field::Unusable(_) => Some(Typed::Mixed),
        };
        let text = field.text();
        self.filled += 1;
        if let Some(null) = NULLS.iter().find(|null| **null == text) {
            match self.nulls.iter_mut().find(|(literal, _)| literal == null) {
                Some((_, count)) => *count += 1,
                None => self.nulls.push(((*null).to_owned(), 1)),
            }
            self.count(text);
            return;
        }
        self.typed = match (self.typed, typed) {
            (None, typed) if self.dates.seen == 0 => typed,
            (Some(known), Some(typed)) if known == typed => Some(known),
            (None, None) => None,
            _ => Some(Typed::Mixed),
        };
        self.judge.see(&text);
        if is_plain_number(&text) {
            let number: f64 = text.parse().unwrap_or(0.0);
            self.least = self.least.min(number);
            self.most = self.most.max(number);
        }
        self.dates.add(&text, row);
        self.count(text);
    }

    fn count(&mut self, text: String) {
        if let Some(count) = self.values.get_mut(&text) {
            *count += 1;
            self.has_repeats = true;
        } else if self.values.len() < KEPT {
            self.values.insert(text, 1);
        } else {
            self.is_varied = true;
        }
    }

    /// Whether no value came twice.
    pub(super) fn is_unique(&self) -> bool {
        self.filled > 1 && !self.has_repeats
    }

    /// How many rows repeat a value that came before; `None` where there were too many to keep.
    pub(super) fn repeats(&self) -> Option<u64> {
        (!self.is_varied).then(|| self.filled - self.values.len() as u64)
    }

    /// Whether hardly any value came twice.
    pub(super) fn is_nearly_unique(&self) -> bool {
        self.filled > 1 && self.repeats().is_some_and(|repeats| repeats * 20 <= self.filled)
    }

    /// What the values were, leaving out those that look like "none".
    pub(super) fn judged(&self) -> Judged {
        self.judge.judge()
    }

    /// The format of its times: `iso`, a pattern, or `unix` by the numbers' size and the column's name.
    pub(super) fn time_format(&self) -> Option<&str> {
        if self.filled == 0 {
            return None;
        }
        match self.typed {
            Some(Typed::Time) => return Some("iso"),
            Some(Typed::Number) | None => {}
            Some(_) => return None,
        }
        match self.judge.judge() {
            Judged::Time => Some("iso"),
            Judged::Number if self.sounds_like_time() => match self.least {
                least if least >= 5e8 && self.most < 5e9 => Some("unix"),
                least if least >= 5e11 && self.most < 5e12 => Some("unix_ms"),
                least if least >= 5e14 && self.most < 5e15 => Some("unix_us"),
                _ => None,
            },
            Judged::Text if self.dates.seen > 0 => self.dates.open.first().map(TimeReader::format_word),
            _ => None,
        }
    }

    fn sounds_like_time(&self) -> bool {
        let name = self.name.to_lowercase();
        ["time", "date", "_at", "ts", "when", "created", "updated"].iter().any(|word| name.contains(word))
    }

    /// What is doubtful, or was decided, about day and month.
    pub(super) fn day_and_month(&self) -> Option<String> {
        if self.dates.seen == 0 {
            return None;
        }
        let open: Vec<&str> = self.dates.open.iter().map(TimeReader::format_word).collect();
        let first = *open.first()?;
        if !(first.starts_with("%d") || first.starts_with("%m")) || self.judge.judge() != Judged::Text {
            return None;
        }
        let twin = swapped(first);
        if open.contains(&twin.as_str()) {
            return Some(format!(
                "day and month cannot be told apart: every date looked at fits {first} and {twin}; check before you import"
            ));
        }
        let (row, text) = self.dates.decided_by.as_ref()?;
        Some(format!("day and month: row {row} decides, {text} does not fit {twin}"))
    }

    /// Its most frequent values.
    pub(super) fn examples(&self, most: usize) -> Vec<&str> {
        let mut values: Vec<(&String, &u64)> = self.values.iter().collect();
        values.sort_by(|left, right| right.1.cmp(left.1).then(left.0.cmp(right.0)));
        values.into_iter().take(most).map(|(text, _)| text.as_str()).collect()
    }
}

/// The pattern with day and month exchanged.
fn swapped(pattern: &str) -> String {
    pattern.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")
}

impl Dates {
    fn add(&mut self, text: &str, row: u64) {
        if self.open.is_empty() {
            return;
        }
        self.seen += 1;
        let mut closed: Vec<String> = Vec::new();
        self.open.retain_mut(|reader| {
            let fits = reader.read(Field::Text(text)).is_ok();
            if !fits {
                closed.push(reader.format_word().to_owned());
            }
            fits
        });
        if closed.is_empty() || self.decided_by.is_some() {
            return;
        }
        // The first text closes most patterns; what counts is that of two twins one is closed and one stays open.
        let twin_closed = |reader: &TimeReader| {
            let twin = swapped(reader.format_word());
            twin != reader.format_word() && closed.contains(&twin)
        };
        if self.open.first().is_some_and(twin_closed) {
            self.decided_by = Some((row, text.to_owned()));
        }
    }
}
