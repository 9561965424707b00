//! Parquet and Avro: columns of typed values, read a batch of rows at a time.
//!
//! Members of structs become columns with dotted names. Times without a zone are wall clocks (the mapping's zone says
//! where), and dates are such at midnight. Types that Brix cannot hold make a field unusable, not the file.

mod avro;

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray,
    PrimitiveArray, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use engine::time::DAY;
use engine::{Number, Timestamp, Value};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::columns::{Columns, Decoder, Position, RowFault};
use super::field::Field;
use super::input::{ByteCount, Found};
use super::limits;
use super::reject::{FileError, Reason, capped};

/// Rows decoded at a time.
const BLOCK_ROWS: usize = 8_192;

pub(crate) struct Columnar {
    file: Arc<str>,
    format: &'static str,
    reader: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>,
    columns: Columns,
    /// One for each column.
    block: Vec<Cells>,
    rows: usize,
    rows_before: u64,
    share: Option<Share>,
}

/// Counts bytes by the share of rows, as the reader of Parquet jumps in the file.
struct Share {
    count: Arc<ByteCount>,
    file_bytes: u64,
    file_rows: u64,
    counted: u64,
}

/// The values of a column in one of a few types.
enum Cells {
    Text(StringArray),
    Whole(Int64Array),
    Natural(UInt64Array),
    Float(Float64Array),
    Decimal(Decimal128Array, i8),
    Boolean(BooleanArray),
    Instant(TimestampMicrosecondArray),
    Clock(TimestampMicrosecondArray),
    Day(Date32Array),
    /// Lists, made ready where they are not null.
    List(Vec<Option<Result<Value, &'static str>>>),
    Nothing,
    /// Nulls stay absent; anything else is unusable.
    Unusable(ArrayRef),
}

const CANNOT_HOLD: &str = "a value of a type that Brix cannot hold";
const NOT_FINITE: &str = "not a finite number below 10^18";

impl Columnar {
    /// Opens Parquet and reads the schema. `counted` bytes of the file have been counted as read before.
    pub(crate) fn open(found: &Found, count: &Arc<ByteCount>, counted: u64) -> Result<Self, FileError> {
        let file =
            File::open(&found.path).map_err(|source| FileError::Read { file: Arc::clone(&found.shown), source })?;
        let wrong = |error: parquet::errors::ParquetError| unreadable(&found.shown, "Parquet", error.to_string());
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(wrong)?;
        let file_rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        let columns = columns_of(builder.schema(), &found.shown)?;
        let built = guarded(|| builder.with_batch_size(BLOCK_ROWS).build());
        let built = built.ok_or_else(|| unreadable(&found.shown, "Parquet", DAMAGED.to_owned()))?;
        let reader = Box::new(built.map_err(wrong)?);
        let share = Some(Share { count: Arc::clone(count), file_bytes: found.bytes, file_rows, counted });
        let file = Arc::clone(&found.shown);
        Ok(Self { file, format: "Parquet", reader, columns, block: Vec::new(), rows: 0, rows_before: 0, share })
    }

    /// Reads the header of an Avro container file.
    pub(crate) fn open_avro(file: &Arc<str>, bytes: Box<dyn Read + Send>) -> Result<Self, FileError> {
        let reader = avro::open(bytes).map_err(|error| unreadable(file, "Avro", error.to_string()))?;
        let columns = columns_of(&reader.schema(), file)?;
        let (file, reader) = (Arc::clone(file), Box::new(reader));
        Ok(Self { file, format: "Avro", reader, columns, block: Vec::new(), rows: 0, rows_before: 0, share: None })
    }
}

impl Share {
    fn count_rows(&mut self, rows: u64) {
        let share = u128::from(self.file_bytes) * u128::from(rows);
        let now = share.checked_div(u128::from(self.file_rows)).unwrap_or(0);
        self.count_to(u64::try_from(now).unwrap_or(0).min(self.file_bytes));
    }

    fn count_to(&mut self, now: u64) {
        self.count.add_read(now.saturating_sub(self.counted));
        self.counted = self.counted.max(now);
    }
}

const DAMAGED: &str = "the file is damaged";

/// What some work gives; `None` if it panics, as the reader of Parquet does on places in the file that cannot be.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}

fn unreadable(file: &Arc<str>, format: &'static str, message: String) -> FileError {
    FileError::Columns { file: Arc::clone(file), format, message }
}

fn columns_of(schema: &Schema, file: &Arc<str>) -> Result<Columns, FileError> {
    let mut columns = Columns::default();
    for field in schema.fields() {
        name_columns(field.name(), field.data_type(), 0, &mut columns);
    }
    if columns.len() > limits::COLUMNS {
        return Err(FileError::unfit(file, None, Reason::TooManyColumns.to_string()));
    }
    Ok(columns)
}

/// Adds a column, or those of a struct's members.
fn name_columns(name: &str, kind: &DataType, depth: usize, columns: &mut Columns) {
    match kind {
        DataType::Struct(members) if depth < limits::JSON_DEPTH => {
            for member in members {
                name_columns(&format!("{name}.{}", member.name()), member.data_type(), depth + 1, columns);
            }
        }
        _ => columns.push(name.to_owned()),
    }
}

/// The cells of an array, or of its members: in the order of [`name_columns`].
fn push_cells(array: &ArrayRef, depth: usize, block: &mut Vec<Cells>) {
    match array.as_any().downcast_ref::<StructArray>() {
        Some(members) if depth < limits::JSON_DEPTH => {
            // A null struct has null members.
            for member in members.columns() {
                let masked = members.nulls().map_or_else(
                    || Ok(Arc::clone(member)),
                    |valid| {
                        let absent = BooleanArray::new(!valid.inner(), None);
                        arrow::compute::nullif(member, &absent)
                    },
                );
                push_cells(&masked.unwrap_or_else(|_| Arc::clone(member)), depth + 1, block);
            }
        }
        _ => block.push(cells_of(array)),
    }
}

fn cells_of(array: &ArrayRef) -> Cells {
    let kind = array.data_type();
    let unusable = || Cells::Unusable(Arc::clone(array));
    let casted = |to: &DataType| cast(array, to).ok();
    match kind {
        DataType::Null => Some(Cells::Nothing),
        DataType::Boolean => array.as_boolean_opt().cloned().map(Cells::Boolean),
        DataType::UInt64 => array.as_primitive_opt().cloned().map(Cells::Natural),
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => {
            casted(&DataType::Decimal128(38, *scale))
                .and_then(|array| array.as_primitive_opt().cloned())
                .map(|array| Cells::Decimal(array, *scale))
        }
        kind if kind.is_integer() => {
            casted(&DataType::Int64).and_then(|array| array.as_primitive_opt().cloned()).map(Cells::Whole)
        }
        kind if kind.is_floating() => {
            casted(&DataType::Float64).and_then(|array| array.as_primitive_opt().cloned()).map(Cells::Float)
        }
        DataType::Date32 => array.as_primitive_opt().cloned().map(Cells::Day),
        DataType::Date64 => casted(&DataType::Timestamp(TimeUnit::Microsecond, None))
            .and_then(|array| array.as_primitive_opt().cloned())
            .map(Cells::Clock),
        DataType::Timestamp(_, zone) => casted(&DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))
            .and_then(|array| array.as_primitive_opt::<TimestampMicrosecondType>().cloned())
            .map(
                |array: PrimitiveArray<TimestampMicrosecondType>| {
                    if zone.is_some() { Cells::Instant(array) } else { Cells::Clock(array) }
                },
            ),
        DataType::List(_) => array.as_list_opt::<i32>().map(|lists| Cells::List(lists_of(lists))),
        DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::ListView(field)
        | DataType::LargeListView(field) => casted(&DataType::List(Arc::clone(field)))
            .and_then(|array| array.as_list_opt::<i32>().map(|lists| Cells::List(lists_of(lists)))),
        DataType::Dictionary(_, value) => casted(value).map(|array| cells_of(&array)),
        // Texts of all kinds, bytes that are UTF-8, times of day.
        _ => casted(&DataType::Utf8).and_then(|array| array.as_string_opt().cloned()).map(Cells::Text),
    }
    .unwrap_or_else(unusable)
}

fn lists_of(lists: &ListArray) -> Vec<Option<Result<Value, &'static str>>> {
    let list = |items: ArrayRef| {
        let cells = cells_of(&items);
        let mut values = Vec::with_capacity(items.len().min(limits::ITEMS));
        if items.len() > limits::ITEMS {
            return Err("a list of too many items");
        }
        for at in 0..items.len() {
            values.push(match cells.field(at) {
                Field::Absent => continue,
                Field::Number(number) => Value::Number(number),
                Field::Boolean(truth) => Value::Boolean(truth),
                Field::Time(time) => Value::Time(time),
                Field::Unusable(why) => return Err(why),
                field => Value::text(&field.text()),
            });
        }
        Ok(Value::List(values.into()))
    };
    (0..lists.len()).map(|at| lists.is_valid(at).then(|| list(lists.value(at)))).collect()
}

impl Cells {
    fn field(&self, row: usize) -> Field<'_> {
        match self {
            Self::Nothing => Field::Absent,
            Self::Text(array) => get(array, row, |at| Field::Text(array.value(at))),
            Self::Whole(array) => get(array, row, |at| number(i128::from(array.value(at)).checked_mul(Number::UNIT))),
            Self::Natural(array) => get(array, row, |at| number(i128::from(array.value(at)).checked_mul(Number::UNIT))),
            Self::Float(array) => get(array, row, |at| {
                Number::from_f64(array.value(at)).map_or(Field::Unusable(NOT_FINITE), Field::Number)
            }),
            Self::Decimal(array, scale) => get(array, row, |at| decimal(array.value(at), *scale)),
            Self::Boolean(array) => get(array, row, |at| Field::Boolean(array.value(at))),
            Self::Instant(array) => get(array, row, |at| Field::Time(Timestamp(array.value(at)))),
            Self::Clock(array) => get(array, row, |at| Field::Clock(array.value(at))),
            Self::Day(array) => get(array, row, |at| Field::Clock(i64::from(array.value(at)).saturating_mul(DAY))),
            Self::List(lists) => match lists.get(row) {
                Some(Some(Ok(list))) => Field::List(list),
                Some(Some(Err(why))) => Field::Unusable(why),
                _ => Field::Absent,
            },
            Self::Unusable(array) => get(array.as_ref(), row, |_| Field::Unusable(CANNOT_HOLD)),
        }
    }
}

fn get<'block>(array: &dyn Array, row: usize, value: impl FnOnce(usize) -> Field<'block>) -> Field<'block> {
    if row < array.len() && array.is_valid(row) { value(row) } else { Field::Absent }
}

fn number(units: Option<i128>) -> Field<'static> {
    match units {
        Some(units) if units.abs() < Number::LIMIT => Field::Number(Number(units)),
        _ => Field::Unusable(NOT_FINITE),
    }
}

/// A decimal of `scale` places to one of nine, rounded half to even.
fn decimal(units: i128, scale: i8) -> Field<'static> {
    let power = |places: i32| 10_i128.checked_pow(places.unsigned_abs());
    let shift = 9 - i32::from(scale);
    if shift >= 0 {
        return number(power(shift).and_then(|factor| units.checked_mul(factor)));
    }
    number(power(shift).map(|divisor| engine::number::round_half_even(units, divisor)))
}

impl Decoder for Columnar {
    fn next_block(&mut self) -> Result<bool, FileError> {
        self.rows_before += self.rows as u64;
        self.block.clear();
        self.rows = 0;
        let next = guarded(|| self.reader.next());
        let Some(batch) = next.ok_or_else(|| unreadable(&self.file, self.format, DAMAGED.to_owned()))? else {
            if let Some(share) = &mut self.share {
                share.count_to(share.file_bytes);
            }
            return Ok(false);
        };
        let wrong = |message: String| unreadable(&self.file, self.format, message);
        let batch: RecordBatch = batch.map_err(|error| wrong(error.to_string()))?;
        for array in batch.columns() {
            push_cells(array, 0, &mut self.block);
        }
        if self.block.len() != self.columns.len() {
            return Err(wrong("a batch of rows has other columns than the schema".to_owned()));
        }
        self.rows = batch.num_rows();
        if let Some(share) = &mut self.share {
            share.count_rows(self.rows_before + self.rows as u64);
        }
        Ok(true)
    }

    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn columns_to_extend(&mut self) -> Option<&mut Columns> {
        None
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn fields<'block>(&'block self, row: usize, fields: &mut Vec<Field<'block>>) -> Result<(), RowFault> {
        fields.clear();
        fields.extend(self.block.iter().map(|cells| cells.field(row)));
        Ok(())
    }

    fn position(&self, row: usize, _column: Option<usize>) -> Position {
        Position { row: self.rows_before + row as u64 + 1, line: None, column: None }
    }

    fn raw(&self, row: usize) -> String {
        let mut text = String::new();
        for (name, cells) in self.columns.names().iter().zip(&self.block) {
            let field = cells.field(row);
            if field.is_absent() || text.len() > limits::REJECT_RAW_BYTES {
                continue;
            }
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(name);
            text.push('=');
            field.write_text(&mut text);
        }
        capped(&text, limits::REJECT_RAW_BYTES).to_owned()
    }
}
