//! Imports: rows are taken batch by batch and put into the lake all at once, by one commit.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::Timestamp;
use engine::batch::Batch;
use engine::record::SubjectKind;
use engine::workspace::Workspace;

use crate::chunks::Chunks;
use crate::commit::Commit;
use crate::dictionary::Dictionary;
use crate::error::{Error, Result};
use crate::intake::{self, Dictionaries, Refusal};
use crate::lake::Lake;
use crate::manifest::{CURRENT, Manifest};
use crate::messages::Arrivals;
use crate::placement::Placement;

/// The file that keeps a second writer out.
const LOCK: &str = "lock";

/// Keeps other writers out of a lake as long as it lives; the system gives it back should the process die.
#[derive(Debug)]
pub struct LakeLock {
    folder: PathBuf,
    _file: File,
}

impl LakeLock {
    /// Takes the lake in this folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`Error::Locked`] if another writer has it; [`Error::System`].
    pub fn take(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::system("make", folder))?;
        let path = folder.join(LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(Error::system("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked(folder.to_owned())),
            Err(TryLockError::Error(error)) => Err(Error::system("lock", &path)(error)),
        }
    }

    /// Whose writers it keeps out.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what the version in force does not need: nobody may be reading another one.
    ///
    /// # Errors
    /// If the folder cannot be read, or a file cannot be removed.
    pub fn sweep(&self) -> Result<()> {
        Manifest::read(&self.folder)?.map_or(Ok(()), |manifest| sweep(&self.folder, &manifest))
    }
}

/// The only writer of a lake. Nothing is in the lake before [`LakeWriter::commit`].
pub struct LakeWriter {
    folder: PathBuf,
    lock: Arc<LakeLock>,
    workspace: Workspace,
    /// As it is before the commit.
    lake: Arc<Lake>,
    dictionaries: Dictionaries,
    /// Sizes of the dictionaries of persons, accounts and workspaces before the import.
    ends: [u32; 3],
    chunks: Chunks,
    arrivals: Arrivals,
    rejected: u64,
    received: u64,
    /// See [`LakeWriter::log`].
    log: Option<u64>,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The lake's version now.
    pub version: u64,
    /// Rows that carry a time of receipt, copies among them.
    pub received: u64,
    /// New events.
    pub events: u64,
    /// New trait rows, aliases and leaves.
    pub facts: u64,
    /// Rows that were there already, or came twice.
    pub duplicates: u64,
    /// Of those: how many said something else than the row that counts.
    pub differing: u64,
    /// Which these are: their numbers among all rows that were not refused, from 0 on, in order.
    pub copies: Vec<u32>,
    /// Rows that were refused, see [`LakeWriter::append`].
    pub rejected: u64,
    /// Older rows that were written anew: moved because their subject is known better now, or merged with others.
    pub rewritten: u64,
    /// Bytes of all new files.
    pub bytes: u64,
}

impl LakeWriter {
    /// Opens a lake for writing, or makes one. What a writer that died has left behind is swept away.
    ///
    /// # Errors
    /// [`Error::Locked`] if another writer is at work; [`Error::Damaged`], [`Error::Newer`], [`Error::System`].
    pub fn begin(folder: &Path, workspace: &Workspace) -> Result<Self> {
        Self::begin_with(Arc::new(LakeLock::take(folder)?), workspace, None)
    }

    /// As [`LakeWriter::begin`], by who keeps other writers out already. What has been read for an open lake is not read
    /// again if that is the version in force.
    ///
    /// # Errors
    /// As [`LakeWriter::begin`].
    pub fn begin_with(lock: Arc<LakeLock>, workspace: &Workspace, lake: Option<Arc<Lake>>) -> Result<Self> {
        let folder = lock.folder.clone();
        let folder = folder.as_path();
        let before = Manifest::read(folder)?.unwrap_or_else(|| Manifest::empty(Placement::of(workspace).0));
        sweep(folder, &before)?;
        let lake = match lake.filter(|lake| lake.folder() == folder && *lake.manifest() == before) {
            Some(lake) => lake,
            None => Arc::new(Lake::with(folder, before)?),
        };
        let ids = |kind| lake.directory().own_ids(kind);
        let dictionaries = Dictionaries {
            persons: ids(SubjectKind::User)?,
            accounts: ids(SubjectKind::Account)?,
            workspaces: ids(SubjectKind::Workspace)?,
            names: lake.name_dictionary().clone(),
            sources: Dictionary::load(folder, &lake.manifest().sources)?,
            columns: lake.column_dictionary().clone(),
        };
        Ok(Self {
            folder: folder.to_owned(),
            lock,
            workspace: workspace.clone(),
            ends: [dictionaries.persons.end(), dictionaries.accounts.end(), dictionaries.workspaces.end()],
            dictionaries,
            lake,
            chunks: Chunks::new(folder),
            arrivals: Arrivals::new(folder),
            rejected: 0,
            received: 0,
            log: None,
        })
    }

    /// Notes up to which entry of a server's log everything is in the lake after this commit.
    pub const fn log(&mut self, through: u64) {
        self.log = Some(through);
    }

    /// Takes a batch. Gives the rows (by their number in the batch) that are refused, with the reason.
    ///
    /// # Errors
    /// [`Error::Full`] beyond the limits of the format, [`Error::System`] when rows cannot be put aside.
    pub fn append(&mut self, batch: &Batch) -> Result<Vec<(usize, Refusal)>> {
        let mut chunk = intake::take(batch, &mut self.dictionaries, &self.workspace)?;
        let refused = std::mem::take(&mut chunk.refused);
        self.rejected += refused.len() as u64;
        self.received += batch.received.iter().filter(|received| **received != Timestamp::MIN).count() as u64;
        let (messages, digests) = (std::mem::take(&mut chunk.messages), std::mem::take(&mut chunk.digests));
        let first = self.chunks.push(chunk)?;
        for ((id, digest), row) in messages.into_iter().zip(digests).zip(first..) {
            self.arrivals.push(id, row, digest)?;
        }
        Ok(refused)
    }

    /// Puts everything into the lake. If all rows were there already nothing is written.
    ///
    /// # Errors
    /// As for reading and writing any file; the lake is then as it was.
    pub fn commit(self) -> Result<Summary> {
        self.commit_and_open().map(|(summary, _)| summary)
    }

    /// As [`LakeWriter::commit`]; gives the lake as it is then, of which everything is at hand that the writer has read.
    ///
    /// # Errors
    /// As [`LakeWriter::commit`].
    pub fn commit_and_open(self) -> Result<(Summary, Arc<Lake>)> {
        let Self { folder, lock, workspace, lake: before, dictionaries, ends, chunks, arrivals, .. } = self;
        let Self { rejected, received, log, .. } = self;
        let mut manifest = before.manifest().clone();
        manifest.version += 1;
        manifest.log = log.unwrap_or(manifest.log);
        let verdict = arrivals.settle(manifest.version, &mut manifest.messages)?;
        let mut summary = Summary {
            version: before.version(),
            duplicates: verdict.duplicates,
            differing: verdict.differing,
            copies: verdict.copies(),
            rejected,
            received,
            ..Summary::default()
        };
        let placement = Placement::of(&workspace).0;
        let relay = placement != before.manifest().placement && !before.manifest().runs.is_empty();
        if chunks.len() == verdict.duplicates && !relay {
            if manifest.log == before.manifest().log {
                return Ok((summary, before));
            }
            manifest.commit(&folder)?;
            summary.version = manifest.version;
            return Ok((summary, Arc::new(before.renewed(manifest))));
        }
        manifest.placement = placement;
        manifest.changes += u64::from(log.is_none());
        let commit = Commit { lake: before, workspace, dictionaries, ends, manifest, relay };
        let lake = commit.run(chunks, &verdict, &mut summary)?;
        drop(lock);
        Ok((summary, Arc::new(lake)))
    }
}

/// Removes what no manifest in force names: files of writers that died, and of versions gone by.
fn sweep(folder: &Path, manifest: &Manifest) -> Result<()> {
    let mut named: BTreeSet<String> = manifest.files().map(|file| file.name.clone()).collect();
    named.extend([LOCK.to_owned(), CURRENT.to_owned(), manifest.file_name()]);
    for entry in fs::read_dir(folder).map_err(Error::system("list", folder))? {
        let entry = entry.map_err(Error::system("list", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !named.contains(&name) && is_ours(&name) {
            fs::remove_file(entry.path()).map_err(Error::system("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Whether a file's name is one that writers give.
fn is_ours(name: &str) -> bool {
    const STEMS: [&str; 16] = [
        "manifest",
        "current",
        "events",
        "facts",
        "moved",
        "messages",
        "ties",
        "aliases",
        "bonds",
        "persons",
        "accounts",
        "workspaces",
        "names",
        "sources",
        "columns",
        "rows",
    ];
    let ours = STEMS.iter().chain(&["part"]).any(|stem| name.starts_with(stem));
    ours && [".parquet", ".bin", ".aside", ".new", ".json"].iter().any(|end| name.ends_with(end))
}
