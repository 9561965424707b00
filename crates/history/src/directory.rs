//! The ids behind the lake's codes, each kind read on first use.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use engine::household::{Code, Directory, Subject};
use engine::identity::{Households, Identity, Ids};
use engine::record::SubjectKind;

use crate::dictionary::Dictionary;
use crate::error::{Error, Result};
use crate::identity_files::IdentityFiles;
use crate::manifest::{DictionarySegment, Manifest};
use crate::moves::Whereabouts;

/// All ids of a lake, and who they are.
#[derive(Debug)]
pub struct LakeDirectory {
    folder: PathBuf,
    manifest: Manifest,
    persons: OnceLock<Dictionary>,
    accounts: OnceLock<Dictionary>,
    workspaces: OnceLock<Dictionary>,
    identity: OnceLock<Identity>,
    households: OnceLock<Households>,
    /// Held while reading, so that each kind is read once.
    reading: Mutex<()>,
    /// The first failure that could not be given to whoever asked for an id.
    failure: Mutex<Option<Error>>,
}

impl LakeDirectory {
    pub(crate) fn new(folder: &Path, manifest: &Manifest) -> Self {
        Self {
            folder: folder.to_owned(),
            manifest: manifest.clone(),
            persons: OnceLock::new(),
            accounts: OnceLock::new(),
            workspaces: OnceLock::new(),
            identity: OnceLock::new(),
            households: OnceLock::new(),
            reading: Mutex::new(()),
            failure: Mutex::new(None),
        }
    }

    /// Of which everything is at hand.
    pub(crate) fn full(folder: &Path, manifest: &Manifest, ids: [Dictionary; 3], whereabouts: Whereabouts) -> Self {
        let Whereabouts { identity, households } = whereabouts;
        let [persons, accounts, workspaces] = ids.map(OnceLock::from);
        let (identity, households) = (identity.into(), households.into());
        Self { persons, accounts, workspaces, identity, households, ..Self::new(folder, manifest) }
    }

    /// The dictionary of one kind of ids; users' and anonymous ids share one.
    pub(crate) fn ids(&self, kind: SubjectKind) -> Result<&Dictionary> {
        let (place, segments) = self.place_of(kind);
        self.once(place, || Dictionary::load(&self.folder, segments))
    }

    const fn place_of(&self, kind: SubjectKind) -> (&OnceLock<Dictionary>, &Vec<DictionarySegment>) {
        match kind {
            SubjectKind::User => (&self.persons, &self.manifest.persons),
            SubjectKind::Account => (&self.accounts, &self.manifest.accounts),
            SubjectKind::Workspace => (&self.workspaces, &self.manifest.workspaces),
        }
    }

    /// A dictionary to which ids may be added. It is not kept here if it was not at hand: there would be two of it.
    pub(crate) fn own_ids(&self, kind: SubjectKind) -> Result<Dictionary> {
        let (place, segments) = self.place_of(kind);
        place.get().cloned().map_or_else(|| Dictionary::load(&self.folder, segments), Ok)
    }

    /// Who is whose and who belongs together, if that was read already.
    pub(crate) fn whereabouts(&self) -> Option<(&Identity, &Households)> {
        self.identity.get().zip(self.households.get())
    }

    /// Ties and aliases.
    pub(crate) fn identity(&self) -> Result<&Identity> {
        let persons = self.ids(SubjectKind::User)?;
        self.once(&self.identity, || Ok(IdentityFiles::load(&self.folder, &self.manifest)?.resolve(persons)))
    }

    /// The household of every subject.
    pub(crate) fn households(&self) -> Result<&Households> {
        let identity = self.identity()?;
        self.once(&self.households, || {
            let bonds = IdentityFiles::load(&self.folder, &self.manifest)?.bonds;
            let [persons, accounts, workspaces] =
                [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace].map(|kind| self.count(kind) + 1);
            Ok(Households::of(bonds, identity, accounts, workspaces, persons))
        })
    }

    fn once<'a, T>(&self, place: &'a OnceLock<T>, read: impl FnOnce() -> Result<T>) -> Result<&'a T> {
        if let Some(there) = place.get() {
            return Ok(there);
        }
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = place.get() {
            return Ok(there);
        }
        let value = read()?;
        Ok(place.get_or_init(|| value))
    }

    /// Keeps a failure for [`Self::take_failure`].
    fn or_keep<T>(&self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                None
            }
        }
    }

    /// The failure of a lookup since the last call: until then ids came out empty.
    pub(crate) fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The subject that an id names: for users the person behind it (of an anonymous id the first user it is tied to).
    ///
    /// # Errors
    /// When a dictionary cannot be read.
    pub fn find(&self, kind: SubjectKind, id: &str) -> Result<Option<Subject>> {
        let Some(code) = self.ids(kind)?.find(id) else { return Ok(None) };
        let code = match kind {
            SubjectKind::User => self.identity()?.persons_of_anonymous(code).next().unwrap_or(code),
            SubjectKind::Account | SubjectKind::Workspace => code,
        };
        Ok(Some(Subject { kind, code }))
    }

    /// How many ids of a kind there are, erased ones among them; anonymous ids count as users' here.
    #[must_use]
    pub fn count(&self, kind: SubjectKind) -> u32 {
        self.place_of(kind).1.iter().map(|segment| segment.entries).sum()
    }

    /// How many there are without those that were erased.
    ///
    /// # Errors
    /// When the dictionary cannot be read.
    pub(crate) fn still_named(&self, kind: SubjectKind) -> Result<u32> {
        Ok(self.count(kind) - self.ids(kind)?.marks())
    }

    /// The code of an account, 0 if there is none of that id.
    pub(crate) fn account_code(&self, id: &str) -> Code {
        self.or_keep(self.ids(SubjectKind::Account)).and_then(|accounts| accounts.find(id)).unwrap_or(0)
    }
}

impl Directory for LakeDirectory {
    fn id(&self, subject: Subject) -> &str {
        self.or_keep(self.ids(subject.kind)).map_or("", |ids| ids.text(subject.code))
    }

    fn is_id_of(&self, user: Code, id: &str) -> bool {
        let persons = self.or_keep(self.ids(SubjectKind::User));
        let Some(code) = persons.and_then(|persons| persons.find(id)) else { return false };
        self.or_keep(self.identity()).is_some_and(|identity| identity.is_id_of(code, user))
    }
}

/// The ids of accounts, for rules in which the smaller id wins.
pub(crate) struct AccountIds<'a>(pub(crate) &'a LakeDirectory);

impl Ids for AccountIds<'_> {
    fn text(&self, code: Code) -> &str {
        self.0.id(Subject { kind: SubjectKind::Account, code })
    }
}
