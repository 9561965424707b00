//! The API for programs and people, version 1.
//!
//! How to add a route:
//! 1. Its handler takes and gives structs that derive `serde` and `utoipa::ToSchema` (`IntoParams` for what stands after `?`), and says in
//!    `#[utoipa::path]` its path and what it answers when all is well, and beyond the answers that every route has (see [`document`]).
//! 2. It gets one line in [`ending`], or in [`going_on`] if its answer takes longer than a request may, with what it needs: [`READ`] and
//!    its kin. [`guard`] sees to it before the handler runs; who asks is the handler's argument [`guard::Caller`].
//! 3. It gets one line in `ROUTES` of `tests/serve/routes.rs`, and docs/openapi.json is made anew (`BRIX_UPDATE=1`).

mod asked;
mod audit;
mod definitions;
mod deliveries;
mod destinations;
mod document;
mod erasures;
mod exports;
mod guard;
mod keys;
mod leads;
mod near;
mod object;
mod people;
mod qualification;
mod session;
mod shown;
mod state;
mod story;
mod stream;
mod suppressions;
mod whole;

pub use state::standing_leads;

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use engine::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::guard::{ADMIN, EDIT, Needs, READ, WORK, needing, open};
use self::object::Object;
use super::Server;
use super::problem::Problem;
use crate::access::Refusal;

type Routes = OpenApiRouter<Arc<Server>>;

/// Answers that end by themselves.
fn ending(server: &Arc<Server>) -> Routes {
    let needs = |needs: Needs, routes| needing(server, needs, routes);
    Routes::default()
        .routes(needs(READ, routes!(state::status)))
        .routes(needs(READ, routes!(state::rejects)))
        .routes(needs(READ, routes!(leads::list)))
        .routes(needs(READ, routes!(near::list)))
        .routes(needs(READ, routes!(near::stalled)))
        .routes(needs(READ, routes!(story::one)))
        .routes(needs(WORK, routes!(leads::change)))
        .routes(needs(READ, routes!(qualification::of)))
        .routes(needs(READ, routes!(definitions::list)))
        .routes(needs(READ, routes!(definitions::revisions)))
        .routes(needs(EDIT, routes!(definitions::roll_back)))
        .routes(needs(EDIT, routes!(definitions::apply)))
        .routes(open(routes!(session::begin)))
        .routes(needs(READ, routes!(session::who)))
        .routes(needs(READ, routes!(session::end)))
        .routes(needs(READ, routes!(deliveries::list)))
        .routes(needs(READ, routes!(deliveries::one)))
        .routes(needs(EDIT, routes!(deliveries::replay)))
        .routes(needs(EDIT, routes!(deliveries::replay_all)))
        .routes(needs(READ, routes!(destinations::list)))
        .routes(needs(EDIT, routes!(destinations::enable)))
        .routes(needs(ADMIN, routes!(keys::list)))
        .routes(needs(ADMIN, routes!(keys::add)))
        .routes(needs(ADMIN, routes!(keys::rotate)))
        .routes(needs(ADMIN, routes!(keys::revoke)))
        .routes(needs(ADMIN, routes!(people::list)))
        .routes(needs(ADMIN, routes!(people::add)))
        .routes(needs(ADMIN, routes!(people::change)))
        .routes(needs(ADMIN, routes!(audit::list)))
        .routes(needs(ADMIN, routes!(suppressions::list, suppressions::suppress)))
        .routes(needs(ADMIN, routes!(suppressions::lift)))
        .routes(needs(ADMIN, routes!(erasures::list, erasures::erase)))
        .routes(needs(ADMIN, routes!(erasures::one)))
}

/// Answers that take as long as they take, or go on until one side ends them.
fn going_on(server: &Arc<Server>) -> Routes {
    let needs = |needs: Needs, routes| needing(server, needs, routes);
    Routes::default()
        .routes(needs(READ, routes!(definitions::plan)))
        .routes(needs(READ, routes!(stream::changes)))
        .routes(needs(ADMIN, routes!(exports::export)))
}

/// All routes: those whose answers end by themselves, with the document of all; and those that go on.
pub fn routes(server: &Arc<Server>) -> (Router<Arc<Server>>, Router<Arc<Server>>) {
    let (ending, mut document) = ending(server).split_for_parts();
    let (going_on, of_those) = going_on(server).split_for_parts();
    document.merge(of_those);
    let document = document::of(document);
    let ending = ending
        .route(document::PATH, get(move || ready(document::answer(document.clone()))))
        .merge(qualification::for_browsers());
    (ending, going_on)
}

/// Runs what reads or writes files on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> store::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Problem::internal(&error)),
        Err(error) => Err(Problem::internal(&error)),
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::Unknown { .. } => Self::not_found(text),
            Refusal::Taken { .. } => Self::of(StatusCode::CONFLICT, "taken", text),
            Refusal::Senseless(_) => Self::of(StatusCode::UNPROCESSABLE_ENTITY, "not-accepted", text),
            Refusal::Randomness(_) | Refusal::Store(_) => Self::internal(&text),
        }
    }
}

/// Changes who may come in, on a thread that may wait.
async fn changing<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// A body that is written as an object, or why it is none.
type ObjectBody<T> = Result<Json<Object<T>>, JsonRejection>;

/// What a body says.
fn body_of<T>(body: ObjectBody<T>) -> Result<T, Problem> {
    body.map(|Json(Object(body))| body).map_err(|error| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Problem::of(error.status(), "too-large", "the body is larger than 2 MB; send it in parts");
        }
        Problem::bad_request("bad-body", asked::in_words(&error.body_text(), "member"))
    })
}

/// That everyone is known: a server that has only begun would say of many that nothing is known of them.
fn require_ready(server: &Server) -> Result<(), Problem> {
    if server.live.is_ready.load(Ordering::Relaxed) {
        return Ok(());
    }
    let detail = "the server has only begun and is taking up what is there; ask again once /readyz says it is ready";
    Err(Problem::of(StatusCode::SERVICE_UNAVAILABLE, "not-ready", detail))
}

/// The instant that a parameter says.
fn instant_of(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let instant: jiff::Timestamp = text.parse().map_err(|_| {
        let detail = format!("{name}: `{text}` is not an instant such as 2026-05-01T00:00:00Z");
        Problem::bad_request("bad-parameter", detail)
    })?;
    Ok(Some(Timestamp(instant.as_microsecond())))
}
