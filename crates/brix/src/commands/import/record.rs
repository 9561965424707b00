//! What each import did, kept in the lake's folder: what it was told about files is in no row.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::told::Told;

/// The folder of records inside the lake's.
const FOLDER: &str = "imports";

/// An import that brought something, as far as it is told again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// The version that it made.
    pub version: u64,
    /// Rows of its files.
    pub rows: u64,
    /// Events that were new.
    pub new_events: u64,
    /// Traits, aliases and leaves that were new.
    pub new_facts: u64,
    /// Its files.
    pub files: Vec<KeptFile>,
    /// What was changed on the way in.
    pub changed: KeptChanges,
}

/// A file of an import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptFile {
    /// As the user named it.
    pub file: String,
    /// Rows read.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
}

/// What was changed on the way in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptChanges {
    /// Texts that were too long.
    pub texts_cut: u64,
    /// Times later than their receipt: of clocks that ran ahead.
    pub times_set_to_receipt: u64,
    /// Values that stayed text in a column of another type.
    pub values_kept_as_text: u64,
}

/// Keeps what an import did, if it brought anything.
pub(super) fn keep(lake: &Path, told: &Told) -> Result<()> {
    if !told.brought_something() {
        return Ok(());
    }
    let folder = lake.join(FOLDER);
    let path = folder.join(format!("{:08}.json", told.version()));
    let text = serde_json::to_vec_pretty(told).context("an import cannot be written down")?;
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, text));
    written.with_context(|| format!("cannot write {}; the rows themselves are imported", path.display()))
}

/// What is kept of the imports of a lake, the first first. One that cannot be read is passed over: no answer rests on it.
pub fn read(lake: &Path) -> Vec<Kept> {
    let Ok(entries) = fs::read_dir(lake.join(FOLDER)) else { return Vec::new() };
    let texts = entries.filter_map(|entry| fs::read(entry.ok()?.path()).ok());
    let mut kept: Vec<Kept> = texts.filter_map(|text| serde_json::from_slice(&text).ok()).collect();
    kept.sort_by_key(|kept| kept.version);
    kept
}
