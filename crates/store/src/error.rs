//! What can go wrong with the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What a store's user has to know to set it right. It can be cloned, because one failed commit fails all that took part.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// More waits than may wait.
    #[error("too much is waiting to be written; try again in {} ms", retry_after.as_millis())]
    Busy {
        /// When there is likely to be room.
        retry_after: Duration,
    },
    /// One thing is larger than the store takes.
    #[error("{what} has {found} bytes, at most {most} are taken; send it in smaller parts")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size in bytes.
        found: usize,
        /// The largest size in bytes.
        most: usize,
    },
    /// These entries of the log have gone to the lake.
    #[error("entry {asked} of the log is no longer kept, the first is {start}; read the earlier ones from the lake")]
    Forgotten {
        /// The offset that was asked for.
        asked: u64,
        /// The first offset that is kept.
        start: u64,
    },
    /// There is no store in the folder.
    #[error("there is no store in {}; name the folder that Brix keeps its data in", .0.display())]
    Absent(PathBuf),
    /// Entries of the log are not as they were written.
    #[error(
        "entries {first} to {last} of the log in {} are damaged: {why}; stop Brix and restore the folder from a backup",
        path.display()
    )]
    DamagedEntries {
        /// The file.
        path: PathBuf,
        /// Offset of the first damaged entry.
        first: u64,
        /// Offset of the last.
        last: u64,
        /// What is wrong.
        why: String,
    },
    /// A file is not as it was written.
    #[error("{} is damaged: {why}; stop Brix and restore the folder from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A snapshot of state is not as it was written.
    #[error("the snapshot {} is damaged: {why}; nothing is lost: it is made again from the log and the lake", path.display())]
    DamagedSnapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// No room on the disk.
    #[error(
        "the disk that holds {} is full; make room on it: nothing that was acknowledged is lost, and writing goes on by itself",
        .0.display()
    )]
    Full(PathBuf),
    /// The folder or file cannot be written to.
    #[error("cannot write to {}: it is read-only; give the user that runs Brix the right to write to its folder", .0.display())]
    ReadOnly(PathBuf),
    /// Another process has the store open.
    #[error("another Brix is using {}; stop it first, or choose another folder", .0.display())]
    Locked(PathBuf),
    /// Written by a later Brix.
    #[error("{} is of format {found}, this Brix reads formats up to {known}; use a later Brix", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// A file holds something else.
    #[error("{} is not {what} of Brix; move it away, or choose another folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
    },
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    System {
        /// What was tried.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why not.
        source: Arc<std::io::Error>,
    },
    /// The database refused.
    #[error("cannot {action} {}", path.display())]
    Database {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// What was asked for is not there.
    #[error("there is no {what} {id}; it may have been removed meanwhile: look again")]
    Missing {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// What was to be made is there already.
    #[error("there is a {what} {id} already; choose another one, or change that")]
    Taken {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// The store is being closed.
    #[error("the store is being closed; try again when Brix is up")]
    Closed,
}

/// For all functions of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The operating system refused an action on a path.
    pub(crate) fn system(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full(path),
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path),
            _ => Self::System { action, path, source: Arc::new(source) },
        }
    }
}
