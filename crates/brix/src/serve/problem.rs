//! Errors of the API: problem details (RFC 9457) with a stable code.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What is wrong, and the cure.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// What else is told.
    more: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// The asker has to change something.
    pub fn of(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), more: serde_json::Map::new() }
    }

    /// Tells more, for programs.
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::of(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// The question makes no sense.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, code, detail)
    }

    /// A fault of ours; what exactly stands in the log.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %error, "a request failed");
        Self::of(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something failed here; the server's log says what")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let mut body = json!({
            "type": format!("urn:brix:error:{}", self.code),
            "title": title,
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let Some(body) = body.as_object_mut() {
            body.extend(self.more);
        }
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status, kind, Json(body)).into_response()
    }
}
