//! Subjects of which nothing is taken in or told any more.
//!
//! The catalog keeps them; what is in memory is what it says, so that every record can be looked at. Ids are compared as they
//! are sent: who has several is suppressed under each. Of those who were erased there are keyed hashes only.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use engine::Timestamp;
use engine::record::{Body, Record, SubjectKind};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use store::catalog::audit::AuditEntry;
use store::catalog::{Catalog, CatalogChange, Suppression};
use store::ledger::lead::Facts;

use crate::access::secret::{hexadecimal, random};

/// What is kept of who was erased begins so; then come the key and the hash.
const SEALED: &str = "erased:";

/// Where the words end among which one may be the id of who was erased.
const BETWEEN_WORDS: [char; 16] = [' ', '"', '\'', ',', ';', '<', '>', '(', ')', '{', '}', '[', ']', '&', '=', '\n'];

type Hash = Hmac<Sha256>;

/// Who it is, in memory.
#[derive(Debug, Default)]
struct Ids {
    /// As they are sent.
    plain: BTreeMap<SubjectKind, HashSet<String>>,
    /// What is kept of who was erased.
    sealed: HashSet<String>,
    /// The key of the hashes, once there is one.
    key: Option<String>,
}

impl Ids {
    fn of(all: Vec<Suppression>) -> Self {
        let mut ids = Self::default();
        all.into_iter().for_each(|known| ids.add(known.kind, known.subject));
        ids
    }

    fn add(&mut self, kind: SubjectKind, subject: String) {
        match subject.strip_prefix(SEALED).and_then(|rest| rest.split_once(':')) {
            Some((key, _)) => {
                self.key.get_or_insert_with(|| key.to_owned());
                self.sealed.insert(subject);
            }
            None => drop(self.plain.entry(kind).or_default().insert(subject)),
        }
    }

    fn remove(&mut self, kind: SubjectKind, subject: &str) {
        self.sealed.remove(subject);
        if let Some(ids) = self.plain.get_mut(&kind) {
            ids.remove(subject);
        }
    }

    /// Whether the id stands there as it is sent.
    fn has_plain(&self, kind: SubjectKind, id: &str) -> bool {
        self.plain.get(&kind).is_some_and(|ids| ids.contains(id))
    }

    fn has(&self, kind: SubjectKind, id: &str) -> bool {
        self.has_plain(kind, id)
            || !self.sealed.is_empty()
                && self.key.as_ref().is_some_and(|key| self.sealed.contains(&sealed(key, kind, id)))
    }

    fn is_empty(&self) -> bool {
        self.sealed.is_empty() && self.plain.values().all(HashSet::is_empty)
    }
}

/// What is kept of an id of who was erased: enough to know it again, and nothing that says it.
fn sealed(key: &str, kind: SubjectKind, id: &str) -> String {
    // A key of any length will do.
    let digest = Hash::new_from_slice(key.as_bytes()).map(|mut hash| {
        hash.update(kind.word().as_bytes());
        hash.update(b":");
        hash.update(id.as_bytes());
        hash.finalize().into_bytes()
    });
    let digest = digest.map(|digest| hexadecimal(digest.get(..16).unwrap_or_default())).unwrap_or_default();
    format!("{SEALED}{key}:{digest}")
}

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
        let subject = of_erased.filter(|sealed| ids.sealed.contains(sealed)).unwrap_or(subject);
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

    /// Whether a record names one of them. A device or an older id counts as the person's.
    pub fn is_named_by(&self, record: &Record) -> bool {
        let who = &record.who;
        let previous = match &record.body {
            Body::Alias { previous } => Some(previous),
            _ => None,
        };
        let named = [
            (SubjectKind::User, who.user.as_ref()),
            (SubjectKind::User, who.anonymous.as_ref()),
            (SubjectKind::User, previous),
            (SubjectKind::Account, who.account.as_ref()),
            (SubjectKind::Workspace, who.workspace.as_ref()),
        ];
        named.into_iter().any(|(kind, id)| id.is_some_and(|id| self.has(kind, id)))
    }

    /// Whether an id of one of them stands in a text as a word of its own.
    pub fn stand_in(&self, text: &str) -> bool {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        let kinds = [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace];
        let is_sealed = |word: &str| kinds.into_iter().any(|kind| ids.has(kind, word));
        ids.plain.values().flatten().any(|id| is_word_of(text, id))
            || !ids.sealed.is_empty() && text.split(BETWEEN_WORDS).any(is_sealed)
    }

    /// Whether a lead is of one of them, or of somebody in a suppressed account.
    pub fn are_told_by(&self, facts: &Facts) -> bool {
        self.has(facts.subject_kind, &facts.subject)
            || facts.account.as_ref().is_some_and(|account| self.has(SubjectKind::Account, account))
    }
}

fn is_word_of(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(place, _)| {
        let before = text.get(..place).and_then(|before| before.chars().next_back());
        let after = text.get(place + word.len()..).and_then(|after| after.chars().next());
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::is_word_of;

    #[test]
    fn an_id_is_found_as_a_word_only() {
        for (text, is_found) in
            [(r#"{"userId":"u1"}"#, true), ("u1", true), ("u10 u1", true), ("u10", false), ("xu1", false), ("", false)]
        {
            assert_eq!(is_word_of(text, "u1"), is_found, "{text}");
        }
        assert!(is_word_of("mail to ann@example.com, please", "ann@example.com"));
    }
}
