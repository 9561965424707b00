//! Files as a source: from bytes on disk to batches of records.
//!
//! The way of a row: [`input`] finds the files, undoes compression and counts bytes · `encoding` makes UTF-8 ·
//! a `decoder` ([`separated`], [`json`], [`columnar`]) cuts blocks into rows of fields and knows each field's
//! place · a [`mapping::Mapping`], bound to the file's columns by `apply`, turns each row into records of a
//! [`Batch`](engine::batch::Batch) or into one [`Reject`].
//!
//! Invariants: memory is bounded by [`limits`], whatever the file's size; a row gives all its records or none; what is
//! not imported is counted with its reason; the same file gives the same records with the same ids each time.

pub mod columns;
pub mod field;
pub mod input;
pub mod limits;
pub mod mapping;
pub mod reject;
pub mod time;

mod apply;
pub(crate) mod body;
mod columnar;
pub(crate) mod encoding;
mod guess;
mod identity;
pub(crate) mod import;
pub(crate) mod json;
mod separated;
pub(crate) mod sniff;
pub(crate) mod typing;

pub use guess::{Guess, LookedAt, guess};
pub use import::{Batches, FileSummary, Import, Options, Progress, Summary};
pub use mapping::Mapping;
pub use reject::{FileError, KeptRejects, Place, Reason, Reject, RejectSink};
