//! Subjects of which nothing is taken in or told any more.
//!
//! The catalog keeps them; what is in memory is what it says, so that every record can be looked at. Ids are compared as they
//! are sent: who has several is suppressed under each. Of those who were erased there are keyed hashes only.

mod ids;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use engine::Timestamp;
use engine::record::{Record, SubjectKind};
use store::catalog::audit::AuditEntry;
use store::catalog::{Catalog, CatalogChange, Suppression};
use store::ledger::lead::Facts;

use crate::access::secret::random;
pub use ids::Ids;
use ids::sealed;

/// All of them.
pub struct Suppressed {
    catalog: Arc<dyn Catalog>,
    ids: RwLock<Ids>,
    /// Held by whoever changes them, so that the catalog and the memory change in the same order.
    turn: Mutex<()>,
}

impl Suppressed {
    /// Those of a catalog.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(catalog: Arc<dyn Catalog>) -> store::Result<Self> {
        let ids = RwLock::new(Ids::of(catalog.suppressions()?));
        Ok(Self { catalog, ids, turn: Mutex::default() })
    }

    /// All, as the catalog has them.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn all(&self) -> store::Result<Vec<Suppression>> {
        self.catalog.suppressions()
    }

    /// From now on a subject is suppressed; what was said first stands.
    ///
    /// # Errors
    /// If it cannot be kept: then nothing has changed.
    pub fn suppress(&self, new: Suppression, audit: AuditEntry) -> store::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (kind, subject) = (new.kind, new.subject.clone());
        self.catalog.change(&[CatalogChange::Suppress(new)], &[audit])?;
        self.ids.write().unwrap_or_else(PoisonError::into_inner).add(kind, subject);
        Ok(())
    }

    /// From now on who is erased is suppressed, under all of these ids; what is kept of them is no id.
    ///
    /// # Errors
    /// There is no randomness for a key; it cannot be kept: then nothing has changed.
    pub fn seal<'a>(&self, ids: impl Iterator<Item = (SubjectKind, &'a str)>, at: Timestamp) -> store::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |ids: &Ids| ids.key.clone();
        let key = known(&self.ids.read().unwrap_or_else(PoisonError::into_inner));
        let no_key = |error| store::Error::System {
            action: "read randomness from",
            path: "/dev/urandom".into(),
            source: Arc::new(error),
        };
        let key = key.map_or_else(random::<16>, Ok).map_err(no_key)?;
        let (mut changes, mut plain, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, id) in ids {
            let subject = sealed(&key, kind, id);
            let reason = "erased".to_owned();
            changes.push(CatalogChange::Suppress(Suppression { kind, subject: subject.clone(), at, reason }));
            if self.ids.read().unwrap_or_else(PoisonError::into_inner).has_plain(kind, id) {
                changes.push(CatalogChange::Unsuppress { kind, subject: id.to_owned() });
                plain.push((kind, id));
            }
            new.push((kind, subject));
        }
        self.catalog.change(&changes, &[])?;
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        new.into_iter().for_each(|(kind, subject)| ids.add(kind, subject));
        plain.into_iter().for_each(|(kind, id)| ids.remove(kind, id));
        Ok(())
    }

    /// Makes sure that no file of the catalog holds what was removed from it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn scrub(&self) -> store::Result<()> {
        self.catalog.scrub()
    }

    /// From now on a subject is taken in and told again.
    ///
    /// # Errors
    /// [`store::Error::Missing`] if it is not suppressed; if it cannot be kept.
    pub fn lift(&self, kind: SubjectKind, subject: String, audit: AuditEntry) -> store::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        let of_erased = ids.key.as_ref().map(|key| sealed(key, kind, &subject));
        let subject = of_erased.filter(|sealed| ids.has_sealed(sealed)).unwrap_or(subject);
        self.catalog.change(&[CatalogChange::Unsuppress { kind, subject: subject.clone() }], &[audit])?;
        ids.remove(kind, &subject);
        Ok(())
    }

    /// Whether there are none: then nothing needs to be looked at.
    pub fn is_empty(&self) -> bool {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Whether a subject is one of them.
    pub fn has(&self, kind: SubjectKind, id: &str) -> bool {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).has(kind, id)
    }

    /// Whether a record names one of them, see [`Ids::are_named_by`].
    pub fn is_named_by(&self, record: &Record) -> bool {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).are_named_by(record)
    }

    /// Whether an id of one of them stands in a text as a word of its own.
    pub fn stand_in(&self, text: &str) -> bool {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).stand_in(text)
    }

    /// Whether a lead is of one of them, or of somebody in a suppressed account.
    pub fn are_told_by(&self, facts: &Facts) -> bool {
        self.has(facts.subject_kind, &facts.subject)
            || facts.account.as_ref().is_some_and(|account| self.has(SubjectKind::Account, account))
    }
}
