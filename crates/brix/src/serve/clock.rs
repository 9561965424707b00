//! The time, which never goes back and never stands still: records received later carry later times, also when the machine's clock is
//! set back. It goes on then with the clock that counts from the process's start, until the machine's has caught up.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use engine::Timestamp;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// How far the machine's clock has ever been ahead of the time since the start.
static AHEAD: AtomicI64 = AtomicI64::new(i64::MIN);

/// The time.
pub fn now() -> Timestamp {
    let machine = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(_) => 0,
    };
    let since = i64::try_from(START.elapsed().as_micros()).unwrap_or(i64::MAX);
    Timestamp(at(machine, since, &AHEAD))
}

/// What the time is when the machine's clock says this, so long after the start.
fn at(machine: i64, since: i64, ahead: &AtomicI64) -> i64 {
    let now = machine.saturating_sub(since);
    since.saturating_add(ahead.fetch_max(now, Ordering::Relaxed).max(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_goes_on() {
        let ahead = AtomicI64::new(i64::MIN);
        let told: Vec<i64> = [
            (1_000_000, 0),
            (1_000_500, 500),
            // An hour back: time goes on as it passes.
            (1_000_600 - 3_600_000_000, 600),
            (1_000_900 - 3_600_000_000, 900),
            // Set right again, and then ahead.
            (1_001_000, 1_000),
            (9_000_000, 1_100),
            (1_001_200, 1_200),
        ]
        .into_iter()
        .map(|(machine, since)| at(machine, since, &ahead))
        .collect();
        assert_eq!(told, [1_000_000, 1_000_500, 1_000_600, 1_000_900, 1_001_000, 9_000_000, 9_000_100]);
    }
}
