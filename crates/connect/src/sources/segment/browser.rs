//! What Segment's browser SDK asks for before it sends: the settings of its source.

use super::super::answer::Answer;
use super::super::intake::{Intake, Received};
use super::super::request::{Method, Request};
use super::super::source::Settings;
use crate::secret::Secret;

/// Where it asks, below its `cdnURL`: the key stands in the path.
pub(super) const SETTINGS: &str = "/v1/projects/*/settings";

/// The answer, if that is what is asked for. It sends to where it got its settings.
pub(super) fn settings(request: &Request<'_>, settings: &Settings) -> Option<Received> {
    if request.method != Method::Get {
        return None;
    }
    let key = request.path.trim_end_matches('/').rsplit('/').nth(1).unwrap_or_default();
    let mut target = serde_json::json!({ "apiKey": key });
    if let Some(host) = request.headers.get("host") {
        target["apiHost"] = format!("{host}/v1").into();
    }
    let body = serde_json::json!({
        "integrations": { "Segment.io": target },
        "plan": { "track": { "__default": { "enabled": true } }, "identify": { "__default": { "enabled": true } } },
    });
    Some(Received {
        key: (!key.is_empty()).then(|| Secret::new(key)),
        outcome: Intake::new(&settings.source, request.received_at).finish(),
        answer: Answer::json(200, body.to_string()),
    })
}
