//! Rows of traits: firmographics and the like, pushed by enrichment and reverse-ETL tools (Clay, CUFinder, Census, Hightouch …).

use std::sync::Arc;

use engine::record::{SubjectKind, Who};

use super::clock;
use super::intake::{Received, Said};
use super::json::{Json, Object};
use super::pushed::{self, BODY_BYTES, domain, first};
use super::reject::{Fault, Reason};
use super::request::Request;
use super::source::{Proof, Route, Settings, Source};
use super::values::{self, Collected};

/// Rows of traits.
pub(super) const SOURCE: Source = Source {
    id: "rows",
    name: "Rows of traits",
    about: "What Clay, CUFinder, Census, Hightouch and others know of people and companies: push rows with a domain or an e-mail.",
    proof: Proof::Key,
    routes: &[Route::post("/", BODY_BYTES), Route::post("/users", BODY_BYTES), Route::post("/accounts", BODY_BYTES)],
    receive,
    unauthorized: pushed::unauthorized,
    too_busy: pushed::too_busy,
    too_large: pushed::too_large,
};

const USER_IDS: [&str; 3] = ["user_id", "userId", "external_id"];
const EMAILS: [&str; 4] = ["email", "work_email", "email_address", "person_email"];
const ACCOUNT_IDS: [&str; 3] = ["account_id", "accountId", "group_id"];
const DOMAINS: [&str; 5] = ["domain", "company_domain", "account_domain", "website", "company_website"];
const TIMES: [&str; 3] = ["timestamp", "updated_at", "enriched_at"];
/// Members that are no traits.
const NOT_TRAITS: [&str; 8] =
    ["user_id", "userId", "external_id", "account_id", "accountId", "group_id", "timestamp", "message_id"];

fn receive(request: &Request<'_>, settings: &Settings) -> Received {
    let wanted = match request.last_piece().as_str() {
        "users" => Some(SubjectKind::User),
        "accounts" => Some(SubjectKind::Account),
        _ => None,
    };
    pushed::receive(request, settings, |row| said(row, wanted, request))
}

fn said(row: &Object<'_>, wanted: Option<SubjectKind>, request: &Request<'_>) -> Result<Said, Fault> {
    let id = |names: &[&'static str]| values::id(first(row, names)).map_err(|reason| Fault::at(pointer(names), reason));
    let email = id(&EMAILS)?.map(|email| Arc::<str>::from(email.trim().to_lowercase()));
    let user = id(&USER_IDS)?.or(email);
    let account = match (id(&ACCOUNT_IDS)?, first(row, &DOMAINS)) {
        (Some(id), _) => Some(id),
        (None, Some(Json::Text(text))) => {
            Some(Arc::from(domain(text).map_err(|reason| Fault::at(pointer(&DOMAINS), reason))?))
        }
        (None, _) => None,
    };
    let of = wanted.unwrap_or(if user.is_some() { SubjectKind::User } else { SubjectKind::Account });
    let is_named = if of == SubjectKind::User { user.is_some() } else { account.is_some() };
    if !is_named {
        return Err(Reason::NoSubject("user_id, email, account_id and domain").into());
    }
    // Traits of a company are nobody's membership.
    let user = user.filter(|_| of == SubjectKind::User);
    let at = |reason| Fault::at(pointer(&TIMES), reason);
    let happened = first(row, &TIMES).map(clock::time).transpose().map_err(at)?;
    let dated = clock::dated(request.received_at, None, happened).map_err(at)?;
    let who = Who { user, account, ..Who::default() };
    let mut traits = Collected::default();
    traits.take_except(row, "", "", &NOT_TRAITS)?;
    Ok(Said::by(who, dated, values::id_in(row, "message_id", "")?).traits("", of, traits))
}

fn pointer(names: &[&'static str]) -> String {
    format!("/{}", names.first().copied().unwrap_or_default())
}
