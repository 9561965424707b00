//! The ports and what they promise. Each suite is a macro, expanded once for each implementation.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests stand outside test functions"
)]

mod catalog;
mod erasures;
mod folder;
mod frozen;
mod kills;
mod ledger;
mod listing;
mod log;
mod outbox;
mod power_loss;
mod small_disk;
mod snapshots;
mod sqlite_log;

/// A test for each of these functions of a module, given how to make the implementation.
macro_rules! suite {
    ($port:ident, $make:expr; $($promise:ident),* $(,)?) => {
        mod $port {
            use super::*;
            $(#[test] fn $promise() { crate::$port::$promise($make); })*
        }
    };
}
pub(crate) use suite;

mod sqlite {
    use std::path::Path;

    use store::log::LogLimits;
    use store::{SnapshotFiles, SqliteCatalog, SqliteLedger, SqliteLog};

    crate::log::log_conformance!(|folder: &Path, limits: LogLimits| {
        SqliteLog::open(&folder.join("log.db"), limits).unwrap()
    });
    crate::ledger::ledger_conformance!(|folder: &Path| SqliteLedger::open(&folder.join("ledger.db")).unwrap());
    crate::snapshots::snapshots_conformance!(|folder: &Path| SnapshotFiles::open(folder).unwrap());
    crate::catalog::catalog_conformance!(|folder: &Path| SqliteCatalog::open(&folder.join("catalog.db")).unwrap());
}
