//! What the tests of the file sources share.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use connect::files::{FileError, Import, KeptRejects, Mapping, Options, Summary};
use engine::record::Record;

/// A folder of its own, removed at the end.
pub struct Folder(pub PathBuf);

static FOLDERS: AtomicU64 = AtomicU64::new(0);

impl Folder {
    /// With these files.
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("brix-connect-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        for (name, bytes) in files {
            let file = path.join(name);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
            std::fs::write(file, bytes).expect("written");
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// What an import gave.
pub struct Imported {
    pub records: Vec<Record>,
    pub rejects: KeptRejects,
    pub summary: Summary,
}

/// Imports by a mapping.
pub fn try_import(mapping: &str, path: &Path, options: Options) -> Result<Imported, FileError> {
    let mapping = Mapping::parse("mapping.yaml", mapping).unwrap_or_else(|error| panic!("{error}"));
    let mut import = Import::open(Arc::new(mapping), &[path.to_owned()], options)?;
    let mut rejects = KeptRejects::default();
    let mut records = Vec::new();
    while let Some(batch) = import.next_batch(&mut rejects)? {
        records.extend(batch.to_records());
    }
    Ok(Imported { records, rejects, summary: import.summary().clone() })
}

/// Imports by a mapping, of which nothing may fail as a whole.
pub fn import(mapping: &str, path: &Path) -> Imported {
    try_import(mapping, path, Options::default()).unwrap_or_else(|error| panic!("{error}"))
}
