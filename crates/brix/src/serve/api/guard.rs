//! The one guard: what each route needs, and who asks. No handler runs before it has said yes.
//!
//! Programs show a key. People show the cookie of their session, which a browser also sends when a foreign page makes it ask; so what
//! changes something must carry the session's token for it in a header, which a foreign page does not know.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::UtoipaMethodRouter;

use super::document;
use crate::access::By;
use crate::access::people::Role;
use crate::access::scope::Scope;
use crate::access::secret::digest_of;
use crate::serve::problem::Problem;
use crate::serve::{Server, clock, repeats};

/// The cookie that holds a session's token.
pub const COOKIE: &str = "brix_session";
/// The header that holds a session's token for changes.
pub const CSRF: &str = "x-brix-csrf";

/// What a route needs of whoever asks.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// Of a key: at least this scope.
    pub scope: Scope,
    /// Of a person: at least this role.
    pub role: Role,
}

/// To look at things.
pub const READ: Needs = Needs { scope: Scope::Read, role: Role::Viewer };
/// To work on leads.
pub const WORK: Needs = Needs { scope: Scope::Manage, role: Role::Member };
/// To change definitions and destinations.
pub const EDIT: Needs = Needs { scope: Scope::Manage, role: Role::Editor };
/// To decide who comes in.
pub const ADMIN: Needs = Needs { scope: Scope::Manage, role: Role::Admin };

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Under which name what is done is kept.
    pub name: String,
    /// What the caller may do.
    pub may: May,
}

/// What a caller may do.
#[derive(Debug, Clone)]
pub enum May {
    /// A program.
    Key(Scope),
    /// A person, with what a browser must send with changes.
    Person(Role, String),
}

impl Caller {
    /// For a change that is made now.
    pub fn by(&self) -> By {
        By { who: self.name.clone(), at: clock::now() }
    }
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
    document::complete(&mut paths, Some(needs));
    let server = Arc::clone(server);
    let guard = middleware::from_fn(move |request: Request, next: Next| {
        let server = Arc::clone(&server);
        async move { pass(server, needs, request, next).await }
    });
    (schemas, paths, methods.route_layer(guard))
}

/// Lets everybody come to routes, as whoever signs in is nobody yet.
pub fn open((schemas, mut paths, methods): UtoipaMethodRouter<Arc<Server>>) -> UtoipaMethodRouter<Arc<Server>> {
    document::complete(&mut paths, None);
    (schemas, paths, methods)
}

async fn pass(server: Arc<Server>, needs: Needs, mut request: Request, next: Next) -> Response {
    let is_change = !matches!(*request.method(), Method::GET | Method::HEAD);
    let headers = request.headers().clone();
    let caller = match caller(Arc::clone(&server), needs, &headers, is_change).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    request.extensions_mut().insert(caller);
    if !counts_once(request.method(), needs) {
        return next.run(request).await;
    }
    match repeats::key(&headers) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => {
            let credential = shown_key(&headers).map(str::to_owned).or_else(|| token(&headers)).unwrap_or_default();
            Arc::clone(&server.repeats).once(&credential, &key, request, next).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Whether what is asked changes something each time that it is done.
pub fn counts_once(method: &Method, needs: Needs) -> bool {
    matches!(*method, Method::POST | Method::PATCH) && needs.scope == Scope::Manage
}

/// The key that a program shows.
fn shown_key(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    shown.strip_prefix("Bearer ").map(str::trim)
}

/// Who asks, if a key or a session is shown that allows it.
async fn caller(server: Arc<Server>, needs: Needs, headers: &HeaderMap, is_change: bool) -> Result<Caller, Problem> {
    let unknown = |code, detail| Problem::of(StatusCode::UNAUTHORIZED, code, detail);
    if let Some(key) = shown_key(headers) {
        let Some((name, scope)) = server.keys.who(key) else {
            return Err(unknown("unknown-key", "there is no such API key, or it is valid no more"));
        };
        if scope < needs.scope {
            let (has, needs) = (scope.word(), needs.scope.word());
            let detail = format!("the key has the scope `{has}`, and this needs one with the scope `{needs}`");
            return Err(Problem::of(StatusCode::FORBIDDEN, "not-allowed", detail));
        }
        return Ok(Caller { name, may: May::Key(scope) });
    }
    let Some(token) = token(headers) else {
        return Err(unknown("no-key", "send an API key as `Authorization: Bearer KEY`, or sign in"));
    };
    let found = super::blocking(move || server.sessions.of(&token, clock::now())).await?;
    let Some((session, person)) = found else {
        return Err(unknown("no-session", "the session has ended; sign in again"));
    };
    if is_change {
        require_own_page(headers)?;
        let shown = headers.get(CSRF).map(|value| value.as_bytes()).unwrap_or_default();
        // Digests are compared, so that the time it takes tells nothing.
        if digest_of(&String::from_utf8_lossy(shown)) != digest_of(&session.csrf) {
            let detail = "send `csrf` of GET /api/v1/session in the header X-Brix-CSRF";
            return Err(Problem::of(StatusCode::FORBIDDEN, "no-csrf", detail));
        }
    }
    let role = Role::of(&person);
    if role < needs.role {
        let detail = format!("you are {}, and this needs a person who is at least {}", role.word(), needs.role.word());
        return Err(Problem::of(StatusCode::FORBIDDEN, "not-allowed", detail));
    }
    Ok(Caller { name: person.email, may: May::Person(role, session.csrf) })
}

/// The token of the session that a browser shows.
pub fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find(|(name, _)| *name == COOKIE).map(|(_, token)| token.to_owned())
}

/// That a browser asks for a page of ours, if it says for which.
pub fn require_own_page(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_own_site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let host = text("host").unwrap_or_default();
    let is_own_origin =
        text("origin").is_none_or(|origin| origin.split_once("://").is_some_and(|(_, from)| from == host));
    if is_own_site && is_own_origin {
        return Ok(());
    }
    Err(Problem::of(StatusCode::FORBIDDEN, "foreign-page", "a page of another site asks for this"))
}
