//! People who sign in, for whoever decides who comes in.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::guard::Caller;
use super::object::Object;
use super::{blocking, body_of, changing};
use crate::access::people::{self, Role, Wish};
use crate::serve::Server;
use crate::serve::problem::Problem;
use crate::serve::repeats::ToldOnce;

/// Somebody who signs in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Person {
    id: String,
    email: String,
    role: Role,
    created_at: String,
    /// Since when the person may not come in.
    disabled_at: Option<String>,
}

impl From<store::catalog::access::Person> for Person {
    fn from(person: store::catalog::access::Person) -> Self {
        Self {
            role: Role::of(&person),
            id: person.id,
            email: person.email,
            created_at: person.created_at.to_string(),
            disabled_at: person.disabled_at.map(|at| at.to_string()),
        }
    }
}

/// All people.
#[derive(Debug, Serialize, ToSchema)]
pub struct People {
    people: Vec<Person>,
}

/// Somebody who is to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonWanted {
    #[schema(example = "ann@example.com", format = Email, max_length = 254)]
    email: String,
    role: Role,
    /// 12 to 256 characters; made and told if it is not said.
    #[schema(min_length = 12, max_length = 256)]
    password: Option<String>,
}

/// Somebody was added, or has another password.
#[derive(Serialize, ToSchema)]
pub struct PersonChanged {
    person: Person,
    /// The password that was made: it is told this once.
    password: Option<String>,
}

/// What is to be another; what is left out stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PersonPatch {
    role: Option<Role>,
    /// Whether the person may not come in.
    disabled: Option<bool>,
    /// 12 to 256 characters.
    #[schema(min_length = 12, max_length = 256)]
    password: Option<String>,
    /// Makes a password and tells it.
    new_password: bool,
}

/// All people
#[utoipa::path(get, path = "/api/v1/people", responses((status = 200, description = "The people", body = People)))]
pub async fn list(State(server): State<Arc<Server>>) -> Result<Json<People>, Problem> {
    let people = blocking(move || server.catalog.people()).await?;
    Ok(Json(People { people: people.into_iter().map(Person::from).collect() }))
}

/// Adds a person
#[utoipa::path(
    post,
    path = "/api/v1/people",
    request_body = PersonWanted,
    responses(
        (status = 201, description = "The person", body = PersonChanged),
        (status = 409, description = "There is a person of this address"),
        (status = 422, description = "It makes no sense"),
    )
)]
pub async fn add(
    State(server): State<Arc<Server>>,
    caller: Caller,
    body: Result<Json<Object<PersonWanted>>, JsonRejection>,
) -> Result<(StatusCode, Option<Extension<ToldOnce>>, Json<PersonChanged>), Problem> {
    let PersonWanted { email, role, password } = body_of(body)?;
    let added = changing(move || people::add(&*server.catalog, &caller.by(), &email, role, password));
    let (person, password) = added.await?;
    let told_once = password.as_ref().map(|_| Extension(ToldOnce));
    Ok((StatusCode::CREATED, told_once, Json(PersonChanged { person: person.into(), password })))
}

/// Gives a person another role or password, or lets a person in no more, which ends all sessions
#[utoipa::path(
    patch,
    path = "/api/v1/people/{email}",
    params(("email" = String, Path, description = "The person's e-mail address")),
    request_body = PersonPatch,
    responses(
        (status = 200, description = "The person", body = PersonChanged),
        (status = 404, description = "There is no such person"),
        (status = 422, description = "It makes no sense"),
    )
)]
pub async fn change(
    State(server): State<Arc<Server>>,
    caller: Caller,
    email: Result<Path<String>, PathRejection>,
    body: Result<Json<Object<PersonPatch>>, JsonRejection>,
) -> Result<(Option<Extension<ToldOnce>>, Json<PersonChanged>), Problem> {
    let Path(email) = email.map_err(|error| Problem::bad_request("bad-parameter", error.body_text()))?;
    let patch = body_of(body)?;
    let wish = Wish {
        role: patch.role,
        disabled: patch.disabled,
        password: (patch.new_password || patch.password.is_some()).then_some(patch.password),
    };
    let changed = changing(move || people::change(&*server.catalog, &caller.by(), &email, wish));
    let (person, password) = changed.await?;
    let told_once = password.as_ref().map(|_| Extension(ToldOnce));
    Ok((told_once, Json(PersonChanged { person: person.into(), password })))
}
