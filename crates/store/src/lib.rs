//! What must survive: the log of all that came in, and what was made of it.
//!
//! Each part is a small trait, a *port*, with one embedded implementation here (SQLite) and room for one on other engines. What a
//! port promises is written as a conformance suite (`tests/ports`), expanded by one macro for each implementation.
//! `docs/store.md` describes the files.
//!
//! Invariants:
//! - What [`log::Log::append`] has acknowledged survives the death of the process and the loss of power.
//! - The store knows no network, no evaluation and no lake, and reads no clock: the time is an argument.
//! - Everything that can wait has a limit, and says [`Error::Busy`] at it.

pub mod catalog;
mod error;
mod files;
pub mod ledger;
pub mod log;
mod moment;
pub mod snapshots;
mod sqlite;
mod store;

pub use error::{Error, Result};
pub use files::SnapshotFiles;
pub use moment::{Moment, cut_log, hold_actions, moment, skip_leads};
pub use sqlite::catalog::SqliteCatalog;
pub use sqlite::header::look;
pub use sqlite::ledger::SqliteLedger;
pub use sqlite::log::SqliteLog;
pub use store::{Store, backup};
