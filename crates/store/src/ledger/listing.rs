//! Lists of leads: which, in what order, and how to get the next page.

use engine::number::Number;
use engine::record::SubjectKind;
use engine::time::Timestamp;

use super::lead::{Lead, Qualification};
use super::words;

/// Which leads; what is `None` is not asked for. Retracted leads are left out unless asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// No lead but this one.
    pub lead: Option<u64>,
    /// Of this definition.
    pub definition: Option<String>,
    /// Of subjects of this kind.
    pub subject_kind: Option<SubjectKind>,
    /// In this state, by its word.
    pub state: Option<String>,
    /// Qualified for this.
    pub qualification: Option<Qualification>,
    /// In this band.
    pub band: Option<String>,
    /// With this in the subject's or the account's id, in any case of ASCII letters.
    pub subject_text: Option<String>,
    /// Of this account.
    pub account: Option<String>,
    /// For whom this person is responsible.
    pub owner: Option<String>,
    /// Qualified at this instant or later.
    pub qualified_from: Option<Timestamp>,
    /// Qualified before this instant.
    pub qualified_before: Option<Timestamp>,
    /// With at least this score.
    pub score_at_least: Option<Number>,
    /// Of subjects who may be contacted, or of those who may not.
    pub may_contact: Option<bool>,
    /// Those that are retracted instead of those that are not.
    pub are_retracted: bool,
}

words! {
    /// What comes first.
    Order:
    /// The latest.
    QualifiedAt = "qualified_at",
    /// The highest score.
    Score = "score",
    /// The highest value, whatever the currency.
    Value = "value",
}

/// Where a page ended: the next one starts after it, whatever has come in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeadCursor {
    /// What the list is ordered by, of the last lead.
    pub(crate) key: i64,
    /// The last lead.
    pub(crate) id: u64,
}

impl LeadCursor {
    /// As it can be handed out.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{}.{}", self.key, self.id)
    }

    /// As it comes back; `None` if it is none.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        let (key, id) = text.split_once('.')?;
        Some(Self { key: key.parse().ok()?, id: id.parse().ok()? })
    }
}

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// What comes first.
    pub order: Order,
    /// After this; from the beginning if `None`.
    pub after: Option<LeadCursor>,
    /// At most so many.
    pub most: usize,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadPage {
    /// The leads.
    pub leads: Vec<Lead>,
    /// Where to go on; `None` if that was all.
    pub next: Option<LeadCursor>,
}
