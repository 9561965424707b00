//! One lead's whole story: why it is one, by which text of its definition, what became of it and by what, and who was told.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use engine::Timestamp;
use engine::language;
use engine::outcome::Explanation;
use engine::workspace::Workspace;
use insight::{found, words};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use store::catalog::definitions::Revision;
use store::ledger::Ledger;
use store::ledger::action::ActionFilter;
use store::ledger::lead::{self, ChangeKind};
use utoipa::ToSchema;

use super::deliveries::WholeDelivery;
use super::leads::{LeadNumber, number_of};
use super::{blocking, shown};
use crate::instant;
use crate::live::plain;
use crate::serve::Server;
use crate::serve::problem::Problem;

/// The latest deliveries, so many of them.
const MOST_DELIVERIES: usize = 100;
/// How far from a number that is no lead's another one is looked for.
const NEAR: u64 = 100;

/// A lead with why it is one and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeLead {
    #[serde(flatten)]
    lead: shown::Lead,
    /// Why: criteria, and what met them.
    #[schema(value_type = Value)]
    evidence: Value,
    /// The same as lines, in the workspace's time zone; what belongs to a line is indented by two blanks more.
    evidence_in_words: Vec<String>,
    /// The versions of the definition that its history names, as far as their texts are kept.
    versions: Vec<Version>,
    notes: Vec<shown::Note>,
    history: Vec<Turn>,
    /// What destinations were told of it, the newest first, at most 100.
    deliveries: Vec<WholeDelivery>,
}

/// What a version of the definition says of scores and values.
#[derive(Debug, Serialize, ToSchema)]
struct Version {
    /// The hash of what it means.
    version: String,
    /// The first text that means this.
    #[schema(minimum = 1)]
    revision: u32,
    name: String,
    /// The most points of each part of the score.
    weights: BTreeMap<String, f64>,
    /// What makes the value, such as `account seats × 120`.
    value_of: Option<String>,
}

/// A change, and what made it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Turn {
    #[serde(flatten)]
    pub change: shown::Change,
    /// `person`: who `by` says; `event`: what a source has sent; `history`: found in what had been there before, when a definition or the
    /// history came; `time`; `time_or_event`: which of the two is not known; `definition`: another version of it.
    cause: &'static str,
}

/// One lead with its evidence, its notes, its history and what was told of it
#[utoipa::path(
    get,
    path = "/api/v1/leads/{lead}",
    params(("lead" = u64, Path, description = "The lead's number")),
    responses(
        (status = 200, description = "The lead", body = WholeLead),
        (status = 404, description = "There is no such lead; the nearest that there is is named"),
    )
)]
pub async fn one(State(server): State<Arc<Server>>, lead: LeadNumber) -> Result<Json<WholeLead>, Problem> {
    let number = number_of(lead)?;
    let found = blocking(move || match server.ledger.lead(number)? {
        Some(lead) => Ok(Ok(tell(&server, &lead)?)),
        None => Ok(Err(no_lead(server.ledger.as_ref(), number)?)),
    });
    found.await?.map(Json)
}

/// There is no such lead; the nearest that there is is named.
pub(super) fn no_lead(ledger: &dyn Ledger, number: u64) -> store::Result<Problem> {
    let cure = nearest(ledger, number)?.map_or_else(String::new, |near| format!("; the nearest is lead {near}"));
    Ok(Problem::not_found(format!("there is no lead {number}{cure}")))
}

fn tell(server: &Server, lead: &lead::Lead) -> store::Result<WholeLead> {
    let ledger = server.ledger.as_ref();
    let evidence = ledger.evidence(lead.id)?;
    let evidence = evidence.unwrap_or_default();
    let history = turns(&ledger.history(lead.id)?);
    let workspace = server.shelf.workspace();
    let named = |version: &str| version == lead.facts.version || history.iter().any(|turn| turn.version() == version);
    let revisions = server.shelf.catalog().revisions(&lead.definition)?;
    let versions = versions(revisions.into_iter().filter(|revision| named(&revision.version)), workspace);
    let filter = ActionFilter { lead: Some(lead.id), ..ActionFilter::default() };
    let actions = ledger.actions(&filter, MOST_DELIVERIES)?;
    let delivery = |action| Ok(WholeDelivery::of(action, ledger.attempts(action.id)?));
    Ok(WholeLead {
        lead: shown::Lead::from(lead),
        evidence_in_words: in_words(&evidence, &workspace.zone),
        evidence: plain::evidence(&evidence),
        versions,
        notes: ledger.notes(lead.id)?.into_iter().map(shown::Note::from).collect(),
        history,
        deliveries: actions.iter().map(delivery).collect::<store::Result<_>>()?,
    })
}

/// The number of the nearest lead, of those that are not far; the last where the number is beyond all.
fn nearest(ledger: &dyn Ledger, number: u64) -> store::Result<Option<u64>> {
    let last = ledger.next_lead()?.saturating_sub(1);
    let from = number.min(last);
    for distance in 0..=NEAR {
        for near in [from.checked_sub(distance), from.checked_add(distance)].into_iter().flatten() {
            if (1..=last).contains(&near) && ledger.lead(near)?.is_some() {
                return Ok(Some(near));
            }
        }
    }
    Ok(None)
}

/// Of texts, the newest first: what each version says, by its first text.
fn versions(revisions: impl Iterator<Item = Revision>, workspace: &Workspace) -> Vec<Version> {
    let mut found: Vec<Version> = Vec::new();
    for revision in revisions {
        let Ok(document) = language::parse(&revision.text, workspace) else { continue };
        let definition = document.definition;
        found.retain(|known| known.version != revision.version);
        found.push(Version {
            version: revision.version,
            revision: revision.number,
            weights: definition.score.iter().map(|part| (part.name.to_string(), part.weight.to_f64())).collect(),
            value_of: definition.value.as_ref().map(words::worth),
            name: definition.name,
        });
    }
    found
}

/// Evidence as it is kept, as lines.
fn in_words(evidence: &str, zone: &TimeZone) -> Vec<String> {
    let evidence: Value = serde_json::from_str(evidence).unwrap_or_default();
    let explanation = evidence.get("explanation").cloned().unwrap_or_default();
    let Ok(explanation) = serde_json::from_value::<Explanation>(explanation) else { return Vec::new() };
    let events = evidence.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let event = |row: usize| {
        let event = events.iter().find(|event| event.get("row").and_then(Value::as_u64) == u64::try_from(row).ok())?;
        let text = |member: &str| event.get(member).and_then(Value::as_str);
        let at: jiff::Timestamp = text("timestamp")?.parse().ok()?;
        let at = instant::shown(Timestamp(at.as_microsecond()), zone);
        Some(format!("{at}  {}  {}", text("name")?, text("user")?))
    };
    found::lines(&explanation, zone, &event)
}

impl Turn {
    /// A change that is told by itself: what made it stands in what came before.
    pub fn of(ledger: &dyn Ledger, change: &lead::Change) -> store::Result<Self> {
        // Nothing is kept of a lead that is erased but that.
        let mut history = if change.kind == ChangeKind::Erased { Vec::new() } else { ledger.history(change.lead)? };
        history.retain(|earlier| earlier.number < change.number);
        history.push(change.clone());
        let cause = turns(&history).pop().map_or("event", |turn| turn.cause);
        Ok(Self { change: shown::Change::from(change), cause })
    }

    fn version(&self) -> &str {
        self.change.said("version").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Each change with what made it.
fn turns(history: &[lead::Change]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::with_capacity(history.len());
    for change in history {
        let kind = change.kind;
        let change = shown::Change::from(change);
        let before = |is_such: fn(&Turn) -> bool| turns.iter().rev().find(|turn| is_such(turn));
        let facts = before(|turn| !turn.version().is_empty());
        let is_other = |member: &str| facts.is_some_and(|facts| facts.change.said(member) != change.said(member));
        let cause = match kind {
            _ if change.is_by_somebody() => "person",
            ChangeKind::Detected if change.said("in_history").is_some() => "history",
            ChangeKind::Reinstated if change.said("in_history").is_some() => {
                let was = before(|turn| turn.change.kind == ChangeKind::Retracted.word());
                if was.is_some_and(|was| was.cause == "definition") { "definition" } else { "history" }
            }
            ChangeKind::Retracted if change.said("version").is_some() => "definition",
            ChangeKind::Moved | ChangeKind::Corrected if is_other("version") => "definition",
            // Its company has come to be known.
            ChangeKind::Moved if is_other("account") => "event",
            ChangeKind::Moved if !["qualification", "score", "value", "band"].into_iter().any(is_other) => {
                "time_or_event"
            }
            ChangeKind::State => {
                let state = before(|turn| turn.change.said("state").is_some());
                // Late data has given it more time.
                let is = |change: &shown::Change, word: &str| change.said("state").is_some_and(|state| state == word);
                let revives = state.is_some_and(|state| is(&state.change, "lapsed"));
                if revives || is(&change, "converted") { "event" } else { "time" }
            }
            _ => "event",
        };
        turns.push(Turn { change, cause });
    }
    turns
}
