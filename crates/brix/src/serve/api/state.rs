//! The server's state, and rejected input.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::ledger::Ledger;
use store::ledger::listing::LeadFilter;
use utoipa::ToSchema;

use super::definitions::{Standing, standing};
use super::{blocking, shown};
use crate::live::promptness::Delay;
use crate::serve::Server;
use crate::serve::problem::Problem;
use crate::serve::pulls::PullState;

/// How the server stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// Whether it has taken up what was there when it started.
    ready: bool,
    log: LogStatus,
    processor: ProcessorStatus,
    /// How many leads there are.
    leads: u64,
    /// How soon the latest leads were there, since the start; null where there were none.
    delay: Option<DelayStatus>,
    definitions: Standing,
    /// How what is fetched from databases goes.
    pulls: Vec<Pull>,
    /// The number of the latest change of a lead; 0 if there is none.
    last_change: u64,
}

/// What of the log is there, as offsets.
#[derive(Debug, Serialize, ToSchema)]
struct LogStatus {
    /// The first entry that has not gone into the lake.
    start: u64,
    /// The last entry.
    end: u64,
}

/// How far the log has been processed.
#[derive(Debug, Serialize, ToSchema)]
struct ProcessorStatus {
    /// Processed up to this entry.
    offset: u64,
    /// Leads are kept up to this entry.
    committed: u64,
    /// So many entries wait.
    lag: u64,
    /// Records taken since the start.
    records: u64,
    /// Of them: already known.
    copies: u64,
    /// How often a whole life was read again.
    replays: u64,
    /// Groups of people who share accounts.
    households: u64,
}

/// How long it took from an event to its lead, over the latest 10,000 that were told of.
#[derive(Debug, Serialize, ToSchema)]
struct DelayStatus {
    /// So many leads.
    leads: usize,
    /// Milliseconds from receipt to the lead: half of them took at most this.
    median_ms: f64,
    /// 99 of 100 took at most this; null for fewer than 100 leads.
    p99_ms: Option<f64>,
    /// All of them took at most this.
    longest_ms: f64,
    /// From the instant of qualification instead of its receipt, the median.
    median_since_event_ms: f64,
}

impl From<Delay> for DelayStatus {
    fn from(delay: Delay) -> Self {
        let milliseconds = |micros: i64| micros as f64 / 1000.0;
        Self {
            leads: delay.leads,
            median_ms: milliseconds(delay.median),
            p99_ms: delay.p99.map(milliseconds),
            longest_ms: milliseconds(delay.longest),
            median_since_event_ms: milliseconds(delay.median_since_event),
        }
    }
}

/// How a source that is asked for rows goes.
#[derive(Debug, Serialize, ToSchema)]
struct Pull {
    name: String,
    /// Rows that came.
    rows: u64,
    /// Rows that the mapping does not take.
    rejected: u64,
    /// Pulls that failed.
    failures: u64,
    /// Why the last one failed, if it did.
    fails_because: Option<String>,
}

impl Pull {
    fn of(state: &PullState) -> Self {
        let number = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        Self {
            name: state.name.clone(),
            rows: number(&state.rows),
            rejected: number(&state.rejected),
            failures: number(&state.failures),
            fails_because: state.complaint(),
        }
    }
}

/// The server's state: log, processor, leads
#[utoipa::path(get, path = "/api/v1/status", responses((status = 200, description = "The state", body = Status)))]
pub async fn status(State(server): State<Arc<Server>>) -> Result<Json<Status>, Problem> {
    let ledger = Arc::clone(&server.ledger);
    let (last_change, leads) = blocking(move || Ok((ledger.last_change()?, standing_leads(ledger.as_ref())?))).await?;
    let live = &server.live;
    let number = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
    let end = server.log.end();
    Ok(Json(Status {
        ready: live.is_ready.load(Ordering::Relaxed),
        log: LogStatus { start: server.log.start(), end },
        processor: ProcessorStatus {
            offset: number(&live.offset),
            committed: number(&live.committed),
            lag: end.saturating_sub(number(&live.offset)),
            records: number(&live.taken),
            copies: number(&live.copies),
            replays: number(&live.replays),
            households: number(&live.households),
        },
        leads,
        delay: live.promptness.delay().map(DelayStatus::from),
        definitions: standing(&server),
        pulls: server.pulls.iter().map(Pull::of).collect(),
        last_change,
    }))
}

/// How many leads there are that late data has not made vanish.
pub fn standing_leads(ledger: &dyn Ledger) -> store::Result<u64> {
    Ok(ledger.counts(&LeadFilter::default())?.iter().map(|(_, count)| count).sum())
}

/// Input that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rejects {
    /// All that was ever rejected, by source and reason.
    totals: Vec<shown::RejectTotal>,
    /// The latest 100, the newest first.
    latest: Vec<shown::Reject>,
}

/// Input that was not taken: the latest with reasons, and all counts
#[utoipa::path(
    get,
    path = "/api/v1/rejects",
    responses((status = 200, description = "Rejected input", body = Rejects))
)]
pub async fn rejects(State(server): State<Arc<Server>>) -> Result<Json<Rejects>, Problem> {
    let ledger = Arc::clone(&server.ledger);
    let (latest, totals) = blocking(move || Ok((ledger.rejects(None, 100)?, ledger.reject_totals()?))).await?;
    let totals = totals.into_iter().map(shown::RejectTotal::from).collect();
    let latest = latest.into_iter().map(shown::Reject::from).collect();
    Ok(Json(Rejects { totals, latest }))
}
