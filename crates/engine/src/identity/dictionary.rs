//! A dictionary of ids.

use super::Ids;
use crate::batch::Texts;
use crate::household::Code;
use crate::record::is_generic;

/// Ids of one kind and their codes, from 1 on in order of first use.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct IdDictionary(Texts);

impl IdDictionary {
    /// The code of an id, new if the id is; 0 for an id that names nobody.
    pub fn intern(&mut self, id: &str) -> Code {
        if is_generic(id) { 0 } else { self.0.intern(id) + 1 }
    }

    /// The code of an id that is already there.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Code> {
        self.0.find(id).map(|code| code + 1)
    }

    /// The largest code + 1.
    #[must_use]
    pub fn end(&self) -> Code {
        u32::try_from(self.0.len() + 1).unwrap_or(u32::MAX)
    }

    /// The ids from a code on, in order of their codes.
    pub fn iter_from(&self, code: Code) -> impl Iterator<Item = &str> {
        (code.max(1)..self.end()).map(|code| self.text(code))
    }

    /// Bytes of memory in use.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.0.memory_bytes()
    }
}

impl Ids for IdDictionary {
    fn text(&self, code: Code) -> &str {
        code.checked_sub(1).and_then(|place| self.0.get(place)).unwrap_or_default()
    }
}
