//! The tables of an export as Parquet: made from the same lines as the CSV files, so that they say the same.

use std::fs::File;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrow::array::{ArrayRef, Decimal128Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// Rows of a row group: enough for a good dictionary, few enough to hold one for each table in memory.
const GROUP_ROWS: usize = 1 << 18;
/// What amounts and counts are written as: two places are all that the product has.
const NUMBER: DataType = DataType::Decimal128(18, 2);
/// Columns of numbers. Those of times end in `_at`.
const NUMBERS: [&str; 16] = [
    "amount",
    "contact_limit",
    "contacts",
    "deal_value",
    "employees",
    "forecast",
    "megabytes",
    "minutes",
    "mrr",
    "participants",
    "recipients",
    "report_id",
    "seats",
    "seconds",
    "storage_limit",
    "storage_megabytes",
];

/// A Parquet file in the making.
pub struct Table {
    schema: Arc<Schema>,
    writer: ArrowWriter<File>,
}

/// The values of a column.
enum Column {
    Text(StringBuilder),
    Number(Decimal128Builder),
    Time(TimestampMicrosecondBuilder),
}

impl Table {
    /// Opens a table whose columns a CSV header names.
    pub fn create(file: File, header: &str) -> Result<Self> {
        let columns = header.trim_end().split(',').map(|name| Field::new(name, kind_of(name), true));
        let schema = Arc::new(Schema::new(columns.collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
        Ok(Self { schema, writer })
    }

    /// Adds lines of CSV. None of the product's texts needs quotes, so commas are always between fields.
    pub fn write(&mut self, lines: &str) -> Result<()> {
        let mut columns: Vec<Column> = self.schema.fields().iter().map(|field| Column::of(field.data_type())).collect();
        for line in lines.lines() {
            let mut fields = line.split(',');
            for column in &mut columns {
                column.push(fields.next().unwrap_or_default()).with_context(|| format!("in the line {line}"))?;
            }
        }
        let arrays = columns.into_iter().map(Column::finish).collect::<Result<_>>()?;
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)?;
        Ok(())
    }

    /// Writes what a Parquet file ends with.
    pub fn finish(self) -> Result<()> {
        self.writer.close()?;
        Ok(())
    }
}

fn kind_of(name: &str) -> DataType {
    if name == "timestamp" || name.ends_with("_at") {
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
    } else if NUMBERS.contains(&name) {
        NUMBER
    } else {
        DataType::Utf8
    }
}

impl Column {
    fn of(kind: &DataType) -> Self {
        match kind {
            DataType::Timestamp(..) => Self::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            DataType::Decimal128(..) => Self::Number(Decimal128Builder::new().with_data_type(NUMBER)),
            _ => Self::Text(StringBuilder::new()),
        }
    }

    /// Adds a field; an empty one is none.
    fn push(&mut self, field: &str) -> Result<()> {
        let field = Some(field).filter(|field| !field.is_empty());
        match self {
            Self::Text(texts) => texts.append_option(field),
            Self::Number(numbers) => numbers.append_option(field.map(hundredths).transpose()?),
            Self::Time(times) => {
                let time = field.map(str::parse::<jiff::Timestamp>).transpose()?;
                times.append_option(time.map(jiff::Timestamp::as_microsecond));
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<ArrayRef> {
        Ok(match self {
            Self::Text(mut texts) => Arc::new(texts.finish()),
            Self::Number(mut numbers) => Arc::new(numbers.finish()),
            Self::Time(mut times) => Arc::new(times.finish()),
        })
    }
}

/// `12.50` as 1250, `3` as 300.
fn hundredths(text: &str) -> Result<i128> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "00"));
    anyhow::ensure!(rest.len() == 2, "{text} is no number of two places");
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    Ok(whole.parse::<i128>()? * 100 + sign * rest.parse::<i128>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_places() {
        for (text, expect) in [("3", 300), ("12.50", 1250), ("-0.05", -5), ("-19.05", -1905)] {
            assert_eq!(hundredths(text).ok(), Some(expect), "{text}");
        }
        assert!(hundredths("1.5").is_err() && hundredths("many").is_err());
    }
}
