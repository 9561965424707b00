//! Whose export files are, by a look at their first rows.

use std::path::PathBuf;
use std::sync::Arc;

use super::import::{is_beside, looks_like, table_of};
use super::rows::Rows;
use super::{Plan, Vendor, all};
use crate::files::input::{self, ByteCount, Found};
use crate::files::reject::FileError;
use crate::files::{Guess, LookedAt};

/// Rows of a file that are looked at.
const ROWS: u64 = 20;
/// Files that are looked at.
const FILES: usize = 20;

/// A proposed mapping, if all that is looked at is one vendor's export.
///
/// # Errors
/// If a file cannot be read.
pub fn guess(paths: &[PathBuf]) -> Result<Option<Guess>, FileError> {
    let mut looked_at = Vec::new();
    let mut left: Vec<Plan> = all().iter().filter_map(|vendor| Plan::of(vendor.id).ok()).collect();
    for found in input::find(paths)?.into_iter().filter(|found| !is_beside(&found.relative)).take(FILES) {
        let rows = look_at(&found, &mut left)?;
        if left.is_empty() {
            return Ok(None);
        }
        looked_at.push(LookedAt { file: found.shown.to_string(), rows, is_whole: rows < ROWS });
    }
    let seen = looked_at.iter().any(|looked| looked.rows > 0);
    Ok(left.first().filter(|_| seen).map(|plan| Guess { yaml: yaml(plan.vendor), looked_at }))
}

/// Keeps the vendors whose rows these could be. Gives how many rows there were.
fn look_at(found: &Found, left: &mut Vec<Plan>) -> Result<u64, FileError> {
    let mut rows = Rows::open(found, &Arc::new(ByteCount::default()))?;
    let mut number = 0;
    while number < ROWS && !left.is_empty() {
        let Some(row) = rows.next()? else { break };
        number += 1;
        left.retain(|plan| looks_like(plan, table_of(&found.relative), &row));
    }
    Ok(number)
}

fn yaml(vendor: &Vendor) -> String {
    format!(
        "# A proposal: these files look like an export of {}.\n\
         vendor: {}\n\
         source: {} # ? the name of the live source of the same events in server.toml, so that each counts once\n{}",
        vendor.name, vendor.id, vendor.id, vendor.doubts
    )
}
