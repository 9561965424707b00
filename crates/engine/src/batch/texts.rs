//! Texts of a batch, each kept once.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// The code that stands for "none".
pub const ABSENT: u32 = u32::MAX;

/// So few texts are looked through one by one, without a table: most dictionaries are of one household and hold two or three.
const FEW: usize = 8;

/// Texts one after the other, found by their place.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct TextList {
    bytes: String,
    /// Where each text ends in `bytes`.
    ends: Vec<usize>,
}

impl TextList {
    /// Appends a text and gives its place.
    pub fn push(&mut self, text: &str) -> u32 {
        let place = u32::try_from(self.ends.len()).unwrap_or(ABSENT);
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        place
    }

    /// The text at a place; `None` past the end and for [`ABSENT`].
    #[must_use]
    pub fn get(&self, place: u32) -> Option<&str> {
        let place = place as usize;
        let end = *self.ends.get(place)?;
        let start = if place == 0 { 0 } else { *self.ends.get(place - 1)? };
        self.bytes.get(start..end)
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The texts in order of their places.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|place| self.get(u32::try_from(place).ok()?))
    }

    /// Bytes of memory in use.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<usize>()
    }
}

/// A dictionary: each different text once, with the place of its first use as its code.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(from = "TextList")]
pub struct Texts {
    list: TextList,
    /// Codes, found by the text's hash, once there are more than a [`FEW`].
    table: HashTable<u32>,
}

impl Texts {
    /// The code of a text, new if the text is.
    pub fn intern(&mut self, text: &str) -> u32 {
        if self.list.len() <= FEW {
            return self.find(text).unwrap_or_else(|| self.push(text));
        }
        let Self { list, table } = self;
        let hash = hash(text);
        if let Some(code) = table.find(hash, |code| list.get(*code) == Some(text)) {
            return *code;
        }
        let code = list.push(text);
        table.insert_unique(hash, code, |code| hash_of(list, *code));
        code
    }

    /// A text that is not there yet, while there are but a few.
    fn push(&mut self, text: &str) -> u32 {
        let code = self.list.push(text);
        self.index();
        code
    }

    /// Has the texts found by their hashes, if they are more than a few.
    fn index(&mut self) {
        let Self { list, table } = self;
        if list.len() > FEW {
            table.reserve(list.len(), |code| hash_of(list, *code));
            for code in (0..).take(list.len()) {
                table.insert_unique(hash_of(list, code), code, |code| hash_of(list, *code));
            }
        }
    }

    /// The code of a text that is already there.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<u32> {
        if self.list.len() <= FEW {
            return (0..).zip(self.list.iter()).find(|(_, known)| *known == text).map(|(code, _)| code);
        }
        self.table.find(hash(text), |code| self.list.get(*code) == Some(text)).copied()
    }

    /// The text of a code; `None` for [`ABSENT`] and codes of other dictionaries that are too large.
    #[must_use]
    pub fn get(&self, code: u32) -> Option<&str> {
        self.list.get(code)
    }

    /// How many different texts there are: codes are below this.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The texts in order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.list.iter()
    }

    /// Bytes of memory in use.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.list.memory_bytes() + self.table.capacity() * 5
    }
}

impl serde::Serialize for Texts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl From<TextList> for Texts {
    fn from(list: TextList) -> Self {
        let mut texts = Self { list, table: HashTable::new() };
        texts.index();
        texts
    }
}

fn hash_of(list: &TextList, code: u32) -> u64 {
    hash(list.get(code).unwrap_or_default())
}

/// Seeded with a constant: the order of nothing depends on it, and the engine has no randomness.
fn hash(text: &str) -> u64 {
    let mut hasher = FixedState::with_seed(0x0062_7269_7820_6278).build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}
