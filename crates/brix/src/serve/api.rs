//! The API for programs, version 1.

mod definitions;
mod leads;
mod shown;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use serde_json::json;
use std::sync::atomic::Ordering;

use super::Server;
use super::keys::Scope;
use super::problem::Problem;
use super::pulls::PullState;

/// Answers that end by themselves.
pub fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/leads", get(leads::list))
        .route("/api/v1/leads/{lead}", get(leads::one))
        .route("/api/v1/leads/{lead}", patch(leads::change))
        .route("/api/v1/rejects", get(rejects))
        .route("/api/v1/definitions", get(definitions::list))
        .route("/api/v1/definitions/{definition}/revisions", get(definitions::revisions))
        .route("/api/v1/definitions/{definition}/rollback", post(definitions::roll_back))
        .route("/api/v1/definitions/apply", post(definitions::apply))
}

/// Answers that take as long as they take, or go on until one side ends them.
pub fn streams() -> Router<Arc<Server>> {
    Router::new()
        .route("/api/v1/definitions/plan", post(definitions::plan))
        .route("/api/v1/leads/stream", get(leads::stream))
}

/// Who asks, if a key is shown that allows it.
fn allowed<'s>(server: &'s Server, headers: &HeaderMap, scope: Scope) -> Result<&'s str, Problem> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(key) = shown.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim) else {
        let detail = "send an API key as `Authorization: Bearer KEY`";
        return Err(Problem::of(StatusCode::UNAUTHORIZED, "no-key", detail));
    };
    if let Some(name) = server.keys.allows(key, scope) {
        return Ok(name);
    }
    if server.keys.knows(key) {
        let detail = "the key allows to read, and this changes something; use one with the scope `manage`";
        return Err(Problem::of(StatusCode::FORBIDDEN, "not-allowed", detail));
    }
    Err(Problem::of(StatusCode::UNAUTHORIZED, "unknown-key", "there is no such API key"))
}

/// Runs what reads or writes files on a thread that may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> store::Result<T> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Problem::internal(&error)),
        Err(error) => Err(Problem::internal(&error)),
    }
}

async fn status(State(server): State<Arc<Server>>, headers: HeaderMap) -> Result<Response, Problem> {
    allowed(&server, &headers, Scope::Read)?;
    let ledger = Arc::clone(&server.ledger);
    let last_change = blocking(move || ledger.last_change()).await?;
    let live = &server.live;
    let number = |figure: &std::sync::atomic::AtomicU64| figure.load(Ordering::Relaxed);
    let end = server.log.end();
    let body = json!({
        "ready": live.is_ready.load(Ordering::Relaxed),
        "log": { "start": server.log.start(), "end": end },
        "processor": {
            "offset": number(&live.offset),
            "committed": number(&live.committed),
            "lag": end.saturating_sub(number(&live.offset)),
            "records": number(&live.taken),
            "copies": number(&live.copies),
            "replays": number(&live.replays),
            "households": number(&live.households),
        },
        "leads": number(&live.leads),
        "definitions": definitions::standing(&server),
        "pulls": server.pulls.iter().map(pull).collect::<Vec<_>>(),
        "last_change": last_change,
    });
    Ok(Json(body).into_response())
}

fn pull(state: &PullState) -> serde_json::Value {
    let number = |figure: &std::sync::atomic::AtomicU64| figure.load(Ordering::Relaxed);
    json!({
        "name": state.name,
        "rows": number(&state.rows),
        "rejected": number(&state.rejected),
        "failures": number(&state.failures),
        "fails_because": state.complaint(),
    })
}

async fn rejects(State(server): State<Arc<Server>>, headers: HeaderMap) -> Result<Response, Problem> {
    allowed(&server, &headers, Scope::Read)?;
    let ledger = Arc::clone(&server.ledger);
    let (latest, totals) = blocking(move || Ok((ledger.rejects(None, 100)?, ledger.reject_totals()?))).await?;
    let latest: Vec<_> = latest.iter().map(shown::reject).collect();
    let totals: Vec<_> = totals
        .iter()
        .map(|total| {
            json!({
                "source": total.source,
                "reason": total.reason,
                "total": total.total,
                "last_at": total.last_at.to_string(),
            })
        })
        .collect();
    Ok(Json(json!({ "totals": totals, "latest": latest })).into_response())
}
