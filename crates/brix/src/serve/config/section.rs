//! A table of the file while it is read. Each setting is asked for by its name and kind; what is of another kind, and what nobody has asked
//! for, is told with its place.

use toml::de::{DeTable, DeValue};
use toml::{Spanned, de::DeString};

use super::origin::Origin;
use super::read::Reader;

/// What was said for a setting, and where.
#[derive(Debug, Clone)]
pub(super) struct Said<T> {
    /// What was said.
    pub value: T,
    /// How a fault names it.
    pub name: String,
    /// Where in the file it begins, in bytes; `None`: not in the file.
    pub at: Option<usize>,
}

impl<T> Said<T> {
    /// The same with another value.
    pub fn with<U>(&self, value: U) -> Said<U> {
        Said { value, name: self.name.clone(), at: self.at }
    }
}

/// A table.
pub(super) struct Section<'f> {
    /// How `brix config` names it: nothing at the top, `limits`, `sources.app`.
    path: String,
    /// How faults name it, up to the setting: nothing at the top, `limits.`, ``sources `app`: ``.
    name: String,
    /// Where it begins, in bytes.
    at: usize,
    entries: Vec<(Spanned<DeString<'f>>, Spanned<DeValue<'f>>)>,
    /// The settings that were asked for.
    known: Vec<&'static str>,
}

impl<'f> Section<'f> {
    /// The file as a whole.
    pub fn file(table: DeTable<'f>) -> Self {
        Self::of(String::new(), String::new(), 0, table)
    }

    fn of(path: String, name: String, at: usize, table: DeTable<'f>) -> Self {
        Self { path, name, at, entries: table.into_iter().collect(), known: Vec::new() }
    }

    /// A text.
    pub fn text(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Option<Said<String>> {
        self.read(key, "a text in quotes", reader, |value| value.as_str().map(str::to_owned))
    }

    /// A text without which the table says nothing.
    pub fn needed(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Option<Said<String>> {
        let is_there = self.entries.iter().any(|(name, _)| name.get_ref() == key);
        if !is_there {
            self.known.push(key);
            reader.fault(Some(self.at), format!("{}{key} is missing", self.name));
            return None;
        }
        self.text(key, reader)
    }

    /// Texts.
    pub fn texts(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Vec<Said<String>> {
        let read = |value: &DeValue<'_>| {
            let one = |value: &Spanned<DeValue<'_>>| Some((value.span().start, value.get_ref().as_str()?.to_owned()));
            value.as_array()?.iter().map(one).collect::<Option<Vec<_>>>()
        };
        let Some(said) = self.read(key, "a list of texts, such as [\"a\", \"b\"]", reader, read) else {
            return Vec::new();
        };
        let each = |(at, value): &(usize, String)| Said { at: Some(*at), ..said.with(value.clone()) };
        said.value.iter().map(each).collect()
    }

    /// Yes or no; no unless it is said.
    pub fn flag(&mut self, key: &'static str, reader: &mut Reader<'_>) -> bool {
        self.read(key, "true or false", reader, DeValue::as_bool).is_some_and(|said| said.value)
    }

    /// A whole number.
    pub fn amount(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Option<Said<u64>> {
        self.read(key, "a whole number, 0 or more", reader, |value| {
            let digits = value.as_integer()?;
            u64::from_str_radix(digits.as_str(), digits.radix()).ok()
        })
    }

    /// A table in this one; one that is not there is empty.
    pub fn table(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Self {
        let path = self.path_of(key);
        let (at, table) = match self.take(key).map(|(_, value)| (value.span().start, value.into_inner())) {
            None => (self.at, DeTable::new()),
            Some((at, DeValue::Table(table))) => (at, table),
            Some((at, other)) => {
                let found = other.type_str();
                reader.fault(Some(at), format!("{}{key} must be a table, [{path}], and is {found}", self.name));
                (at, DeTable::new())
            }
        };
        let name = format!("{path}.");
        Self::of(path, name, at, table)
    }

    /// The tables of a list in this one.
    pub fn tables(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Vec<Self> {
        let Some((_, value)) = self.take(key) else { return Vec::new() };
        let at = value.span().start;
        let mut is_list = true;
        let mut tables = Vec::new();
        let values = match value.into_inner() {
            DeValue::Array(values) => values,
            _ => {
                is_list = false;
                toml::de::DeArray::new()
            }
        };
        for (place, value) in values.into_iter().enumerate() {
            let at = value.span().start;
            let DeValue::Table(table) = value.into_inner() else {
                is_list = false;
                continue;
            };
            let given = table.get("name").and_then(|name| name.get_ref().as_str()).unwrap_or_default();
            let number = (place + 1).to_string();
            let name =
                if given.is_empty() { format!("{key}, number {number}: ") } else { format!("{key} `{given}`: ") };
            let path = self.path_of(&format!("{key}.{}", if given.is_empty() { &number } else { given }));
            tables.push(Self::of(path, name, at, table));
        }
        if !is_list {
            reader.fault(Some(at), format!("{key} must be a list of tables, each begun with [[{key}]]"));
        }
        tables
    }

    /// One or several of whatever kind: texts as they are, numbers and the like as they are written.
    pub fn any(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Vec<Said<String>> {
        let said = self.read(key, "something to be told", reader, |value| match value {
            DeValue::Array(values) => {
                Some(values.iter().map(|one| (Some(one.span().start), written(one.get_ref()))).collect())
            }
            one => Some(vec![(None, written(one))]),
        });
        let Some(said) = said else { return Vec::new() };
        let each = |(at, value): &(Option<usize>, String)| Said { at: at.or(said.at), ..said.with(value.clone()) };
        said.value.iter().map(each).collect()
    }

    /// Tells all settings that nobody has asked for.
    pub fn finish(self, reader: &mut Reader<'_>) {
        for (key, _) in &self.entries {
            let near = self.nearest(key.get_ref());
            let cure = near.unwrap_or_else(|| format!("there are {}", self.known.join(", ")));
            self.unknown(key, &cure, reader);
        }
    }

    /// Tells those that are nearly one that was asked for; the others may be right.
    pub fn finish_where_near(self, reader: &mut Reader<'_>) {
        for (key, _) in &self.entries {
            if let Some(cure) = self.nearest(key.get_ref()) {
                self.unknown(key, &cure, reader);
            }
        }
    }

    fn nearest(&self, key: &str) -> Option<String> {
        let near = engine::language::nearest(key, self.known.iter().copied());
        near.map(|near| format!("did you mean `{near}`?"))
    }

    fn unknown(&self, key: &Spanned<DeString<'f>>, cure: &str, reader: &mut Reader<'_>) {
        let words = format!("{}`{}` is no setting; {cure}", self.name, key.get_ref());
        reader.fault(Some(key.span().start), words);
    }

    /// A fault of the table as a whole.
    pub fn fault(&self, words: &str, reader: &mut Reader<'_>) {
        reader.fault(Some(self.at), format!("{}{words}", self.name));
    }

    /// How `brix config` names a setting of it.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        reader: &mut Reader<'_>,
        read: impl FnOnce(&DeValue<'f>) -> Option<T>,
    ) -> Option<Said<T>> {
        let (_, value) = self.take(key)?;
        let at = value.span().start;
        let name = format!("{}{key}", self.name);
        if let Some(value) = read(value.get_ref()) {
            reader.note(self.path_of(key), Origin::File(reader.line(at)));
            return Some(Said { value, name, at: Some(at) });
        }
        reader.fault(Some(at), format!("{name} must be {expected}, and is {}", told(value.get_ref())));
        None
    }

    fn take(&mut self, key: &'static str) -> Option<(Spanned<DeString<'f>>, Spanned<DeValue<'f>>)> {
        self.known.push(key);
        let place = self.entries.iter().position(|(name, _)| name.get_ref() == key)?;
        Some(self.entries.remove(place))
    }
}

fn written(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(digits) => digits.to_string(),
        DeValue::Boolean(is_so) => is_so.to_string(),
        other => other.type_str().to_owned(),
    }
}

/// What kind of a value it is; the value itself may be a secret.
fn told(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "another number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
