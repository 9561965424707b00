//! What a page says becomes durable: records in the log, the rest among the rejects.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use connect::sources::Outcome;
use store::Error as StoreError;
use store::log::Log;
use tokio::sync::oneshot;

use crate::live::Suppressed;
use crate::live::entry::Entry;
use crate::serve::rejects::RejectWriter;
use crate::serve::sifted::{Sifted, sift};

/// How many entries go to the log at once: it takes larger ones in no batch.
const AT_ONCE: usize = 1_000;
/// How often a log that is busy is asked again.
const TRIES: usize = 600;

/// Where records and rejects are kept.
pub struct Keeper<'a> {
    /// Of records.
    pub log: &'a dyn Log,
    /// Of what is not taken.
    pub rejects: &'a RejectWriter,
    /// Of whom nothing is kept.
    pub suppressed: &'a Suppressed,
}

impl Keeper<'_> {
    /// Keeps what a page says; returns when it is durable.
    ///
    /// # Errors
    /// If it cannot be kept. Some of it may be then, and counts once when it comes again.
    pub async fn keep(&self, pull: &str, outcome: Outcome) -> Result<()> {
        let Sifted { records, rejects } = sift(self.suppressed, pull, outcome);
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
            entries.push(Entry::Record(Box::new(record)).encode().context("a record cannot be written down")?);
        }
        while !entries.is_empty() {
            let rest = entries.split_off(entries.len().min(AT_ONCE));
            self.durably(std::mem::replace(&mut entries, rest)).await?;
        }
        if self.rejects.keep(rejects).await { Ok(()) } else { Err(anyhow!("rejected rows cannot be kept")) }
    }

    async fn durably(&self, entries: Vec<Vec<u8>>) -> Result<()> {
        for _ in 0..TRIES {
            let (done, durable) = oneshot::channel();
            match self.log.submit(entries.clone(), Box::new(move |outcome| drop(done.send(outcome)))) {
                Ok(()) => {
                    durable.await.context("the log has ended")?.context("records could not be kept")?;
                    return Ok(());
                }
                // Senders who wait for an answer go before.
                Err(StoreError::Busy { retry_after, .. }) => {
                    tokio::time::sleep(retry_after.max(Duration::from_millis(100))).await;
                }
                Err(error) => return Err(error).context("records could not be kept"),
            }
        }
        Err(anyhow!("the log stays busy; the pull goes on later"))
    }
}
