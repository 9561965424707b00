//! Divides placed rows among the parts of a new run, sorts each part and writes it.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::columns::{Table, ValueType};
use crate::dictionary::Dictionary;
use crate::error::{Error, Result};
use crate::manifest::{PartEntry, RunEntry};
use crate::place;
use crate::rows::{Row, Rows};
use crate::table_writer::{self, SortedRows};

/// Rows that a part should have at least.
const PART_ROWS: u64 = 1 << 17;
/// At most 2⁶ parts.
const PART_BITS: u32 = 6;
/// Memory for rows before they are put aside.
const MOST_BYTES: usize = 512 << 20;
/// Parts smaller than this are not put aside.
const LEAST_BYTES: usize = 1 << 20;

/// The rows of one part.
#[derive(Default)]
struct Part {
    rows: Rows,
    aside: Option<BufWriter<File>>,
    blocks: usize,
}

/// The parts of a run on its way.
pub(crate) struct Parts {
    folder: PathBuf,
    bits: u32,
    parts: Vec<Part>,
    bytes: usize,
    rows: u64,
}

impl Parts {
    /// For about so many rows.
    pub(crate) fn new(folder: &Path, expected_rows: u64) -> Self {
        let bits = place::bits_for(expected_rows, PART_ROWS, PART_BITS);
        let parts = (0..1 << bits).map(|_| Part::default()).collect();
        Self { folder: folder.to_owned(), bits, parts, bytes: 0, rows: 0 }
    }

    /// How many rows there are.
    pub(crate) const fn len(&self) -> u64 {
        self.rows
    }

    fn path(&self, part: usize) -> PathBuf {
        self.folder.join(format!("part-{part}.aside"))
    }

    /// Takes a placed row.
    pub(crate) fn push(&mut self, row: &Row, values: &[u8]) -> Result<()> {
        let place = u64::from(place::of(row.household)) >> (32 - self.bits);
        let Some(part) = self.parts.get_mut(usize::try_from(place).unwrap_or(0)) else { return Ok(()) };
        part.rows.push(row, values);
        self.rows += 1;
        self.bytes += 60 + values.len();
        if self.bytes > MOST_BYTES { self.put_aside() } else { Ok(()) }
    }

    fn put_aside(&mut self) -> Result<()> {
        self.bytes = 0;
        for place in 0..self.parts.len() {
            let path = self.path(place);
            let Some(part) = self.parts.get_mut(place) else { break };
            if part.rows.memory_bytes() < LEAST_BYTES {
                self.bytes += part.rows.memory_bytes();
                continue;
            }
            let file = match &mut part.aside {
                Some(file) => file,
                None => {
                    let file = File::create(&path).map_err(Error::system("make", &path))?;
                    part.aside.insert(BufWriter::with_capacity(1 << 18, file))
                }
            };
            part.rows.spill(file).map_err(Error::system("write", &path))?;
            part.blocks += 1;
            part.rows = Rows::default();
        }
        Ok(())
    }

    /// Sorts and writes all parts, on several threads.
    pub(crate) fn write(self, version: u64, columns: &Dictionary, types: &[ValueType]) -> Result<RunEntry> {
        let ranges = place::ranges(self.bits);
        let (folder, rows) = (self.folder.clone(), self.rows);
        let work: Vec<_> = (0..).zip(self.parts).map(|(place, part)| Mutex::new(Some((place, part)))).collect();
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        let run = || {
            while let Some(cell) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                let taken = cell.lock().unwrap_or_else(PoisonError::into_inner).take();
                let Some((place, part)) = taken else { continue };
                let range = ranges.get(place).copied().unwrap_or_default();
                let entry = write_part(&folder, version, place, part, range, columns, types);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((place, entry));
            }
        };
        std::thread::scope(|scope| {
            let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            for _ in 1..threads.min(work.len()) {
                scope.spawn(run);
            }
            run();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(place, _)| *place);
        let parts = done.into_iter().map(|(_, entry)| entry).collect::<Result<Vec<_>>>()?;
        Ok(RunEntry { version, rows, parts })
    }
}

fn write_part(
    folder: &Path,
    version: u64,
    place: usize,
    part: Part,
    (from, to): (u32, u32),
    columns: &Dictionary,
    types: &[ValueType],
) -> Result<PartEntry> {
    let mut rows = collect(folder, place, part)?;
    let values = Bytes::from(std::mem::take(&mut rows.values));
    let stem = format!("{version}-{place}");
    let mut entry = PartEntry { from, to, events: None, facts: None };
    for table in [Table::Events, Table::Facts] {
        let order = sorted(&rows, table);
        if order.is_empty() {
            continue;
        }
        let sorted = SortedRows { rows: &rows, values: values.clone(), types, order };
        let written = Some(table_writer::write(folder, &stem, table, &sorted, columns)?);
        match table {
            Table::Events => entry.events = written,
            Table::Facts => entry.facts = written,
        }
    }
    Ok(entry)
}

/// All rows of a part, those put aside first.
fn collect(folder: &Path, place: usize, part: Part) -> Result<Rows> {
    let Some(mut aside) = part.aside else { return Ok(part.rows) };
    let path = folder.join(format!("part-{place}.aside"));
    aside.flush().map_err(Error::system("write", &path))?;
    drop(aside);
    let file = File::open(&path).map_err(Error::system("open", &path))?;
    let mut file = BufReader::with_capacity(1 << 18, file);
    let mut all = Rows::default();
    for _ in 0..part.blocks {
        all.append(&Rows::unspill(&mut file).map_err(Error::system("read", &path))?);
    }
    all.append(&part.rows);
    fs::remove_file(&path).map_err(Error::system("remove", &path))?;
    if all.values.len() > u32::MAX as usize {
        return Err(Error::Full("the values of one part take more than 4 GiB; import the files in several steps"));
    }
    Ok(all)
}

/// A table's rows by place of household, person and time; at one time in order of arrival.
fn sorted(rows: &Rows, table: Table) -> Vec<u32> {
    let mut keys: Vec<(u64, i64, u32)> = (0..)
        .zip(&rows.what)
        .filter(|(_, what)| Row::table(**what) == table)
        .filter_map(|(at, _)| {
            let row = rows.row(at as usize)?;
            Some((row.life(), row.at, at))
        })
        .collect();
    keys.sort_unstable();
    keys.into_iter().map(|(.., at)| at).collect()
}
