//! The rows of an import on their way: in memory while they fit, else aside in files of the lake's folder that the next
//! writer sweeps away should this one die.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::intake::Chunk;
use crate::rows::Rows;

/// Memory for rows before they are put aside.
const MOST_BYTES: usize = 384 << 20;

/// Rows of one batch, and what else it says of them.
struct Held {
    /// `None`: aside.
    rows: Option<Rows>,
    first_row: u32,
    emails: Vec<(u32, u32)>,
    aliases: Vec<(u32, u32)>,
}

/// All rows of an import, in order of arrival.
pub(crate) struct Chunks {
    folder: PathBuf,
    held: Vec<Held>,
    bytes: usize,
    rows: u64,
}

/// One batch's rows, as given back.
pub(crate) struct ChunkView<'a> {
    /// The number of the first row within the import.
    pub(crate) first_row: u32,
    pub(crate) rows: &'a Rows,
    /// Accounts of e-mail domains by row of the chunk.
    pub(crate) emails: &'a [(u32, u32)],
    /// Other ids of aliases by row of the chunk.
    pub(crate) aliases: &'a [(u32, u32)],
}

impl Chunks {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), held: Vec::new(), bytes: 0, rows: 0 }
    }

    /// How many rows there are.
    pub(crate) const fn len(&self) -> u64 {
        self.rows
    }

    fn path(&self, place: usize) -> PathBuf {
        self.folder.join(format!("rows-{place}.aside"))
    }

    /// Takes a chunk's rows and gives the number of its first.
    pub(crate) fn push(&mut self, chunk: Chunk) -> Result<u32> {
        let full = Error::Full("one import takes at most 4,000,000,000 rows; divide the files");
        let first_row = u32::try_from(self.rows).ok().filter(|row| *row < 4_000_000_000).ok_or(full)?;
        self.rows += chunk.rows.len() as u64;
        let size = chunk.rows.memory_bytes();
        let rows = if self.bytes + size <= MOST_BYTES {
            self.bytes += size;
            Some(chunk.rows)
        } else {
            let path = self.path(self.held.len());
            let file = File::create(&path).map_err(Error::system("make", &path))?;
            let mut file = BufWriter::with_capacity(1 << 18, file);
            chunk.rows.spill(&mut file).map_err(Error::system("write", &path))?;
            file.into_inner().map_err(|error| Error::system("write", &path)(error.into_error()))?;
            None
        };
        self.held.push(Held { rows, first_row, emails: chunk.emails, aliases: chunk.aliases });
        Ok(first_row)
    }

    /// Gives the chunks one after the other.
    pub(crate) fn each(&self, mut visit: impl FnMut(&ChunkView<'_>) -> Result<()>) -> Result<()> {
        for (place, held) in self.held.iter().enumerate() {
            let aside;
            let rows = match &held.rows {
                Some(rows) => rows,
                None => {
                    aside = read(&self.path(place))?;
                    &aside
                }
            };
            visit(&ChunkView { first_row: held.first_row, rows, emails: &held.emails, aliases: &held.aliases })?;
        }
        Ok(())
    }

    /// Gives the chunks one after the other and forgets each.
    pub(crate) fn drain(&mut self, mut visit: impl FnMut(&ChunkView<'_>) -> Result<()>) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        for (place, held) in held.into_iter().enumerate() {
            let path = self.path(place);
            let (rows, aside) = match held.rows {
                Some(rows) => (rows, false),
                None => (read(&path)?, true),
            };
            if aside {
                fs::remove_file(&path).map_err(Error::system("remove", &path))?;
            }
            visit(&ChunkView { first_row: held.first_row, rows: &rows, emails: &held.emails, aliases: &held.aliases })?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Rows> {
    let file = File::open(path).map_err(Error::system("open", path))?;
    Rows::unspill(&mut BufReader::with_capacity(1 << 18, file)).map_err(Error::system("read", path))
}
