//! The embedded implementations: SQLite, and plain files where they do better.

pub(crate) mod backup;
pub(crate) mod catalog;
mod database;
pub(crate) mod header;
pub(crate) mod ledger;
pub(crate) mod log;
mod row;
pub(crate) mod statement;
