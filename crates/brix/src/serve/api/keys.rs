//! Keys of programs: listed without themselves, made, rotated, revoked.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::Timestamp;
use engine::time::{DAY, SECOND};
use serde::{Deserialize, Serialize};
use store::catalog::access::ApiKey;
use utoipa::ToSchema;

use super::guard::Caller;
use super::object::Object;
use super::{blocking, body_of, changing};
use crate::access::keys::{self, Made, New};
use crate::access::scope::Scope;
use crate::serve::problem::Problem;
use crate::serve::repeats::ToldOnce;
use crate::serve::{Server, clock};

/// The longest time that a key is valid beside its successor.
const LONGEST_GRACE: u32 = 90 * 24 * 3600;

/// A key, without itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct Key {
    id: String,
    name: String,
    /// Its first characters.
    prefix: String,
    scope: Scope,
    /// The only source that it writes to.
    source: Option<String>,
    created_at: String,
    /// When it was last used; noted every 10 s.
    last_used_at: Option<String>,
    revoked_at: Option<String>,
    /// Until when it is valid beside its successor.
    rotated_until: Option<String>,
    valid: bool,
}

impl From<ApiKey> for Key {
    fn from(key: ApiKey) -> Self {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            scope: Scope::of(&key),
            valid: key.is_valid(clock::now()),
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            source: key.source,
            created_at: key.created_at.to_string(),
            last_used_at: text(key.last_used_at),
            revoked_at: text(key.revoked_at),
            rotated_until: text(key.rotated_until),
        }
    }
}

/// The keys of the catalog; those of server.toml are not among them.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    keys: Vec<Key>,
}

/// A key that has just been made.
#[derive(Serialize, ToSchema)]
pub struct NewKey {
    /// The key itself: it is told this once.
    secret: String,
    key: Key,
}

impl From<Made> for NewKey {
    fn from(made: Made) -> Self {
        Self { secret: made.key, key: made.kept.into() }
    }
}

/// A key that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyWanted {
    /// What it is for; unique among the valid ones.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    scope: Scope,
    /// With the scope `ingest`: the only source that it writes to.
    source: Option<String>,
}

/// How a key is rotated.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rotation {
    /// So long the old key stays valid; a day if it is not said.
    #[schema(maximum = 7_776_000)]
    #[serde(deserialize_with = "super::whole::optional")]
    grace_seconds: Option<u32>,
}

/// All keys, without themselves
#[utoipa::path(get, path = "/api/v1/keys", responses((status = 200, description = "The keys", body = KeyList)))]
pub async fn list(State(server): State<Arc<Server>>) -> Result<Json<KeyList>, Problem> {
    let keys = blocking(move || {
        server.keys.note_used()?;
        server.catalog.keys()
    });
    Ok(Json(KeyList { keys: keys.await?.into_iter().map(Key::from).collect() }))
}

/// Makes a key, which is told once
#[utoipa::path(
    post,
    path = "/api/v1/keys",
    request_body = KeyWanted,
    responses(
        (status = 201, description = "The key", body = NewKey),
        (status = 409, description = "There is a valid key of this name"),
        (status = 422, description = "It makes no sense"),
    )
)]
pub async fn add(
    State(server): State<Arc<Server>>,
    caller: Caller,
    body: Result<Json<Object<KeyWanted>>, JsonRejection>,
) -> Result<(StatusCode, Extension<ToldOnce>, Json<NewKey>), Problem> {
    let KeyWanted { name, scope, source } = body_of(body)?;
    let is_known = |name: &String| server.config.sources.iter().any(|source| source.name == *name);
    if let Some(unknown) = source.as_ref().filter(|name| !is_known(name)) {
        let detail = format!("there is no source `{unknown}`; `brix config` shows the sources");
        return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, "not-accepted", detail));
    }
    let made = changing(move || {
        let made = keys::add(&*server.catalog, &caller.by(), New { name, scope, source })?;
        server.keys.read()?;
        Ok(made)
    });
    Ok((StatusCode::CREATED, Extension(ToldOnce), Json(made.await?.into())))
}

/// Makes a successor of a key; the old one stays valid for a while
#[utoipa::path(
    post,
    path = "/api/v1/keys/{name}/rotate",
    params(("name" = String, Path, description = "The key's name")),
    request_body = Rotation,
    responses(
        (status = 201, description = "The new key", body = NewKey),
        (status = 404, description = "There is no valid key of this name"),
        (status = 422, description = "It makes no sense"),
    )
)]
pub async fn rotate(
    State(server): State<Arc<Server>>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
    body: Result<Json<Object<Rotation>>, JsonRejection>,
) -> Result<(StatusCode, Extension<ToldOnce>, Json<NewKey>), Problem> {
    let name = name_of(name)?;
    let grace = match body_of(body)?.grace_seconds {
        None => DAY,
        Some(seconds) if seconds <= LONGEST_GRACE => i64::from(seconds) * SECOND,
        Some(_) => {
            let detail = format!("grace_seconds: at most {LONGEST_GRACE}");
            return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, "not-accepted", detail));
        }
    };
    let made = changing(move || {
        let by = caller.by();
        let made = keys::rotate(&*server.catalog, &by, &name, Timestamp(by.at.0 + grace))?;
        server.keys.read()?;
        Ok(made)
    });
    Ok((StatusCode::CREATED, Extension(ToldOnce), Json(made.await?.into())))
}

/// Makes a key invalid at once
#[utoipa::path(
    post,
    path = "/api/v1/keys/{name}/revoke",
    params(("name" = String, Path, description = "The key's name")),
    responses(
        (status = 204, description = "It is valid no more"),
        (status = 404, description = "There is no valid key of this name"),
    )
)]
pub async fn revoke(
    State(server): State<Arc<Server>>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let name = name_of(name)?;
    let revoked = changing(move || {
        keys::revoke(&*server.catalog, &caller.by(), &name)?;
        Ok(server.keys.read()?)
    });
    revoked.await.map(|()| StatusCode::NO_CONTENT)
}

fn name_of(name: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    name.map(|Path(name)| name).map_err(|error| Problem::bad_request("bad-parameter", error.body_text()))
}
