//! What is live: from the log to leads, with the evaluator that replays history.
//!
//! - [`entry`]: what stands in the log.
//! - [`rules`]: the definitions in force.
//! - [`town`]: all households in memory; [`home`]: one of them.
//! - [`book`]: all leads, and what news about a household changes in it; [`evidence`]: why they are leads; [`told`]: a lead in words.
//! - [`course`]: what becomes of leads with time; [`promptness`]: how soon they are there.
//! - [`processor`]: from the log by the town and the book to the ledger, in one transaction each time.
//! - [`questions`]: how somebody stands, for whoever asks; [`near`]: who is near.
//! - [`compaction`]: from the log into the lake, meanwhile; [`gate`]: when it must wait. [`checkpoint`]: the town onto the disk,
//!   so that a start is quick.
//! - [`activation`]: definitions that come into force while everything goes on: [`activator`] sees to it, with a [`second`] town,
//!   and [`plan`] tells what it would change.
//! - [`portrait`]: everything that is known of somebody.
//! - [`suppressed`]: of whom nothing is taken in or told.
//! - [`erasure`]: somebody is to be erased: [`erasing`] knows who is on their way out, and [`eraser`] takes them out of everything that
//!   holds something of them, [`put_aside`] by imports among it. [`silence`]: those of whom nothing was heard for long go likewise.
//!
//! Invariants:
//! - What is in memory is a cache of log and lake: losing it costs time.
//! - Nothing is told to the outside that was not committed together with the offset.

pub mod activation;
mod activator;
mod ahead;
mod book;
mod checkpoint;
mod compaction;
mod course;
pub mod entry;
mod eraser;
mod erasing;
pub mod erasure;
mod evidence;
mod gate;
mod home;
mod logged;
pub mod near;
pub mod plain;
pub mod plan;
mod portrait;
mod processor;
mod progress;
pub mod promptness;
mod put_aside;
pub mod questions;
mod rules;
mod second;
pub mod silence;
mod status;
mod suppressed;
mod told;
mod town;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use engine::record::SubjectKind;
use store::ledger::Ledger;
use store::log::Log;

pub use compaction::When;
pub use erasing::Erasing;
pub use gate::Gate;
pub use questions::Questions;

pub use portrait::Portrait;
pub use processor::{Processor, Route, Settings};
pub use progress::Progress;
pub use rules::Rules;
pub use second::Ground;
pub use status::Status;
pub use suppressed::{Ids as SuppressedIds, Suppressed};

/// Takes those with these ids out of what imports have put aside in a lake's folder; gives how many rows went.
///
/// # Errors
/// When a file cannot be read or written.
pub fn forget_put_aside(lake: &Path, ids: &BTreeSet<(SubjectKind, String)>) -> Result<u64> {
    let sought = erasing::Sought::of(ids);
    put_aside::forget(lake, &|text| sought.are_in(text))
}

/// A processor at work.
pub struct Running {
    status: Arc<Status>,
    questions: Questions,
    near: Arc<near::Board>,
    thread: JoinHandle<Result<()>>,
}

/// Starts a processor on a thread of its own. It takes up the lake and the log first, see [`Status::is_ready`].
///
/// # Errors
/// When there is no thread to be had.
pub fn start(settings: Settings, log: Arc<dyn Log>, ledger: Arc<dyn Ledger>, status: Arc<Status>) -> Result<Running> {
    let own = Arc::clone(&status);
    let (questions, asked) = questions::channel();
    let near = Arc::new(near::Board::default());
    let board = Arc::clone(&near);
    let work = move || {
        let began = Instant::now();
        let status = Arc::clone(&own);
        let mut processor = Processor::load(settings, log, ledger, own)?;
        processor.listen(asked, board);
        let from = if status.is_restored.load(Ordering::Relaxed) { "a checkpoint" } else { "lake and log" };
        tracing::info!(from, seconds = format!("{:.2}", began.elapsed().as_secs_f32()), "everyone is taken up");
        processor.run()
    };
    let thread = std::thread::Builder::new().name("processor".to_owned()).spawn(work);
    Ok(Running { status, questions, near, thread: thread.context("cannot start the processor")? })
}

impl Running {
    /// How it is doing.
    pub const fn status(&self) -> &Arc<Status> {
        &self.status
    }

    /// Where it is asked how somebody stands.
    pub const fn questions(&self) -> &Questions {
        &self.questions
    }

    /// Where surveys of those who are near are asked for.
    pub const fn near(&self) -> &Arc<near::Board> {
        &self.near
    }

    /// Whether it has ended, which it does only on an error or when told to.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Has it end after what it is at, and tells what went wrong if something did.
    ///
    /// # Errors
    /// What ended it.
    pub fn stop(self) -> Result<()> {
        self.status.stop();
        self.thread.join().map_err(|_| anyhow!("the processor has panicked"))?
    }
}

/// A number that nobody outside can know.
fn seed() -> u64 {
    RandomState::new().hash_one("roster")
}
