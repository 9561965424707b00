//! The manifest: which files make up a version of the lake.
//!
//! `current` holds the name of the manifest in force. An import writes its files, then its manifest
//! (`manifest-<version>.json`), then replaces `current`: that is the commit. Files that no manifest in force names are
//! swept away by the next writer.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files::{self, StoredFile};

/// The newest format; a change that older builds cannot read raises it.
pub const FORMAT: u32 = 1;
/// The file that names the manifest in force.
pub const CURRENT: &str = "current";

/// A version of the lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of this file and of all files that it names.
    pub format: u32,
    /// Counts the commits.
    pub version: u64,
    /// The account settings that rows are placed by: see [`crate::Placement`].
    pub placement: String,
    /// Ids of users and anonymous ids.
    pub persons: Vec<DictionarySegment>,
    /// Ids of accounts.
    pub accounts: Vec<DictionarySegment>,
    /// Ids of workspaces.
    pub workspaces: Vec<DictionarySegment>,
    /// Event names with the kinds that sources state.
    pub names: Vec<DictionarySegment>,
    /// Sources.
    pub sources: Vec<DictionarySegment>,
    /// Properties and traits with their types.
    pub columns: Vec<DictionarySegment>,
    /// Sorted runs of rows, the oldest and largest first.
    pub runs: Vec<RunEntry>,
    /// Message ids, sorted, in several files: the oldest and largest first.
    pub messages: Vec<MessagesEntry>,
    /// Ties of anonymous ids to users; of several lists of one anonymous id the last counts.
    pub ties: Vec<StoredFile>,
    /// Aliases.
    pub aliases: Vec<StoredFile>,
    /// Ids carried together.
    pub bonds: Vec<StoredFile>,
    /// What all imports have seen.
    pub totals: Totals,
    /// The last entry of a server's log that is in here; 0 if there is no server.
    #[serde(default)]
    pub log: u64,
    /// How often something else than the log of a server changed what is known of somebody.
    #[serde(default, skip_serializing_if = "is_never")]
    pub changes: u64,
    /// Whoever was not heard of at this instant (microseconds since 1970) or later is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_from: Option<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_never(times: &u64) -> bool {
    *times == 0
}

/// A stretch of a dictionary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DictionarySegment {
    /// The file.
    #[serde(flatten)]
    pub file: StoredFile,
    /// How many entries it has.
    pub entries: u32,
}

/// A file of message ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagesEntry {
    /// The file.
    #[serde(flatten)]
    pub file: StoredFile,
    /// How many ids it has.
    pub entries: u64,
}

/// Rows that one import (or a merge of several) has put in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEntry {
    /// The version that wrote it.
    pub version: u64,
    /// How many rows it has, events and facts together.
    pub rows: u64,
    /// Its files, by ascending place of households.
    pub parts: Vec<PartEntry>,
}

/// The rows of a range of households in one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    /// The first place (see [`crate::place`]) that it may hold.
    pub from: u32,
    /// The last.
    pub to: u32,
    /// Events.
    pub events: Option<TableEntry>,
    /// Traits, aliases and leaves.
    pub facts: Option<TableEntry>,
}

/// A table's rows in one part of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// How many rows.
    pub rows: u64,
    /// The rows.
    pub data: StoredFile,
    /// How many rows each person of each household has, in the order of the rows.
    pub lives: StoredFile,
    /// Lives that have moved to later runs, as their numbers in `lives`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<StoredFile>,
}

/// What all imports have seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Event rows.
    pub events: u64,
    /// Trait rows, aliases and leaves.
    pub facts: u64,
    /// Copies of rows that were already there.
    pub duplicates: u64,
    /// Copies that said something else than the row that counts.
    pub differing: u64,
    /// Rows that name nobody, or say nothing that can be kept.
    pub rejected: u64,
    /// Rows that carry a time of receipt, copies among them.
    pub received: u64,
}

impl Manifest {
    /// A lake without a row.
    pub(crate) fn empty(placement: String) -> Self {
        Self {
            format: FORMAT,
            version: 0,
            placement,
            persons: Vec::new(),
            accounts: Vec::new(),
            workspaces: Vec::new(),
            names: Vec::new(),
            sources: Vec::new(),
            columns: Vec::new(),
            runs: Vec::new(),
            messages: Vec::new(),
            ties: Vec::new(),
            aliases: Vec::new(),
            bonds: Vec::new(),
            totals: Totals::default(),
            log: 0,
            changes: 0,
            kept_from: None,
        }
    }

    /// The manifest in force; `None` if the folder holds no lake.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>> {
        let pointer = folder.join(CURRENT);
        let name = match fs::read_to_string(&pointer) {
            Ok(name) => name,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::system("read", &pointer)(error)),
        };
        let path = folder.join(name.trim());
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::damaged(&path, "the manifest is missing"));
            }
            Err(error) => return Err(Error::system("read", &path)(error)),
        };
        // The format first: later formats may have other fields.
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head = serde_json::from_slice(&text).map_err(|error| Error::damaged(&path, error.to_string()))?;
        if head.format > FORMAT {
            return Err(Error::Newer { path, found: head.format, known: FORMAT });
        }
        let manifest = serde_json::from_slice(&text).map_err(|error| Error::damaged(&path, error.to_string()))?;
        Ok(Some(manifest))
    }

    /// Puts this version in force. All its files must be on the disk.
    pub(crate) fn commit(&self, folder: &Path) -> Result<()> {
        let name = self.file_name();
        let path = folder.join(&name);
        let text = serde_json::to_vec_pretty(self).map_err(|error| Error::damaged(&path, error.to_string()))?;
        files::sync_folder(folder)?;
        files::replace(&path, &text)?;
        files::replace(&folder.join(CURRENT), format!("{name}\n").as_bytes())
    }

    /// The manifest's own file.
    pub(crate) fn file_name(&self) -> String {
        format!("manifest-{}.json", self.version)
    }

    /// Every file that this version needs.
    pub fn files(&self) -> impl Iterator<Item = &StoredFile> {
        let dictionaries = [&self.persons, &self.accounts, &self.workspaces, &self.names, &self.sources, &self.columns];
        let tables = self.parts().flat_map(|part| part.events.iter().chain(&part.facts));
        dictionaries
            .into_iter()
            .flatten()
            .map(|segment| &segment.file)
            .chain(tables.flat_map(|table| [&table.data, &table.lives].into_iter().chain(&table.moved)))
            .chain(self.messages.iter().map(|messages| &messages.file))
            .chain(self.ties.iter().chain(&self.aliases).chain(&self.bonds))
    }

    fn parts(&self) -> impl Iterator<Item = &PartEntry> {
        self.runs.iter().flat_map(|run| &run.parts)
    }
}
