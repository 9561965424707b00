//! A disk that is full: the processor waits until somebody has made room, with what it has found in its hands.
//!
//! Senders are told to come again meanwhile. Ending would not help: a start has to write, too.

use std::time::Duration;

use anyhow::{Context as _, Result};
use engine::Timestamp;
use store::Error;
use store::ledger::Commit;

use super::Processor;
use crate::live::entry::Entry;

/// How long until it is tried again.
const AGAIN: Duration = Duration::from_millis(500);

impl Processor {
    /// Makes everything durable, as soon as there is room for it.
    pub(super) fn commit(&self, commit: &Commit) -> Result<()> {
        self.once_there_is_room("cannot write to the ledger", || self.ledger.commit(commit).map(drop))
    }

    /// Has the log tell the time, so that there is a next commit.
    pub(super) fn remind(&self, now: Timestamp) -> Result<()> {
        let tick = Entry::Tick(now).encode()?;
        self.once_there_is_room("cannot write to the log", || self.log.append(vec![tick.clone()]).map(drop))
    }

    fn once_there_is_room(&self, what: &'static str, work: impl Fn() -> store::Result<()>) -> Result<()> {
        let mut was_full = false;
        loop {
            match work() {
                Err(error @ Error::Full(_)) if !self.status.is_stopping() => {
                    let error = anyhow::Error::new(error).context(what);
                    if !was_full {
                        tracing::error!(
                            error = format!("{error:#}"),
                            "the disk is full: leads wait until there is room"
                        );
                    }
                    was_full = true;
                    self.status.complain(&error);
                    std::thread::sleep(AGAIN);
                }
                done => {
                    if was_full && done.is_ok() {
                        tracing::info!("there is room again");
                        self.status.recover();
                    }
                    return done.context(what);
                }
            }
        }
    }
}
