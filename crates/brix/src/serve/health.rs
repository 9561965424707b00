//! Is it alive, is it ready, how is it doing.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Server;
use super::api::standing_leads;
use super::problem::Problem;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// It has caught up since its start, and is not ending.
pub async fn ready(State(server): State<Arc<Server>>) -> Response {
    if *server.ending.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response();
    }
    if !server.live.is_ready.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "taking up the lake and the log\n").into_response();
    }
    match server.live.complaint() {
        None => "ready\n".into_response(),
        // It works all the same: the log keeps what the lake does not have.
        Some(_) => "ready, but the log does not get into the lake; the server's log says why\n".into_response(),
    }
}

/// Figures for Prometheus.
pub async fn metrics(State(server): State<Arc<Server>>) -> Response {
    let ledger = Arc::clone(&server.ledger);
    let counts = tokio::task::spawn_blocking(move || {
        Ok::<_, store::Error>((ledger.action_counts()?, standing_leads(ledger.as_ref())?))
    })
    .await;
    let (counts, leads) = match counts {
        Ok(Ok(counts)) => counts,
        Ok(Err(error)) => return Problem::internal(&error).into_response(),
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let actions = counts.into_iter().map(|(destination, state, count)| (destination, state.word(), count)).collect();
    let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    server.metrics.pulls(&server.pulls);
    (kind, server.metrics.text(&server.live, leads, actions)).into_response()
}
