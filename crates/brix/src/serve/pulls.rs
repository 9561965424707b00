//! Pulls: rows that a PostgreSQL query gives go into the log, again and again, from a cursor on.
//!
//! The way of a row: [`rows`] asks for what lies behind the cursor, a page at a time in the cursor's order · the source
//! `json` makes records of a page by the pull's mapping, as it would of the same rows in a request · [`keep`] makes them durable ·
//! only then [`cursor`] moves on. Rows that come twice have the same ids, and count once.
//!
//! - [`connection`]: to the database, by TLS unless the address says otherwise.
//! - [`fault`]: what the database says, without values of rows.
//! - [`worker`]: when to pull, and when to try again.

mod connection;
mod cursor;
mod fault;
mod keep;
mod page;
mod rows;
mod worker;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use connect::secret::Secret;
use connect::sources::Settings;

pub use cursor::Cursors;
pub use keep::Keeper;
pub use page::Taken;
pub use worker::{PullState, start};

/// A query whose rows are records.
pub struct Pull {
    /// Its name: the source of its records.
    pub name: String,
    /// Where the database is, with the password.
    pub url: Secret,
    /// Certificates of those who vouch for the database, beside those that the system trusts.
    pub authorities: Option<PathBuf>,
    /// The query; `$1` is the cursor.
    pub query: String,
    /// The column of the rows that the cursor is of.
    pub cursor: String,
    /// The cursor before the first row.
    pub start: String,
    /// How long to wait after a pull.
    pub every: Duration,
    /// How long the database may take for an answer.
    pub timeout: Duration,
    /// How many rows are in memory at a time.
    pub rows: u16,
    /// What rows mean.
    pub settings: Settings,
}

impl fmt::Debug for Pull {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pull").field("name", &self.name).field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

/// What one pull brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// Rows that the query gave.
    pub rows: u64,
    /// Records made of them.
    pub records: u64,
    /// Rows that the mapping does not take.
    pub rejected: u64,
}

/// Takes all rows behind the cursor; each page is durable before the cursor moves behind it.
///
/// # Errors
/// What the database, the disk or the log says. What was taken before stays taken.
pub async fn pull(pull: &Pull, cursors: &Cursors, keeper: &Keeper<'_>) -> anyhow::Result<Brought> {
    let cursor = cursors.read(&pull.name)?.unwrap_or_else(|| pull.start.clone());
    let mut reading = rows::Reading::open(pull).await?;
    let mut pages = reading.begin(pull, &cursor).await?;
    let mut brought = Brought::default();
    while let Some(page) = pages.next().await? {
        let taken = page::records(pull, &page.rows);
        brought.rows += page.rows.len() as u64;
        brought.records += taken.outcome.records.len() as u64;
        brought.rejected += taken.outcome.rejects.len() as u64;
        keeper.keep(&pull.name, taken.outcome).await?;
        if let Some(behind) = page.behind {
            cursors.keep(&pull.name, &behind)?;
        }
    }
    Ok(brought)
}

/// The first page behind the cursor and what would become of it; nothing is kept.
///
/// # Errors
/// What the database or the disk says.
pub async fn look(pull: &Pull, cursors: &Cursors) -> anyhow::Result<Taken> {
    let cursor = cursors.read(&pull.name)?.unwrap_or_else(|| pull.start.clone());
    let mut reading = rows::Reading::open(pull).await?;
    let mut pages = reading.begin(pull, &cursor).await?;
    let page = pages.next().await?.unwrap_or_default();
    Ok(page::records(pull, &page.rows))
}
