//! How somebody stands now, for the product itself to ask: its server with a key, a user's browser with a signed token.
#![expect(unused_qualifications, reason = "the macro that documents parameters writes them")]

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use engine::definition::Op;
use engine::record::SubjectKind;
use insight::told::{Missing, Shortfall};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, query_of};
use super::definitions;
use crate::live::questions::{Question, Standing};
use crate::serve::problem::Problem;
use crate::serve::{Server, clock, user_token};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who is asked about: one of the two.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Whom {
    /// A user's id.
    user: Option<String>,
    /// An account's id.
    account: Option<String>,
    /// By this definition only.
    definition: Option<String>,
}

/// How somebody stands now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Qualification {
    /// `user` or `account`.
    kind: &'static str,
    /// The id that was asked about.
    id: String,
    /// Whether anything of it has ever come in.
    known: bool,
    /// By each definition of its kind that is in force.
    definitions: Vec<ByDefinition>,
}

/// How somebody stands by one definition.
#[derive(Debug, Serialize, ToSchema)]
struct ByDefinition {
    id: String,
    name: String,
    /// The hash of its version.
    version: String,
    /// Whether its population includes the subject.
    in_population: bool,
    /// `to_buy`, `to_use`, or nothing.
    qualified: Option<&'static str>,
    /// The score, had the subject qualified now.
    score: Option<f64>,
    /// The band of that score.
    band: Option<String>,
    /// The criteria that hold, in words.
    met: Vec<String>,
    /// Those that would have to hold, in words with what there is so far.
    missing: Vec<String>,
    /// Those of them that are about a number, with the number.
    missing_amounts: Vec<MissingAmount>,
}

/// A number that is not yet as it would have to be.
#[derive(Debug, Serialize, ToSchema)]
struct MissingAmount {
    /// The criterion in words.
    criterion: String,
    /// What there is so far.
    have: f64,
    /// How it would have to be: `at_least`, `above`, `equal`, `unequal`, `below` or `at_most` what is in `need`.
    must_be: &'static str,
    need: f64,
}

impl From<&Shortfall> for MissingAmount {
    fn from(shortfall: &Shortfall) -> Self {
        Self {
            criterion: shortfall.criterion.to_string(),
            have: shortfall.have.to_f64(),
            must_be: match shortfall.op {
                Op::AtLeast => "at_least",
                Op::Above => "above",
                Op::Equal => "equal",
                Op::Unequal => "unequal",
                Op::Below => "below",
                Op::AtMost => "at_most",
            },
            need: shortfall.need.to_f64(),
        }
    }
}

/// How the user who asks stands now.
#[derive(Debug, Serialize)]
struct OwnQualification {
    /// By each definition that is in force.
    definitions: Vec<OwnByDefinition>,
}

/// How the user who asks stands by one definition.
#[derive(Debug, Serialize)]
struct OwnByDefinition {
    id: String,
    /// `to_buy`, `to_use`, or nothing.
    qualified: Option<&'static str>,
    /// The criteria that would have to hold, in words with what there is so far.
    missing: Vec<String>,
    /// Those of them that are about a number, with the number.
    missing_amounts: Vec<MissingAmount>,
}

fn words(all: &[Missing]) -> Vec<String> {
    all.iter().map(|missing| missing.words.to_string()).collect()
}

fn amounts(all: &[Missing]) -> Vec<MissingAmount> {
    all.iter().filter_map(|missing| missing.amount.as_ref()).map(MissingAmount::from).collect()
}

impl From<Standing> for ByDefinition {
    fn from(standing: Standing) -> Self {
        Self {
            id: standing.definition,
            name: standing.name,
            version: standing.version,
            in_population: standing.in_population,
            qualified: standing.qualification.map(store::ledger::lead::Qualification::word),
            score: standing.score.map(|score| score.to_f64()),
            band: standing.band,
            met: standing.met.iter().map(ToString::to_string).collect(),
            missing: words(&standing.missing),
            missing_amounts: amounts(&standing.missing),
        }
    }
}

/// Whether somebody is qualified now, and what is missing
#[utoipa::path(
    get,
    path = "/api/v1/qualification",
    params(Whom),
    responses(
        (status = 200, description = "How the user or account stands", body = Qualification),
        (status = 404, description = "There is no such definition"),
        (status = 503, description = "Too busy to say, or only begun; come again"),
    )
)]
pub async fn of(State(server): State<Arc<Server>>, whom: Asked<Whom>) -> Result<Json<Qualification>, Problem> {
    let whom = query_of(whom)?;
    if let Some(id) = &whom.definition {
        definitions::require_known(&server, id).await?;
    }
    let (kind, id) = match (whom.user, whom.account) {
        (Some(user), None) => (SubjectKind::User, user),
        (None, Some(account)) => (SubjectKind::Account, account),
        _ => return Err(Problem::bad_request("bad-parameter", "say `user=ID` or `account=ID`, one of them")),
    };
    let found = ask(&server, kind, id.clone()).await?;
    let known = found.is_some();
    let of_definition = |standing: &Standing| whom.definition.as_ref().is_none_or(|only| *only == standing.definition);
    let definitions = found.into_iter().flatten().filter(of_definition).map(Into::into).collect();
    Ok(Json(Qualification { kind: kind.word(), id, known, definitions }))
}

/// Whether the user with this token is qualified now, and what is missing
///
/// For a user's browser, from any page. The token is a JSON Web Token (HS256) with the user's id in `sub` and an end in `exp`, at most 24 hours away, which your
/// server signs with the secret of `product.token_secret`.
async fn own(State(server): State<Arc<Server>>, headers: HeaderMap) -> Result<Json<OwnQualification>, Problem> {
    let refused = |detail: String| Problem::of(StatusCode::UNAUTHORIZED, "bad-token", detail);
    let Some(secret) = &server.config.product.token_secret else {
        return Err(refused("this server takes no tokens of users: `product.token_secret` is not set".to_owned()));
    };
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = shown.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim) else {
        return Err(refused("send the user's token as `Authorization: Bearer TOKEN`".to_owned()));
    };
    let now = clock::now().0 / 1_000_000;
    let claims =
        user_token::read(token, secret.expose().as_bytes(), now).map_err(|error| refused(error.to_string()))?;
    let found = ask(&server, SubjectKind::User, claims.sub).await?;
    let definitions = found.into_iter().flatten().map(|standing| OwnByDefinition {
        id: standing.definition,
        qualified: standing.qualification.map(store::ledger::lead::Qualification::word),
        missing: words(&standing.missing),
        missing_amounts: amounts(&standing.missing),
    });
    Ok(Json(OwnQualification { definitions: definitions.collect() }))
}

/// The route for users' browsers, which no key opens.
pub fn for_browsers() -> Router<Arc<Server>> {
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([Method::GET])
        .allow_headers([header::AUTHORIZATION])
        .max_age(Duration::from_secs(3600));
    Router::new().route("/api/v1/qualification/me", get(own)).layer(cors)
}

async fn ask(server: &Server, kind: SubjectKind, id: String) -> Result<Option<Vec<Standing>>, Problem> {
    super::require_ready(server)?;
    let busy = || {
        let detail = "the server is too busy to say how somebody stands; come again";
        Problem::of(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    };
    let (sender, answer) = oneshot::channel();
    // Whoever asked may have gone.
    let reply = Box::new(move |answer| drop(sender.send(answer)));
    let waiting = Arc::new(());
    let asker = Arc::downgrade(&waiting);
    server.questions.ask(Question { kind, id, asker, reply }).map_err(|_| busy())?;
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(Ok(found))) => Ok(found),
        Ok(Ok(Err(error))) => Err(Problem::internal(&format!("{error:#}"))),
        Ok(Err(_)) | Err(_) => Err(busy()),
    }
}
