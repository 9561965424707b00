//! Snapshots as plain files: one for each bucket, replaced as a whole.
//!
//! `bucket-<number>.snapshot`, format 1, numbers little-endian: `BrixSnap`, format (32 bits), bucket (32), offset (64), length
//! of the fingerprint (32), length of the state (64), XXH3-64 of all before and all after it (64), fingerprint, state. Files end
//! where the state ends. A database would write every blob twice, once into its journal.

use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use twox_hash::XxHash3_64;

use crate::error::{Error, Result};
use crate::snapshots::{Snapshot, Snapshots};

const MARK: &[u8; 8] = b"BrixSnap";
/// The newest format; a change that older builds cannot read raises it.
const FORMAT: u32 = 1;
const PREFIX: &str = "bucket-";
const SUFFIX: &str = ".snapshot";

/// The embedded snapshots: a folder.
pub struct SnapshotFiles {
    folder: PathBuf,
    /// Two that put the same bucket would write the same temporary file.
    writing: Mutex<()>,
}

impl SnapshotFiles {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::system("make", folder))?;
        let files = Self { folder: folder.to_owned(), writing: Mutex::default() };
        // What a process left behind that died while it was writing.
        files.remove_all(|name| name.ends_with(".new"))?;
        Ok(files)
    }

    fn path(&self, bucket: u32) -> PathBuf {
        self.folder.join(format!("{PREFIX}{bucket:05}{SUFFIX}"))
    }

    fn names(&self) -> Result<Vec<String>> {
        let refused = || Error::system("list", &self.folder);
        let entries = fs::read_dir(&self.folder).map_err(refused())?;
        let names = entries.map(|entry| Ok(entry.map_err(refused())?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    fn remove_all(&self, is_meant: impl Fn(&str) -> bool) -> Result<()> {
        for name in self.names()?.iter().filter(|name| is_meant(name)) {
            let path = self.folder.join(name);
            fs::remove_file(&path).map_err(Error::system("remove", &path))?;
        }
        Ok(())
    }
}

fn bucket_of(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok()
}

fn checksum(head: &[u8], fingerprint: &[u8], bytes: &[u8]) -> u64 {
    let mut hasher = XxHash3_64::new();
    [head, fingerprint, bytes].iter().for_each(|part| hasher.write(part));
    hasher.finish()
}

/// Everything before the state.
fn head(snapshot: &Snapshot) -> Vec<u8> {
    let mut head = MARK.to_vec();
    head.extend(FORMAT.to_le_bytes());
    head.extend(snapshot.bucket.to_le_bytes());
    head.extend(snapshot.offset.to_le_bytes());
    head.extend(u32::try_from(snapshot.fingerprint.len()).unwrap_or(u32::MAX).to_le_bytes());
    head.extend((snapshot.bytes.len() as u64).to_le_bytes());
    let sum = checksum(&head, snapshot.fingerprint.as_bytes(), &snapshot.bytes);
    head.extend(sum.to_le_bytes());
    head.extend(snapshot.fingerprint.as_bytes());
    head
}

/// Takes a number of so many bytes off the front.
fn number<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (number, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*number)
}

/// Reads a file; what is wrong, in words, if it is damaged.
fn parse(all: &[u8], bucket: u32) -> std::result::Result<Snapshot, &'static str> {
    const CUT: &str = "it is cut off";
    let mut rest = all.strip_prefix(MARK).ok_or("it does not begin as a snapshot does")?;
    let format = number(&mut rest).map(u32::from_le_bytes).ok_or(CUT)?;
    if format != FORMAT {
        return Err("it is of another format");
    }
    let found = number(&mut rest).map(u32::from_le_bytes).ok_or(CUT)?;
    let offset = number(&mut rest).map(u64::from_le_bytes).ok_or(CUT)?;
    let fingerprint = number(&mut rest).map(u32::from_le_bytes).ok_or(CUT)?;
    let length = number(&mut rest).map(u64::from_le_bytes).ok_or(CUT)?;
    let summed = all.len() - rest.len();
    let sum = number(&mut rest).map(u64::from_le_bytes).ok_or(CUT)?;
    let (fingerprint, bytes) = rest.split_at_checked(fingerprint as usize).ok_or(CUT)?;
    let head = all.get(..summed).ok_or(CUT)?;
    if bytes.len() as u64 != length || checksum(head, fingerprint, bytes) != sum || found != bucket {
        return Err("its checksum differs");
    }
    let fingerprint = String::from_utf8(fingerprint.to_vec()).map_err(|_| "its fingerprint is no text")?;
    Ok(Snapshot { bucket, offset, fingerprint, bytes: bytes.to_vec() })
}

impl Snapshots for SnapshotFiles {
    fn put(&self, snapshot: &Snapshot) -> Result<()> {
        let path = self.path(snapshot.bucket);
        let temporary = path.with_extension("new");
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let write = || {
            let mut file = File::create(&temporary)?;
            file.write_all(&head(snapshot))?;
            file.write_all(&snapshot.bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| {
            // On a full disk the half that was written is in the way of others.
            drop(fs::remove_file(&temporary));
            Error::system("write", &path)(error)
        })
    }

    fn get(&self, bucket: u32) -> Result<Option<Snapshot>> {
        let path = self.path(bucket);
        match fs::read(&path) {
            Ok(all) => parse(&all, bucket).map(Some).map_err(|why| Error::DamagedSnapshot { path, why }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::system("read", &path)(error)),
        }
    }

    fn buckets(&self) -> Result<Vec<u32>> {
        let mut buckets: Vec<u32> = self.names()?.iter().filter_map(|name| bucket_of(name)).collect();
        buckets.sort_unstable();
        Ok(buckets)
    }

    fn remove(&self, bucket: u32) -> Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.remove_all(|name| bucket_of(name) == Some(bucket))
    }

    fn drop_all(&self) -> Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.remove_all(|name| bucket_of(name).is_some())
    }
}
