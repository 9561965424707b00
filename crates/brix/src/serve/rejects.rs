//! What is turned away is kept before the sender is answered; many requests share one commit.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use store::ledger::Ledger;
use store::ledger::rejects::Reject;
use tokio::sync::oneshot;

/// So many are kept by one commit.
const AT_ONCE: usize = 10_000;

type Job = (Vec<Reject>, oneshot::Sender<bool>);

/// Writes rejected input on a thread of its own.
pub struct RejectWriter {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl RejectWriter {
    /// Starts it.
    pub fn start(ledger: Arc<dyn Ledger>) -> Result<Self> {
        let (jobs, queue) = channel();
        let thread = std::thread::Builder::new().name("rejects".to_owned());
        let thread = thread.spawn(move || write_all(&queue, ledger.as_ref())).context("cannot start a thread")?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// Keeps them; `false` if they could not be kept.
    pub async fn keep(&self, rejects: Vec<Reject>) -> bool {
        if rejects.is_empty() {
            return true;
        }
        let (done, kept) = oneshot::channel();
        let sent = match self.jobs.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(jobs) => jobs.send((rejects, done)).is_ok(),
            None => false,
        };
        sent && kept.await.unwrap_or(false)
    }

    /// Ends when all that was handed over is kept.
    pub fn stop(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic has been told where it happened.
            let _ = thread.join();
        }
    }
}

fn write_all(queue: &Receiver<Job>, ledger: &dyn Ledger) {
    while let Ok((mut rejects, done)) = queue.recv() {
        let mut waiting = vec![done];
        while rejects.len() < AT_ONCE
            && let Ok((more, done)) = queue.try_recv()
        {
            rejects.extend(more);
            waiting.push(done);
        }
        let kept = ledger.reject(&rejects);
        if let Err(error) = &kept {
            tracing::error!(error = %error, "rejected input could not be kept");
        }
        for done in waiting {
            // Who asked may be gone.
            let _ = done.send(kept.is_ok());
        }
    }
}
