//! Which entries are taken together. What comes in behind something that somebody says of a lead comes after it, however the log is cut into
//! batches: who has taken a lead in hand and is then told that it pays sees it convert, and who knew that it paid is not contradicted.

use crate::live::entry::{Entry, LeadAct};

/// How many entries are taken together: those up to the first record behind a lead's state that somebody has set.
pub(super) fn together(entries: &[(u64, Entry)]) -> usize {
    let is_said = |(_, entry): &(u64, Entry)| matches!(entry, Entry::Lead { what: LeadAct::State(_), .. });
    let Some(said) = entries.iter().position(is_said) else { return entries.len() };
    let record = |(_, entry): &(u64, Entry)| matches!(entry, Entry::Record(_));
    let behind = entries.iter().skip(said).position(record);
    behind.map_or(entries.len(), |behind| said + behind)
}
