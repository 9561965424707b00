//! Definitions: what is in force, what a change would do, and the change.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::language;
use serde::Deserialize;
use serde_json::{Value as Json_, json};
use store::catalog::definitions::Revision;
use store::ledger::listing::LeadFilter;

use super::{allowed, blocking};
use crate::definitions::NamedText;
use crate::serve::Server;
use crate::serve::keys::Scope;
use crate::serve::problem::Problem;
use crate::serve::shelf::{Applied, Refusal};

/// Definitions in one request.
const MOST_FILES: usize = 1_000;

/// All definitions that are to be in force.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    files: Vec<NamedText>,
    /// The edition that the sender has seen: somebody else's is not overwritten.
    #[serde(default)]
    expect: Option<u64>,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Back to which text.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Back {
    to: Option<u32>,
    expect: Option<u64>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::Faults { text, findings, errors } => {
                let detail = format!("{errors} in the definitions: see `findings`, or `text` for people");
                Self::of(StatusCode::UNPROCESSABLE_ENTITY, "definition-errors", detail)
                    .with("findings", findings)
                    .with("text", text)
            }
            Refusal::Overtaken { found, .. } => {
                Self::of(StatusCode::CONFLICT, "definitions-changed", text).with("edition", found)
            }
            Refusal::Unknown(_) => Self::not_found(text),
            Refusal::Busy => Self::of(StatusCode::TOO_MANY_REQUESTS, "busy", text),
            Refusal::Fault(error) => Self::internal(&format_args!("{error:#}")),
        }
    }
}

/// Runs what takes its time on a thread that may wait.
async fn slowly<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(Problem::internal(&error)),
    }
}

fn files_of(files: Result<Json<Files>, JsonRejection>) -> Result<Files, Problem> {
    let Json(files) = files.map_err(|error| Problem::bad_request("bad-body", error.body_text()))?;
    if files.files.len() > MOST_FILES {
        return Err(Problem::bad_request(
            "too-many-files",
            format!("at most {MOST_FILES} files can be sent at a time"),
        ));
    }
    Ok(files)
}

/// How the definitions stand, for the server's state.
pub fn standing(server: &Server) -> Json_ {
    let live = &server.live;
    let activating =
        live.activating().map(|(edition, done, total)| json!({ "edition": edition, "done": done, "total": total }));
    json!({
        "edition": live.edition.load(std::sync::atomic::Ordering::Relaxed),
        "activating": activating,
        "complaint": live.complaint(),
        "folder": server.shelf.difference(),
    })
}

/// All definitions that are or were in force.
pub async fn list(State(server): State<Arc<Server>>, headers: HeaderMap) -> Result<Response, Problem> {
    allowed(&server, &headers, Scope::Read)?;
    let own = Arc::clone(&server);
    let definitions = blocking(move || {
        let edition = own.shelf.edition(None)?;
        let mut all = Vec::new();
        for state in own.shelf.catalog().definitions()? {
            let id = state.latest.definition.clone();
            let filter = LeadFilter { definition: Some(id.clone()), ..LeadFilter::default() };
            let leads: u64 = own.ledger.counts(&filter)?.iter().map(|(_, count)| count).sum();
            let active = edition.of(&id);
            let name = language::parse(active.map_or(&state.latest.text, |active| &active.text), own.shelf.workspace());
            all.push(json!({
                "id": id,
                "name": name.ok().map(|document| document.definition.name),
                "in_force": active.is_some(),
                "revision": active.map(|active| active.revision),
                "version": active.map(|active| &active.version),
                "latest_revision": state.latest.number,
                "since": state.activation.map(|activation| activation.at.to_string()),
                "leads": leads,
            }));
        }
        Ok((edition.number, all))
    });
    let (edition, definitions) = definitions.await?;
    let body = json!({ "edition": edition, "definitions": definitions, "standing": standing(&server) });
    Ok(Json(body).into_response())
}

fn shown(revision: &Revision) -> Json_ {
    json!({
        "revision": revision.number,
        "version": revision.version,
        "at": revision.at.to_string(),
        "by": revision.by,
        "note": revision.note,
        "text": revision.text,
    })
}

/// All texts of a definition, the newest first.
pub async fn revisions(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    allowed(&server, &headers, Scope::Read)?;
    let id = id_of(id)?;
    let (own, wanted) = (Arc::clone(&server), id.clone());
    let (edition, found) =
        blocking(move || Ok((own.shelf.edition(None)?, own.shelf.catalog().revisions(&wanted)?))).await?;
    if found.is_empty() {
        return Err(Problem::not_found(format!("there is no definition `{id}`")));
    }
    let in_force = edition.of(&id).map(|active| active.revision);
    let found: Vec<_> = found.iter().map(shown).collect();
    Ok(Json(json!({ "id": id, "in_force": in_force, "revisions": found })).into_response())
}

fn id_of(id: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    id.map(|Path(id)| id).map_err(|error| Problem::bad_request("bad-parameter", error.body_text()))
}

/// What would change if these were all definitions.
pub async fn plan(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    allowed(&server, &headers, Scope::Read)?;
    // The plan takes the time that it needs; its request does not.
    let patience = server.config.limits.request_timeout;
    let files = tokio::time::timeout(patience, Json::from_request(request, &())).await;
    let files = files
        .map_err(|_| Problem::of(StatusCode::REQUEST_TIMEOUT, "too-slow", "the request took too long to come in"))?;
    let files = files_of(files)?;
    let shelf = Arc::clone(&server.shelf);
    let plan = slowly(move || shelf.plan(files.files)).await?;
    Ok(Json(plan).into_response())
}

/// From now on these are all definitions.
pub async fn apply(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    files: Result<Json<Files>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = allowed(&server, &headers, Scope::Manage)?.to_owned();
    let files = files_of(files)?;
    let shelf = Arc::clone(&server.shelf);
    let applied = slowly(move || shelf.apply(files.files, files.expect, &by, &files.note)).await?;
    Ok(accepted(&applied))
}

/// An older text of a definition comes into force again.
pub async fn roll_back(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    back: Result<Json<Back>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = allowed(&server, &headers, Scope::Manage)?.to_owned();
    let id = id_of(id)?;
    let Json(back) = back.map_err(|error| Problem::bad_request("bad-body", error.body_text()))?;
    let shelf = Arc::clone(&server.shelf);
    let applied = slowly(move || shelf.roll_back(&id, back.to, back.expect, &by)).await?;
    Ok(accepted(&applied))
}

fn accepted(applied: &Applied) -> Response {
    let body = json!({ "edition": applied.edition, "changed": applied.is_changed, "watch": "/api/v1/status" });
    (StatusCode::ACCEPTED, Json(body)).into_response()
}
