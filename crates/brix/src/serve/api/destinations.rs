//! Destinations: how each is doing, and sending to one again that was given up.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use store::catalog::connections::Destination as Kept;
use store::ledger::action::Failing;
use utoipa::ToSchema;

use super::blocking;
use super::guard::Caller;
use crate::serve::problem::Problem;
use crate::serve::{Server, clock};

/// All destinations.
#[derive(Debug, Serialize, ToSchema)]
pub struct DestinationList {
    destinations: Vec<Destination>,
}

/// How a destination is doing.
#[derive(Debug, Serialize, ToSchema)]
struct Destination {
    name: String,
    /// `webhook` or `slack`; none: it is not set up any more, and what waits for it stays.
    kind: Option<&'static str>,
    /// Whether anything is sent: one that has said it is gone is disabled.
    enabled: bool,
    /// How many attempts in a row have failed.
    failures: u32,
    /// Until then nothing is sent.
    left_alone_until: Option<String>,
    /// Why the last attempt failed.
    last_error: Option<String>,
    /// When the first attempt behind the last success began; none: the last one went well.
    failing_since: Option<String>,
    /// How many deliveries are in each state.
    deliveries: BTreeMap<&'static str, u64>,
}

impl Destination {
    fn of(name: &str, kind: Option<&'static str>, kept: &[Kept]) -> Self {
        let kept = kept.iter().find(|kept| kept.id == name);
        let circuit = kept.map(|kept| kept.circuit.clone()).unwrap_or_default();
        let now = clock::now();
        Self {
            name: name.to_owned(),
            kind,
            enabled: kind.is_some() && kept.is_none_or(|kept| kept.is_enabled),
            failures: circuit.failures,
            left_alone_until: circuit.open_until.filter(|until| *until > now).map(|until| until.to_string()),
            last_error: circuit.last_error,
            failing_since: None,
            deliveries: BTreeMap::new(),
        }
    }
}

/// How each destination is doing
#[utoipa::path(
    get,
    path = "/api/v1/destinations",
    responses((status = 200, description = "All of them", body = DestinationList))
)]
pub async fn list(State(server): State<Arc<Server>>) -> Result<Json<DestinationList>, Problem> {
    let own = Arc::clone(&server);
    let found = blocking(move || {
        let names = own.config.destinations.iter().map(|known| known.name.as_str());
        let failing = names.map(|name| own.ledger.failing(name)).collect::<store::Result<Vec<_>>>()?;
        Ok((own.catalog.destinations()?, own.ledger.action_counts()?, failing))
    });
    let (kept, counts, failing) = found.await?;
    let mut destinations = Vec::new();
    for (known, failing) in server.config.destinations.iter().zip(failing) {
        let mut destination = Destination::of(&known.name, Some(known.configured.kind.id), &kept);
        if let Some(Failing { since, last_error }) = failing {
            destination.failing_since = Some(since.to_string());
            destination.last_error = destination.last_error.or(Some(last_error));
        }
        destinations.push(destination);
    }
    for (name, state, count) in counts {
        let place = destinations.iter().position(|known| known.name == name).unwrap_or_else(|| {
            destinations.push(Destination::of(&name, None, &kept));
            destinations.len() - 1
        });
        if let Some(known) = destinations.get_mut(place) {
            known.deliveries.insert(state.word(), count);
        }
    }
    Ok(Json(DestinationList { destinations }))
}

/// Sends to a destination again that has said it is gone, or is being left alone
#[utoipa::path(
    post,
    path = "/api/v1/destinations/{destination}/enable",
    params(("destination" = String, Path, description = "The destination's name")),
    responses(
        (status = 204, description = "What is due is sent"),
        (status = 404, description = "There is no such destination"),
    )
)]
pub async fn enable(
    State(server): State<Arc<Server>>,
    caller: Caller,
    destination: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(name) = destination.map_err(|error| Problem::bad_request("bad-parameter", error.body_text()))?;
    let (switches, by, wanted) = (server.switches.clone(), caller.by(), name.clone());
    match tokio::task::spawn_blocking(move || switches.enable(&wanted, &by.who, by.at)).await {
        Ok(Ok(true)) => Ok(StatusCode::NO_CONTENT),
        Ok(Ok(false)) => Err(unknown(&server, &name)),
        Ok(Err(error)) => Err(Problem::internal(&format!("{error:#}"))),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// There is no destination of this name.
pub fn unknown(server: &Server, name: &str) -> Problem {
    let known: Vec<&str> = server.config.destinations.iter().map(|known| known.name.as_str()).collect();
    let cure = match (engine::language::nearest(name, known.iter().copied()), known.is_empty()) {
        (_, true) => "none are set up; `[[destinations]]` in server.toml sets one up".to_owned(),
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, _) => format!("these are set up: {}", known.join(", ")),
    };
    let detail = format!("there is no destination `{name}`: {cure}");
    Problem::of(StatusCode::NOT_FOUND, "unknown-destination", detail)
}
