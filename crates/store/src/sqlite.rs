//! The embedded implementations: SQLite, and plain files where they do better.

mod database;
pub(crate) mod ledger;
pub(crate) mod log;
mod row;
mod statement;
