//! Files that are either there in full or not at all.

use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use crate::error::{Error, Result};

/// A file of the lake as the manifest knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its name within the lake's folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// XXH3-64 of its bytes, as 16 hexadecimal digits.
    pub checksum: String,
}

impl StoredFile {
    /// Opens the file after a look at its length.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is missing or has another length.
    pub(crate) fn open(&self, folder: &Path) -> Result<(File, PathBuf)> {
        let path = folder.join(&self.name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::damaged(&path, "the file is missing"));
            }
            Err(error) => return Err(Error::system("open", &path)(error)),
        };
        let length = file.metadata().map_err(Error::system("look at", &path))?.len();
        if length != self.bytes {
            return Err(Error::damaged(&path, format!("it has {length} bytes instead of {}", self.bytes)));
        }
        Ok((file, path))
    }

    /// The whole file, after a look at its length.
    pub(crate) fn read(&self, folder: &Path) -> Result<Vec<u8>> {
        let (mut file, path) = self.open(folder)?;
        let mut bytes = vec![0; usize::try_from(self.bytes).unwrap_or(0)];
        file.read_exact(&mut bytes).map_err(Error::system("read", &path))?;
        Ok(bytes)
    }

    /// Compares every byte with the checksum.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the file differs from what was written.
    pub fn verify(&self, folder: &Path) -> Result<()> {
        let (mut file, path) = self.open(folder)?;
        let mut hasher = XxHash3_64::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer).map_err(Error::system("read", &path))?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            hasher.write(part);
        }
        if format!("{:016x}", hasher.finish()) == self.checksum {
            Ok(())
        } else {
            Err(Error::damaged(&path, "its bytes differ from those written"))
        }
    }
}

/// A new file of the lake on its way: counts and hashes what is written.
pub(crate) struct NewFile {
    file: BufWriter<File>,
    path: PathBuf,
    name: String,
    bytes: u64,
    hasher: XxHash3_64,
}

impl NewFile {
    /// Makes a file that nothing refers to until the manifest does.
    pub(crate) fn create(folder: &Path, name: String) -> Result<Self> {
        let path = folder.join(&name);
        let file = File::create(&path).map_err(Error::system("make", &path))?;
        Ok(Self { file: BufWriter::with_capacity(1 << 18, file), path, name, bytes: 0, hasher: XxHash3_64::new() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Brings everything to the disk.
    pub(crate) fn finish(self) -> Result<StoredFile> {
        let checksum = format!("{:016x}", self.hasher.finish());
        let file = self.file.into_inner().map_err(|error| Error::system("write", &self.path)(error.into_error()))?;
        file.sync_all().map_err(Error::system("write", &self.path))?;
        Ok(StoredFile { name: self.name, bytes: self.bytes, checksum })
    }
}

impl Write for NewFile {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(part)?;
        self.bytes += written as u64;
        self.hasher.write(part.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Replaces a file as a whole: after a crash at any moment it holds the old bytes or the new.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary).map_err(Error::system("make", &temporary))?;
    file.write_all(bytes).map_err(Error::system("write", &temporary))?;
    file.sync_all().map_err(Error::system("write", &temporary))?;
    fs::rename(&temporary, path).map_err(Error::system("replace", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Brings a folder's list of names to the disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    let file = File::open(folder).map_err(Error::system("open", folder))?;
    file.sync_all().map_err(Error::system("write", folder))
}
