//! The event lake: a folder of Parquet files in which every subject's life is a few contiguous runs of rows.
//!
//! [`LakeWriter`] takes batches of records and puts them in with one commit; [`Lake`] gives households to the evaluator.
//! `docs/lake.md` describes the files.
//!
//! Invariants:
//! - A commit is the replacement of one small file ([`manifest`]): a writer that dies leaves the lake as it was.
//! - Files never change once a manifest names them.
//! - Every row stands where the identity known to its version puts it ([`moves`]): reading resolves nothing.

mod chunks;
mod columns;
mod commit;
mod copy;
mod dictionary;
mod directory;
mod erase;
mod error;
mod files;
mod full_rows;
mod gather;
mod identity_files;
mod identity_update;
mod intake;
mod lake;
mod manifest;
mod messages;
mod moves;
mod parts;
pub mod place;
mod placement;
mod plain;
mod profile;
mod retain;
mod row_fold;
mod rows;
mod scan;
mod sent;
mod stream;
mod subject;
mod table_reader;
mod table_writer;
mod threads;
mod values;
mod writer;

pub use columns::{ColumnName, Table, ValueType};
pub use commit::MOST_RUNS;
pub use directory::LakeDirectory;
pub use erase::{Erased, erase};
pub use error::{Error, Result};
pub use files::StoredFile;
pub use intake::{Refusal, message_hash};
pub use lake::{Lake, Names};
pub use manifest::{DictionarySegment, FORMAT, Manifest, MessagesEntry, PartEntry, RunEntry, TableEntry, Totals};
pub use placement::Placement;
pub use profile::{ColumnProfile, Delays, DomainProfile, EventProfile, People, Profile, TraitProfile, ValueProfile};
pub use retain::{Unheard, keep_from, retain, unheard};
pub use scan::ScanRequest;
pub use sent::SentReader;
pub use subject::EventRecord;
pub use writer::{LakeLock, LakeWriter, Summary};
