//! One SQLite file: opened with the settings that durability needs, brought to the newest format, written through one
//! connection and read through others.
//!
//! The file says what it is (`application_id`) and of which format (`user_version`). Formats are numbered text files of SQL, which run
//! once, in order.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::error::{Error, Result};

/// The ledger has about so many statements.
const PREPARED_STATEMENTS: usize = 64;
/// Only a backup or another process can hold a file for so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// More readers than this at the same time open a connection of their own and close it again.
const MOST_IDLE_READERS: usize = 8;

/// What kind of file it is.
pub(super) struct Kind {
    /// For the message about a file that is something else.
    pub what: &'static str,
    /// Written into the file: see `application_id` of SQLite.
    pub mark: i32,
    /// How to get from each format to the next; the first makes the tables.
    pub formats: &'static [&'static str],
}

/// Why a transaction is given up.
pub(super) enum Trouble {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// What was asked for cannot be done.
    Asked(Error),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Asked(error)
    }
}

/// A file that is open.
pub(super) struct Database {
    path: PathBuf,
    // Closed before the writer: the last connection to be closed empties the write-ahead file, and must be able to.
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Connection>,
}

impl Database {
    /// Opens the file, or makes it, and brings it to the newest format.
    pub fn open(path: &Path, kind: &Kind) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(refused("open", path))?;
        // SQLite opens what it may only read all the same.
        if connection.is_readonly("main").map_err(refused("open", path))? {
            return Err(Error::ReadOnly(path.to_owned()));
        }
        let is_new = prepare(&connection).map_err(refused("open", path))?;
        migrate(&mut connection, path, kind)?;
        if is_new {
            // SQLite syncs the folder for its journals only: the new file's name must survive as well.
            let folder = path.parent().unwrap_or(Path::new("."));
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::system("write", folder))?;
        }
        Ok(Self { path: path.to_owned(), readers: Mutex::default(), writer: Mutex::new(connection) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection that writes.
    pub fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all or nothing.
    pub fn write<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> std::result::Result<T, Trouble>,
    ) -> Result<T> {
        let mut connection = self.writer();
        let run = || -> std::result::Result<T, Trouble> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let outcome = work(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        };
        run().map_err(|trouble| match trouble {
            Trouble::Sqlite(error) => refused(action, &self.path)(error),
            Trouble::Asked(error) => error,
        })
    }

    /// Reads, at the same time as others read and one writes; what it sees is of one moment.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open_reader().map_err(refused("open", &self.path))?,
        };
        let run = || {
            let moment = connection.unchecked_transaction()?;
            let outcome = work(&connection)?;
            moment.finish()?;
            Ok(outcome)
        };
        let outcome = run().map_err(refused("read", &self.path));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if outcome.is_ok() && readers.len() < MOST_IDLE_READERS {
            readers.push(connection);
        }
        outcome
    }

    /// Writes the file anew, so that what was deleted or replaced is neither in it nor in the write-ahead file. (SQLite's own
    /// `secure_delete` leaves traces where it moves rows from page to page.) Takes as long as writing the whole file twice.
    pub fn rewrite(&self) -> Result<()> {
        let writer = self.writer();
        let run = || {
            writer.execute_batch("VACUUM")?;
            writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))
        };
        let is_read_by_others = run().map_err(refused("write anew", &self.path))?;
        if is_read_by_others { Err(Error::Locked(self.path.clone())) } else { Ok(()) }
    }

    fn open_reader(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
        Ok(connection)
    }
}

/// Sets the connection up; true if the file has nothing in it yet.
fn prepare(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    let is_new = connection.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))? == 0;
    if is_new {
        // Only before the first table: then what is deleted can be given back to the disk piece by piece.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Without these two, macOS says that data is on the disk when it is in the disk's own memory.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(is_new)
}

fn migrate(connection: &mut Connection, path: &Path, kind: &Kind) -> Result<()> {
    let number = |connection: &Connection, name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let found = number(connection, "user_version").map_err(refused("open", path))?;
    let mark = number(connection, "application_id").map_err(refused("open", path))?;
    if mark != kind.mark && (mark != 0 || found != 0) {
        return Err(Error::Foreign { path: path.to_owned(), what: kind.what });
    }
    let (found, known) = (u32::try_from(found).unwrap_or(u32::MAX), kind.formats.len());
    let known = u32::try_from(known).unwrap_or(u32::MAX);
    if found > known {
        return Err(Error::Newer { path: path.to_owned(), found, known });
    }
    for (format, sql) in (1..=known).zip(kind.formats).filter(|(format, _)| *format > found) {
        let mut run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "application_id", kind.mark)?;
            transaction.pragma_update(None, "user_version", format)?;
            transaction.commit()
        };
        run().map_err(refused("bring to this Brix's format", path))?;
    }
    Ok(())
}

/// SQLite refused an action on a file: what its user has to know.
pub(super) fn refused(action: &'static str, path: &Path) -> impl FnOnce(rusqlite::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| match source.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::Full(path),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Error::ReadOnly(path),
        Some(ErrorCode::DatabaseCorrupt) => Error::Damaged { path, why: source.to_string() },
        Some(ErrorCode::NotADatabase) => Error::Foreign { path, what: "a database" },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Locked(path),
        // SQLite does not say why; the file system does.
        Some(ErrorCode::CannotOpen) => match probe(&path) {
            Err(why) => Error::system(action, &path)(why),
            Ok(()) => Error::Database { action, path, source: Arc::new(source) },
        },
        _ => Error::Database { action, path, source: Arc::new(source) },
    }
}

/// Whether the file, and new ones beside it, can be written.
fn probe(path: &Path) -> std::io::Result<()> {
    let beside = path.with_extension("probe");
    File::create(&beside)?;
    std::fs::remove_file(&beside)?;
    if path.exists() { File::options().append(true).open(path).map(drop) } else { Ok(()) }
}
