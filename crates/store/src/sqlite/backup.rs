//! A copy of one SQLite file as it is at one moment, while it is written to (SQLite's online backup).

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, Params, Row};

use super::database::refused;
use crate::error::{Error, Result};

const PAGES_AT_ONCE: i32 = 4096;
const PATIENCE: Duration = Duration::from_secs(10);

/// Copies the file and looks whether the copy is whole.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags).map_err(refused("open", from))?;
    source.busy_timeout(PATIENCE).map_err(refused("open", from))?;
    let run = || {
        // While this transaction reads, the source stays as it is for the copy, however much is written to it: else every
        // write would begin the copy anew.
        let moment = source.unchecked_transaction()?;
        moment.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0))?;
        let mut copy = Connection::open(to)?;
        Backup::new(&source, &mut copy)?.run_to_completion(PAGES_AT_ONCE, Duration::ZERO, None)?;
        copy.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0))
    };
    let found = run().map_err(refused("copy to", to))?;
    if found != "ok" {
        return Err(Error::Damaged { path: to.to_owned(), why: found });
    }
    File::open(to).and_then(|file| file.sync_all()).map_err(Error::system("write", to))
}

fn open(path: &Path) -> Result<Connection> {
    // Also to read: so what stands beside a copy is taken away again when it is closed.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = Connection::open_with_flags(path, flags).map_err(refused("open", path))?;
    file.busy_timeout(PATIENCE).map_err(refused("open", path))?;
    Ok(file)
}

/// One row of a file that another process may write to.
pub(crate) fn read<T>(path: &Path, sql: &str, of: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<T> {
    open(path)?.query_row(sql, [], of).map_err(refused("read", path))
}

/// Changes a file that nobody else has open; gives how many rows were changed.
pub(crate) fn write(path: &Path, sql: &str, values: impl Params) -> Result<usize> {
    let file = open(path)?;
    let changed = file.execute(sql, values).map_err(refused("write", path))?;
    file.close().map_err(|(_, error)| refused("write", path)(error))?;
    Ok(changed)
}
