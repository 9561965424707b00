//! What every part of the parser shares: findings, mentions, counts against the limits, and reading fields by
//! their table.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::diagnostic::{Code, Diagnostic, Place, nearest};
use super::keys::{self, Table};
use super::limits;
use super::mention::{Mention, MentionOf, Section};
use super::scalars;
use super::tree::{Content, Node, Pair, Scalar, Style};
use crate::definition::Window;
use crate::record::SubjectKind;
use crate::{Number, Span};

/// The state of one reading.
pub(crate) struct Reader {
    pub zone: TimeZone,
    pub currency: Arc<str>,
    pub findings: Vec<Diagnostic>,
    pub mentions: Vec<Mention>,
    pub section: Section,
    /// The definition's window, once it has been read.
    pub window: Option<Window>,
    criteria: usize,
}

/// The fields of a mapping, known keys only.
pub(crate) struct Fields<'n> {
    pub node: &'n Node,
    pub pairs: Vec<&'n Pair>,
}

impl<'n> Fields<'n> {
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.pair(key).map(|pair| &pair.value)
    }

    pub fn pair(&self, key: &str) -> Option<&'n Pair> {
        self.pairs.iter().find(|pair| pair.key == key).copied()
    }

    pub fn has(&self, key: &str) -> bool {
        self.pair(key).is_some()
    }

    /// The given keys that are there, in the order of the file.
    pub fn present(&self, keys: &[&str]) -> Vec<&'n Pair> {
        self.pairs.iter().filter(|pair| keys.contains(&pair.key.as_str())).copied().collect()
    }
}

impl Reader {
    pub fn new(zone: TimeZone, currency: Arc<str>) -> Self {
        Self {
            zone,
            currency,
            findings: Vec::new(),
            mentions: Vec::new(),
            section: Section::When,
            window: None,
            criteria: 0,
        }
    }

    pub fn error(&mut self, code: Code, place: Place, message: impl Into<String>) {
        self.report(Diagnostic::error(code, place, message));
    }

    pub fn error_with(&mut self, code: Code, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.report(Diagnostic::error(code, place, message).help(help));
    }

    pub fn warn(&mut self, code: Code, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.report(Diagnostic::warning(code, place, message).help(help));
    }

    pub fn report(&mut self, finding: Diagnostic) {
        if self.findings.len() < limits::DIAGNOSTICS {
            self.findings.push(finding);
        }
    }

    pub fn mention(&mut self, what: MentionOf, name: &Arc<str>, place: Place) {
        self.mentions.push(Mention { what, name: Arc::clone(name), place, section: self.section });
    }

    /// Counts a criterion or filter test; false when there are too many.
    pub fn count_criterion(&mut self, place: Place) -> bool {
        self.criteria += 1;
        if self.criteria == limits::CRITERIA + 1 {
            let message = format!("more than {} criteria and filter tests in one definition", limits::CRITERIA);
            self.error_with(Code::OverLimit, place, message, "split it and refer with `meets:`");
        }
        self.criteria <= limits::CRITERIA
    }

    /// The fields of a mapping after its table; unknown keys are errors with the nearest known one.
    pub fn fields<'n>(&mut self, node: &'n Node, table: &Table) -> Option<Fields<'n>> {
        self.fields_of(node, &[table])
    }

    /// The same for a mapping whose keys come from several tables.
    pub fn fields_of<'n>(&mut self, node: &'n Node, tables: &[&Table]) -> Option<Fields<'n>> {
        let what = tables.last().map_or("a mapping", |table| table.what);
        let Content::Map(pairs) = &node.content else {
            let message = format!("{what} is a mapping of keys and values; here is {}", node.shape());
            self.error(Code::WrongShape, node.place, message);
            return None;
        };
        let known = || tables.iter().flat_map(|table| table.keys.iter());
        let mut kept = Vec::with_capacity(pairs.len());
        for pair in pairs {
            if known().any(|key| key.name == pair.key) {
                kept.push(pair);
            } else {
                let help = unknown_key_help(&pair.key, &known().map(|key| key.name).collect::<Vec<_>>(), what);
                self.error_with(Code::UnknownKey, pair.key_place, format!("`{}` is no key of {what}", pair.key), help);
            }
        }
        for key in known().filter(|key| key.required) {
            if !pairs.iter().any(|pair| pair.key == key.name) {
                let help = format!("{}: {}", key.name, key.about);
                self.error_with(Code::MissingKey, node.place, format!("{what} needs `{}:`", key.name), help);
            }
        }
        Some(Fields { node, pairs: kept })
    }

    /// At most one of several keys; an error names the second.
    pub fn at_most_one<'n>(&mut self, fields: &Fields<'n>, keys: &[&str], why: &str) -> Option<&'n Pair> {
        let present = fields.present(keys);
        if let [first, second, ..] = present.as_slice() {
            let message = format!("`{}` and `{}` exclude each other", first.key, second.key);
            self.error_with(Code::ConflictingKeys, second.key_place, message, why);
        }
        present.first().copied()
    }

    /// A single value that is there.
    pub fn scalar<'n>(&mut self, node: &'n Node, wanted: &str) -> Option<&'n Scalar> {
        match node.scalar() {
            Some(scalar) if !scalar.is_null() => Some(scalar),
            _ => {
                self.error(Code::WrongShape, node.place, format!("expected {wanted}, found {}", node.shape()));
                None
            }
        }
    }

    /// A name: not empty, not too long, without control signs.
    pub fn name(&mut self, node: &Node, wanted: &str) -> Option<Arc<str>> {
        let scalar = self.scalar(node, wanted)?;
        self.check_name(&scalar.text, node.place, wanted)
    }

    pub fn check_name(&mut self, text: &str, place: Place, wanted: &str) -> Option<Arc<str>> {
        if text.trim().is_empty() {
            self.error(Code::BadName, place, format!("expected {wanted}, found an empty text"));
            return None;
        }
        if text.chars().count() > limits::NAME_CHARS {
            let message = format!("{wanted} has more than {} characters", limits::NAME_CHARS);
            self.error(Code::OverLimit, place, message);
            return None;
        }
        if text.chars().any(char::is_control) {
            self.error(Code::BadName, place, format!("{wanted} holds a control character or a line break"));
            return None;
        }
        Some(Arc::from(text))
    }

    /// `true` or `false`, nothing else.
    pub fn boolean(&mut self, node: &Node) -> Option<bool> {
        match self.scalar(node, "`true` or `false`")? {
            Scalar { text, style: Style::Plain } if text == "true" => Some(true),
            Scalar { text, style: Style::Plain } if text == "false" => Some(false),
            Scalar { text, .. } => {
                let message = format!("expected `true` or `false`, found `{text}`");
                self.error(Code::UnknownWord, node.place, message);
                None
            }
        }
    }

    /// A number without quotes.
    pub fn number(&mut self, node: &Node) -> Option<Number> {
        let scalar = self.scalar(node, "a number")?;
        if scalar.style != Style::Plain {
            self.error_with(Code::BadNumber, node.place, "expected a number, found a text", "leave out the quotes");
            return None;
        }
        scalars::number(&scalar.text).map_err(|message| self.error(Code::BadNumber, node.place, message)).ok()
    }

    /// A whole number between two limits.
    pub fn whole(&mut self, node: &Node, least: u32, most: u32, what: &str) -> Option<u32> {
        let number = self.number(node)?;
        let whole = u32::try_from(number.0 / Number::UNIT).ok().filter(|_| number.0 % Number::UNIT == 0);
        let kept = whole.filter(|whole| (least..=most).contains(whole));
        if kept.is_none() {
            let message = format!("{what} is a whole number from {least} to {most}, not {number}");
            self.error(Code::BadNumber, node.place, message);
        }
        kept
    }

    /// A length of time; zero only where it is allowed.
    pub fn duration(&mut self, node: &Node, zero_allowed: bool) -> Option<Span> {
        let scalar = self.scalar(node, "a length of time like `14d`")?;
        match scalars::duration(&scalar.text) {
            Ok(span) if !zero_allowed && matches!(span, Span::Exact(0) | Span::Months(0)) => {
                self.error(Code::BadDuration, node.place, "a length of time of zero has no meaning here");
                None
            }
            Ok(span) => Some(span),
            Err(message) => {
                self.error(Code::BadDuration, node.place, message);
                None
            }
        }
    }

    /// An exact length of time.
    pub fn exact_duration(&mut self, node: &Node, zero_allowed: bool) -> Option<Span> {
        let span = self.duration(node, zero_allowed)?;
        if let Span::Months(_) = span {
            let message = "months and years differ in length; this needs an exact one";
            self.error_with(Code::BadDuration, node.place, message, "write it in days or weeks, like `90d`");
            return None;
        }
        Some(span)
    }

    /// One of a few words.
    pub fn word(&mut self, node: &Node, words: &[&'static str], what: &str) -> Option<&'static str> {
        let scalar = self.scalar(node, what)?;
        let found = words.iter().find(|word| **word == scalar.text).copied();
        if found.is_none() {
            let message = format!("`{}` is no {what}", scalar.text);
            let listed = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            let help = nearest(&scalar.text, words.iter().copied())
                .map_or_else(|| format!("one of {listed}"), |near| format!("did you mean `{near}`? (one of {listed})"));
            self.error_with(Code::UnknownWord, node.place, message, help);
        }
        found
    }

    /// A list of something, within the limit, not empty.
    pub fn items<'n>(&mut self, node: &'n Node, what: &str, most: usize) -> Option<&'n [Node]> {
        let Some(items) = node.list() else {
            let message = format!("expected a list of {what}, found {}", node.shape());
            self.error_with(Code::WrongShape, node.place, message, "write `[a, b]`, or one a line after `- `");
            return None;
        };
        if items.is_empty() {
            self.error(Code::WrongShape, node.place, format!("the list of {what} is empty"));
            return None;
        }
        if items.len() > most {
            let message = format!("{} {what} in one list; at most {most}", items.len());
            self.error(Code::OverLimit, node.place, message);
            return None;
        }
        Some(items)
    }
}

/// The kind of subject of a word of [`keys::SUBJECTS`].
pub(crate) fn subject_kind(word: &str) -> SubjectKind {
    match word {
        "account" => SubjectKind::Account,
        "workspace" => SubjectKind::Workspace,
        _ => SubjectKind::User,
    }
}

fn unknown_key_help(key: &str, known: &[&str], what: &str) -> String {
    if let Some(near) = nearest(key, known.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    let elsewhere = keys::CRITERIA
        .iter()
        .map(|(_, table)| *table)
        .find(|table| table.what != what && table.keys.iter().any(|candidate| candidate.name == key));
    if let Some(table) = elsewhere {
        return format!("`{key}` belongs to {}; two criteria are two entries of a list under `all:`", table.what);
    }
    format!("its keys are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
}
