//! A folder that goes away when it is no longer needed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A folder of this process among the system's temporary ones.
pub struct Scratch(PathBuf);

impl Scratch {
    /// An empty one.
    pub fn new(what: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("brix-{what}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
