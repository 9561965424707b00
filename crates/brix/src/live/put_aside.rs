//! Rows that imports have put aside in the lake's folder.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

/// Where `brix import` puts them: files of JSON lines.
const FOLDER: &str = "rejects";

/// Takes out the lines that a function finds somebody in; gives how many.
pub fn forget(lake: &Path, is_mentioned: &dyn Fn(&str) -> bool) -> Result<u64> {
    let folder = lake.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).with_context(|| format!("cannot list {}", folder.display())),
    };
    let mut gone = 0;
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let kept: Vec<&str> = text.lines().filter(|line| !is_mentioned(line)).collect();
        let here = text.lines().count() - kept.len();
        if here > 0 {
            let kept: String = kept.iter().map(|line| format!("{line}\n")).collect();
            replace(&path, &kept).with_context(|| format!("cannot write {}", path.display()))?;
            gone += here as u64;
        }
    }
    Ok(gone)
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
