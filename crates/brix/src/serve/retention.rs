//! What is old goes by itself: now and then what has its [`ages`] behind it, and those of whom nothing has been heard for long, a few at a time.
//!
//! These are found in the lake, while it stays as it is, and the processor makes sure that nothing has come of them since. How they
//! go is an erasure: hidden at once, then out of the lake, the log, and everything else, whatever happens to the process.

mod ages;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use engine::Span;
use history::Lake;
use serde_json::json;
use store::catalog::audit::AuditEntry;

use super::{Server, clock};
use crate::access::secret::random;
use crate::live::entry::Entry;
use crate::live::silence::Silence;
use crate::live::{Erasing, Gate};

/// Households that go at a time.
const AT_ONCE: usize = 1_000;
/// How often it looks whether it is time.
const LOOK: Duration = Duration::from_millis(200);
/// How long the processor may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Looks for them, on a thread of its own, until the server ends.
pub struct Keeper {
    /// The server.
    pub server: Arc<Server>,
    /// Keeps compaction away.
    pub gate: Arc<Gate>,
    /// Who is on their way out already.
    pub erasing: Arc<Erasing>,
}

impl Keeper {
    /// Starts it, if anything is ever to go.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(self) -> Result<()> {
        let retention = &self.server.config.retention;
        if [&retention.people, &retention.rejects, &retention.messages, &retention.audit]
            .into_iter()
            .all(Option::is_none)
        {
            return Ok(());
        }
        let work = move || {
            let mut due = Instant::now();
            while !*self.server.ending.borrow() {
                std::thread::sleep(LOOK);
                let is_ready = self.server.live.is_ready.load(Ordering::Relaxed);
                if Instant::now() < due || !is_ready || !self.erasing.is_empty() {
                    continue;
                }
                let has_to_wait = |error| tracing::warn!(error = format!("{error:#}"), "what is old has to wait");
                ages::look(&self.server).unwrap_or_else(has_to_wait);
                let people = self.server.config.retention.people.as_ref().map_or(Ok(0), |age| self.look(age.span));
                let went = people.map_err(has_to_wait).unwrap_or_default();
                // Where there are more, they are next.
                let pause = if went < AT_ONCE as u64 { self.server.config.retention.every } else { LOOK };
                due = Instant::now() + pause;
            }
        };
        std::thread::Builder::new().name("retention".to_owned()).spawn(work).context("cannot start retention")?;
        Ok(())
    }

    /// Looks once; gives how many households go.
    fn look(&self, span: Span) -> Result<u64> {
        let now = clock::now();
        let before = now.minus(span, &self.server.shelf.workspace().zone);
        // Nothing comes into the lake until the processor has seen who goes.
        let _held = self.gate.hold();
        let lake = match Lake::open(&self.server.config.lake) {
            Ok(lake) => lake,
            Err(history::Error::Absent(_)) => return Ok(0),
            Err(error) => return Err(error).context("cannot open the lake"),
        };
        let found = history::unheard(&lake, before, AT_ONCE).context("cannot look for those who are silent")?;
        if found.ids.is_empty() {
            return Ok(0);
        }
        let households = found.households;
        let silence = Silence {
            id: random::<16>().context("there is no randomness for a number")?,
            at: now,
            before,
            through: lake.manifest().log,
            households,
            ids: found.ids,
            shared: found.shared,
        };
        self.note(&silence)?;
        let entry = Entry::Silence(Box::new(silence)).encode()?;
        let appended = self.server.log.append(vec![entry]).context("the log takes nothing")?;
        let begun = Instant::now();
        while self.server.live.committed.load(Ordering::Relaxed) < appended.last && begun.elapsed() < PATIENCE {
            anyhow::ensure!(!*self.server.ending.borrow(), "the server ends");
            std::thread::sleep(LOOK);
        }
        Ok(households)
    }

    fn note(&self, silence: &Silence) -> Result<()> {
        let Silence { before, households, .. } = silence;
        let detail =
            json!({ "erasure": silence.id, "not_heard_of_since": before.to_string(), "households": households });
        let line = AuditEntry {
            at: silence.at,
            who: "brix".to_owned(),
            what: "retention.people".to_owned(),
            target: "people".to_owned(),
            detail: detail.to_string(),
        };
        self.server.catalog.change(&[], &[line]).context("cannot write the audit")
    }
}
