//! Reads whole rows back from files, to move or merge them.

use std::sync::Arc;

use engine::identity::HouseholdKey;

use crate::columns::{Carried, ColumnName, Table, ValueType, describe};
use crate::dictionary::Dictionary;
use crate::error::{Error, Result};
use crate::lake::OpenFile;
use crate::rows::Row;
use crate::stream::{LifeStream, Wanted};
use crate::table_reader::Life;
use crate::table_writer::{REST, large_name};
use crate::values::{ColumnKind, ValueColumn, WantedColumn};

/// Rows in a batch, unless one life has more.
const BATCH_ROWS: usize = 1 << 15;
/// Places of the code columns.
const USER: usize = 0;
const ANONYMOUS: usize = 1;
const ACCOUNT: usize = 2;
const WORKSPACE: usize = 3;
const SOURCE: usize = 4;
const NAME: usize = 5;

/// The columns of a file and what they are called in the dictionary.
struct AllColumns {
    wanted: Arc<Wanted>,
    /// Codes of `wanted.values`, ascending; a number's two columns share one.
    codes: Vec<u16>,
    /// The place of `rest`, which comes last.
    rest: Option<usize>,
}

impl AllColumns {
    /// The columns whose texts in the dictionary `keep` asks for; those that are rare come all together.
    fn of(file: &OpenFile, table: Table, dictionary: &Dictionary, keep: &dyn Fn(&str) -> bool) -> Self {
        let mut wanted = Wanted {
            codes: vec!["user", "anonymous", "account", "workspace", "source"],
            known: true,
            received: true,
            says: table == Table::Facts,
            values: Vec::new(),
        };
        if table == Table::Events {
            wanted.codes.push("name");
        }
        let mut codes = Vec::new();
        for (code, text) in (1..).zip(dictionary.iter()) {
            if !text.starts_with(table.word()) || !keep(text) {
                continue;
            }
            let (name, value_type) = describe(text);
            let main = WantedColumn { name: name.to_owned(), kind: ColumnKind::Main(value_type) };
            let large = WantedColumn { name: large_name(name), kind: ColumnKind::Large };
            for column in [Some(main), (value_type == ValueType::Number).then_some(large)].into_iter().flatten() {
                if file.0.column(&column.name).is_some() {
                    codes.push(code);
                    wanted.values.push(column);
                }
            }
        }
        let rest = file.0.column(REST).map(|_| {
            wanted.values.push(WantedColumn { name: REST.to_owned(), kind: ColumnKind::Main(ValueType::Text) });
            wanted.values.len() - 1
        });
        Self { wanted: Arc::new(wanted), codes, rest }
    }
}

/// Gives the rows of those lives of a file that `choose` asks for, with their values as bytes, in order. Lives that
/// have moved away are not asked about.
pub(crate) fn read(
    file: &OpenFile,
    table: Table,
    dictionary: &Dictionary,
    choose: impl FnMut(&Life) -> bool,
    visit: impl FnMut(&Row, &[u8]) -> Result<()>,
) -> Result<()> {
    read_part(file, table, dictionary, &Part { from: 0, to: u32::MAX, keep: &|_| true }, choose, visit)
}

/// Which rows and columns of a file are read.
pub(crate) struct Part<'a> {
    /// The first place.
    pub(crate) from: u32,
    /// The last place.
    pub(crate) to: u32,
    /// Columns by their texts in the dictionary; rare ones come all together.
    pub(crate) keep: &'a dyn Fn(&str) -> bool,
}

/// As [`read`], of a part of the file.
pub(crate) fn read_part(
    file: &OpenFile,
    table: Table,
    dictionary: &Dictionary,
    part: &Part<'_>,
    mut choose: impl FnMut(&Life) -> bool,
    mut visit: impl FnMut(&Row, &[u8]) -> Result<()>,
) -> Result<()> {
    let columns = AllColumns::of(file, table, dictionary, part.keep);
    let mut stream = LifeStream::new([file.clone()], part.from, part.to, &columns.wanted)?;
    let mut bytes = Vec::new();
    let mut lives = Vec::new();
    loop {
        stream.clear();
        lives.clear();
        let mut rows = 0;
        while rows < BATCH_ROWS {
            let Some(life) = stream.peek()? else { break };
            if choose(&life) {
                stream.take(&life);
                lives.push(life);
                rows += life.rows as usize;
            } else {
                stream.leap(&life);
            }
        }
        stream.fill()?;
        if lives.is_empty() {
            return Ok(());
        }
        let mut at = 0;
        for life in &lives {
            for _ in 0..life.rows {
                bytes.clear();
                append_values(&mut bytes, &stream.buffers.values, at, &columns, table, dictionary)
                    .ok_or_else(|| Error::damaged(file.0.path(), "values do not fit their columns"))?;
                visit(&row(&stream, at, life, table), &bytes)?;
                at += 1;
            }
        }
    }
}

fn row(stream: &LifeStream, at: usize, life: &Life, table: Table) -> Row {
    let buffers = &stream.buffers;
    let code = |column| buffers.codes(column).get(at).copied().unwrap_or(0);
    let time = |times: &[i64]| times.get(at).copied().unwrap_or(i64::MIN);
    Row {
        at: time(&buffers.times),
        received: time(&buffers.received),
        known: time(&buffers.known),
        household: HouseholdKey(life.household.0),
        person: life.person,
        user: code(USER),
        anonymous: code(ANONYMOUS),
        account: code(ACCOUNT),
        workspace: code(WORKSPACE),
        what: match table {
            Table::Events => code(NAME),
            Table::Facts => buffers.says.get(at).copied().unwrap_or(0),
        },
        source: code(SOURCE),
    }
}

/// Appends a row's values in ascending order of codes.
fn append_values(
    bytes: &mut Vec<u8>,
    values: &[ValueColumn],
    at: usize,
    columns: &AllColumns,
    table: Table,
    dictionary: &Dictionary,
) -> Option<()> {
    let rest = columns.rest.and_then(|place| values.get(place)).and_then(|column| column.carried(at));
    let Some(Carried::Text(json)) = rest else {
        for (code, column) in columns.codes.iter().zip(values) {
            if let Some(value) = column.carried(at) {
                value.append(*code, bytes);
            }
        }
        return Some(());
    };
    let mut all: Vec<(u16, Carried<'_>)> = Vec::new();
    for (code, column) in columns.codes.iter().zip(values) {
        all.extend(column.carried(at).map(|value| (*code, value)));
    }
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).ok()?;
    for (name, field) in &fields {
        let text = format!("{} {name}", table.word());
        let value_type = ColumnName::parse(&text).map_or(describe(&text).1, |column| column.value_type);
        all.push((u16::try_from(dictionary.find(&text)?).ok()?, carried(field, value_type)?));
    }
    all.sort_unstable_by_key(|(code, _)| *code);
    for (code, value) in all {
        value.append(code, bytes);
    }
    Some(())
}

fn carried(field: &serde_json::Value, value_type: ValueType) -> Option<Carried<'_>> {
    Some(match value_type {
        ValueType::Text | ValueType::List => Carried::Text(field.as_str()?),
        ValueType::Number => Carried::Number(field.as_str()?.parse().ok()?),
        ValueType::Boolean => Carried::Boolean(field.as_bool()?),
        ValueType::Time => Carried::Time(field.as_i64()?),
    })
}
