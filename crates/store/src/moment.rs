//! Where a store stands, and what is done to a copy of it.

use std::path::Path;

use crate::error::Result;
use crate::sqlite::backup::{read, write};
use crate::sqlite::statement::statement;
use crate::store::{LEDGER, LOG};

const SQL: &str = include_str!("sqlite/backup.sql");
const NEXT_LEAD: &str = statement(SQL, "next lead");
const OFFSET: &str = statement(SQL, "offset");
const SKIP: &str = statement(SQL, "skip");
const HOLD: &str = statement(SQL, "hold");
const LOG_BOUNDS: &str = statement(SQL, "log bounds");
const CUT: &str = statement(SQL, "cut");

/// Where a store stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Moment {
    /// The first entry of the log.
    pub log_start: u64,
    /// The last one.
    pub log_end: u64,
    /// Leads are kept up to this entry.
    pub offset: u64,
    /// The number of the next lead.
    pub next_lead: u64,
}

/// Where a store stands, also while another process has it open. The ledger is looked at first, so that the log reaches as far.
///
/// # Errors
/// If it cannot be read.
pub fn moment(folder: &Path) -> Result<Moment> {
    let ledger = folder.join(LEDGER);
    let offset = read(&ledger, OFFSET, |row| row.get(0))?;
    let next_lead = read(&ledger, NEXT_LEAD, |row| row.get(0))?;
    let (log_start, log_end) = read(&folder.join(LOG), LOG_BOUNDS, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Moment { log_start, log_end, offset, next_lead })
}

/// Takes out of a copied log all that came in together after an entry. Only for a copy that nobody has open.
///
/// # Errors
/// If it cannot be written.
pub fn cut_log(copy: &Path, after: u64) -> Result<()> {
    write(&copy.join(LOG), CUT, [after]).map(drop)
}

/// Leaves out so many numbers of leads. Only for a copy that nobody has open.
///
/// # Errors
/// If it cannot be written.
pub fn skip_leads(copy: &Path, count: u64) -> Result<()> {
    write(&copy.join(LEDGER), SKIP, [count]).map(drop)
}

/// What waits to be told is not told until somebody has it replayed; gives how many that are. Only for a copy that nobody has open.
///
/// # Errors
/// If it cannot be written.
pub fn hold_actions(copy: &Path, why: &str) -> Result<u64> {
    write(&copy.join(LEDGER), HOLD, [why]).map(|held| held as u64)
}
