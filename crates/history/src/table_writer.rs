//! Writes sorted rows of one table into a Parquet file with its list of lives.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use engine::Number;
use engine::identity::Ids as _;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::Result as ParquetResult;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};

use crate::columns::{Carried, Table, ValueType, Values, describe};
use crate::dictionary::Dictionary;
use crate::error::{Error, Result};
use crate::files::NewFile;
use crate::manifest::TableEntry;
use crate::plain::{self, Plain, field, instant, unsigned};
use crate::rows::{CONSTANT, NEVER, Rows, SAYINGS};

/// Rows in a row group.
const GROUP_ROWS: usize = 1 << 20;
/// Property columns in a file; values of rarer ones stand together in the column `rest`, as JSON.
pub(crate) const MOST_COLUMNS: usize = 512;
/// Numbers of at least this many units stand in the `large.` column, so that all others fit 64 bits.
pub(crate) const LARGE: i128 = 1_000_000_000_000_000_000;
/// The column of values whose own columns did not fit.
pub(crate) const REST: &str = "rest";

/// A property column of the file.
struct FileColumn {
    value_type: ValueType,
    /// The second column of a number.
    large: bool,
    name: String,
}

/// What a file holds beside its fixed columns.
struct Layout {
    table: Table,
    received: bool,
    known: bool,
    columns: Vec<FileColumn>,
    /// By code: the place in `columns` of the main column; `None`: in `rest`.
    places: Vec<Option<usize>>,
    rest: bool,
}

/// Writes rows in the given order.
pub(crate) fn write(
    folder: &Path,
    stem: &str,
    table: Table,
    rows: &SortedRows<'_>,
    dictionary: &Dictionary,
) -> Result<TableEntry> {
    let layout = Layout::of(table, rows, dictionary);
    let mut file = NewFile::create(folder, format!("{}-{stem}.parquet", table.word()))?;
    let path = file.path().to_owned();
    write_file(&mut file, rows, &layout, dictionary).map_err(Error::parquet(&path))?;
    let data = file.finish()?;
    let lives = write_lives(folder, format!("{}-lives-{stem}.parquet", table.word()), rows)?;
    Ok(TableEntry { rows: rows.order.len() as u64, data, lives, moved: None })
}

/// Rows and the order in which they go to the file.
pub(crate) struct SortedRows<'a> {
    /// All plain columns; its values are in `values`.
    pub(crate) rows: &'a Rows,
    /// The rows' values.
    pub(crate) values: Bytes,
    /// Types of columns by code.
    pub(crate) types: &'a [ValueType],
    /// Places in `rows`.
    pub(crate) order: Vec<u32>,
}

impl SortedRows<'_> {
    fn range(&self, row: u32) -> std::ops::Range<usize> {
        let end = |at: usize| self.rows.ends.get(at).copied().unwrap_or(0) as usize;
        let row = row as usize;
        row.checked_sub(1).map_or(0, end)..end(row)
    }

    fn values(&self, row: u32) -> Values<'_> {
        Values { bytes: self.values.get(self.range(row)).unwrap_or_default(), types: self.types }
    }

    /// The same bytes, shared with the file's buffers.
    fn share(&self, text: &str) -> ByteArray {
        ByteArray::from(self.values.slice_ref(text.as_bytes()))
    }
}

impl Layout {
    fn of(table: Table, rows: &SortedRows<'_>, dictionary: &Dictionary) -> Self {
        let mut counts = vec![(0_u64, false); rows.types.len()];
        let (mut received, mut known) = (false, false);
        for row in &rows.order {
            let place = *row as usize;
            received |= rows.rows.received.get(place) != Some(&NEVER);
            known |= rows.rows.known.get(place) != rows.rows.at.get(place);
            for (code, value) in rows.values(*row) {
                if let Some((count, large)) = counts.get_mut(code as usize) {
                    *count += 1;
                    *large |= matches!(value, Carried::Number(number) if number.0.abs() >= LARGE);
                }
            }
        }
        let mut codes: Vec<(u64, u16, bool)> = (0..)
            .zip(counts)
            .filter(|(_, (count, _))| *count > 0)
            .map(|(code, (count, large))| (count, code, large))
            .collect();
        codes.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let rest = codes.len() > MOST_COLUMNS;
        codes.truncate(MOST_COLUMNS);
        codes.sort_unstable_by_key(|(_, code, _)| *code);
        let mut columns = Vec::new();
        let mut places = vec![None; rows.types.len()];
        for (_, code, large) in codes {
            let (name, value_type) = describe(dictionary.text(u32::from(code)));
            if let Some(place) = places.get_mut(code as usize) {
                *place = Some(columns.len());
            }
            columns.push(FileColumn { value_type, large: false, name: name.to_owned() });
            if large {
                columns.push(FileColumn { value_type, large: true, name: large_name(name) });
            }
        }
        Self { table, received, known, columns, places, rest }
    }
}

/// The second column of a number, for values that do not fit the first.
pub(crate) fn large_name(name: &str) -> String {
    name.strip_prefix("number.").map_or_else(|| format!("large_{name}"), |property| format!("large.{property}"))
}

fn schema(layout: &Layout) -> ParquetResult<Type> {
    let whole = |name| field(name, PhysicalType::INT32, unsigned());
    let time = |name| field(name, PhysicalType::INT64, instant());
    let mut fields = vec![whole("household")?, whole("person")?, time("time")?];
    match layout.table {
        Table::Events => fields.push(whole("name")?),
        Table::Facts => {
            fields.push(field("says", PhysicalType::BYTE_ARRAY, Some(LogicalType::String))?);
            fields.push(field("constant", PhysicalType::BOOLEAN, None)?);
        }
    }
    for name in ["user", "anonymous", "account", "workspace", "source"] {
        fields.push(whole(name)?);
    }
    if layout.received {
        fields.push(optional("received", PhysicalType::INT64, instant(), None)?);
    }
    if layout.known {
        fields.push(time("known")?);
    }
    for column in &layout.columns {
        let decimal = |precision| Some(LogicalType::decimal(9, precision));
        fields.push(match (column.value_type, column.large) {
            (ValueType::Text, _) => optional(&column.name, PhysicalType::BYTE_ARRAY, Some(LogicalType::String), None)?,
            (ValueType::List, _) => optional(&column.name, PhysicalType::BYTE_ARRAY, Some(LogicalType::Json), None)?,
            (ValueType::Number, false) => optional(&column.name, PhysicalType::INT64, decimal(18), Some((18, 9)))?,
            (ValueType::Number, true) => {
                optional(&column.name, PhysicalType::FIXED_LEN_BYTE_ARRAY, decimal(38), Some((38, 9)))?
            }
            (ValueType::Boolean, _) => optional(&column.name, PhysicalType::BOOLEAN, None, None)?,
            (ValueType::Time, _) => optional(&column.name, PhysicalType::INT64, instant(), None)?,
        });
    }
    if layout.rest {
        fields.push(optional(REST, PhysicalType::BYTE_ARRAY, Some(LogicalType::Json), None)?);
    }
    Type::group_type_builder(layout.table.word()).with_fields(fields.into_iter().map(Arc::new).collect()).build()
}

fn optional(
    name: &str,
    physical: PhysicalType,
    logical: Option<LogicalType>,
    decimal: Option<(i32, i32)>,
) -> ParquetResult<Type> {
    let builder =
        Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL).with_logical_type(logical);
    let builder = match decimal {
        Some((precision, scale)) => builder.with_precision(precision).with_scale(scale).with_length(16),
        None => builder,
    };
    builder.build()
}

/// Encodings by measuring: see docs/lake.md.
fn properties(layout: &Layout) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_dictionary_page_size_limit(8 << 20);
    let plain = ["household", "person", "name", "user", "anonymous", "account", "workspace", "source", "constant"];
    for name in plain {
        builder = builder.set_column_compression(ColumnPath::from(name), Compression::UNCOMPRESSED);
    }
    let times = layout.columns.iter().filter(|column| column.value_type == ValueType::Time);
    let times = times.map(|column| column.name.as_str()).chain(["time", "received", "known"]);
    for name in times {
        let path = ColumnPath::new(vec![name.to_owned()]);
        builder = builder
            .set_column_compression(path.clone(), Compression::UNCOMPRESSED)
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    builder.build()
}

fn write_file(
    file: &mut NewFile,
    rows: &SortedRows<'_>,
    layout: &Layout,
    dictionary: &Dictionary,
) -> ParquetResult<()> {
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema(layout)?), Arc::new(properties(layout)))?;
    for group in rows.order.chunks(GROUP_ROWS) {
        let mut target = writer.next_row_group()?;
        write_fixed(&mut target, rows, group, layout)?;
        write_properties(&mut target, rows, group, layout, dictionary)?;
        target.close()?;
    }
    writer.close()?;
    Ok(())
}

type Group<'a, 'b> = SerializedRowGroupWriter<'a, &'b mut NewFile>;

fn write_fixed(target: &mut Group<'_, '_>, rows: &SortedRows<'_>, group: &[u32], layout: &Layout) -> ParquetResult<()> {
    let all = rows.rows;
    write_codes(target, &all.household, group)?;
    write_codes(target, &all.person, group)?;
    write_times(target, &all.at, group)?;
    match layout.table {
        Table::Events => write_codes(target, &all.what, group)?,
        Table::Facts => {
            let what = |row: &u32| all.what.get(*row as usize).copied().unwrap_or(0);
            let word = |row| ByteArray::from(SAYINGS.get((what(row) & 7) as usize).copied().unwrap_or_default());
            write_texts(target, &group.iter().map(word).collect::<Vec<_>>(), None)?;
            let constant: Vec<bool> = group.iter().map(|row| what(row) & CONSTANT != 0).collect();
            write_truths(target, &constant, None)?;
        }
    }
    for codes in [&all.user, &all.anonymous, &all.account, &all.workspace, &all.source] {
        write_codes(target, codes, group)?;
    }
    if layout.received {
        let received = |row: &u32| all.received.get(*row as usize).copied().filter(|time| *time != NEVER);
        let levels: Vec<i16> = group.iter().map(|row| i16::from(received(row).is_some())).collect();
        let values: Vec<i64> = group.iter().filter_map(received).collect();
        write_wholes(target, &values, Some(&levels))?;
    }
    if layout.known {
        write_times(target, &all.known, group)?;
    }
    Ok(())
}

fn write_codes(target: &mut Group<'_, '_>, codes: &[u32], group: &[u32]) -> ParquetResult<()> {
    let Some(mut column) = target.next_column()? else { return Ok(()) };
    let values: Vec<u32> = group.iter().map(|row| codes.get(*row as usize).copied().unwrap_or(0)).collect();
    column.typed::<Int32Type>().write_batch(bytemuck::cast_slice(&values), None, None)?;
    column.close()
}

fn write_times(target: &mut Group<'_, '_>, times: &[i64], group: &[u32]) -> ParquetResult<()> {
    let values: Vec<i64> = group.iter().map(|row| times.get(*row as usize).copied().unwrap_or(0)).collect();
    write_wholes(target, &values, None)
}

fn write_wholes(target: &mut Group<'_, '_>, values: &[i64], levels: Option<&[i16]>) -> ParquetResult<()> {
    let Some(mut column) = target.next_column()? else { return Ok(()) };
    column.typed::<Int64Type>().write_batch(values, levels, None)?;
    column.close()
}

fn write_texts(target: &mut Group<'_, '_>, values: &[ByteArray], levels: Option<&[i16]>) -> ParquetResult<()> {
    let Some(mut column) = target.next_column()? else { return Ok(()) };
    column.typed::<ByteArrayType>().write_batch(values, levels, None)?;
    column.close()
}

fn write_truths(target: &mut Group<'_, '_>, values: &[bool], levels: Option<&[i16]>) -> ParquetResult<()> {
    let Some(mut column) = target.next_column()? else { return Ok(()) };
    column.typed::<BoolType>().write_batch(values, levels, None)?;
    column.close()
}

/// The values of one file column in one row group.
#[derive(Default)]
struct Gathered {
    /// Rows of the group that have one.
    rows: Vec<u32>,
    texts: Vec<ByteArray>,
    wholes: Vec<i64>,
    truths: Vec<bool>,
    larges: Vec<FixedLenByteArray>,
}

fn write_properties(
    target: &mut Group<'_, '_>,
    rows: &SortedRows<'_>,
    group: &[u32],
    layout: &Layout,
    dictionary: &Dictionary,
) -> ParquetResult<()> {
    let mut gathered: Vec<Gathered> = layout.columns.iter().map(|_| Gathered::default()).collect();
    let mut rest = Gathered::default();
    for (at, row) in (0..).zip(group) {
        let mut beyond = serde_json::Map::new();
        for (code, value) in rows.values(*row) {
            match layout.places.get(code as usize).copied().flatten() {
                Some(place) => gather(&mut gathered, place, at, value, rows),
                None => {
                    let name = describe(dictionary.text(u32::from(code))).0.to_owned();
                    beyond.insert(name, rest_value(value));
                }
            }
        }
        if !beyond.is_empty() {
            rest.rows.push(at);
            rest.texts.push(ByteArray::from(serde_json::Value::Object(beyond).to_string().as_str()));
        }
    }
    let mut levels = Vec::new();
    for (column, values) in layout.columns.iter().zip(&gathered) {
        set_levels(&mut levels, group.len(), &values.rows);
        match (column.value_type, column.large) {
            (ValueType::Text | ValueType::List, _) => write_texts(target, &values.texts, Some(&levels))?,
            (ValueType::Number, true) => {
                if let Some(mut column) = target.next_column()? {
                    column.typed::<FixedLenByteArrayType>().write_batch(&values.larges, Some(&levels), None)?;
                    column.close()?;
                }
            }
            (ValueType::Number | ValueType::Time, _) => write_wholes(target, &values.wholes, Some(&levels))?,
            (ValueType::Boolean, _) => write_truths(target, &values.truths, Some(&levels))?,
        }
    }
    if layout.rest {
        set_levels(&mut levels, group.len(), &rest.rows);
        write_texts(target, &rest.texts, Some(&levels))?;
    }
    Ok(())
}

fn gather(gathered: &mut [Gathered], place: usize, at: u32, value: Carried<'_>, rows: &SortedRows<'_>) {
    // A number's large column stands right behind its main one.
    let place = if matches!(value, Carried::Number(number) if number.0.abs() >= LARGE) { place + 1 } else { place };
    let Some(column) = gathered.get_mut(place) else { return };
    column.rows.push(at);
    match value {
        Carried::Text(text) => column.texts.push(rows.share(text)),
        Carried::Number(Number(units)) => match i64::try_from(units).ok().filter(|_| units.abs() < LARGE) {
            Some(units) => column.wholes.push(units),
            None => column.larges.push(FixedLenByteArray::from(units.to_be_bytes().to_vec())),
        },
        Carried::Boolean(truth) => column.truths.push(truth),
        Carried::Time(time) => column.wholes.push(time),
    }
}

fn set_levels(levels: &mut Vec<i16>, length: usize, rows: &[u32]) {
    levels.clear();
    levels.resize(length, 0);
    for row in rows {
        if let Some(level) = levels.get_mut(*row as usize) {
            *level = 1;
        }
    }
}

/// A value in `rest`: numbers as texts (exact), instants as microseconds.
fn rest_value(value: Carried<'_>) -> serde_json::Value {
    match value {
        Carried::Text(text) => text.into(),
        Carried::Number(number) => number.to_string().into(),
        Carried::Boolean(truth) => truth.into(),
        Carried::Time(time) => time.into(),
    }
}

fn write_lives(folder: &Path, name: String, rows: &SortedRows<'_>) -> Result<crate::files::StoredFile> {
    let (mut households, mut persons, mut counts) = (Vec::new(), Vec::new(), Vec::<u32>::new());
    for row in &rows.order {
        let household = rows.rows.household.get(*row as usize).copied().unwrap_or(0);
        let person = rows.rows.person.get(*row as usize).copied().unwrap_or(0);
        match counts.last_mut() {
            Some(count) if households.last() == Some(&household) && persons.last() == Some(&person) => *count += 1,
            _ => {
                households.push(household);
                persons.push(person);
                counts.push(1);
            }
        }
    }
    let columns =
        [("household", Plain::Whole(households)), ("person", Plain::Whole(persons)), ("rows", Plain::Whole(counts))];
    plain::write(folder, name, &columns)
}
