//! What a file says of itself in its first bytes, looked at without opening it: nothing beside it is made, and no older format is brought to a new one.
//!
//! The header is that of SQLite (<https://www.sqlite.org/fileformat2.html>, 1.3): `user_version` stands at 60, `application_id` at 68, both big-endian.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::database::Kind;
use super::{catalog, ledger, log};
use crate::error::{Error, Result};
use crate::store::{CATALOG, LEDGER, LOG};

const LENGTH: usize = 100;
const BEGIN: &[u8] = b"SQLite format 3\0";
const FORMAT: usize = 60;
const MARK: usize = 68;

/// Looks whether the files of a copied store can be read by this Brix.
///
/// # Errors
/// [`Error::Newer`], [`Error::Foreign`]; and if they cannot be read.
pub fn look(folder: &Path) -> Result<()> {
    for (name, kind) in [(LEDGER, &ledger::KIND), (LOG, &log::KIND), (CATALOG, &catalog::KIND)] {
        look_at(&folder.join(name), kind)?;
    }
    Ok(())
}

fn look_at(path: &Path, kind: &Kind) -> Result<()> {
    let foreign = || Error::Foreign { path: path.to_owned(), what: kind.what };
    let mut header = Vec::with_capacity(LENGTH);
    let read = File::open(path).and_then(|file| file.take(LENGTH as u64).read_to_end(&mut header));
    read.map_err(Error::system("read", path))?;
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let (found, mark) = number(FORMAT).zip(number(MARK)).ok_or_else(foreign)?;
    if !header.starts_with(BEGIN) || mark != kind.mark.cast_unsigned() {
        return Err(foreign());
    }
    let known = u32::try_from(kind.formats.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(Error::Newer { path: path.to_owned(), found, known });
    }
    Ok(())
}
