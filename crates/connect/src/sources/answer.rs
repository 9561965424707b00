//! Answers: what the sender's client waits for.

use std::borrow::Cow;

use super::intake::Outcome;
use super::limits;

/// An answer, to be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers beside the content's type and length.
    pub headers: Vec<(&'static str, String)>,
    /// The content's type.
    pub content_type: &'static str,
    /// The content.
    pub body: Cow<'static, str>,
}

impl Answer {
    /// JSON.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Cow<'static, str>>) -> Self {
        Self { status, headers: Vec::new(), content_type: "application/json", body: body.into() }
    }

    /// Plain text.
    #[must_use]
    pub fn text(status: u16, body: impl Into<Cow<'static, str>>) -> Self {
        Self { status, headers: Vec::new(), content_type: "text/plain; charset=utf-8", body: body.into() }
    }

    /// The same with another header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with the time after which to try again.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        self.with("retry-after", seconds.to_string())
    }
}

/// The answer of strict mode, in the form of Mixpanel's import: each message that was not taken, with its place and the cure.
/// The others are taken.
pub(crate) fn failed_records(outcome: &Outcome) -> Answer {
    let failed: Vec<serde_json::Value> = outcome
        .rejects
        .iter()
        .take(limits::LISTED_FAULTS)
        .map(|reject| {
            serde_json::json!({
                "index": reject.place.message.unwrap_or(0),
                "$insert_id": reject.id.as_deref().unwrap_or_default(),
                "field": reject.place.pointer.trim_start_matches('/').replace('/', "."),
                "code": reject.reason.code(),
                "message": reject.reason.to_string(),
            })
        })
        .collect();
    let body = serde_json::json!({
        "code": 400,
        "status": "Bad Request",
        "error": "some data points in the request failed validation",
        "num_records_imported": outcome.messages - outcome.rejects.len() - outcome.passed_over,
        "failed_records": failed,
    });
    Answer::json(400, body.to_string())
}
