//! The one guard: what each route needs, and who asks. No handler runs before it has said yes.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::UtoipaMethodRouter;

use super::document;
use crate::serve::Server;
use crate::serve::keys::Scope;
use crate::serve::problem::Problem;

/// What a route needs of whoever asks.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// Of a key: at least this scope.
    pub scope: Scope,
}

/// To look at things.
pub const READ: Needs = Needs { scope: Scope::Read };
/// To work on leads.
pub const WORK: Needs = Needs { scope: Scope::Manage };
/// To change definitions and destinations.
pub const EDIT: Needs = Needs { scope: Scope::Manage };

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Under which name what is done is kept.
    pub name: String,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Every route is behind the guard, which puts it there.
        parts.extensions.get().cloned().ok_or_else(|| Problem::internal(&"a route without a guard asks who it is"))
    }
}

/// Puts the guard before routes, and what they need into their document.
pub fn needing(
    server: &Arc<Server>,
    needs: Needs,
    (schemas, mut paths, methods): UtoipaMethodRouter<Arc<Server>>,
) -> UtoipaMethodRouter<Arc<Server>> {
    document::complete(&mut paths, needs);
    let server = Arc::clone(server);
    let guard = middleware::from_fn(move |request: Request, next: Next| {
        let server = Arc::clone(&server);
        async move { pass(&server, needs, request, next).await }
    });
    (schemas, paths, methods.route_layer(guard))
}

async fn pass(server: &Server, needs: Needs, mut request: Request, next: Next) -> Response {
    match caller(server, needs, request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Who asks, if a key is shown that allows it.
fn caller(server: &Server, needs: Needs, headers: &HeaderMap) -> Result<Caller, Problem> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(key) = shown.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim) else {
        let detail = "send an API key as `Authorization: Bearer KEY`";
        return Err(Problem::of(StatusCode::UNAUTHORIZED, "no-key", detail));
    };
    if let Some(name) = server.keys.allows(key, needs.scope) {
        return Ok(Caller { name: name.to_owned() });
    }
    if server.keys.knows(key) {
        let detail = "the key allows to read, and this changes something; use one with the scope `manage`";
        return Err(Problem::of(StatusCode::FORBIDDEN, "not-allowed", detail));
    }
    Err(Problem::of(StatusCode::UNAUTHORIZED, "unknown-key", "there is no such API key"))
}
