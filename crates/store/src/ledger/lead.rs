//! A lead: one entry of one subject into one definition, and what people did with it.

use engine::number::Number;
use engine::record::{Money, SubjectKind};
use engine::time::Timestamp;

use super::words;

words! {
    /// What somebody qualified for.
    Qualification:
    /// Behaviour met, fit not met or not known.
    ToUse = "to_use",
    /// Behaviour and fit met.
    ToBuy = "to_buy",
}

words! {
    /// What a change was about.
    ChangeKind:
    /// The lead came to be.
    Detected = "detected",
    /// What the engine says of it has moved with time: score, exit.
    Moved = "moved",
    /// Late data has set it right.
    Corrected = "corrected",
    /// Late data has shown that it never qualified.
    Retracted = "retracted",
    /// Later data still has shown that it did.
    Reinstated = "reinstated",
    /// It is worked on, accepted, refused …
    State = "state",
    /// Somebody else is responsible.
    Owner = "owner",
    /// Its stage in the CRM is another.
    Stage = "stage",
    /// Somebody wrote a note.
    Note = "note",
    /// Its subject was erased.
    Erased = "erased",
}

/// A score and the points of each part, in the definition's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadScore {
    /// 0–100, with two places.
    pub total: Number,
    /// The parts by name.
    pub parts: Vec<(String, Number)>,
}

/// What the engine says of a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The hash of the definition's version.
    pub version: String,
    /// Whether a person, an account or a workspace.
    pub subject_kind: SubjectKind,
    /// The subject's id, as the source gives it.
    pub subject: String,
    /// The account's id.
    pub account: Option<String>,
    /// What for.
    pub qualification: Qualification,
    /// The qualification instant.
    pub qualified_at: Timestamp,
    /// When it could first have been known, where receipt is known.
    pub knowable_at: Option<Timestamp>,
    /// When it no longer held.
    pub exit_at: Option<Timestamp>,
    /// The score at the qualification instant, where the definition has one.
    pub score: Option<LeadScore>,
    /// What it may be worth in a year.
    pub value: Option<Money>,
    /// The score's band.
    pub band: Option<String>,
    /// Whether the subject may be contacted, as far as it has said: else nobody outside is told of it.
    pub may_contact: bool,
}

/// Where people have got with a lead.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum LeadState {
    /// Nobody has touched it.
    New,
    /// Somebody works on it.
    Working,
    /// Sales took it.
    Accepted,
    /// Sales did not.
    Refused {
        /// Why not.
        reason: String,
    },
    /// To be shown again later.
    Snoozed {
        /// When.
        until: Timestamp,
    },
    /// It paid.
    Converted,
    /// Its time is over.
    Lapsed,
}

impl LeadState {
    /// Its word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Working => "working",
            Self::Accepted => "accepted",
            Self::Refused { .. } => "refused",
            Self::Snoozed { .. } => "snoozed",
            Self::Converted => "converted",
            Self::Lapsed => "lapsed",
        }
    }
}

/// A lead as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// Given when first detected, never changed.
    pub id: u64,
    /// The definition's id.
    pub definition: String,
    /// Which entry of its subject, from 1 on.
    pub entry: u32,
    /// When it was first detected.
    pub detected_at: Timestamp,
    /// What the engine says.
    pub facts: Facts,
    /// Late data has moved it.
    pub is_corrected: bool,
    /// Late data has made it vanish: it is shown and not counted.
    pub is_retracted: bool,
    /// Where people have got with it.
    pub state: LeadState,
    /// Who is responsible.
    pub owner: Option<String>,
    /// Its stage in the CRM.
    pub stage: Option<String>,
    /// Offset of the log at its last change.
    pub changed: u64,
}

/// The least that a processor must know of a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// The lead.
    pub id: u64,
    /// The definition's id.
    pub definition: String,
    /// Whether a person, an account or a workspace.
    pub subject_kind: SubjectKind,
    /// The subject's id.
    pub subject: String,
    /// Of a person: whether a company of theirs stands with it.
    pub has_account: bool,
    /// Which entry.
    pub entry: u32,
    /// What for.
    pub qualification: Qualification,
    /// The qualification instant.
    pub qualified_at: Timestamp,
    /// When it no longer held.
    pub exit_at: Option<Timestamp>,
    /// The score, with two places.
    pub score: Option<Number>,
    /// What it may be worth in a year.
    pub value: Option<Money>,
    /// The score's band.
    pub band: Option<String>,
    /// Whether the subject may be contacted.
    pub may_contact: bool,
    /// Late data has moved it.
    pub is_corrected: bool,
    /// Late data has made it vanish.
    pub is_retracted: bool,
    /// Where people have got with it.
    pub state: LeadState,
}

/// One change of one lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadChange {
    /// The lead.
    pub lead: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it; `None`: Brix.
    pub by: Option<String>,
    /// What.
    pub what: What,
}

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A new lead; its number is the caller's to give, see [`super::Ledger::next_lead`].
    Detected {
        /// The definition's id.
        definition: String,
        /// Which entry of its subject.
        entry: u32,
        /// What the engine says.
        facts: Box<Facts>,
        /// JSON: why. What its `reasons` say, a list of texts, is kept with the change too.
        evidence: String,
        /// Found in what had been there before, of which nobody is told.
        in_history: bool,
    },
    /// The engine says something else as time passes.
    Moved {
        /// All of it.
        facts: Box<Facts>,
        /// New evidence, if it changed.
        evidence: Option<String>,
    },
    /// Late data has set it right.
    Corrected {
        /// All of it.
        facts: Box<Facts>,
        /// New evidence, if it changed.
        evidence: Option<String>,
    },
    /// Late data has made it vanish. What has not been sent must be named in [`super::Commit::cancelled`] too.
    Retracted,
    /// Its subject refuses to be judged: it is retracted, and its history says why.
    Unconsented,
    /// Another version of the definition does not name it: it is retracted, and its history says by which.
    Withdrawn {
        /// The hash of that version.
        version: String,
    },
    /// It is back.
    Reinstated {
        /// By what had been there before, of which nobody is told.
        in_history: bool,
    },
    /// Where people have got with it.
    State(LeadState),
    /// Where it stands now that its goal was reached at this instant: converted by it, or what somebody says who could know of it.
    Answered {
        /// Where.
        state: LeadState,
        /// The latest instant of the goal that was known.
        goal: Timestamp,
    },
    /// Who is responsible.
    Owner(Option<String>),
    /// Its stage in the CRM.
    Stage(Option<String>),
    /// Somebody wrote something.
    Note(String),
    /// The subject was erased: its id is replaced and evidence, notes, what its changes and actions said, and errors of
    /// attempts go. What is left is a number that nobody is shown; it must be named in [`super::Commit::cancelled`] too.
    Erased {
        /// What stands in the place of the subject's id.
        subject: String,
    },
}

/// A change as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Counts all changes of all leads, from 1 on, upwards; not without gaps.
    pub number: u64,
    /// The lead.
    pub lead: u64,
    /// When.
    pub at: Timestamp,
    /// Offset of the log.
    pub offset: u64,
    /// What it was about.
    pub kind: ChangeKind,
    /// JSON: what exactly, an object.
    pub detail: String,
    /// Who did it; `None`: Brix.
    pub by: Option<String>,
}

/// What somebody wrote about a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Option<String>,
    /// What.
    pub text: String,
}
