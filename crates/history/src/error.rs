//! What can go wrong with a lake.

use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

/// What a lake's user has to know to set it right.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no lake in the folder.
    #[error("there is no lake in {}; `brix import` makes one", .0.display())]
    Absent(PathBuf),
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    System {
        /// What was tried.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is not as it was written.
    #[error("{} is damaged: {why}; restore it from a copy, or remove the lake and import again", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Written by a later Brix.
    #[error("{} is of format {found}, this Brix reads formats up to {known}; use a later Brix", path.display())]
    Newer {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// Another process writes.
    #[error("another import, or a server that runs, is writing to {}; wait for it to end, or stop the server", .0.display())]
    Locked(PathBuf),
    /// Something is larger than the format allows.
    #[error("the lake is full: {0}")]
    Full(&'static str),
    /// The settings of accounts differ from those that the files were laid out with.
    #[error(
        "the lake in {} was laid out with other account settings than brix.yaml has now; `brix import` (also without files) lays it out anew",
        .0.display()
    )]
    Layout(PathBuf),
}

/// For all functions of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The operating system refused an action on a path.
    pub(crate) fn system(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::System { action, path, source }
    }

    /// A file does not hold what it should.
    pub(crate) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), why: why.into() }
    }

    /// Parquet refused a file, or the operating system its pages.
    pub(crate) fn parquet(path: &Path) -> impl FnOnce(ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |error| match error {
            ParquetError::External(inner) => match inner.downcast() {
                Ok(source) => Self::System { action: "read", path, source: *source },
                Err(inner) => Self::Damaged { path, why: inner.to_string() },
            },
            error => Self::Damaged { path, why: error.to_string() },
        }
    }
}
