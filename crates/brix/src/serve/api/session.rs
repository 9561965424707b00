//! Signing in and out, and who one is.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::guard::{COOKIE, Caller, May, require_own_page, token};
use super::object::Object;
use super::{blocking, body_of};
use crate::access::people::{LONGEST, Role};
use crate::access::scope::Scope;
use crate::serve::listen::Peer;
use crate::serve::problem::Problem;
use crate::serve::sessions::NotIn;
use crate::serve::{Server, clock};

/// Who wants to come in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    email: String,
    password: String,
}

/// Who one is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Who {
    /// A person's e-mail address, or a key's name.
    name: String,
    /// A person's role.
    role: Option<Role>,
    /// A key's scope.
    scope: Option<Scope>,
    /// A person's: to be sent with every change, in the header X-Brix-CSRF.
    csrf: Option<String>,
}

/// Signs a person in: the answer sets a cookie
#[utoipa::path(
    post,
    path = "/api/v1/session",
    request_body = SignIn,
    responses(
        (status = 201, description = "Signed in", body = Who),
        (status = 422, description = "No password is as long as this"),
    )
)]
pub async fn begin(
    State(server): State<Arc<Server>>,
    Extension(Peer(from)): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Json<Object<SignIn>>, JsonRejection>,
) -> Result<Response, Problem> {
    require_own_page(&headers)?;
    let SignIn { email, password } = body_of(body)?;
    let from = server.config.trusted_proxies.sender(from, &headers);
    let begun = match server.sessions.begin(email, password, from, clock::now()).await {
        Ok(begun) => begun,
        Err(NotIn::Wrong) => {
            let detail = "there is nobody with this e-mail address and password";
            return Err(Problem::of(StatusCode::UNAUTHORIZED, "not-signed-in", detail));
        }
        Err(NotIn::TooLong) => {
            let detail = format!("a password has at most {LONGEST} characters");
            return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, "not-accepted", detail));
        }
        Err(NotIn::TooOften(seconds)) => {
            let detail = format!("too many attempts; try again in {seconds} s");
            let problem = Problem::of(StatusCode::TOO_MANY_REQUESTS, "too-often", detail);
            return Ok(([(header::RETRY_AFTER, seconds.to_string())], problem).into_response());
        }
        Err(NotIn::Fault(refusal)) => return Err(Problem::internal(&refusal)),
    };
    let role = Role::of(&begun.person);
    let who = Who { name: begun.person.email, role: Some(role), scope: None, csrf: Some(begun.session.csrf) };
    let cookie = cookie(&server, &headers, &begun.token, "");
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], Json(who)).into_response())
}

/// Browsers send it back over TLS only, unless only this machine is listened to, and no proxy says that it speaks TLS.
fn cookie(server: &Server, headers: &HeaderMap, token: &str, end: &str) -> String {
    let by_tls =
        headers.get("x-forwarded-proto").is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"https"));
    let secure = if server.config.listen.ip().is_loopback() && !by_tls { "" } else { "; Secure" };
    format!("{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/{secure}{end}")
}

/// Who one is, and what one may do
#[utoipa::path(get, path = "/api/v1/session", responses((status = 200, description = "Who asks", body = Who)))]
pub async fn who(caller: Caller) -> Json<Who> {
    let Caller { name, may } = caller;
    Json(match may {
        May::Key(scope) => Who { name, role: None, scope: Some(scope), csrf: None },
        May::Person(role, csrf) => Who { name, role: Some(role), scope: None, csrf: Some(csrf) },
    })
}

/// Signs the person out
#[utoipa::path(delete, path = "/api/v1/session", responses((status = 204, description = "Signed out")))]
pub async fn end(State(server): State<Arc<Server>>, headers: HeaderMap) -> Result<Response, Problem> {
    let gone = cookie(&server, &headers, "", "; Max-Age=0");
    if let Some(token) = token(&headers) {
        blocking(move || server.sessions.end(&token)).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}
