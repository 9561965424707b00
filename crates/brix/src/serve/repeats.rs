//! Changes that count once however often they are sent: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
//!
//! A request with a key is noted before it is done, and its answer afterwards; whoever sends it again gets that answer. A key belongs to
//! the credential that it is sent with, so nobody is answered what another asked. Of a request that was noted and never answered,
//! because the server died, nobody knows whether it was done: it is not done again, and the sender is told so.
//!
//! Answers that tell a secret are never written down. They are remembered while the server lives.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use engine::Timestamp;
use engine::time::DAY;
use sha2::{Digest as _, Sha256};
use store::catalog::Catalog;
use store::catalog::access::Digest;
use store::catalog::requests::{KeptAnswer, KeptBody, KnownRequest, NewRequest};

use super::clock;
use super::problem::Problem;

/// The header with the sender's key.
pub const HEADER: &str = "idempotency-key";
/// The longest key.
pub const LONGEST_KEY: usize = 255;
/// How long an answer is kept.
const KEPT: i64 = DAY;
/// So many requests are kept, the latest.
const MOST: usize = 100_000;
/// What is too old or too many is removed once in so many requests.
const SWEEP: u64 = 256;
/// The longest body of a request that can have a key, as that of others.
const LONGEST_BODY: usize = 2 << 20;
/// The longest answer that is kept.
const LONGEST_ANSWER: usize = 64 << 10;
/// So many answers with secrets are remembered.
const MOST_TOLD_ONCE: usize = 1_000;
/// Says that an answer is that of an earlier request.
const REPLAYED: &str = "idempotent-replayed";

/// Marks an answer that tells a secret.
#[derive(Debug, Clone, Copy)]
pub struct ToldOnce;

/// The requests that have a key.
pub struct Repeats {
    catalog: Arc<dyn Catalog>,
    begun: AtomicU64,
    /// Those that are being done.
    under_way: Mutex<HashSet<[u8; 32]>>,
    /// Answers with secrets.
    told_once: Mutex<HashMap<[u8; 32], (Timestamp, KeptAnswer)>>,
}

/// What becomes of a request.
enum Fate {
    /// It is done now.
    Done,
    /// It was done before.
    Known(KeptAnswer),
}

/// A request that is under way; it is no more when this is dropped.
struct UnderWay<'a>(&'a Repeats, [u8; 32]);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(&self.0.under_way).remove(&self.1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The key that a request shows.
///
/// # Errors
/// It is none that can be remembered.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(shown) = headers.get(HEADER) else { return Ok(None) };
    let is_sound =
        |key: &&str| (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|sign| sign.is_ascii_graphic());
    let Some(key) = shown.to_str().ok().filter(is_sound) else {
        let detail = format!(
            "Idempotency-Key: 1 to {LONGEST_KEY} characters of ASCII without spaces, another one for each change"
        );
        return Err(Problem::bad_request("bad-idempotency-key", detail));
    };
    Ok(Some(key.to_owned()))
}

/// A digest of parts that cannot be shifted into one another.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

impl Repeats {
    /// Those of a catalog.
    pub fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog, begun: AtomicU64::new(0), under_way: Mutex::default(), told_once: Mutex::default() }
    }

    /// Has a request done once, and gives the answer of that one time. What is begun is brought to its end, also where the sender has
    /// gone or the time for it is over: else nobody would know what became of it.
    ///
    /// # Errors
    /// Its body cannot be read, and whatever else keeps it from being done.
    pub async fn once(self: Arc<Self>, credential: &str, key: &str, request: Request, next: Next) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
            let detail = format!("a change has at most {LONGEST_BODY} bytes, all of which must come");
            return Problem::of(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail).into_response();
        };
        let name = digest(&[credential.as_bytes(), key.as_bytes()]);
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let asked = digest(&[parts.method.as_str().as_bytes(), target.as_bytes(), &body]);
        let request = Request::from_parts(parts, Body::from(body));
        let done = tokio::spawn(async move { self.done(name, asked, request, next).await });
        match done.await {
            Ok(Ok(response)) => response,
            Ok(Err(problem)) => problem.into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }

    async fn done(
        self: Arc<Self>,
        name: [u8; 32],
        asked: [u8; 32],
        request: Request,
        next: Next,
    ) -> Result<Response, Problem> {
        if !lock(&self.under_way).insert(name) {
            let detail = "the request with this Idempotency-Key is being done; ask again in a second";
            return Err(Problem::of(StatusCode::CONFLICT, "in-flight", detail));
        }
        let _under_way = UnderWay(&self, name);
        if let Fate::Known(answer) = self.begin(name, asked).await? {
            return Ok(again(answer));
        }
        let response = next.run(request).await;
        let (parts, body) = response.into_parts();
        let answer = KeptAnswer { status: parts.status.as_u16(), body: None };
        // A long answer is read by whoever asked, and not kept.
        let is_short = body.size_hint().exact().is_some_and(|length| length <= LONGEST_ANSWER as u64);
        if !is_short {
            self.end(name, answer, false).await?;
            return Ok(Response::from_parts(parts, body));
        }
        let bytes = to_bytes(body, LONGEST_ANSWER).await.map_err(|error| Problem::internal(&error))?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let body = KeptBody { kind: kind.unwrap_or_default().to_owned(), bytes: bytes.to_vec() };
        let is_secret = parts.extensions.get::<ToldOnce>().is_some() && parts.status.is_success();
        self.end(name, KeptAnswer { body: Some(body), ..answer }, is_secret).await?;
        Ok(Response::from_parts(parts, Body::from(bytes)))
    }

    /// Notes a request, or finds the one before it.
    async fn begin(self: &Arc<Self>, name: [u8; 32], asked: [u8; 32]) -> Result<Fate, Problem> {
        let now = clock::now();
        let repeats = Arc::clone(self);
        let known = super::api::blocking(move || {
            let oldest = Timestamp(now.0 - KEPT);
            if repeats.begun.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP) {
                repeats.catalog.sweep_requests(oldest, MOST)?;
            }
            let new = NewRequest { digest: Digest(name), asked: Digest(asked), at: now };
            let known = repeats.catalog.begin_request(&new)?;
            if known.as_ref().is_none_or(|known| known.at >= oldest) {
                return Ok(known);
            }
            repeats.catalog.forget_request(&new.digest)?;
            repeats.catalog.begin_request(&new)
        });
        let Some(KnownRequest { asked: before, answer, .. }) = known.await? else { return Ok(Fate::Done) };
        if before.0 != asked {
            let detail = "this Idempotency-Key was sent with another request; each change has a key of its own";
            return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail));
        }
        let Some(answer) = answer else {
            let detail =
                "the server ended while it did this: look whether it is done; if not, send it with another key";
            return Err(Problem::of(StatusCode::CONFLICT, "outcome-unknown", detail));
        };
        let secret = lock(&self.told_once).get(&name).map(|(_, answer)| answer.clone());
        let answer = secret.unwrap_or(answer);
        let is_bare = answer.body.is_none() && answer.status != StatusCode::NO_CONTENT.as_u16();
        if is_bare {
            let detail = "this is done; what was answered is not kept, as it was long or told a secret";
            return Err(Problem::of(StatusCode::CONFLICT, "already-done", detail));
        }
        Ok(Fate::Known(answer))
    }

    /// Keeps what was answered. Where nothing was done and it is worth trying again, the key is as new.
    async fn end(self: &Arc<Self>, name: [u8; 32], answer: KeptAnswer, is_secret: bool) -> Result<(), Problem> {
        let (repeats, now) = (Arc::clone(self), clock::now());
        let is_to_be_tried_again = matches!(answer.status, 408 | 425 | 429 | 503);
        super::api::blocking(move || {
            if is_to_be_tried_again {
                return repeats.catalog.forget_request(&Digest(name));
            }
            if !is_secret {
                return repeats.catalog.answer_request(&Digest(name), &answer);
            }
            let bare = KeptAnswer { status: answer.status, body: None };
            repeats.remember(name, now, answer);
            repeats.catalog.answer_request(&Digest(name), &bare)
        })
        .await
    }

    fn remember(&self, name: [u8; 32], now: Timestamp, answer: KeptAnswer) {
        let mut told_once = lock(&self.told_once);
        told_once.retain(|_, (at, _)| at.0 > now.0 - KEPT);
        if told_once.len() < MOST_TOLD_ONCE {
            told_once.insert(name, (now, answer));
        }
    }
}

/// An answer as it was, and that it is an earlier one.
fn again(answer: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(KeptBody { kind, bytes }) = answer.body {
        if let Ok(kind) = HeaderValue::try_from(kind)
            && !kind.is_empty()
        {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        *response.body_mut() = Body::from(Bytes::from(bytes));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_its_sender() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        let headers = |value: &str| HeaderMap::from_iter([(HEADER.parse().unwrap(), value.parse().unwrap())]);
        assert_eq!(key(&headers("k")).unwrap().as_deref(), Some("k"));
        assert!(key(&headers("")).is_err() && key(&headers(&"k".repeat(256))).is_err());
        assert_eq!(key(&HeaderMap::new()).unwrap(), None);
    }
}
