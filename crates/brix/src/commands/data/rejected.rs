//! What imports rejected: the files of rejected rows next to the lake's own, counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::commands::import::REJECTS;

/// Rows whose repetitions are recognized; beyond, a row that two imports rejected counts twice.
const RECOGNIZED: usize = 5_000_000;

/// What imports rejected.
#[derive(Debug, Default, Serialize)]
pub struct Rejected {
    /// Rows; one that several imports rejected counts once.
    pub rows: u64,
    /// By reason.
    pub reasons: BTreeMap<String, u64>,
    /// By file.
    pub files: BTreeMap<String, u64>,
    /// Where they are kept.
    pub folder: PathBuf,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    file: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    code: std::borrow::Cow<'a, str>,
}

/// Counts them.
///
/// # Errors
/// A file that cannot be read.
pub fn read(lake: &Path) -> Result<Rejected> {
    let mut rejected = Rejected { folder: lake.join(REJECTS), ..Rejected::default() };
    let Ok(entries) = fs::read_dir(&rejected.folder) else { return Ok(rejected) };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".jsonl") && !name.starts_with("unfinished-")
    });
    paths.sort();
    let mut seen = BTreeSet::new();
    for path in paths {
        let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in BufReader::new(file).split(b'\n') {
            let line = line.with_context(|| format!("cannot read {}", path.display()))?;
            let Ok(found) = serde_json::from_slice::<Line<'_>>(&line) else { continue };
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            if seen.len() < RECOGNIZED && !seen.insert(hasher.finish()) {
                continue;
            }
            rejected.rows += 1;
            *rejected.reasons.entry(found.code.into_owned()).or_default() += 1;
            if let Some(name) = found.file {
                *rejected.files.entry(name.into_owned()).or_default() += 1;
            }
        }
    }
    Ok(rejected)
}
