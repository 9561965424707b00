//! The door: a vendor's request becomes durable records, and then the vendor's answer.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use connect::sources::{self, Answer, Headers, Outcome, Proof};
use store::Error as StoreError;
use tokio::sync::oneshot;

use super::Server;
use super::body::{BodyError, Held};
use super::clock;
use super::config::Source;
use super::problem::Problem;
use super::sifted::{Sifted, sift};
use super::unpack::{UnpackError, unpack};
use crate::live::entry::Entry;

/// Below this mount each source has its own folder of paths.
const MOUNT: &str = "/ingest/";
/// Whoever is told to come again comes after so many seconds, unless the log says otherwise.
const RETRY_AFTER_SECONDS: u32 = 1;

struct HeadersOf<'a>(&'a HeaderMap);

impl Headers for HeadersOf<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What of a request has come in before its body.
struct Incoming<'a> {
    method: sources::Method,
    path: &'a str,
    query: &'a str,
    headers: &'a HeadersOf<'a>,
}

/// The source of a path below the mount, and the source's own path; elsewhere it is any source's.
fn named(path: &str) -> (Option<&str>, Cow<'_, str>) {
    match path.strip_prefix(MOUNT).map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
        Some((name, rest)) => (Some(name), Cow::Owned(format!("/{rest}"))),
        None => (None, Cow::Borrowed(path)),
    }
}

/// The sources that take this path, with their places among all.
fn candidates<'a>(server: &'a Server, method: sources::Method, path: &str) -> Vec<(usize, &'a Source)> {
    let (name, path) = named(path);
    let all = server.config.sources.iter().enumerate();
    all.filter(|(_, source)| name.is_none_or(|name| *name == source.name))
        .filter(|(_, source)| source.vendor.route(method, &path).is_some())
        .collect()
}

/// A request to a source did not come in in time.
pub fn was_too_slow(server: &Server, method: &Method, path: &str) {
    let found = method_of(method).map(|method| candidates(server, method, path));
    if let Some((_, source)) = found.iter().flatten().next() {
        server.metrics.turned_away(&source.name, "too-slow");
    }
}

/// Takes what a vendor's client sends.
pub async fn take(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(method) = method_of(&parts.method) else { return nothing_here(parts.uri.path()) };
    let candidates = candidates(&server, method, parts.uri.path());
    let (_, path) = named(parts.uri.path());
    let Some((_, first)) = candidates.first() else { return nothing_here(parts.uri.path()) };
    let most = candidates
        .iter()
        .filter_map(|(_, source)| source.vendor.route(method, &path))
        .map(|route| route.max_body_bytes);
    let most = most.max().unwrap_or(0);
    let headers = HeadersOf(&parts.headers);
    let incoming = Incoming { method, path: &path, query: parts.uri.query().unwrap_or(""), headers: &headers };
    let body = match body_of(&server, &parts.headers, body, most).await {
        Ok(body) => body,
        Err(fault) => return fault.answer(&server, first, &incoming),
    };
    for (place, source) in &candidates {
        let received = (source.vendor.receive)(&incoming.request(&body.bytes), &source.settings);
        let is_let_in = match source.vendor.proof {
            Proof::Key => received.key.is_some_and(|key| server.keys.opens(key.expose(), *place, &source.name)),
            Proof::Signature => true,
        };
        if is_let_in {
            return server.keep(source, &incoming, received.outcome, received.answer).await;
        }
    }
    server.metrics.turned_away(&first.name, "unauthorized");
    respond((first.vendor.unauthorized)(&incoming.request(&[])))
}

/// The body, unpacked, within its limits.
async fn body_of(server: &Server, headers: &HeaderMap, body: Body, most: usize) -> Result<Held, BodyFault> {
    let mut held = server.room.read(body, most).await.map_err(BodyFault::Read)?;
    if let Some(unpacked) = unpack(headers, &held.bytes, most).map_err(BodyFault::Unpack)? {
        server.room.replace(&mut held, unpacked).map_err(BodyFault::Read)?;
    }
    Ok(held)
}

/// Why there is no body.
enum BodyFault {
    Read(BodyError),
    Unpack(UnpackError),
}

impl BodyFault {
    /// What the sender is told, in the words of the first source that it can be for.
    fn answer(self, server: &Server, source: &Source, incoming: &Incoming<'_>) -> Response {
        let (reason, answer) = match self {
            Self::Read(BodyError::TooLarge) | Self::Unpack(UnpackError::TooLarge) => {
                ("too-large", respond((source.vendor.too_large)(&incoming.request(&[]))))
            }
            Self::Read(BodyError::NoRoom) => {
                ("busy", respond((source.vendor.too_busy)(&incoming.request(&[]), RETRY_AFTER_SECONDS)))
            }
            Self::Read(BodyError::CutOff) => {
                let detail = "the body ended before all of it had come; send it again";
                ("cut-off", Problem::bad_request("cut-off", detail).into_response())
            }
            Self::Unpack(UnpackError::Damaged) => {
                let detail = "the body cannot be unpacked; gzip and deflate are known, in Content-Encoding";
                ("damaged-body", Problem::bad_request("damaged-body", detail).into_response())
            }
        };
        server.metrics.turned_away(&source.name, reason);
        answer
    }
}

impl<'a> Incoming<'a> {
    fn request(&'a self, body: &'a [u8]) -> sources::Request<'a> {
        sources::Request {
            method: self.method,
            path: self.path,
            query: self.query,
            headers: self.headers,
            body,
            received_at: clock::now(),
        }
    }
}

impl Server {
    /// Keeps what a request says, and answers when it is safe.
    async fn keep(&self, source: &Source, incoming: &Incoming<'_>, outcome: Outcome, answer: Answer) -> Response {
        let busy = |seconds: u32| {
            self.metrics.turned_away(&source.name, "busy");
            respond((source.vendor.too_busy)(&incoming.request(&[]), seconds))
        };
        let changed = outcome.changed;
        let Sifted { records, rejects } = sift(&self.suppressed, &source.name, outcome);
        let accepted = records.len();
        let started = Instant::now();
        let mut entries = Vec::with_capacity(accepted);
        for record in records {
            match Entry::Record(Box::new(record)).encode() {
                Ok(entry) => entries.push(entry),
                Err(error) => return Problem::internal(&error).into_response(),
            }
        }
        if !entries.is_empty() {
            let (done, durable) = oneshot::channel();
            // The sender may have gone away meanwhile; the records are kept all the same.
            let submitted = self.log.submit(entries, Box::new(move |outcome| drop(done.send(outcome))));
            match submitted {
                Ok(()) => {}
                Err(StoreError::Busy { retry_after, .. }) => {
                    let seconds = u32::try_from(retry_after.as_secs()).unwrap_or(RETRY_AFTER_SECONDS);
                    return busy(seconds.max(RETRY_AFTER_SECONDS));
                }
                // Coming again would not help.
                Err(StoreError::TooLarge { .. }) => {
                    self.metrics.turned_away(&source.name, "too-large");
                    return respond((source.vendor.too_large)(&incoming.request(&[])));
                }
                Err(error) => return Problem::internal(&error).into_response(),
            }
            match durable.await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => {
                    tracing::error!(source.name = source.name, error = %error, "records could not be kept");
                    return busy(RETRY_AFTER_SECONDS);
                }
                Err(_) => return busy(RETRY_AFTER_SECONDS),
            }
            self.metrics.kept(started.elapsed());
        }
        self.metrics.accepted(&source.name, accepted, &rejects);
        self.metrics.changed(&source.name, changed);
        if !self.rejects.keep(rejects).await {
            return busy(RETRY_AFTER_SECONDS);
        }
        respond(answer)
    }
}

fn method_of(method: &Method) -> Option<sources::Method> {
    match *method {
        Method::GET => Some(sources::Method::Get),
        Method::POST => Some(sources::Method::Post),
        Method::PUT => Some(sources::Method::Put),
        _ => None,
    }
}

fn nothing_here(path: &str) -> Response {
    let detail = if path.starts_with(MOUNT) {
        "no source of this name takes this path; `brix config` shows the sources"
    } else if path == "/api" || path.starts_with("/api/") {
        "the API has no such path; /api/v1/openapi.json has all that there are"
    } else {
        "no source takes this path; a source's own paths also stand below /ingest/NAME"
    };
    Problem::not_found(detail).into_response()
}

/// A source's answer as it goes out.
fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, answer.content_type);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    let body = Body::from(answer.body.into_owned());
    response.body(body).unwrap_or_else(|error| Problem::internal(&error).into_response())
}
