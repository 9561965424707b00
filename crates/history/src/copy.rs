//! A copy of the version in force, while a writer may go on.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::files;
use crate::lake::Lake;
use crate::manifest::{CURRENT, Manifest};

/// A writer may sweep away files of the version that is being copied; then the newer one is copied.
const TRIES: u32 = 5;

impl Lake {
    /// Copies the version in force to another folder, which may have no lake yet, and gives its manifest; `None` if there is no lake. On the
    /// same file system the files are linked: no file of a lake ever changes.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a file is not as it was written; and if it cannot be read or written.
    pub fn copy(from: &Path, to: &Path) -> Result<Option<Manifest>> {
        let mut tries = 0;
        loop {
            let Some(manifest) = Manifest::read(from)? else { return Ok(None) };
            fs::create_dir_all(to).map_err(Error::system("make", to))?;
            match copy_version(&manifest, from, to) {
                Ok(()) => return Ok(Some(manifest)),
                Err(error) => {
                    let is_old = Manifest::read(from)?.is_some_and(|now| now.version != manifest.version);
                    tries += 1;
                    if !is_old || tries == TRIES {
                        return Err(error);
                    }
                    fs::remove_dir_all(to).map_err(Error::system("remove", to))?;
                }
            }
        }
    }
}

fn copy_version(manifest: &Manifest, from: &Path, to: &Path) -> Result<()> {
    for file in manifest.files() {
        let (source, copy) = (from.join(&file.name), to.join(&file.name));
        if fs::hard_link(&source, &copy).is_err() {
            fs::copy(&source, &copy).map_err(Error::system("copy", &source))?;
            fs::File::open(&copy).and_then(|file| file.sync_all()).map_err(Error::system("write", &copy))?;
        }
        file.verify(to)?;
    }
    // `current` comes last: before that there is no lake.
    debug_assert!(!to.join(CURRENT).exists(), "a lake is not copied onto another one");
    manifest.commit(to)?;
    files::sync_folder(to)
}
