//! Leads and rejected input as JSON.

use serde_json::{Value as Json, json};
use store::ledger::lead::{Change, Lead, LeadState, Note};
use store::ledger::rejects::Reject;

/// A lead.
pub fn lead(lead: &Lead) -> Json {
    let facts = &lead.facts;
    let score = facts.score.as_ref().map(|score| {
        let parts: serde_json::Map<String, Json> =
            score.parts.iter().map(|(name, points)| (name.clone(), Json::from(points.to_f64()))).collect();
        json!({ "total": score.total.to_f64(), "parts": parts })
    });
    let value =
        facts.value.as_ref().map(|money| json!({ "amount": money.amount.to_string(), "currency": money.currency }));
    let (reason, until) = match &lead.state {
        LeadState::Refused { reason } => (Some(reason.clone()), None),
        LeadState::Snoozed { until } => (None, Some(until.to_string())),
        _ => (None, None),
    };
    json!({
        "id": lead.id,
        "definition": lead.definition,
        "version": facts.version,
        "subject": { "kind": facts.subject_kind.word(), "id": facts.subject },
        "account": facts.account,
        "entry": lead.entry,
        "qualification": facts.qualification.word(),
        "qualified_at": facts.qualified_at.to_string(),
        "detected_at": lead.detected_at.to_string(),
        "exit_at": facts.exit_at.map(|at| at.to_string()),
        "score": score,
        "band": facts.band,
        "value": value,
        "state": lead.state.word(),
        "refused_because": reason,
        "snoozed_until": until,
        "corrected": lead.is_corrected,
        "retracted": lead.is_retracted,
        "owner": lead.owner,
        "stage": lead.stage,
    })
}

/// A change of a lead.
pub fn change(change: &Change) -> Json {
    let detail: Json = serde_json::from_str(&change.detail).unwrap_or(Json::Null);
    json!({
        "number": change.number,
        "lead": change.lead,
        "at": change.at.to_string(),
        "kind": change.kind.word(),
        "by": change.by,
        "detail": detail,
    })
}

/// A note.
pub fn note(note: &Note) -> Json {
    json!({ "at": note.at.to_string(), "by": note.by, "text": note.text })
}

/// Rejected input.
pub fn reject(reject: &Reject) -> Json {
    json!({
        "at": reject.at.to_string(),
        "source": reject.source,
        "reason": reject.reason,
        "text": reject.text,
        "place": reject.place,
        "sample": reject.sample,
    })
}
