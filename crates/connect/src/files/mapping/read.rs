//! From the YAML tree to a [`Mapping`]: the top and the files.

use std::collections::BTreeMap;
use std::sync::Arc;

use encoding_rs::Encoding;
use globset::GlobBuilder;
use jiff::tz::TimeZone;

use super::statement;
use super::yaml::{self, Content, Mark, Node, Table};
use super::{ColumnRule, Condition, FileMapping, Format, Mapping, Problem, Statement, Test, ValueType};
use crate::files::time::{CutTo, TimeFormat, TimeReader};

/// What all parts of the file read by.
pub(super) struct Reading {
    pub(super) problems: Vec<Problem>,
    pub(super) zone: TimeZone,
    pub(super) currency: Option<String>,
    /// Prefixes of message ids, with the lines where they stand.
    id_prefixes: Vec<(String, usize)>,
}

impl Reading {
    pub(super) fn report(&mut self, mark: Mark, message: impl Into<String>) {
        self.problems.push(Problem { line: mark.line, column: mark.column, message: message.into() });
    }
}

pub(super) fn mapping(text: &str) -> Result<Mapping, Vec<Problem>> {
    let root = yaml::read(text).map_err(|problem| vec![problem])?;
    let mut reading = Reading { problems: Vec::new(), zone: TimeZone::UTC, currency: None, id_prefixes: Vec::new() };
    let Some(mut table) = Table::new(&root, "a mapping", &mut reading.problems) else { return Err(reading.problems) };
    let source = table.text("source", &mut reading.problems).map(|(_, text)| text.to_owned());
    if source.is_none() {
        reading.report(
            table.mark,
            "`source:` is missing: a short name of where the data comes from, part of each record's identity",
        );
    }
    if let Some(zone) = zone(&mut table, &mut reading) {
        reading.zone = zone;
    }
    reading.currency = table.text("currency", &mut reading.problems).map(|(_, text)| text.to_owned());
    let missing = table
        .take("missing")
        .map_or_else(|| vec![String::new()], |node| yaml::texts(node, "missing", &mut reading.problems));
    let mut files = Vec::new();
    match table.take("files").map(|node| (node, &node.content)) {
        Some((_, Content::List(items))) if !items.is_empty() => {
            files.extend(items.iter().filter_map(|node| file(node, &missing, &mut reading)));
        }
        Some((node, _)) => reading.report(node.mark, "`files:` must be a list of at least one file"),
        None => reading.report(table.mark, "`files:` is missing: a list of files and what their rows say"),
    }
    table.finish(&mut reading.problems);
    if reading.problems.is_empty() {
        Ok(Mapping { source: Arc::from(source.unwrap_or_default()), zone: reading.zone, files })
    } else {
        Err(reading.problems)
    }
}

/// The zone under `zone:`.
pub(super) fn zone(table: &mut Table<'_>, reading: &mut Reading) -> Option<TimeZone> {
    let (mark, name) = table.text("zone", &mut reading.problems)?;
    match TimeZone::get(name) {
        Ok(zone) => Some(if name == "UTC" { TimeZone::UTC } else { zone }),
        Err(_) => {
            reading.report(mark, format!("`{name}` is no time zone; write it as UTC or Europe/Berlin"));
            None
        }
    }
}

fn file(node: &Node, missing: &[String], reading: &mut Reading) -> Option<FileMapping> {
    let mut table = Table::new(node, "a file", &mut reading.problems)?;
    let pattern = table.text("match", &mut reading.problems).map(|(mark, text)| (mark, text.to_owned()));
    if pattern.is_none() {
        reading.report(table.mark, "`match:` is missing: the file's name, or a pattern such as events-*.csv");
    }
    let (mark, pattern) = pattern.unwrap_or((table.mark, String::new()));
    let matcher = match GlobBuilder::new(&pattern).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            reading.report(mark, format!("`{pattern}` is no pattern: {}", error.kind()));
            return None;
        }
    };
    let format = format(&mut table, reading);
    let delimiter = sign(&mut table, "delimiter", reading);
    let quote = sign(&mut table, "quote", reading).unwrap_or(b'"');
    let encoding = encoding(&mut table, reading);
    let names = table.take("names").map(|node| yaml::texts(node, "names", &mut reading.problems));
    let missing = table
        .take("missing")
        .map_or_else(|| missing.to_vec(), |node| yaml::texts(node, "missing", &mut reading.problems));
    let columns = columns(&mut table, reading);
    let only_if = conditions(&mut table, reading);
    let records = records(&mut table, reading);
    table.finish(&mut reading.problems);
    Some(FileMapping {
        pattern,
        matcher,
        format,
        delimiter,
        quote,
        encoding,
        names,
        missing,
        columns,
        only_if,
        records,
    })
}

fn format(table: &mut Table<'_>, reading: &mut Reading) -> Option<Format> {
    let (mark, word) = table.text("format", &mut reading.problems)?;
    let found =
        [Format::Csv, Format::Json, Format::Parquet, Format::Avro].into_iter().find(|format| format.word() == word);
    if found.is_none() {
        reading.report(mark, format!("`{word}` is no format; csv, json, parquet and avro are"));
    }
    found
}

/// A single ASCII sign.
pub(super) fn sign(table: &mut Table<'_>, key: &'static str, reading: &mut Reading) -> Option<u8> {
    let node = table.take(key)?;
    let found = match &node.content {
        Content::Scalar(text, _) => match text.as_str() {
            "tab" | "\\t" => Some(b'\t'),
            text => <[u8; 1]>::try_from(text.as_bytes()).ok().map(|[sign]| sign).filter(u8::is_ascii),
        },
        _ => None,
    };
    if found.is_none() {
        reading.report(node.mark, format!("`{key}` must be one ASCII sign in quotes, such as \";\", or tab"));
    }
    found
}

fn encoding(table: &mut Table<'_>, reading: &mut Reading) -> Option<&'static Encoding> {
    let (mark, label) = table.text("encoding", &mut reading.problems)?;
    let found = Encoding::for_label(label.as_bytes());
    if found.is_none() {
        reading.report(mark, format!("`{label}` is no encoding; utf-8, windows-1252, latin1 and utf-16le are some"));
    }
    found
}

fn columns(table: &mut Table<'_>, reading: &mut Reading) -> BTreeMap<String, ColumnRule> {
    let mut columns = BTreeMap::new();
    let Some(node) = table.take("columns") else { return columns };
    let Content::Map(pairs) = &node.content else {
        reading.report(node.mark, "`columns` must be a mapping of columns to what is said of them");
        return columns;
    };
    for (mark, name, node) in pairs {
        let rule = match &node.content {
            Content::Scalar(word, _) => {
                let value_type = plain_type(word, node.mark, reading);
                ColumnRule { value_type, missing: None }
            }
            _ => {
                let Some(mut table) = Table::new(node, "a column", &mut reading.problems) else { continue };
                let value_type = value_type(&mut table, reading);
                let missing = missing(&mut table, reading);
                table.finish(&mut reading.problems);
                ColumnRule { value_type, missing }
            }
        };
        if columns.insert(name.clone(), rule).is_some() {
            reading.report(*mark, format!("`{name}` stands here again"));
        }
    }
    columns
}

pub(super) fn missing(table: &mut Table<'_>, reading: &mut Reading) -> Option<Vec<String>> {
    table.take("missing").map(|node| yaml::texts(node, "missing", &mut reading.problems))
}

const TYPES: &str = "auto, text, number, boolean, time and list";

fn plain_type(word: &str, mark: Mark, reading: &mut Reading) -> Option<ValueType> {
    Some(match word {
        "auto" => ValueType::Auto,
        "text" => ValueType::Text,
        "number" => ValueType::Number(b'.'),
        "boolean" => ValueType::Boolean,
        "time" => ValueType::Time(TimeReader::new(TimeFormat::Iso, reading.zone.clone(), None)),
        "list" => ValueType::List(",".to_owned()),
        _ => {
            reading.report(mark, format!("`{word}` is no type; {TYPES} are"));
            return None;
        }
    })
}

/// `type:` with the keys that say more of it.
pub(super) fn value_type(table: &mut Table<'_>, reading: &mut Reading) -> Option<ValueType> {
    let stated = table.text("type", &mut reading.problems);
    let time = time_reader(table, reading);
    let split = table.take("split");
    let decimal = sign(table, "decimal", reading);
    let (mark, word) = stated.or_else(|| {
        // The keys that only one type has say the type.
        let implied = if time.is_some() {
            "time"
        } else if split.is_some() {
            "list"
        } else if decimal.is_some() {
            "number"
        } else {
            return None;
        };
        Some((table.mark, implied))
    })?;
    let mut only = |set: bool, key: &str, kind: &str| {
        if set && word != kind {
            reading.report(mark, format!("`{key}` is for values of type {kind}, this is {word}"));
        }
    };
    only(time.is_some(), "format`, `zone` or `cut", "time");
    only(split.is_some(), "split", "list");
    only(decimal.is_some(), "decimal", "number");
    match plain_type(word, mark, reading)? {
        ValueType::Number(_) => Some(ValueType::Number(decimal.unwrap_or(b'.'))),
        ValueType::Time(plain) => Some(ValueType::Time(time.unwrap_or(plain))),
        ValueType::List(comma) => {
            let split = split.map(|node| yaml::texts(node, "split", &mut reading.problems).concat());
            Some(ValueType::List(split.filter(|split| !split.is_empty()).unwrap_or(comma)))
        }
        plain => Some(plain),
    }
}

/// `format:`, `zone:` and `cut:`; `None` if none of them is there.
pub(super) fn time_reader(table: &mut Table<'_>, reading: &mut Reading) -> Option<TimeReader> {
    let stated = table.text("format", &mut reading.problems);
    let own_zone = zone(table, reading);
    let cut = table.text("cut", &mut reading.problems);
    if stated.is_none() && own_zone.is_none() && cut.is_none() {
        return None;
    }
    let format = match stated.map(|(mark, text)| (mark, TimeFormat::parse(text))) {
        None => TimeFormat::Iso,
        Some((_, Ok(format))) => format,
        Some((mark, Err(why))) => {
            reading.report(mark, why);
            TimeFormat::Iso
        }
    };
    let cut = match cut {
        None => None,
        Some((_, "day")) => Some(CutTo::Day),
        Some((_, "hour")) => Some(CutTo::Hour),
        Some((mark, other)) => {
            reading.report(mark, format!("`cut` is day or hour, not `{other}`"));
            None
        }
    };
    Some(TimeReader::new(format, own_zone.unwrap_or_else(|| reading.zone.clone()), cut))
}

/// `only_if:`, one condition or a list of which all must hold.
pub(super) fn conditions(table: &mut Table<'_>, reading: &mut Reading) -> Vec<Condition> {
    let Some(node) = table.take("only_if") else { return Vec::new() };
    let nodes = match &node.content {
        Content::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    nodes.iter().filter_map(|node| condition(node, reading)).collect()
}

fn condition(node: &Node, reading: &mut Reading) -> Option<Condition> {
    let mut table = Table::new(node, "a condition", &mut reading.problems)?;
    let column = table.text("column", &mut reading.problems).map(|(_, text)| text.to_owned());
    let is = table.take("is").map(|node| Test::Is(yaml::texts(node, "is", &mut reading.problems)));
    let is_not = table.take("is_not").map(|node| Test::IsNot(yaml::texts(node, "is_not", &mut reading.problems)));
    let present = table.truth("present", &mut reading.problems).map(Test::Present);
    let mark = table.mark;
    table.finish(&mut reading.problems);
    let mut tests: Vec<Test> = [is, is_not, present].into_iter().flatten().collect();
    match (column, tests.pop()) {
        (Some(column), Some(test)) if tests.is_empty() => Some(Condition { column, test }),
        _ => {
            reading.report(mark, "a condition needs `column:` and one of `is:`, `is_not:` and `present:`");
            None
        }
    }
}

fn records(table: &mut Table<'_>, reading: &mut Reading) -> Vec<Statement> {
    let items = match table.take("records").map(|node| (node, &node.content)) {
        Some((_, Content::List(items))) if !items.is_empty() => items,
        Some((node, _)) => {
            reading.report(node.mark, "`records:` must be a list of at least one thing that a row says");
            return Vec::new();
        }
        None => {
            reading.report(table.mark, "`records:` is missing: a list of what each row says");
            return Vec::new();
        }
    };
    let mut records: Vec<Statement> = Vec::new();
    for node in items {
        let Some(mut statement) = statement::read(node, reading) else { continue };
        let alike = records
            .iter()
            .filter(|other| other.key == statement.key || other.key.starts_with(&format!("{}#", statement.key)))
            .count();
        if alike > 0 {
            statement.key = format!("{}#{}", statement.key, alike + 1);
        }
        if let Some(id) = &statement.id {
            let known = reading.id_prefixes.iter().find(|(prefix, _)| *prefix == id.prefix);
            if let Some((prefix, line)) = known.cloned() {
                reading.report(
                    node.mark,
                    format!(
                        "the `id` of the record in line {line} has the prefix `{prefix}` too: two records with one id count once; \
                         give each its own `prefix:`"
                    ),
                );
            }
            reading.id_prefixes.push((id.prefix.clone(), node.mark.line));
        }
        records.push(statement);
    }
    records
}
