//! The lake's dictionaries: texts and their codes, from 1 on, in files to which imports only add.

use std::collections::BTreeSet;
use std::path::Path;

use engine::batch::Texts;
use engine::household::Code;
use engine::identity::Ids;
use engine::record::EventKind;

use crate::error::{Error, Result};
use crate::files::StoredFile;
use crate::manifest::DictionarySegment;
use crate::plain::{self, Plain, as_words, words};

/// Past this number of files a dictionary's youngest ones are written as one.
const MOST_SEGMENTS: usize = 8;

/// Texts and their codes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dictionary {
    texts: Texts,
}

impl Dictionary {
    /// Reads all segments.
    pub(crate) fn load(folder: &Path, segments: &[DictionarySegment]) -> Result<Self> {
        let mut dictionary = Self::default();
        for segment in segments {
            let path = folder.join(&segment.file.name);
            let [texts] = plain::read(folder, &segment.file, ["text"])?;
            for text in texts.text() {
                let code = dictionary.intern(as_words(&text, &path)?);
                if code + 1 != dictionary.end() {
                    return Err(Error::damaged(&path, "a text is there twice"));
                }
            }
        }
        Ok(dictionary)
    }

    /// The code of a text, new if the text is.
    pub(crate) fn intern(&mut self, text: &str) -> Code {
        self.texts.intern(text) + 1
    }

    pub(crate) fn find(&self, text: &str) -> Option<Code> {
        self.texts.find(text).map(|code| code + 1)
    }

    /// The largest code + 1.
    pub(crate) fn end(&self) -> Code {
        u32::try_from(self.texts.len() + 1).unwrap_or(u32::MAX)
    }

    /// Texts in order of their codes, from code 1 on.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter()
    }

    /// The same with a mark that says nothing in the place of some texts.
    pub(crate) fn without(&self, codes: &BTreeSet<Code>, version: u64) -> Self {
        let mut marked = Self::default();
        for (code, text) in (1..).zip(self.iter()) {
            if !codes.contains(&code) {
                marked.intern(text);
                continue;
            }
            let mut mark = format!("erased {version} {code}");
            // Somebody may be called so.
            while self.find(&mark).is_some() {
                mark.push('.');
            }
            marked.intern(&mark);
        }
        marked
    }

    /// How many of the texts are marks of [`Self::without`].
    pub(crate) fn marks(&self) -> u32 {
        (1..).zip(self.iter()).map(|(code, text)| u32::from(is_mark(code, text))).sum()
    }

    /// Brings the entries that the segments do not hold to the disk.
    pub(crate) fn save(
        &self,
        folder: &Path,
        stem: &str,
        version: u64,
        segments: &mut Vec<DictionarySegment>,
    ) -> Result<()> {
        let held: u32 = segments.iter().map(|segment| segment.entries).sum();
        if held + 1 >= self.end() {
            return Ok(());
        }
        let mut from = held;
        // Like runs of rows: young files join until each is at least twice the next.
        while let Some(last) = segments.last() {
            let adds = self.end() - 1 - from;
            if segments.len() < MOST_SEGMENTS && u64::from(last.entries) >= 2 * u64::from(adds) {
                break;
            }
            from -= last.entries;
            segments.pop();
        }
        let codes: Vec<u32> = (from + 1..self.end()).collect();
        let texts = codes.iter().map(|code| words(self.text(*code))).collect();
        let entries = self.end() - 1 - from;
        let columns = [("code", Plain::Whole(codes)), ("text", Plain::Text(texts))];
        let file: StoredFile = plain::write(folder, format!("{stem}-{version}.parquet"), &columns)?;
        segments.push(DictionarySegment { file, entries });
        Ok(())
    }
}

/// Whether a text says nothing of whom it was. Somebody who is called so, at the very place of that number, would be taken for one.
fn is_mark(code: Code, text: &str) -> bool {
    let numbers = text.strip_prefix("erased ").and_then(|numbers| numbers.trim_end_matches('.').split_once(' '));
    numbers.is_some_and(|(version, own)| version.parse::<u64>().is_ok() && own.parse() == Ok(code))
}

impl Ids for Dictionary {
    fn text(&self, code: Code) -> &str {
        code.checked_sub(1).and_then(|place| self.texts.get(place)).unwrap_or_default()
    }
}

/// How an event name with the kind that its source states stands in the dictionary of names: `billing:Paid`, or
/// `:Paid` where no kind is stated.
pub(crate) fn name_text(kind: Option<EventKind>, name: &str) -> String {
    format!("{}:{name}", kind.map_or("", EventKind::word))
}

/// The reverse of [`name_text`].
pub(crate) fn parse_name(text: &str) -> (Option<EventKind>, &str) {
    let (kind, name) = text.split_once(':').unwrap_or(("", text));
    (EventKind::ALL.into_iter().find(|candidate| candidate.word() == kind), name)
}
