//! One change of one lead: its rows, and the line that tells of it.

use engine::time::Timestamp;
use rusqlite::{Transaction, named_params, params};
use serde_json::{Value, json};

use super::SQL;
use super::lead_row::{hundredths, parts_of, parts_text, value_rank};
use crate::error::Error;
use crate::ledger::lead::{ChangeKind, Facts, LeadChange, LeadState, What};
use crate::sqlite::database::Trouble;
use crate::sqlite::statement::statement;

const DETECT: &str = statement(SQL, "detect");
const SET_FACTS: &str = statement(SQL, "set facts");
const SET_EVIDENCE: &str = statement(SQL, "set evidence");
const SET_RETRACTED: &str = statement(SQL, "set retracted");
const SET_STATE: &str = statement(SQL, "set state");
const SET_OWNER: &str = statement(SQL, "set owner");
const SET_STAGE: &str = statement(SQL, "set stage");
const TOUCH: &str = statement(SQL, "touch");
const NOTE: &str = statement(SQL, "note");
const ERASE_LEAD: &str = statement(SQL, "erase lead");
/// What is said of a lead elsewhere.
const ERASE_REST: [&str; 5] = [
    statement(SQL, "erase evidence"),
    statement(SQL, "erase notes"),
    statement(SQL, "erase changes"),
    statement(SQL, "erase attempts"),
    statement(SQL, "erase actions"),
];
const KEEP_CHANGE: &str = statement(SQL, "keep change");

/// Makes the change at an offset of the log.
pub(super) fn apply(
    transaction: &Transaction<'_>,
    offset: u64,
    change: &LeadChange,
    next_lead: &mut u64,
) -> Result<(), Trouble> {
    let id = change.lead;
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| transaction.prepare_cached(sql)?.execute(values);
    let (rows, kind, detail) = match &change.what {
        What::Detected { definition, entry, facts, evidence, in_history } => {
            if id < *next_lead {
                return Err(Error::Taken { what: "lead", id: id.to_string() }.into());
            }
            *next_lead = id + 1;
            let start = Start { id, definition, entry: *entry, at: change.at };
            detect(transaction, offset, &start, facts)?;
            run(SET_EVIDENCE, params![id, evidence])?;
            let mut said = told(facts, Some(evidence));
            if let (true, Some(said)) = (*in_history, said.as_object_mut()) {
                said.insert("in_history".to_owned(), true.into());
            }
            (1, ChangeKind::Detected, said)
        }
        What::Moved { facts, evidence } | What::Corrected { facts, evidence } => {
            let is_correction = matches!(change.what, What::Corrected { .. });
            let rows = set_facts(transaction, offset, id, facts, is_correction)?;
            if let Some(evidence) = evidence.as_ref().filter(|_| rows > 0) {
                run(SET_EVIDENCE, params![id, evidence])?;
            }
            (
                rows,
                if is_correction { ChangeKind::Corrected } else { ChangeKind::Moved },
                told(facts, evidence.as_deref()),
            )
        }
        What::Retracted => (run(SET_RETRACTED, params![id, true, offset])?, ChangeKind::Retracted, json!({})),
        What::Unconsented => {
            (run(SET_RETRACTED, params![id, true, offset])?, ChangeKind::Retracted, json!({ "because": "consent" }))
        }
        What::Withdrawn { version } => {
            (run(SET_RETRACTED, params![id, true, offset])?, ChangeKind::Retracted, json!({ "version": version }))
        }
        What::Reinstated { in_history } => {
            let said = if *in_history { json!({ "in_history": true }) } else { json!({}) };
            (run(SET_RETRACTED, params![id, false, offset])?, ChangeKind::Reinstated, said)
        }
        What::State(state) | What::Answered { state, .. } => {
            let (reason, until) = match state {
                LeadState::Refused { reason } => (Some(reason), None),
                LeadState::Snoozed { until } => (None, Some(until.0)),
                _ => (None, None),
            };
            let rows = run(SET_STATE, params![id, state.word(), reason, until, offset])?;
            let mut said = json!({ "state": state.word(), "reason": reason, "until": until });
            if let (What::Answered { goal, .. }, Some(said)) = (&change.what, said.as_object_mut()) {
                said.insert("goal".to_owned(), goal.0.into());
            }
            (rows, ChangeKind::State, said)
        }
        What::Owner(owner) => {
            (run(SET_OWNER, params![id, owner, offset])?, ChangeKind::Owner, json!({ "owner": owner }))
        }
        What::Stage(stage) => {
            (run(SET_STAGE, params![id, stage, offset])?, ChangeKind::Stage, json!({ "stage": stage }))
        }
        What::Note(text) => {
            let rows = run(TOUCH, params![id, offset])?;
            if rows > 0 {
                run(NOTE, params![id, change.at.0, change.by, text])?;
            }
            (rows, ChangeKind::Note, json!({}))
        }
        What::Erased { subject } => {
            let rows = run(ERASE_LEAD, params![id, subject, offset])?;
            for sql in ERASE_REST {
                run(sql, params![id])?;
            }
            (rows, ChangeKind::Erased, json!({}))
        }
    };
    if rows == 0 {
        return Err(Error::Missing { what: "lead", id: id.to_string() }.into());
    }
    run(KEEP_CHANGE, params![id, change.at.0, offset, kind.word(), detail.to_string(), change.by])?;
    Ok(())
}

/// What a lead keeps from its first detection.
struct Start<'a> {
    id: u64,
    definition: &'a str,
    entry: u32,
    at: Timestamp,
}

fn detect(transaction: &Transaction<'_>, offset: u64, start: &Start<'_>, facts: &Facts) -> rusqlite::Result<()> {
    transaction.prepare_cached(DETECT)?.execute(named_params! {
        ":id": start.id,
        ":definition": start.definition,
        ":entry": start.entry,
        ":at": start.at.0,
        ":changed": offset,
        ":version": facts.version,
        ":subject_kind": facts.subject_kind.word(),
        ":subject": facts.subject,
        ":account": facts.account,
        ":qualification": facts.qualification.word(),
        ":qualified_at": facts.qualified_at.0,
        ":knowable_at": facts.knowable_at.map(|at| at.0),
        ":exit_at": facts.exit_at.map(|at| at.0),
        ":score": facts.score.as_ref().map(|score| hundredths(score.total)),
        ":score_parts": facts.score.as_ref().map(parts_text),
        ":value": facts.value.as_ref().map(|value| value.amount.to_string()),
        ":currency": facts.value.as_ref().map(|value| value.currency.as_ref()),
        ":value_rank": value_rank(facts.value.as_ref()),
        ":band": facts.band,
        ":may_contact": facts.may_contact,
    })?;
    Ok(())
}

fn set_facts(
    transaction: &Transaction<'_>,
    offset: u64,
    id: u64,
    facts: &Facts,
    is_correction: bool,
) -> rusqlite::Result<usize> {
    transaction.prepare_cached(SET_FACTS)?.execute(named_params! {
        ":id": id,
        ":changed": offset,
        ":is_corrected": is_correction,
        ":version": facts.version,
        ":subject_kind": facts.subject_kind.word(),
        ":subject": facts.subject,
        ":account": facts.account,
        ":qualification": facts.qualification.word(),
        ":qualified_at": facts.qualified_at.0,
        ":knowable_at": facts.knowable_at.map(|at| at.0),
        ":exit_at": facts.exit_at.map(|at| at.0),
        ":score": facts.score.as_ref().map(|score| hundredths(score.total)),
        ":score_parts": facts.score.as_ref().map(parts_text),
        ":value": facts.value.as_ref().map(|value| value.amount.to_string()),
        ":currency": facts.value.as_ref().map(|value| value.currency.as_ref()),
        ":value_rank": value_rank(facts.value.as_ref()),
        ":band": facts.band,
        ":may_contact": facts.may_contact,
    })
}

/// What the line about a change says of the facts: what moves with late data, and why by then, where the evidence is new. Times in
/// microseconds.
fn told(facts: &Facts, evidence: Option<&str>) -> Value {
    let score = facts.score.as_ref();
    let mut told = json!({
        "version": facts.version,
        "account": facts.account,
        "qualification": facts.qualification.word(),
        "qualified_at": facts.qualified_at.0,
        "exit_at": facts.exit_at.map(|at| at.0),
        "score": score.map(|score| score.total.to_string()),
        "score_parts": score.map(parts_of),
        "value": facts.value.as_ref().map(|value| value.amount.to_string()),
        "currency": facts.value.as_ref().map(|value| &*value.currency),
        "band": facts.band,
        "may_contact": facts.may_contact,
    });
    let reasons = evidence.and_then(|evidence| serde_json::from_str::<InWords>(evidence).ok());
    if let (Some(reasons), Some(told)) = (reasons, told.as_object_mut()) {
        told.insert("reasons".to_owned(), reasons.reasons.into());
    }
    told
}

/// What of evidence is kept with each change: the rest is kept of a lead as it stands.
#[derive(serde::Deserialize)]
struct InWords {
    reasons: Vec<String>,
}
