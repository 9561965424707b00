//! Finding files and reading their bytes: folders, globs, zip archives, compression by its first bytes, and the count
//! of bytes read for progress.

mod archive;
mod find;
mod stream;

pub use find::{Found, find};
pub(crate) use stream::{open, read_fully};

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the bytes read, shared with whoever draws the progress bar. Bytes are counted as they lie on disk, compressed.
#[derive(Debug, Default)]
pub struct ByteCount {
    read: AtomicU64,
    total: AtomicU64,
}

impl ByteCount {
    /// Bytes read so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes of all files of the import.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    pub(crate) fn add_read(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn set_total(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }
}
