//! Reads columns of one table's file, from the front, with leaps.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use engine::identity::HouseholdKey;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::DataType;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use crate::error::{Error, Result};
use crate::manifest::TableEntry;
use crate::place;
use crate::plain;

/// The rows of one person in one household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) household: HouseholdKey,
    pub(crate) person: u32,
    pub(crate) rows: u32,
    /// These rows stand in a later run too and are passed over here.
    pub(crate) moved: bool,
}

impl Life {
    pub(crate) fn order(&self) -> u64 {
        place::life(self.household, self.person)
    }
}

/// A table's file, its footer read.
#[derive(Debug)]
pub(crate) struct OpenTable {
    path: PathBuf,
    file: File,
    metadata: ParquetMetaData,
    columns: BTreeMap<String, usize>,
}

impl OpenTable {
    pub(crate) fn open(folder: &Path, entry: &TableEntry) -> Result<Self> {
        let (file, path) = entry.data.open(folder)?;
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).map_err(Error::parquet(&path))?;
        let schema = metadata.file_metadata().schema_descr();
        let columns = (0..).zip(schema.columns()).map(|(place, column)| (column.name().to_owned(), place)).collect();
        if u64::try_from(metadata.file_metadata().num_rows()) != Ok(entry.rows) {
            return Err(Error::damaged(&path, format!("it does not have {} rows", entry.rows)));
        }
        Ok(Self { path, file, metadata, columns })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A column's place; `None` if the file does not have it.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.get(name).copied()
    }
}

/// Reads at a position without moving the position that other threads share.
#[cfg(unix)]
fn read_at(file: &File, _path: &Path, start: u64, into: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, start)
}

/// Reads at a position through a handle of its own, because clones of a handle share their position.
#[cfg(not(unix))]
fn read_at(_file: &File, path: &Path, start: u64, into: &mut [u8]) -> std::io::Result<()> {
    use std::io::{Read as _, Seek as _};
    let mut own = File::open(path)?;
    own.seek(std::io::SeekFrom::Start(start))?;
    own.read_exact(into)
}

/// The lives of a table, in order.
pub(crate) fn lives(folder: &Path, entry: &TableEntry) -> Result<Vec<Life>> {
    let [households, persons, rows] = plain::read(folder, &entry.lives, ["household", "person", "rows"])?;
    let all = households.whole().into_iter().zip(persons.whole()).zip(rows.whole());
    let mut lives: Vec<Life> = all
        .map(|((household, person), rows)| Life { household: HouseholdKey(household), person, rows, moved: false })
        .collect();
    let path = folder.join(&entry.lives.name);
    if lives.iter().map(|life| u64::from(life.rows)).sum::<u64>() != entry.rows {
        return Err(Error::damaged(&path, "its rows do not add up"));
    }
    if !lives.is_sorted_by_key(Life::order) {
        return Err(Error::damaged(&path, "it is out of order"));
    }
    if let Some(moved) = &entry.moved {
        let [places] = plain::read(folder, moved, ["life"])?;
        for place in places.whole() {
            let life =
                lives.get_mut(place as usize).ok_or_else(|| Error::damaged(&path, "it lacks a life that moved"))?;
            life.moved = true;
        }
    }
    Ok(lives)
}

/// The pages of one column chunk, addressed as in the file. Each is read when it is its turn, so that it is unpacked while it is
/// still near the processor, and what is leapt over is not read.
struct Chunk {
    table: Arc<OpenTable>,
    start: u64,
    end: u64,
}

/// A page's header is shorter.
const HEADER_BYTES: usize = 256;

impl Chunk {
    fn new(table: &Arc<OpenTable>, metadata: &ColumnChunkMetaData) -> Self {
        let (start, length) = metadata.byte_range();
        Self { table: Arc::clone(table), start, end: start.saturating_add(length) }
    }
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.end
    }
}

impl ChunkReader for Chunk {
    type T = BufReader<Stretch>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let stretch = Stretch { table: Arc::clone(&self.table), next: start.max(self.start), end: self.end };
        Ok(BufReader::with_capacity(HEADER_BYTES, stretch))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let end = start.checked_add(length as u64);
        if start < self.start || end.is_none_or(|end| end > self.end) {
            return Err(ParquetError::EOF("a page is cut short".to_owned()));
        }
        let mut bytes = vec![0; length];
        read_at(&self.table.file, &self.table.path, start, &mut bytes)?;
        Ok(Bytes::from(bytes))
    }
}

/// The rest of a chunk from a position on.
struct Stretch {
    table: Arc<OpenTable>,
    next: u64,
    end: u64,
}

impl Read for Stretch {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let rest = usize::try_from(self.end.saturating_sub(self.next)).unwrap_or(usize::MAX);
        let length = into.len().min(rest);
        read_at(&self.table.file, &self.table.path, self.next, &mut into[..length])?;
        self.next += length as u64;
        Ok(length)
    }
}

/// Reads one column from the front.
pub(crate) struct Cursor<T: DataType> {
    table: Arc<OpenTable>,
    column: usize,
    /// The next row group to open.
    group: usize,
    reader: Option<ColumnReaderImpl<T>>,
    /// Rows left in the open row group.
    left: usize,
}

impl<T: DataType> Cursor<T> {
    /// `None` if the file does not have the column.
    pub(crate) fn new(table: &Arc<OpenTable>, name: &str) -> Option<Self> {
        let column = table.column(name)?;
        Some(Self { table: Arc::clone(table), column, group: 0, reader: None, left: 0 })
    }

    /// Like [`Self::new`] for a column that every file has.
    pub(crate) fn required(table: &Arc<OpenTable>, name: &str) -> Result<Self> {
        Self::new(table, name).ok_or_else(|| Error::damaged(table.path(), format!("column {name} is missing")))
    }

    /// Appends the values of the next rows; for optional columns their levels (1: there is a value) too.
    pub(crate) fn read(
        &mut self,
        rows: usize,
        mut levels: Option<&mut Vec<i16>>,
        values: &mut Vec<T::T>,
    ) -> Result<()> {
        let mut open = rows;
        while open > 0 {
            self.advance()?;
            let Some(reader) = &mut self.reader else { break };
            let read = reader.read_records(open.min(self.left), levels.as_deref_mut(), None, values);
            let (read, ..) = read.map_err(Error::parquet(&self.table.path))?;
            if read == 0 {
                break;
            }
            self.left -= read.min(self.left);
            open -= read.min(open);
        }
        if open > 0 { Err(Error::damaged(&self.table.path, "it ends too soon")) } else { Ok(()) }
    }

    /// Leaps over rows.
    pub(crate) fn skip(&mut self, rows: usize) -> Result<()> {
        let mut open = rows;
        while open > 0 {
            if self.left == 0 {
                let size = self.group_rows(self.group)?;
                if size <= open {
                    self.group += 1;
                    open -= size;
                    continue;
                }
            }
            self.advance()?;
            let Some(reader) = &mut self.reader else { break };
            let skipped = reader.skip_records(open.min(self.left)).map_err(Error::parquet(&self.table.path))?;
            if skipped == 0 {
                break;
            }
            self.left -= skipped.min(self.left);
            open -= skipped.min(open);
        }
        if open > 0 { Err(Error::damaged(&self.table.path, "it ends too soon")) } else { Ok(()) }
    }

    fn group_rows(&self, group: usize) -> Result<usize> {
        let rows =
            self.table.metadata.row_groups().get(group).map(|group| usize::try_from(group.num_rows()).unwrap_or(0));
        rows.ok_or_else(|| Error::damaged(&self.table.path, "it ends too soon"))
    }

    /// Opens the next row group when the last one is used up.
    fn advance(&mut self) -> Result<()> {
        while self.left == 0 {
            self.left = self.group_rows(self.group)?;
            let metadata = self.table.metadata.row_group(self.group).column(self.column);
            let chunk = Chunk::new(&self.table, metadata);
            let pages = SerializedPageReader::new(Arc::new(chunk), metadata, self.left, None);
            let pages = pages.map_err(Error::parquet(&self.table.path))?;
            let description = self.table.metadata.file_metadata().schema_descr().column(self.column);
            self.reader = Some(ColumnReaderImpl::new(description, Box::new(pages)));
            self.group += 1;
        }
        Ok(())
    }
}
