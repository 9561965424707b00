//! Who is near: one criterion or a few percent away; and who was on the way and has stopped.
#![expect(unused_qualifications, reason = "the macro that documents parameters writes them")]

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::Span;
use engine::record::SubjectKind;
use insight::near::{self, Terms};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, query_of};
use super::shown::Subject;
use crate::live::near::{Found, Ranking, Survey};
use crate::serve::Server;
use crate::serve::problem::Problem;

/// People on a page at most, and unless asked for.
const MOST: usize = 200;
const USUAL: usize = 50;
/// How long a survey is waited for, and how often is looked.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

/// What can be asked.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct NearQuery {
    /// On the way into this definition; of all if it is not said.
    definition: Option<String>,
    /// How much of each threshold may be missing, from 0 to 1; 0.2 if it is not said.
    #[param(example = 0.2, minimum = 0, maximum = 1)]
    within: Option<f64>,
    /// Whoever has done nothing towards it for so many days has stopped; 7 if it is not said.
    #[param(example = 7, minimum = 1, maximum = 3650)]
    days: Option<u32>,
    /// What `next` of the last page says.
    #[param(pattern = r"^[0-9a-fA-F]{1,16}\.[0-9a-fA-F]{1,16}$")]
    after: Option<String>,
    /// At most so many on a page; 50 if it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// A page of people on their way into definitions.
#[derive(Debug, Serialize, ToSchema)]
pub struct NearPage {
    /// As of this instant.
    as_of: String,
    /// The nearest first.
    near: Vec<Nearness>,
    /// How many there are in all. The nearest 10,000 of each definition are listed.
    total: u64,
    /// To be given as `after` for the next page; none: this is the last.
    next: Option<String>,
}

/// Somebody on the way into a definition.
#[derive(Debug, Serialize, ToSchema)]
struct Nearness {
    /// The definition's id.
    definition: String,
    subject: Subject,
    /// The account's id.
    account: Option<String>,
    /// How much of the way lies behind, from 0 to 1: each criterion counts alike.
    share: f64,
    /// How many criteria hold.
    met: u32,
    /// Of how many.
    of: u32,
    /// So many events, days and the like are enough, on whichever way takes the fewest, where that can be said.
    steps: Option<u64>,
    /// Whether the fit is met: `yes`, `no` or `unknown`.
    fits: &'static str,
    /// What would have to hold.
    missing: Vec<Missing>,
    /// The latest event towards it.
    last_at: Option<String>,
}

/// A criterion that would have to hold.
#[derive(Debug, Serialize, ToSchema)]
struct Missing {
    /// In words, with what there is so far and what it needs.
    words: String,
    /// How much of it is there, from 0 to 1; 0 where it has no parts.
    share: f64,
    /// So many more events, days and the like are enough, where that can be said.
    steps: Option<u64>,
    /// From then on it can no longer be met.
    by: Option<String>,
}

impl From<&Found> for Nearness {
    fn from(found: &Found) -> Self {
        let near = &found.near;
        let missing = near.way.missing.iter().map(|gap| Missing {
            words: gap.words.clone(),
            share: gap.share,
            steps: gap.steps,
            by: gap.by.map(|by| by.0.to_string()),
        });
        Self {
            definition: found.definition.to_string(),
            subject: Subject { kind: found.kind.word(), id: near.id.to_string() },
            account: found.account.clone(),
            share: near.share,
            met: near.way.met,
            of: near.way.of,
            steps: near.way.steps,
            fits: near::fits(near.fit),
            missing: missing.collect(),
            last_at: near.last_at.map(|at| at.0.to_string()),
        }
    }
}

/// People who have not qualified and are one criterion or a few percent away, the nearest first
#[utoipa::path(
    get,
    path = "/api/v1/leads/near",
    params(NearQuery),
    responses(
        (status = 200, description = "The page", body = NearPage),
        (status = 404, description = "No such definition is in force"),
        (status = 503, description = "Everyone is being looked at, or the server has only begun; come again"),
    )
)]
pub async fn list(State(server): State<Arc<Server>>, query: Asked<NearQuery>) -> Result<Json<NearPage>, Problem> {
    page(&server, query, |(_, near, _)| near).await
}

/// People who had half of the way into a definition behind them and have done nothing towards it for some days
#[utoipa::path(
    get,
    path = "/api/v1/leads/stalled",
    params(NearQuery),
    responses(
        (status = 200, description = "The page", body = NearPage),
        (status = 404, description = "No such definition is in force"),
        (status = 503, description = "Everyone is being looked at, or the server has only begun; come again"),
    )
)]
pub async fn stalled(State(server): State<Arc<Server>>, query: Asked<NearQuery>) -> Result<Json<NearPage>, Problem> {
    page(&server, query, |(_, _, stalled)| stalled).await
}

/// A definition's id, those who are near, those who have stalled.
type Rankings = (Arc<str>, Ranking, Ranking);

async fn page(
    server: &Server,
    query: Asked<NearQuery>,
    choose: fn(&Rankings) -> &Ranking,
) -> Result<Json<NearPage>, Problem> {
    let query = query_of(query)?;
    let (terms, limit) = (query.terms()?, query.limit()?);
    let after = match query.after.as_deref() {
        None => None,
        Some(text) => Some(Cursor::of(text).ok_or_else(|| wrong("after", "say what `next` of the last page says"))?),
    };
    let survey = survey(server, terms).await?;
    let chosen = survey.of.iter().filter(|(id, ..)| query.definition.as_ref().is_none_or(|only| **only == **id));
    let chosen: Vec<&Ranking> = chosen.map(choose).collect();
    if let (Some(only), true) = (&query.definition, chosen.is_empty()) {
        let near = engine::language::nearest(only, survey.of.iter().map(|(id, ..)| &**id));
        let cure = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let words = format!("no definition `{only}` is in force{cure}");
        return Err(Problem::of(StatusCode::NOT_FOUND, "unknown-definition", words));
    }
    let is_told = |found: &&Found| {
        let is_hidden = server.suppressed.has(found.kind, &found.near.id);
        !is_hidden && !found.account.as_ref().is_some_and(|id| server.suppressed.has(SubjectKind::Account, id))
    };
    let kept: usize = chosen.iter().map(|ranking| ranking.rows.len()).sum();
    let mut rows: Vec<&Found> = chosen.iter().flat_map(|ranking| &ranking.rows).filter(is_told).collect();
    let hidden = (kept - rows.len()) as u64;
    rows.sort_by(|left, right| left.near.order(&right.near).then_with(|| left.definition.cmp(&right.definition)));
    let from = after.map_or(0, |after| after.place(&rows));
    let shown = rows.get(from..).unwrap_or_default();
    let next = shown.get(limit).and_then(|_| shown.get(limit.checked_sub(1)?)).map(|last| Cursor::behind(last).text());
    Ok(Json(NearPage {
        as_of: survey.at.to_string(),
        near: shown.iter().take(limit).map(|found| Nearness::from(*found)).collect(),
        total: chosen.iter().map(|ranking| ranking.total).sum::<u64>() - hidden,
        next,
    }))
}

/// A survey that is good, or, where making one takes long, the last one.
async fn survey(server: &Server, terms: Terms) -> Result<Arc<Survey>, Problem> {
    super::require_ready(server)?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(survey) = server.near.ask(terms) {
            return Ok(survey);
        }
        tokio::time::sleep(LOOK).await;
    }
    server.near.latest(terms).ok_or_else(|| {
        let detail = "everyone is being looked at, which takes longer than an answer may; come again";
        Problem::of(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    })
}

fn wrong(name: &str, cure: &str) -> Problem {
    Problem::bad_request("bad-parameter", format!("{name}: {cure}"))
}

impl NearQuery {
    fn terms(&self) -> Result<Terms, Problem> {
        let usual = Terms::default();
        let within = self.within.unwrap_or(usual.within);
        if !(0.0..=1.0).contains(&within) {
            return Err(wrong("within", "say a number from 0 to 1"));
        }
        let silent = match self.days {
            None => usual.silent,
            Some(days @ 1..=3650) => Span::days(i64::from(days)),
            Some(_) => return Err(wrong("days", "say a number from 1 to 3650")),
        };
        Ok(Terms { within, silent })
    }

    fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        if (1..=MOST).contains(&limit) { Ok(limit) } else { Err(wrong("limit", "say a number from 1 to 200")) }
    }
}

/// Where a page ended. It holds nobody's id: it stands in addresses.
struct Cursor {
    share: f64,
    who: u64,
}

impl Cursor {
    fn behind(found: &Found) -> Self {
        let mut hasher = DefaultHasher::new();
        (&found.definition, &found.near.id).hash(&mut hasher);
        Self { share: found.near.share, who: hasher.finish() }
    }

    fn of(text: &str) -> Option<Self> {
        let (share, who) = text.split_once('.')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        Some(Self { share: f64::from_bits(number(share)?), who: number(who)? })
    }

    fn text(&self) -> String {
        format!("{:x}.{:x}", self.share.to_bits(), self.who)
    }

    /// Behind the same one; where that one is gone, behind all that are nearer.
    fn place(&self, rows: &[&Found]) -> usize {
        let same = rows.iter().position(|found| Self::behind(found).who == self.who);
        same.map_or_else(|| rows.partition_point(|found| found.near.share > self.share), |place| place + 1)
    }
}
