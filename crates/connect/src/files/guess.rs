//! A first mapping for files that nobody has described: what was seen, what it may mean, and the doubts.
//!
//! The proposal is a mapping that can be read and used, with comments; nothing in it is certain, and it says so.

mod profile;
mod render;
mod roles;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::import::open;
use super::input::{self, ByteCount, Found};
use super::mapping::Format;
use super::reject::FileError;
use profile::Profile;
use roles::Roles;

/// A proposed mapping.
#[derive(Debug, Clone)]
pub struct Guess {
    /// The mapping file's text, with comments.
    pub yaml: String,
    /// What was looked at.
    pub looked_at: Vec<LookedAt>,
}

/// A file that the guess rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedAt {
    /// As the user named it.
    pub file: String,
    /// Rows looked at.
    pub rows: u64,
    /// Whether these are all.
    pub is_whole: bool,
}

/// Rows of a file that are looked at.
const ROWS: u64 = 20_000;

/// Files of the same columns, of which the first is looked at.
struct Group {
    files: Vec<Found>,
    format: Format,
    encoding: Option<&'static str>,
    delimiter: Option<u8>,
    profile: Profile,
    roles: Roles,
}

/// Looks at files and folders and proposes a mapping.
///
/// # Errors
/// If a file cannot be read.
pub fn guess(paths: &[PathBuf]) -> Result<Guess, FileError> {
    let found = input::find(paths)?;
    let mut groups: Vec<Group> = Vec::new();
    // Mappings, settings and notes that lie beside data are not data.
    let beside = |file: &Found| [".yaml", ".yml", ".md"].iter().any(|ending| file.relative.ends_with(ending));
    for file in found.into_iter().filter(|file| !beside(file)) {
        let Some(group) = look_at(file.clone())? else { continue };
        let alike = |other: &&mut Group| other.format == group.format && other.profile.names() == group.profile.names();
        match groups.iter_mut().find(alike) {
            Some(other) => other.files.push(file),
            None => groups.push(group),
        }
    }
    let looked_at = groups
        .iter()
        .map(|group| LookedAt {
            file: group.files.first().map(|file| file.shown.to_string()).unwrap_or_default(),
            rows: group.profile.rows,
            is_whole: group.profile.is_whole,
        })
        .collect();
    Ok(Guess { yaml: render::mapping(&source_name(paths), &groups), looked_at })
}

/// The folder's or the first file's name, without its ending.
fn source_name(paths: &[PathBuf]) -> String {
    let name = paths.first().and_then(|path| path.canonicalize().ok());
    let stem = name.as_ref().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    stem.filter(|stem| !stem.is_empty()).unwrap_or_else(|| "files".to_owned())
}

fn look_at(file: Found) -> Result<Option<Group>, FileError> {
    let count = Arc::new(ByteCount::default());
    let replaced = Arc::new(AtomicU64::new(0));
    let mut opened = open(&file, None, &count, &replaced)?;
    let mut profile = Profile::default();
    loop {
        if !opened.decoder.next_block()? {
            profile.is_whole = true;
            break;
        }
        profile.add(opened.decoder.as_ref(), ROWS);
        if profile.rows >= ROWS {
            break;
        }
    }
    if profile.columns.is_empty() {
        return Ok(None);
    }
    let roles = Roles::of(&profile, &file.relative);
    let (format, encoding, delimiter) = (opened.format, opened.encoding, opened.delimiter);
    Ok(Some(Group { files: vec![file], format, encoding, delimiter, profile, roles }))
}
