//! Leads and rejected input as the API shows them. Instants are RFC 3339, amounts are strings.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use store::ledger::lead::{self, LeadState};
use store::ledger::rejects;
use utoipa::ToSchema;

use crate::live::plain;

/// One entry of one subject into one definition.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lead {
    id: u64,
    /// The definition's id.
    definition: String,
    /// The hash of the definition's version.
    version: String,
    subject: Subject,
    /// The account's id.
    account: Option<String>,
    /// Which entry of its subject, from 1 on.
    #[schema(minimum = 1)]
    entry: u32,
    /// `to_buy` if the fit is met, `to_use` if not.
    qualification: &'static str,
    qualified_at: String,
    detected_at: String,
    /// When it no longer held.
    exit_at: Option<String>,
    score: Option<Score>,
    /// The score's band.
    band: Option<String>,
    /// What it may be worth in a year.
    value: Option<Amount>,
    /// `new`, `working`, `accepted`, `refused`, `snoozed`, `converted` or `lapsed`.
    state: &'static str,
    refused_because: Option<String>,
    snoozed_until: Option<String>,
    /// Whether the subject may be contacted, as far as it has said: else nobody outside is told of it.
    may_contact: bool,
    /// Late data has moved it.
    corrected: bool,
    /// Late data has made it vanish: it is shown and not counted.
    retracted: bool,
    /// Who is responsible.
    owner: Option<String>,
    /// Its stage in the CRM.
    stage: Option<String>,
}

/// Whom it is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Subject {
    /// `user`, `account` or `workspace`.
    pub kind: &'static str,
    pub id: String,
}

/// A score from 0 to 100, and the points of each part.
#[derive(Debug, Serialize, ToSchema)]
pub struct Score {
    total: f64,
    parts: BTreeMap<String, f64>,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub struct Amount {
    amount: String,
    currency: String,
}

impl From<&lead::Lead> for Lead {
    fn from(lead: &lead::Lead) -> Self {
        let facts = &lead.facts;
        let (refused_because, snoozed_until) = match &lead.state {
            LeadState::Refused { reason } => (Some(reason.clone()), None),
            LeadState::Snoozed { until } => (None, Some(until.to_string())),
            _ => (None, None),
        };
        let score = facts.score.as_ref().map(|score| Score {
            total: score.total.to_f64(),
            parts: score.parts.iter().map(|(name, points)| (name.clone(), points.to_f64())).collect(),
        });
        let value = facts
            .value
            .as_ref()
            .map(|money| Amount { amount: money.amount.to_string(), currency: money.currency.to_string() });
        Self {
            id: lead.id,
            definition: lead.definition.clone(),
            version: facts.version.clone(),
            subject: Subject { kind: facts.subject_kind.word(), id: facts.subject.clone() },
            account: facts.account.clone(),
            entry: lead.entry,
            qualification: facts.qualification.word(),
            qualified_at: facts.qualified_at.to_string(),
            detected_at: lead.detected_at.to_string(),
            exit_at: facts.exit_at.map(|at| at.to_string()),
            score,
            band: facts.band.clone(),
            value,
            state: lead.state.word(),
            refused_because,
            snoozed_until,
            may_contact: facts.may_contact,
            corrected: lead.is_corrected,
            retracted: lead.is_retracted,
            owner: lead.owner.clone(),
            stage: lead.stage.clone(),
        }
    }
}

/// A change of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// Counts all changes of all leads, upwards; not without gaps.
    pub number: u64,
    lead: u64,
    at: String,
    /// What it was about: `detected`, `state`, `owner` and so on.
    pub kind: &'static str,
    /// Who did it; none: Brix.
    by: Option<String>,
    /// What exactly; it depends on the kind.
    #[schema(value_type = Value)]
    detail: Value,
}

impl Change {
    /// What its detail says.
    pub fn said(&self, member: &str) -> Option<&Value> {
        self.detail.get(member).filter(|said| !said.is_null())
    }

    /// Whether somebody did it.
    pub const fn is_by_somebody(&self) -> bool {
        self.by.is_some()
    }
}

impl From<&lead::Change> for Change {
    fn from(change: &lead::Change) -> Self {
        Self {
            number: change.number,
            lead: change.lead,
            at: change.at.to_string(),
            kind: change.kind.word(),
            by: change.by.clone(),
            detail: plain::detail(&change.detail),
        }
    }
}

/// What somebody wrote about a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct Note {
    at: String,
    by: Option<String>,
    text: String,
}

impl From<lead::Note> for Note {
    fn from(note: lead::Note) -> Self {
        Self { at: note.at.to_string(), by: note.by, text: note.text }
    }
}

/// One piece of input that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reject {
    at: String,
    source: String,
    /// Why, for programs.
    reason: String,
    /// Why, for people.
    text: String,
    /// Where in what was sent.
    place: String,
    /// What was sent, or its beginning.
    sample: String,
}

impl From<rejects::Reject> for Reject {
    fn from(reject: rejects::Reject) -> Self {
        Self {
            at: reject.at.to_string(),
            source: reject.source,
            reason: reject.reason,
            text: reject.text,
            place: reject.place,
            sample: reject.sample,
        }
    }
}

/// How often a source's input was rejected for a reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct RejectTotal {
    source: String,
    reason: String,
    total: u64,
    last_at: String,
}

impl From<rejects::RejectTotal> for RejectTotal {
    fn from(total: rejects::RejectTotal) -> Self {
        Self { source: total.source, reason: total.reason, total: total.total, last_at: total.last_at.to_string() }
    }
}
