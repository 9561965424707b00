//! The columns of a file, and what every decoder offers.

use hashbrown::HashTable;

use super::field::Field;
use super::reject::{FileError, Reason};

/// Names of columns, each with its place. In delimited and Parquet files they are fixed by the header; in JSON they
/// grow as members are met.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    names: Vec<String>,
    table: HashTable<u32>,
    /// Names that a header states more than once.
    doubled: Vec<String>,
}

fn hash(name: &str) -> u64 {
    twox_hash::XxHash3_64::oneshot(name.as_bytes())
}

impl Columns {
    /// Appends a header's name. A second column of the same name is kept in its place but not found by its name.
    pub fn push(&mut self, name: String) {
        if self.find(&name).is_some() {
            if !self.doubled.contains(&name) {
                self.doubled.push(name.clone());
            }
            self.names.push(name);
            return;
        }
        let place = self.names.len() as u32;
        let names = &self.names;
        self.table.insert_unique(hash(&name), place, |at| names.get(*at as usize).map_or(0, |name| hash(name)));
        self.names.push(name);
    }

    /// The place of a name, made if it is new.
    pub fn place_of(&mut self, name: &str) -> usize {
        self.find(name).unwrap_or_else(|| {
            self.push(name.to_owned());
            self.names.len() - 1
        })
    }

    /// The place of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        let same = |at: &u32| self.names.get(*at as usize).is_some_and(|other| other == name);
        self.table.find(hash(name), same).map(|at| *at as usize)
    }

    /// The name at a place.
    #[must_use]
    pub fn name(&self, place: usize) -> Option<&str> {
        self.names.get(place).map(String::as_str)
    }

    /// All names in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the header states this name more than once.
    #[must_use]
    pub fn is_doubled(&self, name: &str) -> bool {
        self.doubled.iter().any(|doubled| doubled == name)
    }

    /// How many columns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no column.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Where a row or field begins in its file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// The row's number, from 1, without the header.
    pub row: u64,
    /// The line, from 1; `None` in formats without lines.
    pub line: Option<u64>,
    /// The character in the line, from 1.
    pub column: Option<u64>,
}

/// Why a row could not be decoded, and at which column if one is to blame.
#[derive(Debug, Clone, PartialEq)]
pub struct RowFault {
    /// Why.
    pub reason: Reason,
    /// Where exactly, if the decoder knows better than the row's start.
    pub position: Option<Position>,
}

/// A format's reader: blocks of rows, one after the other.
pub(crate) trait Decoder: Send {
    /// Reads the next block and forgets the one before; `false` at the end of the file.
    fn next_block(&mut self) -> Result<bool, FileError>;
    /// The columns known so far.
    fn columns(&self) -> &Columns;
    /// The columns, to make sure that a name has a place; `None` where the file's header is final.
    fn columns_to_extend(&mut self) -> Option<&mut Columns>;
    /// How many rows the block has.
    fn rows(&self) -> usize;
    /// Puts a row's fields in `fields`, one for each column.
    fn fields<'block>(&'block self, row: usize, fields: &mut Vec<Field<'block>>) -> Result<(), RowFault>;
    /// Where a row begins, or the field in one of its columns.
    fn position(&self, row: usize, column: Option<usize>) -> Position;
    /// The row as it stands in the file, or as near to it as the format has words.
    fn raw(&self, row: usize) -> String;
    /// Members of JSON objects that were given twice, so far.
    fn duplicate_keys(&self) -> u64 {
        0
    }
    /// Columns that no row had so far, in formats without a header.
    fn never_present(&self) -> Vec<String> {
        Vec::new()
    }
}
