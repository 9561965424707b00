//! Small Parquet tables of required columns: dictionaries, identity facts, lists of lives.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};

use crate::error::{Error, Result};
use crate::files::{NewFile, StoredFile};

/// A column of a small table.
#[derive(Debug)]
pub(crate) enum Plain {
    /// Codes and counts.
    Whole(Vec<u32>),
    /// Microseconds since the epoch.
    Time(Vec<i64>),
    /// Words.
    Text(Vec<ByteArray>),
}

impl Plain {
    pub(crate) fn whole(self) -> Vec<u32> {
        if let Self::Whole(values) = self { values } else { Vec::new() }
    }

    pub(crate) fn time(self) -> Vec<i64> {
        if let Self::Time(values) = self { values } else { Vec::new() }
    }

    pub(crate) fn text(self) -> Vec<ByteArray> {
        if let Self::Text(values) = self { values } else { Vec::new() }
    }
}

/// The type of a required column.
pub(crate) fn field(name: &str, physical: PhysicalType, logical: Option<LogicalType>) -> parquet::errors::Result<Type> {
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(logical)
        .build()
}

/// Unsigned 32 bits.
pub(crate) fn unsigned() -> Option<LogicalType> {
    Some(LogicalType::integer(32, false))
}

/// An instant in microseconds, UTC.
pub(crate) fn instant() -> Option<LogicalType> {
    Some(LogicalType::timestamp(true, TimeUnit::MICROS))
}

/// Writes a table.
pub(crate) fn write(folder: &Path, name: String, columns: &[(&str, Plain)]) -> Result<StoredFile> {
    let mut file = NewFile::create(folder, name)?;
    let path = file.path().to_owned();
    write_columns(&mut file, columns).map_err(Error::parquet(&path))?;
    file.finish()
}

fn write_columns(file: &mut NewFile, columns: &[(&str, Plain)]) -> parquet::errors::Result<()> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    let mut fields = Vec::new();
    for (name, column) in columns {
        let (physical, logical) = match column {
            Plain::Whole(_) => (PhysicalType::INT32, unsigned()),
            Plain::Time(_) => (PhysicalType::INT64, instant()),
            Plain::Text(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let encoding = match column {
            Plain::Whole(_) | Plain::Time(_) => Encoding::DELTA_BINARY_PACKED,
            Plain::Text(_) => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        };
        let path = ColumnPath::from(*name);
        properties = properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding);
        fields.push(Arc::new(field(name, physical, logical)?));
    }
    let schema = Arc::new(Type::group_type_builder("table").with_fields(fields).build()?);
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build()))?;
    let mut group = writer.next_row_group()?;
    for (_, column) in columns {
        let Some(mut target) = group.next_column()? else { break };
        match column {
            Plain::Whole(values) => {
                target.typed::<Int32Type>().write_batch(bytemuck::cast_slice(values), None, None)?;
            }
            Plain::Time(values) => {
                target.typed::<Int64Type>().write_batch(values, None, None)?;
            }
            Plain::Text(values) => {
                target.typed::<ByteArrayType>().write_batch(values, None, None)?;
            }
        }
        target.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(())
}

/// Reads the columns of a table by name.
pub(crate) fn read<const N: usize>(folder: &Path, stored: &StoredFile, names: [&str; N]) -> Result<[Plain; N]> {
    let bytes = Bytes::from(stored.read(folder)?);
    let path = folder.join(&stored.name);
    let mut columns = Vec::with_capacity(N);
    let reader = SerializedFileReader::new(bytes).map_err(Error::parquet(&path))?;
    for name in names {
        columns.push(read_column(&reader, name).map_err(Error::parquet(&path))?);
    }
    columns.try_into().map_err(|_| Error::damaged(&path, "columns are missing"))
}

fn read_column(reader: &SerializedFileReader<Bytes>, name: &str) -> parquet::errors::Result<Plain> {
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let place = schema.columns().iter().position(|column| column.name() == name);
    let place = place.ok_or_else(|| parquet::errors::ParquetError::General(format!("column {name} is missing")))?;
    let mut column = match schema.column(place).physical_type() {
        PhysicalType::INT32 => Plain::Whole(Vec::new()),
        PhysicalType::INT64 => Plain::Time(Vec::new()),
        _ => Plain::Text(Vec::new()),
    };
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        match (&mut column, group.get_column_reader(place)?) {
            (Plain::Whole(values), ColumnReader::Int32ColumnReader(mut source)) => {
                let mut read = Vec::new();
                source.read_records(usize::MAX, None, None, &mut read)?;
                values.extend_from_slice(bytemuck::cast_slice(&read));
            }
            (Plain::Time(values), ColumnReader::Int64ColumnReader(mut source)) => {
                source.read_records(usize::MAX, None, None, values)?;
            }
            (Plain::Text(values), ColumnReader::ByteArrayColumnReader(mut source)) => {
                source.read_records(usize::MAX, None, None, values)?;
            }
            _ => return Err(parquet::errors::ParquetError::General(format!("column {name} has another type"))),
        }
    }
    Ok(column)
}

/// Words as Parquet holds them.
pub(crate) fn words(text: &str) -> ByteArray {
    ByteArray::from(text)
}

/// Words out of Parquet.
pub(crate) fn as_words<'a>(value: &'a ByteArray, path: &Path) -> Result<&'a str> {
    value.as_utf8().map_err(Error::parquet(path))
}
