//! Ids that are looked for in what comes in.

use std::collections::{BTreeMap, HashSet};

use engine::batch::{ABSENT, Batch, Shape};
use engine::record::{Body, Record, SubjectKind};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use store::catalog::Suppression;

use crate::access::secret::hexadecimal;

/// What is kept of who was erased begins so; then come the key and the hash.
const SEALED: &str = "erased:";

/// Where the words end among which one may be the id of who was erased.
const BETWEEN_WORDS: [char; 16] = [' ', '"', '\'', ',', ';', '<', '>', '(', ')', '{', '}', '[', ']', '&', '=', '\n'];

type Hash = Hmac<Sha256>;

/// Who it is, in memory.
#[derive(Debug, Default)]
pub struct Ids {
    /// As they are sent.
    plain: BTreeMap<SubjectKind, HashSet<String>>,
    /// What is kept of who was erased.
    sealed: HashSet<String>,
    /// The key of the hashes, once there is one.
    pub(super) key: Option<String>,
}

impl Ids {
    /// Those that a catalog keeps.
    pub fn of(all: Vec<Suppression>) -> Self {
        let mut ids = Self::default();
        all.into_iter().for_each(|known| ids.add(known.kind, known.subject));
        ids
    }

    /// With one more.
    pub fn add(&mut self, kind: SubjectKind, subject: String) {
        match subject.strip_prefix(SEALED).and_then(|rest| rest.split_once(':')) {
            Some((key, _)) => {
                self.key.get_or_insert_with(|| key.to_owned());
                self.sealed.insert(subject);
            }
            None => drop(self.plain.entry(kind).or_default().insert(subject)),
        }
    }

    pub(super) fn remove(&mut self, kind: SubjectKind, subject: &str) {
        self.sealed.remove(subject);
        if let Some(ids) = self.plain.get_mut(&kind) {
            ids.remove(subject);
        }
    }

    /// Whether the id stands there as it is sent.
    pub(super) fn has_plain(&self, kind: SubjectKind, id: &str) -> bool {
        self.plain.get(&kind).is_some_and(|ids| ids.contains(id))
    }

    /// Whether a subject is one of them.
    pub fn has(&self, kind: SubjectKind, id: &str) -> bool {
        self.has_plain(kind, id)
            || !self.sealed.is_empty()
                && self.key.as_ref().is_some_and(|key| self.sealed.contains(&sealed(key, kind, id)))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sealed.is_empty() && self.plain.values().all(HashSet::is_empty)
    }

    /// Whether this is what is kept of somebody who was erased.
    pub(super) fn has_sealed(&self, sealed: &str) -> bool {
        self.sealed.contains(sealed)
    }

    /// Whether a record names one of them. A device or an older id counts as the person's.
    pub fn are_named_by(&self, record: &Record) -> bool {
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

    /// A batch without what names one of them; gives how many records that were.
    pub fn sift(&self, batch: Batch) -> (Batch, u64) {
        if self.is_empty() || !self.may_be_named_by(&batch) {
            return (batch, 0);
        }
        let records = batch.to_records();
        let kept = Batch::from_records(records.iter().filter(|record| !self.are_named_by(record)));
        let left_out = records.len() - kept.len();
        (kept, left_out as u64)
    }

    /// Each id is looked at once, for batches that name none of them are the rule.
    fn may_be_named_by(&self, batch: &Batch) -> bool {
        let mut seen = HashSet::new();
        let columns = [
            (SubjectKind::User, &batch.users),
            (SubjectKind::User, &batch.anonymous),
            (SubjectKind::Account, &batch.accounts),
            (SubjectKind::Workspace, &batch.workspaces),
        ];
        let aliases = batch.names.iter().zip(&batch.shapes).filter(|(_, shape)| **shape == Shape::Alias);
        let ids = columns.into_iter().flat_map(|(kind, codes)| codes.iter().map(move |code| (kind, *code)));
        let mut ids = ids.chain(aliases.map(|(code, _)| (SubjectKind::User, *code)));
        ids.any(|(kind, code)| {
            code != ABSENT && seen.insert((kind, code)) && batch.texts.get(code).is_some_and(|id| self.has(kind, id))
        })
    }

    /// Whether an id of one of them stands in a text as a word of its own.
    pub fn stand_in(&self, text: &str) -> bool {
        let kinds = [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace];
        let is_sealed = |word: &str| kinds.into_iter().any(|kind| self.has(kind, word));
        self.plain.values().flatten().any(|id| is_word_of(text, id))
            || !self.sealed.is_empty() && text.split(BETWEEN_WORDS).any(is_sealed)
    }
}

/// What is kept of an id of who was erased: enough to know it again, and nothing that says it.
pub(super) fn sealed(key: &str, kind: SubjectKind, id: &str) -> String {
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
