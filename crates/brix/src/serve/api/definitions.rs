//! Definitions: what is in force, what a change would do, and the change.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::StatusCode;
use engine::language;
use serde::{Deserialize, Serialize};
use store::catalog::definitions::Revision;
use store::ledger::listing::LeadFilter;
use utoipa::ToSchema;

use super::guard::Caller;
use super::{ObjectBody, blocking, body_of};
use crate::console::count;
use crate::definitions::NamedText;
use crate::live::plan::Plan;
use crate::serve::Server;
use crate::serve::problem::Problem;
use crate::serve::shelf::{Applied, Refusal, RolledBack};

/// Definitions in one request.
const MOST_FILES: usize = 1_000;

/// All definitions that are to be in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Files {
    files: Vec<NamedText>,
    /// The edition that the sender has seen: somebody else's is not overwritten.
    #[serde(default, deserialize_with = "super::whole::optional")]
    expect: Option<u64>,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Back to which text.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Back {
    /// The revision; the one before the one in force if it is not said.
    #[serde(deserialize_with = "super::whole::optional")]
    to: Option<u32>,
    /// The edition that the sender has seen: somebody else's is not overwritten.
    #[serde(deserialize_with = "super::whole::optional")]
    expect: Option<u64>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::Faults { text, findings, errors } => {
                let faults = count(errors as u64, "fault", "faults");
                let detail = format!("{faults} in the definitions: see `findings`, or `text` for people");
                Self::of(StatusCode::UNPROCESSABLE_ENTITY, "definition-errors", detail)
                    .with("findings", findings)
                    .with("text", text)
            }
            Refusal::Overtaken { found, .. } => {
                Self::of(StatusCode::CONFLICT, "definitions-changed", text).with("edition", found)
            }
            Refusal::Unknown(_) => Self::not_found(text),
            Refusal::Busy(_) => Self::of(StatusCode::TOO_MANY_REQUESTS, "busy", text),
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

fn files_of(files: ObjectBody<Files>) -> Result<Files, Problem> {
    let files = body_of(files)?;
    if files.files.len() > MOST_FILES {
        return Err(Problem::bad_request(
            "too-many-files",
            format!("at most {MOST_FILES} files can be sent at a time"),
        ));
    }
    Ok(files)
}

/// How the definitions stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Standing {
    /// The edition in force: each change of the definitions makes one.
    edition: u64,
    /// The edition that is being made ready.
    activating: Option<Activating>,
    /// Why the last one did not come into force.
    complaint: Option<String>,
    /// How the folder of definitions differs from what is in force.
    folder: Option<String>,
}

/// An edition that is being made ready.
#[derive(Debug, Serialize, ToSchema)]
struct Activating {
    edition: u64,
    /// So much is done.
    done: u64,
    /// Of so much.
    total: u64,
}

/// How the definitions stand, for the server's state.
pub fn standing(server: &Server) -> Standing {
    let live = &server.live;
    let activating = live.activating().map(|(edition, done, total)| Activating { edition, done, total });
    Standing {
        edition: live.edition.load(Ordering::Relaxed),
        activating,
        complaint: live.complaint(),
        folder: server.shelf.difference(),
    }
}

/// Definitions, and how they stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Definitions {
    /// The edition in force.
    edition: u64,
    definitions: Vec<Defined>,
    standing: Standing,
}

/// A definition that is or was in force.
#[derive(Debug, Serialize, ToSchema)]
struct Defined {
    id: String,
    name: Option<String>,
    in_force: bool,
    /// The revision in force.
    revision: Option<u32>,
    /// The hash of the version in force.
    version: Option<String>,
    latest_revision: u32,
    /// Since when it is in force, or is not any more.
    since: Option<String>,
    /// Its leads.
    leads: u64,
}

/// All definitions that are or were in force
#[utoipa::path(
    get,
    path = "/api/v1/definitions",
    responses((status = 200, description = "The definitions", body = Definitions))
)]
pub async fn list(State(server): State<Arc<Server>>) -> Result<Json<Definitions>, Problem> {
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
            all.push(Defined {
                name: name.ok().map(|document| document.definition.name),
                in_force: active.is_some(),
                revision: active.map(|active| active.revision),
                version: active.map(|active| active.version.clone()),
                latest_revision: state.latest.number,
                since: state.activation.map(|activation| activation.at.to_string()),
                leads,
                id,
            });
        }
        Ok((edition.number, all))
    });
    let (edition, definitions) = definitions.await?;
    Ok(Json(Definitions { edition, definitions, standing: standing(&server) }))
}

/// The texts of a definition.
#[derive(Debug, Serialize, ToSchema)]
pub struct Revisions {
    id: String,
    /// The revision in force.
    in_force: Option<u32>,
    /// The newest first.
    revisions: Vec<ShownRevision>,
}

/// A text of a definition.
#[derive(Debug, Serialize, ToSchema)]
struct ShownRevision {
    revision: u32,
    /// The hash of what it means.
    version: String,
    at: String,
    by: String,
    note: String,
    text: String,
}

impl From<Revision> for ShownRevision {
    fn from(revision: Revision) -> Self {
        let Revision { number, version, at, by, note, text, .. } = revision;
        Self { revision: number, version, at: at.to_string(), by, note, text }
    }
}

/// All texts of a definition, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/definitions/{definition}/revisions",
    params(("definition" = String, Path, description = "The definition's id")),
    responses(
        (status = 200, description = "The texts", body = Revisions),
        (status = 404, description = "There is no such definition"),
    )
)]
pub async fn revisions(
    State(server): State<Arc<Server>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Revisions>, Problem> {
    let id = id_of(id)?;
    require_known(&server, &id).await?;
    let (own, wanted) = (Arc::clone(&server), id.clone());
    let (edition, found) =
        blocking(move || Ok((own.shelf.edition(None)?, own.shelf.catalog().revisions(&wanted)?))).await?;
    let in_force = edition.of(&id).map(|active| active.revision);
    Ok(Json(Revisions { id, in_force, revisions: found.into_iter().map(ShownRevision::from).collect() }))
}

/// That there is or was such a definition: else a misspelt id would be answered as if nobody had qualified.
pub async fn require_known(server: &Server, id: &str) -> Result<(), Problem> {
    let (shelf, wanted) = (Arc::clone(&server.shelf), id.to_owned());
    let known = blocking(move || {
        let known = shelf.catalog().definitions()?;
        Ok(known.into_iter().map(|state| state.latest.definition).collect::<Vec<_>>())
    });
    let known = known.await?;
    if known.contains(&wanted) {
        return Ok(());
    }
    let near = language::nearest(&wanted, known.iter().map(String::as_str));
    let cure = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(Problem::of(StatusCode::NOT_FOUND, "unknown-definition", format!("there is no definition `{wanted}`{cure}")))
}

fn id_of(id: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    id.map(|Path(id)| id).map_err(|error| Problem::bad_request("bad-parameter", error.body_text()))
}

/// What would change if these were all definitions
#[utoipa::path(
    post,
    path = "/api/v1/definitions/plan",
    request_body = Files,
    responses(
        (status = 200, description = "What would change", body = Plan),
        (status = 503, description = "The server has only begun; come again"),
        (status = 409, description = "Somebody else has changed the definitions"),
        (status = 422, description = "There are faults in the definitions; `findings` and `text` tell them"),
    )
)]
pub async fn plan(State(server): State<Arc<Server>>, request: Request) -> Result<Json<Plan>, Problem> {
    // The plan takes the time that it needs; its request does not.
    let patience = server.config.limits.request_timeout;
    let files = tokio::time::timeout(patience, Json::from_request(request, &())).await;
    let files = files
        .map_err(|_| Problem::of(StatusCode::REQUEST_TIMEOUT, "too-slow", "the request took too long to come in"))?;
    let files = files_of(files)?;
    super::require_ready(&server)?;
    let shelf = Arc::clone(&server.shelf);
    Ok(Json(slowly(move || shelf.plan(files.files)).await?))
}

/// From now on these are all definitions
#[utoipa::path(
    post,
    path = "/api/v1/definitions/apply",
    request_body = Files,
    responses(
        (status = 202, description = "They come into force", body = Accepted),
        (status = 409, description = "Somebody else has changed the definitions"),
        (status = 422, description = "There are faults in the definitions; `findings` and `text` tell them"),
    )
)]
pub async fn apply(
    State(server): State<Arc<Server>>,
    caller: Caller,
    files: ObjectBody<Files>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let files = files_of(files)?;
    let shelf = Arc::clone(&server.shelf);
    let applied = slowly(move || shelf.apply(files.files, files.expect, &caller.name, &files.note)).await?;
    Ok(accepted(&applied))
}

/// An older text of a definition comes into force again
#[utoipa::path(
    post,
    path = "/api/v1/definitions/{definition}/rollback",
    params(("definition" = String, Path, description = "The definition's id")),
    request_body = Back,
    responses(
        (status = 202, description = "It comes into force", body = AcceptedBack),
        (status = 404, description = "There is no such definition, or no such text of it"),
        (status = 409, description = "Somebody else has changed the definitions"),
        (status = 422, description = "There are faults in the definitions; `findings` and `text` tell them"),
    )
)]
pub async fn roll_back(
    State(server): State<Arc<Server>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    back: ObjectBody<Back>,
) -> Result<(StatusCode, Json<AcceptedBack>), Problem> {
    let id = id_of(id)?;
    let back = body_of(back)?;
    require_known(&server, &id).await?;
    let shelf = Arc::clone(&server.shelf);
    let applied = slowly(move || shelf.roll_back(&id, back.to, back.expect, &caller.name)).await?;
    let (status, Json(accepted)) = accepted(&applied.applied);
    let RolledBack { revision, revision_before, .. } = applied;
    Ok((status, Json(AcceptedBack { accepted, revision, revision_before })))
}

/// A change of the definitions is durable.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    /// The edition that it makes.
    edition: u64,
    /// Whether anything changes.
    changed: bool,
    /// Where it can be seen how far it has come.
    watch: &'static str,
}

/// An older text of a definition is in force again, durably.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcceptedBack {
    #[serde(flatten)]
    accepted: Accepted,
    /// The text that comes into force again.
    #[schema(minimum = 1)]
    revision: u32,
    /// The text that was in force until then; none: the definition was retired.
    #[schema(minimum = 1)]
    revision_before: Option<u32>,
}

fn accepted(applied: &Applied) -> (StatusCode, Json<Accepted>) {
    let body = Accepted { edition: applied.edition, changed: applied.is_changed, watch: "/api/v1/status" };
    (StatusCode::ACCEPTED, Json(body))
}
