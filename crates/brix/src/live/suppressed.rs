//! Subjects of which nothing is taken in or told any more.
//!
//! The catalog keeps them; what is in memory is what it says, so that every record can be looked at. Ids are compared as they
//! are sent: who has several is suppressed under each.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use engine::record::{Body, Record, SubjectKind};
use store::catalog::audit::AuditEntry;
use store::catalog::{Catalog, CatalogChange, Suppression};
use store::ledger::lead::Facts;

type Ids = BTreeMap<SubjectKind, HashSet<String>>;

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
        let mut ids = Ids::new();
        for known in catalog.suppressions()? {
            ids.entry(known.kind).or_default().insert(known.subject);
        }
        Ok(Self { catalog, ids: RwLock::new(ids), turn: Mutex::default() })
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
        self.ids.write().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default().insert(subject);
        Ok(())
    }

    /// From now on a subject is taken in and told again.
    ///
    /// # Errors
    /// [`store::Error::Missing`] if it is not suppressed; if it cannot be kept.
    pub fn lift(&self, kind: SubjectKind, subject: String, audit: AuditEntry) -> store::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.catalog.change(&[CatalogChange::Unsuppress { kind, subject: subject.clone() }], &[audit])?;
        if let Some(ids) = self.ids.write().unwrap_or_else(PoisonError::into_inner).get_mut(&kind) {
            ids.remove(&subject);
        }
        Ok(())
    }

    /// Whether there are none: then nothing needs to be looked at.
    pub fn is_empty(&self) -> bool {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).values().all(HashSet::is_empty)
    }

    /// Whether a subject is one of them.
    pub fn has(&self, kind: SubjectKind, id: &str) -> bool {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).get(&kind).is_some_and(|ids| ids.contains(id))
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
        ids.values().flatten().any(|id| is_word_of(text, id))
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
