//! The folder that holds all of the store, and a copy of it while it is in use.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::files::SnapshotFiles;
use crate::ledger::Ledger;
use crate::log::{Log, LogLimits};
use crate::snapshots::Snapshots;
use crate::sqlite::backup;
use crate::sqlite::catalog::SqliteCatalog;
use crate::sqlite::ledger::SqliteLedger;
use crate::sqlite::log::SqliteLog;

const LOCK: &str = "lock";
pub(crate) const LOG: &str = "log.db";
pub(crate) const LEDGER: &str = "ledger.db";
pub(crate) const CATALOG: &str = "catalog.db";
const SNAPSHOTS: &str = "snapshots";

/// The embedded store: all ports, in one folder, for one process.
pub struct Store {
    log: Arc<SqliteLog>,
    ledger: Arc<SqliteLedger>,
    catalog: Arc<SqliteCatalog>,
    snapshots: Arc<SnapshotFiles>,
    /// Held until the store is closed.
    _lock: File,
}

impl Store {
    /// Opens the store in this folder, or makes one.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it open; and if it cannot be read or written.
    pub fn open(folder: &Path, limits: LogLimits) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::system("make", folder))?;
        let path = folder.join(LOCK);
        let lock = File::options().append(true).create(true).open(&path).map_err(Error::system("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(Error::system("lock", &path)(error)),
        }
        Ok(Self {
            log: Arc::new(SqliteLog::open(&folder.join(LOG), limits)?),
            ledger: Arc::new(SqliteLedger::open(&folder.join(LEDGER))?),
            catalog: Arc::new(SqliteCatalog::open(&folder.join(CATALOG))?),
            snapshots: Arc::new(SnapshotFiles::open(&folder.join(SNAPSHOTS))?),
            _lock: lock,
        })
    }

    /// What came in.
    #[must_use]
    pub fn log(&self) -> Arc<dyn Log> {
        Arc::<SqliteLog>::clone(&self.log)
    }

    /// What was made of it.
    #[must_use]
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::<SqliteLedger>::clone(&self.ledger)
    }

    /// What people have set up.
    #[must_use]
    pub fn catalog(&self) -> Arc<dyn Catalog> {
        Arc::<SqliteCatalog>::clone(&self.catalog)
    }

    /// State as it was a while ago.
    #[must_use]
    pub fn snapshots(&self) -> Arc<dyn Snapshots> {
        Arc::<SnapshotFiles>::clone(&self.snapshots)
    }
}

/// Copies a store to another folder, which may not have one yet, while Brix goes on writing; also from another process. Gives the
/// files of the copy.
///
/// The ledger goes first, then the log: so the copy's log has all that its ledger has not, save what has meanwhile gone to the
/// lake. Copy the lake last. Snapshots are not copied: they are made again.
///
/// # Errors
/// [`Error::Absent`] if there is no store, [`Error::Taken`] if the other folder has one, [`Error::Damaged`] if the copy is not
/// whole; and if it cannot be read or written.
pub fn backup(from: &Path, to: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(to).map_err(Error::system("make", to))?;
    let names = [LEDGER, LOG, CATALOG];
    for name in names {
        if !from.join(name).exists() {
            return Err(Error::Absent(from.to_owned()));
        }
        if to.join(name).exists() {
            return Err(Error::Taken { what: "store in", id: to.display().to_string() });
        }
    }
    let copies = names.map(|name| to.join(name));
    for (name, copy) in names.iter().zip(&copies) {
        backup::copy(&from.join(name), copy)?;
    }
    File::open(to).and_then(|folder| folder.sync_all()).map_err(Error::system("write", to))?;
    Ok(copies.into())
}
