//! Who changed what.
#![expect(unused_qualifications, reason = "the macro that documents parameters writes them")]

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::catalog::audit::{AuditFilter, AuditLine};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, query_of};
use super::{blocking, instant_of};
use crate::access::kinds::KINDS;
use crate::serve::Server;
use crate::serve::problem::Problem;

/// Lines on a page at most, and unless asked for.
const MOST: usize = 200;
const USUAL: usize = 50;

/// Which lines.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// By whom: a person's e-mail address or a key's name.
    who: Option<String>,
    /// To what: a key's name, a person's id, `definitions`.
    target: Option<String>,
    /// This only: `key.add`, `person.role` and so on.
    #[param(
        example = "key.add",
        pattern = r"^(definitions\.apply|delivery\.replay|destination\.disable|destination\.enable|destination\.set_up|erasure\.begin|export|key\.add|key\.revoke|key\.rotate|person\.add|person\.disable|person\.enable|person\.password|person\.role|retention\.audit|retention\.people|suppression\.lift|suppression\.set)$"
    )]
    what: Option<String>,
    /// From this instant on.
    #[param(format = DateTime, example = "2026-05-01T00:00:00Z")]
    since: Option<String>,
    /// Before this instant.
    #[param(format = DateTime, example = "2026-06-01T00:00:00Z")]
    before: Option<String>,
    /// What `next` of the last page says.
    after: Option<u64>,
    /// At most so many on a page; 50 if it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Lines of the audit, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPage {
    lines: Vec<Line>,
    /// To be given as `after` for the next page; none: this is the last.
    next: Option<u64>,
}

/// What somebody did.
#[derive(Debug, Serialize, ToSchema)]
struct Line {
    number: u64,
    at: String,
    who: String,
    /// What was done, such as `key.add`.
    what: String,
    /// To what.
    target: String,
    /// How exactly; it depends on what was done.
    #[schema(value_type = Value)]
    detail: Value,
}

impl From<AuditLine> for Line {
    fn from(line: AuditLine) -> Self {
        let entry = line.entry;
        Self {
            number: line.number,
            at: entry.at.to_string(),
            who: entry.who,
            what: entry.what,
            target: entry.target,
            detail: serde_json::from_str(&entry.detail).unwrap_or(Value::Null),
        }
    }
}

/// Who changed keys, people and definitions, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    params(AuditQuery),
    responses((status = 200, description = "The page", body = AuditPage))
)]
pub async fn list(State(server): State<Arc<Server>>, query: Asked<AuditQuery>) -> Result<Json<AuditPage>, Problem> {
    let query = query_of(query)?;
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::bad_request("bad-parameter", format!("limit: a number from 1 to {MOST}")));
    }
    if query.after.is_some_and(|after| i64::try_from(after).is_err()) {
        return Err(Problem::bad_request("bad-parameter", "after: what `next` of a page says"));
    }
    if let Some(what) = query.what.as_deref().filter(|what| !KINDS.contains(what)) {
        let known = KINDS.join(", ");
        return Err(Problem::bad_request("bad-parameter", format!("what: `{what}` is not {known}")));
    }
    let filter = AuditFilter {
        from: instant_of("since", query.since.as_deref())?,
        until: instant_of("before", query.before.as_deref())?,
        who: query.who,
        target: query.target,
        what: query.what,
        before: query.after,
    };
    let mut lines = blocking(move || server.catalog.audit(&filter, limit + 1)).await?;
    let is_more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| is_more).map(|line| line.number);
    Ok(Json(AuditPage { lines: lines.into_iter().map(Line::from).collect(), next }))
}
