//! Snapshots of state, a blob for each bucket, with the offset of the log that it holds.
//!
//! State is a cache of the log: a snapshot that is lost or damaged costs time, never truth.

use crate::error::Result;

/// The state of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Which bucket.
    pub bucket: u32,
    /// Offset of the last entry of the log that it holds.
    pub offset: u64,
    /// What it was made with: a snapshot of other definitions is of no use.
    pub fingerprint: String,
    /// The state, as its owner writes it.
    pub bytes: Vec<u8>,
}

/// Where snapshots are kept.
pub trait Snapshots: Send + Sync {
    /// Puts a snapshot in the place of the bucket's last one. Whatever happens meanwhile, one of the two is there.
    ///
    /// # Errors
    /// If it cannot be written.
    fn put(&self, snapshot: &Snapshot) -> Result<()>;

    /// The bucket's snapshot.
    ///
    /// # Errors
    /// [`crate::Error::DamagedSnapshot`] if it is not as it was written; [`Snapshots::put`] repairs it.
    fn get(&self, bucket: u32) -> Result<Option<Snapshot>>;

    /// The buckets that have a snapshot, damaged or not, in order.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn buckets(&self) -> Result<Vec<u32>>;

    /// Removes the bucket's snapshot, if it has one.
    ///
    /// # Errors
    /// If it cannot be removed.
    fn remove(&self, bucket: u32) -> Result<()>;

    /// Removes all snapshots.
    ///
    /// # Errors
    /// If they cannot be removed.
    fn drop_all(&self) -> Result<()>;

    /// All snapshots that are whole, and what is wrong with the others.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn all(&self) -> Result<Vec<Result<Snapshot>>> {
        let buckets = self.buckets()?;
        // One that went between listing and reading is no error.
        Ok(buckets.into_iter().filter_map(|bucket| self.get(bucket).transpose()).collect())
    }
}
