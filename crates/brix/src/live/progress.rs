//! How far the building of a second town is, to be read by anyone at any time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// How far the building is, in records; and whether anybody wants it still.
#[derive(Debug, Default)]
pub struct Progress {
    /// Taken up of the lake.
    pub(super) settled: OnceLock<Arc<AtomicU64>>,
    /// Taken of the log.
    pub(super) followed: AtomicU64,
    /// There are so many.
    pub(super) total: AtomicU64,
    /// Nobody wants it any more.
    pub is_cancelled: AtomicBool,
}

impl Progress {
    /// How many records were taken, and of how many.
    pub fn figures(&self) -> (u64, u64) {
        let settled = self.settled.get().map_or(0, |settled| settled.load(Ordering::Relaxed));
        let total = self.total.load(Ordering::Relaxed);
        ((settled + self.followed.load(Ordering::Relaxed)).min(total), total)
    }
}
