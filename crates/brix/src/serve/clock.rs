//! The time, which never goes back: records received later carry later times, also when the machine's clock is set back.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use engine::Timestamp;

/// The latest time that was given.
static LATEST: AtomicI64 = AtomicI64::new(i64::MIN);

/// The time by the machine's clock, or the latest that was given.
pub fn now() -> Timestamp {
    let machine = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(_) => 0,
    };
    Timestamp(LATEST.fetch_max(machine, Ordering::Relaxed).max(machine))
}
