//! Cursors: one small file for each pull, replaced as a whole.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;

/// The cursors of all pulls.
#[derive(Debug, Clone)]
pub struct Cursors {
    folder: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: u32,
    cursor: String,
}

impl Cursors {
    /// Those of a server's folder.
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join("pulls") }
    }

    fn path(&self, pull: &str) -> PathBuf {
        self.folder.join(format!("{pull}.json"))
    }

    /// Where a pull goes on; `None` before the first time.
    ///
    /// # Errors
    /// If the file cannot be read, or is not as it was written.
    pub fn read(&self, pull: &str) -> Result<Option<String>> {
        let path = self.path(pull);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let damaged = || {
            format!("{} is damaged; without the file the pull begins anew, and nothing counts twice", path.display())
        };
        let kept: Kept = serde_json::from_slice(&text).with_context(damaged)?;
        if kept.version != VERSION {
            bail!("{} is of version {}, this build reads version {VERSION}", path.display(), kept.version);
        }
        Ok(Some(kept.cursor))
    }

    /// Keeps where a pull goes on, durably.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, pull: &str, cursor: &str) -> Result<()> {
        let path = self.path(pull);
        let write = || {
            fs::create_dir_all(&self.folder)?;
            let next = path.with_extension("new");
            let mut file = File::create(&next)?;
            file.write_all(&serde_json::to_vec(&Kept { version: VERSION, cursor: cursor.to_owned() })?)?;
            file.sync_all()?;
            fs::rename(&next, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let cursors = Cursors::of(folder.path());
        assert_eq!(cursors.read("a").unwrap(), None);
        cursors.keep("a", "1").unwrap();
        cursors.keep("a", "2026-01-01 00:00:00+00").unwrap();
        assert_eq!(cursors.read("a").unwrap().as_deref(), Some("2026-01-01 00:00:00+00"));
        assert_eq!(cursors.read("b").unwrap(), None);
        fs::write(folder.path().join("pulls/a.json"), "{").unwrap();
        let words = format!("{:#}", cursors.read("a").unwrap_err());
        assert!(words.contains("a.json is damaged"), "{words}");
    }
}
