//! Which files a user means by a path: the file itself, all files of a folder, the matches of a glob, the members of a
//! zip archive.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;

use super::archive::{self, Member};
use crate::files::limits;
use crate::files::reject::FileError;

/// A file to import.
#[derive(Debug, Clone)]
pub struct Found {
    /// As the user named it, with the member behind it in archives: for messages.
    pub shown: Arc<str>,
    /// The path below the folder that the user named, with `/` between its parts and without the ending of a
    /// compression: what mappings match.
    pub relative: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Bytes on disk.
    pub bytes: u64,
    /// The member, if the file is an archive.
    pub(crate) member: Option<Member>,
}

/// All files under the given paths, each folder in the order of its names. Files whose name begins with a dot, and lakes within the
/// folders, are left out.
///
/// # Errors
/// If a path does not exist or cannot be read, or a limit is passed.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Found>, FileError> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, path, 0, &mut found)?;
        } else if path.exists() || !has_wildcard(path) {
            add(path, &name_of(path), &mut found)?;
        } else {
            matching(path, &mut found)?;
        }
    }
    Ok(found)
}

fn has_wildcard(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn failed(path: &Path, source: std::io::Error) -> FileError {
    FileError::Read { file: Arc::from(path.to_string_lossy()), source }
}

/// Files below the longest folder without a wildcard that match the whole path.
fn matching(path: &Path, found: &mut Vec<Found>) -> Result<(), FileError> {
    let root: PathBuf = path.components().take_while(|part| !has_wildcard(Path::new(part.as_os_str()))).collect();
    let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
    let pattern = path.to_string_lossy();
    let wrong = |why: String| FileError::unfit(&Arc::from(pattern.as_ref()), None, why);
    let glob = GlobBuilder::new(&pattern).literal_separator(true).build();
    let matcher = glob.map_err(|error| wrong(format!("not a pattern: {}", error.kind())))?.compile_matcher();
    let mut all = Vec::new();
    walk(&root, &root, 0, &mut all)?;
    let before = found.len();
    found.extend(all.into_iter().filter(|file| {
        matcher.is_match(&file.path) || file.path.strip_prefix("./").is_ok_and(|path| matcher.is_match(path))
    }));
    if found.len() == before { Err(wrong("no file matches".to_owned())) } else { Ok(()) }
}

fn walk(root: &Path, folder: &Path, depth: usize, found: &mut Vec<Found>) -> Result<(), FileError> {
    if depth > limits::FOLDER_DEPTH {
        return Err(FileError::TooMany(format!(
            "{}: folders are nested deeper than {}",
            folder.display(),
            limits::FOLDER_DEPTH
        )));
    }
    let entries = fs::read_dir(folder).map_err(|source| failed(folder, source))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|source| failed(folder, source))?.path());
    }
    paths.sort();
    for path in paths {
        if name_of(&path).starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if leads_back(folder, &path) {
                let why = "the link leads back to a folder that it lies in; name the folders to import one by one";
                return Err(FileError::unfit(&Arc::from(path.to_string_lossy()), None, why));
            }
            if is_lake(&path) {
                continue;
            }
            walk(root, &path, depth + 1, found)?;
        } else {
            let below = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            add(&path, &parts.join("/"), found)?;
        }
    }
    Ok(())
}

/// Whether a folder is what imports make, and not what they read: a lake, or the beginning of one by an import that failed.
fn is_lake(folder: &Path) -> bool {
    let has_only_a_lock = || fs::read_dir(folder).is_ok_and(|entries| entries.count() == 1);
    folder.join("lock").is_file() && (folder.join("current").is_file() || has_only_a_lock())
}

/// Whether a folder is a link to one that it lies in.
fn leads_back(folder: &Path, path: &Path) -> bool {
    let (Ok(folder), Ok(target)) = (folder.canonicalize(), path.canonicalize()) else { return false };
    path.is_symlink() && folder.starts_with(target)
}

/// Adds a file, or each member if it is a zip archive.
fn add(path: &Path, relative: &str, found: &mut Vec<Found>) -> Result<(), FileError> {
    let shown: Arc<str> = Arc::from(path.to_string_lossy());
    let about = fs::metadata(path).map_err(|source| failed(path, source))?;
    if !about.is_file() {
        // A pipe gives its bytes once, but a file is looked at before it is read.
        return Err(FileError::unfit(
            &shown,
            None,
            "neither a file nor a folder; write what it gives into a file first",
        ));
    }
    let bytes = about.len();
    match archive::members(path).map_err(|source| failed(path, source))? {
        None => found.push(Found {
            shown,
            relative: without_compression(relative).to_owned(),
            path: path.to_owned(),
            bytes,
            member: None,
        }),
        Some(members) => {
            for member in members {
                found.push(Found {
                    shown: Arc::from(format!("{shown}/{}", member.name)),
                    relative: without_compression(&member.name).to_owned(),
                    path: path.to_owned(),
                    bytes: member.compressed_bytes,
                    member: Some(member),
                });
            }
        }
    }
    if found.len() > limits::FILES {
        return Err(FileError::TooMany(format!("more than {} files", limits::FILES)));
    }
    Ok(())
}

fn without_compression(name: &str) -> &str {
    [".gz", ".gzip", ".zst", ".zstd"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}
