//! Who is on their way out. What names them counts no more, though the lake and the log still hold it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context as _, Result};
use engine::Timestamp;
use engine::erasure::Leaving;
use engine::record::{Record, SubjectKind};
use store::ledger::Ledger;
use store::ledger::erasures::Stage;

use super::erasure::Kept;
use super::logged::Logged;

/// A shorter id is looked for in texts only where it stands in quotes.
const TELLING: usize = 6;

/// Somebody who is on their way out.
#[derive(Debug)]
pub struct Departure {
    /// Of the erasure.
    pub erasure: String,
    /// Up to this entry of the log what names them goes.
    pub until: u64,
    /// They are not taken in again.
    pub suppress: bool,
    /// By what they are known.
    pub leaving: Leaving,
    /// They were not heard of since: the lake says so then.
    pub kept_from: Option<Timestamp>,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Erasing(RwLock<Vec<Arc<Departure>>>);

impl Erasing {
    /// Those of whom the lake still holds something.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn of(ledger: &dyn Ledger) -> Result<Self> {
        let mut all = Vec::new();
        for erasure in ledger.erasures().context("cannot read the erasures")? {
            let kept = Kept::of(&erasure).filter(|_| erasure.stage == Stage::Hidden);
            if let Some(Kept { until, suppress, leaving: Some(leaving), kept_from, .. }) = kept {
                all.push(Arc::new(Departure { erasure: erasure.id, until, suppress, leaving, kept_from }));
            }
        }
        Ok(Self(RwLock::new(all)))
    }

    /// All, as they are now.
    pub fn all(&self) -> Vec<Arc<Departure>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// One more.
    pub fn add(&self, departure: Arc<Departure>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(departure);
    }

    /// The lake holds nothing of them any more.
    pub fn remove(&self, gone: &[Arc<Departure>]) {
        let is_gone = |one: &Arc<Departure>| gone.iter().any(|gone| gone.erasure == one.erasure);
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|one| !is_gone(one));
    }

    /// Up to which entry the log goes into the lake before that is written anew, and for whom it is.
    pub fn next(&self) -> Option<(u64, Vec<Arc<Departure>>)> {
        let all = self.all();
        let until = all.iter().map(|one| one.until).min()?;
        Some((until, all.into_iter().filter(|one| one.until == until).collect()))
    }

    /// Leaves out what names one of them.
    pub fn sift(&self, batch: &mut Vec<Logged>) {
        let all = self.all();
        if !all.is_empty() {
            let goes = |one: &Departure, logged: &Logged| {
                logged.offset <= one.until && one.leaving.is_named_by(&logged.record)
            };
            batch.retain(|logged| !all.iter().any(|one| goes(one, logged)));
        }
    }

    /// All records of a household, with their offsets (0: of the lake), without theirs.
    pub fn without(&self, records: impl Iterator<Item = (u64, Record)>) -> Vec<Record> {
        let all = self.all();
        if all.is_empty() {
            return records.map(|(_, record)| record).collect();
        }
        let mut records: Vec<(u64, Record)> = records.collect();
        for one in all {
            let old: Vec<&Record> =
                records.iter().filter(|(offset, _)| *offset <= one.until).map(|(_, record)| record).collect();
            let mut goes = one.leaving.goes(&old).into_iter();
            records.retain(|(offset, _)| *offset > one.until || goes.next() != Some(true));
        }
        records.into_iter().map(|(_, record)| record).collect()
    }
}

/// Ids that are looked for in texts.
pub struct Sought<'a> {
    /// By the first word of each: what stands before that within the id, and the id.
    by_word: HashMap<&'a str, Vec<(usize, &'a str)>>,
    /// Those that have no word.
    wordless: Vec<&'a str>,
}

impl<'a> Sought<'a> {
    /// These.
    pub fn of(ids: &'a BTreeSet<(SubjectKind, String)>) -> Self {
        let mut sought = Self { by_word: HashMap::new(), wordless: Vec::new() };
        for (_, id) in ids {
            match words(id).next() {
                Some((place, word)) => sought.by_word.entry(word).or_default().push((place, id)),
                None => sought.wordless.push(id),
            }
        }
        sought
    }

    /// Whether one of them stands in a text: in quotes, or as a word of its own where it can hardly be another one. Each word of the text is
    /// looked up once, however many ids there are.
    pub fn are_in(&self, text: &str) -> bool {
        let at_word = |(at, word): (usize, &str)| {
            let begins = self.by_word.get(word).into_iter().flatten();
            begins.filter_map(|(before, id)| Some((at.checked_sub(*before)?, *id))).any(|(at, id)| is_at(id, text, at))
        };
        let anywhere = |id: &&str| text.match_indices(*id).any(|(at, _)| is_at(id, text, at));
        words(text).any(at_word) || self.wordless.iter().any(anywhere)
    }
}

/// The words of a text, letters and digits side by side, each with its place.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let pieces = text.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty());
    pieces.map(move |word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

/// Whether an id stands at a place of a text, and means it.
fn is_at(id: &str, text: &str, at: usize) -> bool {
    if !text.get(at..).is_some_and(|rest| rest.starts_with(id)) {
        return false;
    }
    let tells = id.len() >= TELLING && id.contains(|one: char| !one.is_alphabetic());
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let after = text.get(at + id.len()..).and_then(|after| after.chars().next());
    let is_word = ![before, after].into_iter().flatten().any(char::is_alphanumeric);
    (before, after) == (Some('"'), Some('"')) || tells && is_word || text.len() == id.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_where_it_can_be_no_other_word() {
        let ids = |id: &str| BTreeSet::from([(SubjectKind::User, id.to_owned())]);
        for (id, text, is_found) in [
            ("42", r#"{"user":"42"}"#, true),
            ("42", r#"{"times":42}"#, false),
            ("42", "42", true),
            ("ann@example.com", "ask ann@example.com, please", true),
            ("ann@example.com", "joann@example.com", false),
            ("growth", "the growth plan", false),
            ("growth", r#"["growth"]"#, true),
            ("ann@example.com", "mail:ann@example.com|x", true),
            ("ann@example.com", "ann@example.common", false),
            ("ann@example.com", "ann@ ann@example.com", true),
            ("+49 170 1", "call +49 170 1!", true),
            ("+49 170 1", "call +49 170 12", false),
            ("--", r#"{"id":"--"}"#, true),
            ("--", "a -- b", false),
            ("größe-1", "die größe-1.", true),
            ("größe-1", "übergröße-1", false),
        ] {
            assert_eq!(Sought::of(&ids(id)).are_in(text), is_found, "{id} in {text}");
            // The same among many.
            let many = (0..100).map(|number| (SubjectKind::User, format!("somebody-else-{number}")));
            let many = many.chain(ids(id)).collect();
            assert_eq!(Sought::of(&many).are_in(text), is_found, "{id} in {text}");
        }
    }
}
