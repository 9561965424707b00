//! A lake opened for reading: one version of it, whatever is imported meanwhile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use engine::Timestamp;
use engine::household::EventName;
use engine::workspace::Workspace;

use crate::columns::ColumnName;
use crate::dictionary::{Dictionary, parse_name};
use crate::directory::LakeDirectory;
use crate::error::{Error, Result};
use crate::intake::Dictionaries;
use crate::manifest::{Manifest, TableEntry, Totals};
use crate::moves::Whereabouts;
use crate::placement::Placement;
use crate::table_reader::{self, Life, OpenTable};

/// A table's file with its lives.
pub(crate) type OpenFile = (Arc<OpenTable>, Arc<Vec<Life>>);

/// One version of a lake.
pub struct Lake {
    folder: PathBuf,
    manifest: Manifest,
    names: Dictionary,
    columns: Dictionary,
    files: Mutex<BTreeMap<String, OpenFile>>,
    directory: Arc<LakeDirectory>,
}

/// Event names as definitions know them, and how the codes in files lead to them.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The dictionary for [`engine::household::Household::names`].
    pub list: Vec<EventName>,
    /// From codes in files, less one, to places in `list`.
    pub(crate) map: Vec<u32>,
    /// Whether all stand in the order of their codes, as where nothing has an alias.
    in_order: bool,
}

impl Lake {
    /// Opens the version in force.
    ///
    /// # Errors
    /// [`Error::Absent`] if the folder holds no lake, [`Error::Newer`] if a later Brix wrote it, [`Error::Damaged`].
    pub fn open(folder: &Path) -> Result<Self> {
        let manifest = Manifest::read(folder)?.ok_or_else(|| Error::Absent(folder.to_owned()))?;
        Self::with(folder, manifest)
    }

    pub(crate) fn with(folder: &Path, manifest: Manifest) -> Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            names: Dictionary::load(folder, &manifest.names)?,
            columns: Dictionary::load(folder, &manifest.columns)?,
            directory: Arc::new(LakeDirectory::new(folder, &manifest)),
            files: Mutex::default(),
            manifest,
        })
    }

    /// The version after it, which a writer has just put in force.
    pub(crate) fn followed(&self, manifest: Manifest, dictionaries: Dictionaries, whereabouts: Whereabouts) -> Self {
        let Dictionaries { persons, accounts, workspaces, names, columns, .. } = dictionaries;
        let directory = LakeDirectory::full(&self.folder, &manifest, [persons, accounts, workspaces], whereabouts);
        let (folder, directory) = (self.folder.clone(), Arc::new(directory));
        Self { folder, names, columns, files: self.still_open(&manifest), directory, manifest }
    }

    /// The version after it, in which only the manifest is another one.
    pub(crate) fn renewed(&self, manifest: Manifest) -> Self {
        Self {
            folder: self.folder.clone(),
            names: self.names.clone(),
            columns: self.columns.clone(),
            files: self.still_open(&manifest),
            directory: Arc::clone(&self.directory),
            manifest,
        }
    }

    /// Its open files that another version has too.
    fn still_open(&self, manifest: &Manifest) -> Mutex<BTreeMap<String, OpenFile>> {
        let parts = manifest.runs.iter().flat_map(|run| &run.parts);
        let tables = parts.flat_map(|part| [&part.events, &part.facts]).flatten();
        let open = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        Mutex::new(tables.map(key_of).filter_map(|key| open.get(&key).cloned().map(|file| (key, file))).collect())
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Which version it is: the number of imports that changed something.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.manifest.version
    }

    /// What the manifest says.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How often something else than the log of a server, such as an import, changed what is known of somebody.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.manifest.changes
    }

    /// Whoever was not heard of at this instant or later is not kept; `None`: everybody is.
    #[must_use]
    pub fn kept_from(&self) -> Option<Timestamp> {
        self.manifest.kept_from.map(Timestamp)
    }

    /// What all imports have seen.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.manifest.totals
    }

    /// Whether rows are laid out for other account settings than a workspace's: then households with accounts cannot be
    /// read before the next import has laid them out anew.
    #[must_use]
    pub fn is_laid_out_for(&self, workspace: &Workspace) -> bool {
        self.manifest.placement == Placement::of(workspace).0 || self.manifest.runs.is_empty()
    }

    /// Compares every file with its checksum.
    ///
    /// # Errors
    /// [`Error::Damaged`] for the first file that differs.
    pub fn verify(&self) -> Result<()> {
        self.manifest.files().try_for_each(|file| file.verify(&self.folder))
    }

    /// Event names after a workspace's aliases, with their kinds.
    #[must_use]
    pub fn names(&self, workspace: &Workspace) -> Names {
        let mut places = BTreeMap::new();
        let mut names = Names::default();
        for text in self.names.iter() {
            let (stated, name) = parse_name(text);
            let name: Arc<str> = Arc::from(name);
            let name = Arc::clone(workspace.name_of(&name));
            let kind = workspace.kind_of(&name, stated);
            let place = *places.entry((Arc::clone(&name), kind)).or_insert_with(|| {
                names.list.push(EventName { name, kind });
                u32::try_from(names.list.len() - 1).unwrap_or(u32::MAX)
            });
            names.map.push(place);
        }
        names.in_order = names.map.iter().zip(0..).all(|(place, code)| *place == code);
        names
    }

    /// By code of a name, less one: its place among names, and whether the source states its kind.
    pub(crate) fn places_of_names(&self, names: &Names) -> Vec<(u32, bool)> {
        let stated = self.names.iter().map(|text| parse_name(text).0.is_some());
        names.map.iter().copied().zip(stated).collect()
    }

    /// Every property and trait with its types.
    #[must_use]
    pub fn columns(&self) -> Vec<ColumnName> {
        self.columns.iter().filter_map(ColumnName::parse).collect()
    }

    pub(crate) fn column_dictionary(&self) -> &Dictionary {
        &self.columns
    }

    pub(crate) fn name_dictionary(&self) -> &Dictionary {
        &self.names
    }

    /// A table's file and its lives, opened once.
    pub(crate) fn open_table(&self, entry: &TableEntry) -> Result<OpenFile> {
        let lock = || self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key_of(entry);
        if let Some(open) = lock().get(&key) {
            return Ok(open.clone());
        }
        let table = Arc::new(OpenTable::open(&self.folder, entry)?);
        let lives = Arc::new(table_reader::lives(&self.folder, entry)?);
        Ok(lock().entry(key).or_insert((table, lives)).clone())
    }

    /// The ids behind the codes.
    #[must_use]
    pub fn directory(&self) -> &LakeDirectory {
        &self.directory
    }
}

/// What says which file it is and which of its lives have moved.
fn key_of(entry: &TableEntry) -> String {
    format!("{} {}", entry.data.name, entry.moved.as_ref().map_or("", |moved| &moved.name))
}

impl Names {
    /// Turns codes in files into places in the list.
    pub(crate) fn translate(&self, codes: &mut [i32]) {
        let place_of = |code: i32| code.cast_unsigned().wrapping_sub(1);
        if self.in_order {
            // Several at once, which a look into the map would not allow.
            let names = self.map.len() as u32;
            for code in codes {
                let place = place_of(*code);
                *code = if place < names { place } else { u32::MAX }.cast_signed();
            }
            return;
        }
        for code in codes {
            let name = self.map.get(place_of(*code) as usize).copied().unwrap_or(u32::MAX);
            *code = name.cast_signed();
        }
    }
}
