//! Of whom nothing is taken in or told any more. Ids stand in bodies, for URLs are written down in many places.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::record::SubjectKind;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::catalog::Suppression;
use store::catalog::audit::AuditEntry;
use store::ledger::Ledger;
use store::ledger::listing::{LeadFilter, Order, PageRequest};
use utoipa::ToSchema;

use super::guard::Caller;
use super::{ObjectBody, blocking, body_of};
use crate::serve::problem::Problem;
use crate::serve::{Server, clock};

/// The longest id.
const MOST_ID_CHARACTERS: usize = 1_000;
/// Leads looked at a time.
const AT_ONCE: usize = 1_000;

/// What is suppressed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SuppressedKind {
    /// A person, by the id of a user or of a device.
    User,
    /// A company.
    Account,
    /// A workspace.
    Workspace,
}

impl From<SuppressedKind> for SubjectKind {
    fn from(kind: SuppressedKind) -> Self {
        match kind {
            SuppressedKind::User => Self::User,
            SuppressedKind::Account => Self::Account,
            SuppressedKind::Workspace => Self::Workspace,
        }
    }
}

impl From<SubjectKind> for SuppressedKind {
    fn from(kind: SubjectKind) -> Self {
        match kind {
            SubjectKind::User => Self::User,
            SubjectKind::Account => Self::Account,
            SubjectKind::Workspace => Self::Workspace,
        }
    }
}

/// Whom to suppress.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuppression {
    kind: SuppressedKind,
    /// The id as it is sent.
    #[schema(min_length = 1, max_length = 1000)]
    id: String,
    /// Why, for whoever asks later.
    #[serde(default)]
    reason: String,
}

/// Whom to suppress no more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftedSuppression {
    kind: SuppressedKind,
    /// The id as it was suppressed.
    id: String,
}

/// Somebody of whom nothing is taken in or told.
#[derive(Debug, Serialize, ToSchema)]
struct SuppressedSubject {
    kind: SuppressedKind,
    /// The id as it is sent.
    id: String,
    /// Since when.
    since: String,
    /// Why.
    reason: String,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suppressions {
    suppressions: Vec<SuppressedSubject>,
}

/// What is so now.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuppressionState {
    /// Whether it is suppressed.
    suppressed: bool,
}

/// Whether a text can be the id of a subject.
pub fn require_id(id: &str) -> Result<(), Problem> {
    if id.is_empty() || id.chars().count() > MOST_ID_CHARACTERS {
        let detail = format!("id: give the subject's id as it is sent, of 1 to {MOST_ID_CHARACTERS} characters");
        return Err(Problem::bad_request("bad-parameter", detail));
    }
    Ok(())
}

/// The line of the audit. The subject's id is not in it: the line stays for ever.
fn line(what: &str, by: String, kind: SubjectKind) -> AuditEntry {
    AuditEntry {
        at: clock::now(),
        who: by,
        what: what.to_owned(),
        target: "suppressions".to_owned(),
        detail: json!({ "kind": kind.word() }).to_string(),
    }
}

/// Of whom nothing is taken in or told
#[utoipa::path(
    get,
    path = "/api/v1/privacy/suppressions",
    responses((status = 200, description = "All of them", body = Suppressions))
)]
pub async fn list(State(server): State<Arc<Server>>) -> Result<Json<Suppressions>, Problem> {
    let suppressed = Arc::clone(&server.suppressed);
    let all = blocking(move || suppressed.all()).await?;
    let known = |known: Suppression| SuppressedSubject {
        kind: known.kind.into(),
        id: known.subject,
        since: known.at.to_string(),
        reason: known.reason,
    };
    Ok(Json(Suppressions { suppressions: all.into_iter().map(known).collect() }))
}

/// Takes in and tells nothing of somebody, from the answer on; what is there stays
#[utoipa::path(
    post,
    path = "/api/v1/privacy/suppressions",
    request_body = NewSuppression,
    responses((status = 200, description = "It is suppressed", body = SuppressionState))
)]
pub async fn suppress(
    State(server): State<Arc<Server>>,
    caller: Caller,
    body: ObjectBody<NewSuppression>,
) -> Result<Json<SuppressionState>, Problem> {
    let new = body_of(body)?;
    require_id(&new.id)?;
    let audit = line("suppression.set", caller.name, new.kind.into());
    let new = Suppression { kind: new.kind.into(), subject: new.id, at: audit.at, reason: new.reason };
    let own = Arc::clone(&server);
    let work = move || {
        let (kind, subject) = (new.kind, new.subject.clone());
        own.suppressed.suppress(new, audit)?;
        cancel_waiting(own.ledger.as_ref(), kind, &subject)
    };
    blocking(work).await?;
    Ok(Json(SuppressionState { suppressed: true }))
}

/// What waits to be told of somebody, or of people in an account, is not told. What is found from now on asks who is suppressed.
fn cancel_waiting(ledger: &dyn Ledger, kind: SubjectKind, subject: &str) -> store::Result<()> {
    for are_retracted in [false, true] {
        let filter = LeadFilter { subject_text: Some(subject.to_owned()), are_retracted, ..LeadFilter::default() };
        let mut page = PageRequest { order: Order::QualifiedAt, after: None, most: AT_ONCE };
        loop {
            let found = ledger.leads(&filter, &page)?;
            for lead in found.leads {
                let facts = &lead.facts;
                let is_own = facts.subject_kind == kind && facts.subject == subject;
                if is_own || kind == SubjectKind::Account && facts.account.as_deref() == Some(subject) {
                    ledger.cancel(lead.id)?;
                }
            }
            page.after = found.next;
            if page.after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// Takes in and tells again what is said of somebody, from the answer on
#[utoipa::path(
    post,
    path = "/api/v1/privacy/suppressions/lift",
    request_body = LiftedSuppression,
    responses(
        (status = 200, description = "It is suppressed no more", body = SuppressionState),
        (status = 404, description = "Nobody with this kind and id is suppressed"),
    )
)]
pub async fn lift(
    State(server): State<Arc<Server>>,
    caller: Caller,
    body: ObjectBody<LiftedSuppression>,
) -> Result<Json<SuppressionState>, Problem> {
    let lifted = body_of(body)?;
    let kind = SubjectKind::from(lifted.kind);
    let audit = line("suppression.lift", caller.name, kind);
    let suppressed = Arc::clone(&server.suppressed);
    let work = move || match suppressed.lift(kind, lifted.id, audit) {
        Ok(()) => Ok(true),
        Err(store::Error::Missing { .. }) => Ok(false),
        Err(error) => Err(error),
    };
    if blocking(work).await? {
        return Ok(Json(SuppressionState { suppressed: false }));
    }
    Err(Problem::of(StatusCode::NOT_FOUND, "not-suppressed", "nobody with this kind and id is suppressed"))
}
