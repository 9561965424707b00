//! The ids behind codes.

use crate::household::{Code, Directory, Subject};
use crate::identity::{IdDictionary, Identity, Ids};
use crate::record::SubjectKind;

/// All ids of a history, in memory.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct IdDirectory {
    pub(crate) persons: IdDictionary,
    pub(crate) accounts: IdDictionary,
    pub(crate) workspaces: IdDictionary,
    pub(crate) identity: Identity,
}

impl IdDirectory {
    /// The ids of one kind; users' and anonymous ids share one dictionary.
    #[must_use]
    pub fn ids(&self, kind: SubjectKind) -> &IdDictionary {
        match kind {
            SubjectKind::User => &self.persons,
            SubjectKind::Account => &self.accounts,
            SubjectKind::Workspace => &self.workspaces,
        }
    }

    /// The subject that an id names: for users the person behind it (of an anonymous id the first user it is tied to).
    #[must_use]
    pub fn find(&self, kind: SubjectKind, id: &str) -> Option<Subject> {
        let code = self.ids(kind).find(id)?;
        let code = match kind {
            SubjectKind::User => self.identity.persons_of_anonymous(code).next().unwrap_or(code),
            SubjectKind::Account | SubjectKind::Workspace => code,
        };
        Some(Subject { kind, code })
    }
}

impl Directory for IdDirectory {
    fn id(&self, subject: Subject) -> &str {
        self.ids(subject.kind).text(subject.code)
    }

    fn is_id_of(&self, user: Code, id: &str) -> bool {
        self.persons.find(id).is_some_and(|code| self.identity.is_id_of(code, user))
    }
}
