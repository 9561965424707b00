//! What the sources of pushed rows share: keys, bodies and answers. Their senders let people set headers and the form of a row.

use super::answer::{Answer, failed_records};
use super::intake::{Intake, Outcome, Received, Said};
use super::json::{self, Json, Members, Object};
use super::reject::{Fault, Reason};
use super::request::{Authorization, Request};
use super::source::Settings;
use crate::secret::Secret;

/// The largest body.
pub(super) const BODY_BYTES: usize = 4 << 20;
/// The most rows of one body.
pub(super) const MOST_ROWS: usize = 10_000;

/// Members under which senders put their rows.
const HOLDERS: [&str; 8] = ["rows", "records", "results", "inputs", "data", "items", "people", "companies"];

/// A row, a list of rows, or an object that holds such a list: each is read.
pub(super) fn receive(
    request: &Request<'_>,
    settings: &Settings,
    read: impl Fn(&Object<'_>) -> Result<Said, Fault>,
) -> Received {
    let mut intake = Intake::new(&settings.source, request.received_at);
    match json::checked(request.body) {
        Ok(text) => {
            let mut members = Members::of(text);
            let held = members.find(|(name, value)| HOLDERS.contains(&name.as_ref()) && value.starts_with('['));
            intake.each(held.map_or(text, |(_, rows)| rows), MOST_ROWS, read);
        }
        Err(reason) => intake.refuse(reason, request.body),
    }
    let outcome = intake.finish();
    Received { key: key(request), answer: answer(&outcome, settings), outcome }
}

pub(super) fn answer(outcome: &Outcome, settings: &Settings) -> Answer {
    let unreadable = outcome.rejects.iter().find(|reject| reject.place.message.is_none());
    match unreadable {
        _ if settings.strict && !outcome.rejects.is_empty() => failed_records(outcome),
        Some(reject) => fault(400, &reject.reason.to_string()),
        None => {
            let (received, rejected) = (outcome.messages, outcome.rejects.len());
            Answer::json(200, serde_json::json!({ "received": received, "rejected": rejected }).to_string())
        }
    }
}

pub(super) fn key(request: &Request<'_>) -> Option<Secret> {
    match request.authorization() {
        Authorization::Bearer(token) => Some(token),
        Authorization::Basic { name, password } if name.expose().is_empty() => Some(password),
        Authorization::Basic { name, .. } => Some(name),
        Authorization::None => {
            request.headers.get("x-api-key").map(str::trim).filter(|key| !key.is_empty()).map(Secret::new)
        }
    }
}

fn fault(status: u16, error: &str) -> Answer {
    Answer::json(status, serde_json::json!({ "error": error }).to_string())
}

pub(super) fn unauthorized(_: &Request<'_>) -> Answer {
    fault(
        401,
        "the key is missing or unknown; send it as a bearer token, as the name in Basic authorization, or as X-Api-Key",
    )
}

pub(super) fn too_busy(_: &Request<'_>, seconds: u32) -> Answer {
    fault(429, "too many requests").after(seconds)
}

pub(super) fn too_large(_: &Request<'_>) -> Answer {
    fault(413, "the body is larger than 4 MiB; send fewer rows at once")
}

/// The first of several members that is there and not an empty text, by name in any case.
pub(super) fn first<'a, 'text>(row: &'a Object<'text>, names: &[&str]) -> Option<&'a Json<'text>> {
    names.iter().find_map(|wanted| {
        let (_, value) = row.members.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        match value {
            Json::Null => None,
            Json::Text(text) if text.trim().is_empty() => None,
            value => Some(value),
        }
    })
}

/// The domain of an address or page, in lower case: `acme.com` of `https://www.Acme.com/about`.
pub(super) fn domain(text: &str) -> Result<String, Reason> {
    let text = text.trim().to_lowercase();
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let text = text.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let text = text.strip_prefix("www.").unwrap_or(text).trim_end_matches('.');
    let sound = text.contains('.') && !text.contains([' ', '@']) && !text.starts_with('.');
    if sound { Ok(text.to_owned()) } else { Err(Reason::NoId("domain such as example.com")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_of_pages() {
        for text in ["acme.com", " https://www.Acme.com/about?x ", "ACME.COM.", "http://acme.com:8080"] {
            assert_eq!(domain(text).as_deref(), Ok("acme.com"), "{text}");
        }
        for text in ["", "acme", "a b.com", "ada@acme.com", "https://"] {
            assert!(domain(text).is_err(), "{text}");
        }
    }
}
