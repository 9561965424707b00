//! Somebody is to be erased: asked for, and how far it is. Ids stand in bodies, for URLs are written down in many places.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::record::SubjectKind;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::catalog::audit::AuditEntry;
use store::ledger::erasures::{Erasure, Stage};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::guard::Caller;
use super::object::Object;
use super::suppressions::{SuppressedKind, require_id};
use super::{blocking, body_of};
use crate::access::secret::random;
use crate::backup;
use crate::live::entry::Entry;
use crate::live::erasure::{Asked, Kept};
use crate::serve::problem::Problem;
use crate::serve::repeats::ToldOnce;
use crate::serve::{Server, clock};

/// How long an answer waits until nobody is shown any more what is erased.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(5);

/// Whom to erase.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewErasure {
    kind: SuppressedKind,
    /// One of the ids as it is sent, of at most 1,000 characters: the others are found by it.
    #[schema(min_length = 1, max_length = 1000)]
    id: String,
    /// Why. The id is taken out of it.
    #[serde(default)]
    reason: String,
    /// Whether nothing of it is taken in any more.
    #[serde(default = "so")]
    suppress: bool,
}

const fn so() -> bool {
    true
}

/// How far an erasure is, and what it has done.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasureState {
    /// By which it is asked for.
    id: String,
    /// What was erased: `user`, `account` or `workspace`.
    kind: String,
    /// `waiting`: nothing has been done; `hidden`: nobody is shown it; `rewritten`: the lake holds it no more; `swept`: only free
    /// pages of files may; `done`.
    state: String,
    /// When it was asked for.
    asked_at: String,
    /// By whom.
    by: String,
    /// Why.
    reason: String,
    /// Whether nothing of it is taken in any more.
    suppressed: bool,
    /// Whether anything was known by the id; none: it has not been looked at.
    known: Option<bool>,
    /// The ids that were found. Once they are out of everything nobody knows them any more.
    ids: Option<Vec<ErasedId>>,
    /// Devices that others used too: of what they did, that goes which was theirs.
    shared_devices: Option<Vec<String>>,
    /// How much was removed, and when.
    removed: Removed,
    /// The same in words, with what is still to come and what is not reached.
    words: Vec<String>,
    /// Backups that `brix backup` made before it was done: they still hold it, if they are there.
    backups: Vec<Copied>,
}

/// A backup that was made.
#[derive(Debug, Serialize, ToSchema)]
struct Copied {
    at: String,
    folder: String,
}

/// An id of what is erased.
#[derive(Debug, Serialize, ToSchema)]
struct ErasedId {
    kind: String,
    id: String,
}

/// What an erasure has removed.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Removed {
    /// Ids that were found.
    ids: u64,
    leads: u64,
    /// Of the lake.
    events: u64,
    /// Traits, aliases and leaves, of the lake.
    facts: u64,
    /// Of the log.
    entries: u64,
    /// What was said of it with others' leads: evidence, notes, messages and lines of history.
    mentions: u64,
    /// Pieces of rejected input, and rows that imports had put aside.
    rejects: u64,
    hidden_at: Option<String>,
    rewritten_at: Option<String>,
    done_at: Option<String>,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Erasures {
    /// The latest first.
    erasures: Vec<ErasureState>,
}

impl ErasureState {
    fn of(erasure: Erasure) -> Option<Self> {
        let kept = Kept::of(&erasure)?;
        let words = kept.words(erasure.stage);
        let receipt = &kept.receipt;
        let at = |at: Option<engine::Timestamp>| at.map(|at| at.to_string());
        let mentions = &receipt.mentions;
        let removed = Removed {
            ids: receipt.ids,
            leads: receipt.leads,
            events: receipt.events,
            facts: receipt.facts,
            entries: receipt.entries,
            mentions: mentions.evidence + mentions.notes + mentions.actions + mentions.changes,
            rejects: mentions.rejects + receipt.import_rejects,
            hidden_at: at(receipt.hidden_at),
            rewritten_at: at(receipt.rewritten_at),
            done_at: at(receipt.done_at),
        };
        let id = |(kind, id): &(SubjectKind, String)| ErasedId { kind: kind.word().to_owned(), id: id.clone() };
        Some(Self {
            id: erasure.id,
            kind: kept.kind.word().to_owned(),
            state: erasure.stage.word().to_owned(),
            asked_at: erasure.at.to_string(),
            by: erasure.by,
            known: Some(!receipt.is_unknown),
            ids: kept.leaving.as_ref().map(|leaving| leaving.ids.iter().map(id).collect()),
            shared_devices: kept.leaving.map(|leaving| leaving.shared.into_iter().collect()),
            reason: kept.reason,
            suppressed: kept.suppress,
            removed,
            words,
            backups: Vec::new(),
        })
    }

    /// What was asked for has not been looked at.
    fn waiting(asked: &Asked) -> Self {
        Self {
            id: asked.id.clone(),
            kind: asked.kind.word().to_owned(),
            state: "waiting".to_owned(),
            asked_at: asked.at.to_string(),
            by: asked.by.clone(),
            reason: asked.reason.clone(),
            suppressed: asked.suppress,
            known: None,
            ids: None,
            shared_devices: None,
            removed: Removed::default(),
            words: vec!["It is durable, and will be done.".to_owned()],
            backups: Vec::new(),
        }
    }

    /// Names the backups that still hold it; of what nobody knew there is nothing in them, as far as anybody can say.
    fn with_backups(mut self, made: &[backup::Made]) -> Self {
        if self.known == Some(false) {
            return self;
        }
        // To the second: rather one too many.
        let second = |at: &str| at.get(..19).unwrap_or(at).to_owned();
        let done = self.removed.done_at.as_deref().map(second);
        let before = made.iter().filter(|made| done.as_ref().is_none_or(|done| second(&made.at) <= *done));
        let copied = |made: &backup::Made| Copied { at: made.at.clone(), folder: made.folder.display().to_string() };
        self.backups = before.map(copied).collect();
        let hold = |copied: &Copied| format!("The backup of {} in {} still holds it.", copied.at, copied.folder);
        self.words.extend(self.backups.iter().map(hold));
        self
    }
}

/// Erases somebody: nobody is shown them from the answer on, and soon nothing holds them any more
///
/// Asked for again while it is under way, the answer tells how far it is.
#[utoipa::path(
    post,
    path = "/api/v1/privacy/erasures",
    request_body = NewErasure,
    responses((status = 202, description = "It is durable, and under way", body = ErasureState))
)]
pub async fn erase(
    State(server): State<Arc<Server>>,
    caller: Caller,
    body: Result<Json<Object<NewErasure>>, JsonRejection>,
) -> Result<(StatusCode, Extension<ToldOnce>, Json<ErasureState>), Problem> {
    let new = body_of(body)?;
    require_id(&new.id)?;
    let asked = Asked {
        id: random::<16>().map_err(|error| Problem::internal(&error))?,
        at: clock::now(),
        by: caller.name,
        kind: new.kind.into(),
        reason: new.reason.replace(&new.id, "…"),
        subject: new.id,
        suppress: new.suppress,
    };
    let own = Arc::clone(&server);
    let request = asked.clone();
    let begun = blocking(move || begin(&own, &request)).await?;
    if let Some(under_way) = begun {
        return Ok((StatusCode::ACCEPTED, Extension(ToldOnce), Json(under_way)));
    }
    let entry = Entry::Erasure(Box::new(asked.clone())).encode().map_err(|error| Problem::internal(&error))?;
    let (done, durable) = oneshot::channel();
    let submitted = server.log.submit(vec![entry], Box::new(move |outcome| drop(done.send(outcome))));
    let busy = || Problem::of(StatusCode::TOO_MANY_REQUESTS, "busy", "too much waits to be written; try again");
    submitted.map_err(|_| busy())?;
    let Ok(Ok(appended)) = durable.await else { return Err(busy()) };
    let begun = Instant::now();
    while server.live.committed.load(Ordering::Relaxed) < appended.last && begun.elapsed() < PATIENCE {
        tokio::time::sleep(LOOK).await;
    }
    let (ledger, id) = (Arc::clone(&server.ledger), asked.id.clone());
    let found = blocking(move || ledger.erasure(&id)).await?;
    let state = found.and_then(ErasureState::of).unwrap_or_else(|| ErasureState::waiting(&asked));
    // It names whoever is erased.
    Ok((StatusCode::ACCEPTED, Extension(ToldOnce), Json(state)))
}

/// Suppresses who is to be erased, so that nothing comes in behind it; gives the erasure of the same subject that is under way.
fn begin(server: &Server, asked: &Asked) -> store::Result<Option<ErasureState>> {
    for erasure in server.ledger.erasures()?.into_iter().filter(|erasure| erasure.stage != Stage::Done) {
        let kept = Kept::of(&erasure);
        let leaving = kept.as_ref().and_then(|kept| kept.leaving.as_ref());
        if leaving.is_some_and(|leaving| leaving.has(asked.kind, &asked.subject)) {
            return Ok(ErasureState::of(erasure));
        }
    }
    if asked.suppress {
        server.suppressed.seal([(asked.kind, asked.subject.as_str())].into_iter(), asked.at)?;
    }
    // The subject's id is not in it: the line stays for ever.
    let line = AuditEntry {
        at: asked.at,
        who: asked.by.clone(),
        what: "erasure.begin".to_owned(),
        target: "erasures".to_owned(),
        detail: json!({ "erasure": asked.id, "kind": asked.kind.word(), "suppress": asked.suppress }).to_string(),
    };
    server.catalog.change(&[], &[line])?;
    Ok(None)
}

/// All erasures, the latest first
#[utoipa::path(
    get,
    path = "/api/v1/privacy/erasures",
    responses((status = 200, description = "All of them", body = Erasures))
)]
pub async fn list(State(server): State<Arc<Server>>) -> Result<Json<Erasures>, Problem> {
    let ledger = Arc::clone(&server.ledger);
    let all = blocking(move || ledger.erasures()).await?;
    let made = backups(&server)?;
    let states = all.into_iter().filter_map(ErasureState::of).map(|state| state.with_backups(&made));
    Ok(Json(Erasures { erasures: states.collect() }))
}

/// The receipt of an erasure: what was removed where and when, and what is still to come
#[utoipa::path(
    get,
    path = "/api/v1/privacy/erasures/{erasure}",
    params(("erasure" = String, Path, description = "By which it is asked for")),
    responses(
        (status = 200, description = "The receipt", body = ErasureState),
        (status = 404, description = "There is no such erasure, or it has not been looked at yet"),
    )
)]
pub async fn one(
    State(server): State<Arc<Server>>,
    Path(erasure): Path<String>,
) -> Result<Json<ErasureState>, Problem> {
    let (ledger, id) = (Arc::clone(&server.ledger), erasure);
    let found = blocking(move || ledger.erasure(&id)).await?.and_then(ErasureState::of);
    let made = backups(&server)?;
    found
        .map(|state| Json(state.with_backups(&made)))
        .ok_or_else(|| Problem::not_found("there is no such erasure, or it has not been looked at yet"))
}

fn backups(server: &Server) -> Result<Vec<backup::Made>, Problem> {
    backup::made(&server.config.data).map_err(|error| Problem::internal(&format!("{error:#}")))
}
