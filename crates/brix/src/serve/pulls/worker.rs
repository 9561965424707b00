//! When to pull: after `every`, and after ever longer pauses while it fails.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

use super::{Brought, Cursors, Keeper, Pull, pull};
use crate::serve::{Server, clock};

/// The longest pause, unless `every` is longer.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// How a pull is doing, to be read by anyone at any time.
#[derive(Debug, Default)]
pub struct PullState {
    /// Its name.
    pub name: String,
    /// Rows that came.
    pub rows: AtomicU64,
    /// Rows that the mapping does not take.
    pub rejected: AtomicU64,
    /// Pulls that failed.
    pub failures: AtomicU64,
    /// When the last one succeeded, in Unix seconds; 0 before the first.
    pub succeeded_at: AtomicU64,
    complaint: Mutex<Option<String>>,
}

impl PullState {
    /// Before the first pull.
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Why it fails, if it does.
    pub fn complaint(&self) -> Option<String> {
        self.complaint.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn complain(&self, words: Option<String>) {
        *self.complaint.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }
}

/// Starts a worker for each pull; they end with the server.
pub fn start(runtime: &Handle, server: &Arc<Server>) {
    for place in 0..server.config.pulls.len() {
        runtime.spawn(work(Arc::clone(server), place));
    }
}

async fn work(server: Arc<Server>, place: usize) {
    let (Some(one), Some(state)) = (server.config.pulls.get(place), server.pulls.get(place)) else { return };
    let cursors = Cursors::of(&server.config.data);
    let keeper = Keeper { log: server.log.as_ref(), rejects: &server.rejects, suppressed: &server.suppressed };
    let mut ending = server.ending.clone();
    let mut failures = 0;
    loop {
        let done = tokio::select! {
            done = pull(one, &cursors, &keeper) => done,
            _ = ending.wait_for(|ending| *ending) => return,
        };
        match done {
            Ok(brought) => {
                failures = 0;
                count(state, brought);
            }
            Err(error) => {
                failures += 1;
                state.failures.fetch_add(1, Ordering::Relaxed);
                let words = format!("{error:#}");
                // Once told, it is repeated in metrics and status, not in the log.
                if state.complaint().as_ref() != Some(&words) {
                    tracing::error!(pull.name = one.name, error = words, "rows could not be pulled");
                }
                state.complain(Some(words));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause(one, failures)) => {}
            _ = ending.wait_for(|ending| *ending) => return,
        }
    }
}

fn count(state: &PullState, brought: Brought) {
    state.rows.fetch_add(brought.rows, Ordering::Relaxed);
    state.rejected.fetch_add(brought.rejected, Ordering::Relaxed);
    let now = u64::try_from(clock::now().0 / 1_000_000).unwrap_or(0);
    state.succeeded_at.store(now, Ordering::Relaxed);
    state.complain(None);
}

fn pause(pull: &Pull, failures: u32) -> Duration {
    let longer = pull.every.saturating_mul(1 << failures.min(10));
    longer.min(LONGEST.max(pull.every))
}
