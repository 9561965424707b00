//! Everything that is known of somebody. The id stands in the body, for URLs are written down in many places.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use engine::record::SubjectKind;
use serde::Deserialize;
use serde_json::json;
use store::catalog::audit::AuditEntry;
use store::ledger::Ledger;
use utoipa::ToSchema;

use super::body_of;
use super::guard::Caller;
use super::object::Object;
use super::suppressions::{SuppressedKind, require_id};
use crate::serve::problem::Problem;
use crate::serve::repeats::ToldOnce;
use crate::serve::{Server, clock};

/// Whose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportOf {
    kind: SuppressedKind,
    /// One of the ids as it is sent, of at most 1,000 characters: the others are found by it.
    #[schema(min_length = 1, max_length = 1000)]
    id: String,
}

/// Everything that is known of a person, a company with its people, or a workspace, as a zip of JSON lines
#[utoipa::path(
    post,
    path = "/api/v1/privacy/exports",
    request_body = ExportOf,
    responses(
        (status = 200, description = "The zip; README.txt in it says what is in it", content_type = "application/zip"),
        (status = 404, description = "Nothing is known by this id; the nearest of those who are leads is named"),
    )
)]
pub async fn export(
    State(server): State<Arc<Server>>,
    caller: Caller,
    body: Result<Json<Object<ExportOf>>, JsonRejection>,
) -> Result<Response, Problem> {
    let of = body_of(body)?;
    require_id(&of.id)?;
    let kind = SubjectKind::from(of.kind);
    // The subject's id is not in it: the line stays for ever.
    let line = AuditEntry {
        at: clock::now(),
        who: caller.name,
        what: "export".to_owned(),
        target: "exports".to_owned(),
        detail: json!({ "kind": kind.word() }).to_string(),
    };
    let work = move || {
        server.catalog.change(&[], &[line])?;
        match server.shelf.portrait(kind, &of.id)? {
            Some(packed) => Ok(Ok(packed)),
            None => Ok(Err(unknown(server.ledger.as_ref(), kind, &of.id)?)),
        }
    };
    let packed = match tokio::task::spawn_blocking(work).await {
        Ok(packed) => packed.map_err(|error: anyhow::Error| Problem::internal(&format!("{error:#}")))?,
        Err(error) => return Err(Problem::internal(&error)),
    }?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"export.zip\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Extension(ToldOnce), packed).into_response())
}

/// Nobody is known by an id. It may be one that is written almost so; all leads are quick to look through, and all people are not.
fn unknown(ledger: &dyn Ledger, kind: SubjectKind, id: &str) -> store::Result<Problem> {
    let leads = ledger.briefs()?;
    let subjects = leads.iter().filter(|lead| lead.subject_kind == kind).map(|lead| lead.subject.as_str());
    let near = engine::language::nearest(id, subjects);
    let cure = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Ok(Problem::not_found(format!("nothing is known of the {} `{id}`{cure}", kind.word())))
}
