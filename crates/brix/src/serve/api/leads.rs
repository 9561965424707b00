//! Leads: lists, one of them, and what people do to them.
#![expect(unused_qualifications, reason = "the macro that documents parameters writes them")]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::Timestamp;
use engine::record::SubjectKind;
use serde::{Deserialize, Serialize};
use store::ledger::lead::{LeadState, Qualification};
use store::ledger::listing::{LeadCursor, LeadFilter, Order, PageRequest};
use tokio::sync::oneshot;
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, query_of};
use super::guard::Caller;
use super::{ObjectBody, blocking, body_of, definitions, instant_of, shown, story};
use crate::live::entry::{Entry, LeadAct};
use crate::serve::problem::Problem;
use crate::serve::{Server, clock};

/// Leads on a page at most.
const MOST: usize = 200;
/// Leads on a page, unless asked for.
const USUAL: usize = 50;

/// What can be asked of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Of this definition.
    pub(super) definition: Option<String>,
    /// Of subjects of this kind: `user`, `account` or `workspace`.
    #[param(example = "user", pattern = "^(user|account|workspace)$")]
    pub(super) kind: Option<String>,
    /// `new`, `working`, `accepted`, `refused`, `snoozed`, `converted` or `lapsed`.
    #[param(example = "new", pattern = "^(new|working|accepted|refused|snoozed|converted|lapsed)$")]
    pub(super) state: Option<String>,
    /// `to_buy` or `to_use`.
    #[param(example = "to_buy", pattern = "^(to_buy|to_use)$")]
    pub(super) qualification: Option<String>,
    /// In this band of the score.
    pub(super) band: Option<String>,
    /// With this in the id of the user or account.
    pub(super) text: Option<String>,
    /// Of this account.
    pub(super) account: Option<String>,
    /// For whom this person is responsible.
    pub(super) owner: Option<String>,
    /// Qualified from this instant on.
    #[param(example = "2026-05-01T00:00:00Z", format = DateTime)]
    pub(super) since: Option<String>,
    /// Qualified before this instant.
    #[param(example = "2026-06-01T00:00:00Z", format = DateTime)]
    pub(super) before: Option<String>,
    /// With at least this score, a decimal number.
    #[param(example = "70", pattern = r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$")]
    pub(super) score: Option<String>,
    /// Whether the subject may be contacted.
    pub(super) may_contact: Option<bool>,
    /// Only those that late data has made vanish; they are left out else.
    pub(super) retracted: Option<bool>,
    /// What comes first: `qualified_at` (the latest), `score` or `value` (the highest).
    #[param(example = "qualified_at", pattern = "^(qualified_at|score|value)$")]
    pub(super) sort: Option<String>,
    /// What `next` of the last page says.
    #[param(pattern = r"^-?[0-9]{1,18}\.[0-9]{1,18}$")]
    pub(super) after: Option<String>,
    /// At most so many on a page; 50 if it is not said.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<usize>,
}

impl ListQuery {
    pub(super) fn filter(&self) -> Result<LeadFilter, Problem> {
        if let Some(state) = self.state.as_deref().filter(|state| !LeadState::WORDS.contains(state)) {
            return Err(wrong("state", state, &LeadState::WORDS.join(", ")));
        }
        let subject_kind = match self.kind.as_deref() {
            None => None,
            Some(word) => Some(kind_of(word).ok_or_else(|| wrong("kind", word, "user, account, workspace"))?),
        };
        let qualification = match self.qualification.as_deref() {
            None => None,
            Some(word) => Some(Qualification::of(word).ok_or_else(|| wrong("qualification", word, "to_buy, to_use"))?),
        };
        let score = match self.score.as_deref() {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| wrong("score", text, "a number"))?),
        };
        Ok(LeadFilter {
            lead: None,
            definition: self.definition.clone(),
            subject_kind,
            state: self.state.clone(),
            qualification,
            band: self.band.clone(),
            subject_text: self.text.clone(),
            account: self.account.clone(),
            owner: self.owner.clone(),
            qualified_from: instant_of("since", self.since.as_deref())?,
            qualified_before: instant_of("before", self.before.as_deref())?,
            score_at_least: score,
            may_contact: self.may_contact,
            are_retracted: self.retracted.unwrap_or(false),
        })
    }

    fn page(&self) -> Result<PageRequest, Problem> {
        let order = match self.sort.as_deref() {
            None => Order::QualifiedAt,
            Some(word) => Order::of(word).ok_or_else(|| wrong("sort", word, "qualified_at, score, value"))?,
        };
        let after = match self.after.as_deref() {
            None => None,
            Some(text) => {
                Some(LeadCursor::of_text(text).ok_or_else(|| wrong("after", text, "what `next` of a page says"))?)
            }
        };
        let most = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&most) {
            return Err(wrong("limit", &most.to_string(), &format!("a number from 1 to {MOST}")));
        }
        Ok(PageRequest { order, after, most })
    }
}

fn kind_of(word: &str) -> Option<SubjectKind> {
    [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace].into_iter().find(|kind| kind.word() == word)
}

fn wrong(name: &str, text: &str, expected: &str) -> Problem {
    Problem::bad_request("bad-parameter", format!("{name}: `{text}` is not {expected}"))
}

/// A page of leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadPage {
    leads: Vec<shown::Lead>,
    /// To be given as `after` for the next page; none: this is the last.
    next: Option<String>,
    /// How many leads there are in all that are asked for, by state.
    counts: BTreeMap<String, u64>,
}

/// A page of leads
#[utoipa::path(
    get,
    path = "/api/v1/leads",
    params(ListQuery),
    responses(
        (status = 200, description = "The page", body = LeadPage),
        (status = 404, description = "There is no such definition"),
    )
)]
pub async fn list(State(server): State<Arc<Server>>, query: Asked<ListQuery>) -> Result<Json<LeadPage>, Problem> {
    let query = query_of(query)?;
    let (filter, page) = (query.filter()?, query.page()?);
    if let Some(definition) = &query.definition {
        definitions::require_known(&server, definition).await?;
    }
    let ledger = Arc::clone(&server.ledger);
    let (page, counts) = blocking(move || Ok((ledger.leads(&filter, &page)?, ledger.counts(&filter)?))).await?;
    let leads = page.leads.iter().map(shown::Lead::from).collect();
    let counts = counts.into_iter().collect();
    Ok(Json(LeadPage { leads, next: page.next.map(LeadCursor::to_text), counts }))
}

/// A lead's number in a path, or what is wrong with it.
pub(super) type LeadNumber = Result<Path<u64>, axum::extract::rejection::PathRejection>;

pub(super) fn number_of(lead: LeadNumber) -> Result<u64, Problem> {
    let wrong = |_| Problem::bad_request("bad-parameter", "a lead's number is a whole number");
    let Path(lead) = lead.map_err(wrong)?;
    // There is none beyond, and the ledger cannot be asked for it.
    i64::try_from(lead).map(|_| lead).map_err(|_| Problem::not_found(format!("there is no lead {lead}")))
}

/// What somebody does to a lead; what is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LeadPatch {
    /// `new`, `working`, `accepted`, `refused`, `snoozed`, `converted` or `lapsed`.
    #[schema(example = "working")]
    state: Option<String>,
    /// With `refused`, and with no other state: why.
    refused_because: Option<String>,
    /// With `snoozed`, and with no other state: until when, an instant to come.
    #[schema(example = "2100-06-01T00:00:00Z")]
    snoozed_until: Option<String>,
    /// Who is responsible; empty: nobody.
    owner: Option<String>,
    /// The stage in the CRM; empty: none.
    stage: Option<String>,
    /// To be added to the notes.
    note: Option<String>,
}

impl LeadPatch {
    /// What goes with a state and stands with another one, or with none.
    fn require_fitting(&self) -> Result<(), Problem> {
        let state = self.state.as_deref();
        for (member, given, of) in
            [("refused_because", &self.refused_because, "refused"), ("snoozed_until", &self.snoozed_until, "snoozed")]
        {
            if given.is_some() && state != Some(of) {
                let detail = format!("{member}: it goes with the state `{of}`, and with no other; leave it out");
                return Err(Problem::bad_request("bad-body", detail));
            }
        }
        Ok(())
    }

    fn acts(self, now: Timestamp) -> Result<Vec<LeadAct>, Problem> {
        self.require_fitting()?;
        let mut acts = Vec::new();
        if let Some(word) = self.state {
            let state = match word.as_str() {
                "new" => LeadState::New,
                "working" => LeadState::Working,
                "accepted" => LeadState::Accepted,
                "converted" => LeadState::Converted,
                "lapsed" => LeadState::Lapsed,
                "refused" => {
                    let missing = || Problem::bad_request("no-reason", "say why, in `refused_because`");
                    let reason = self.refused_because.filter(|reason| !reason.trim().is_empty());
                    LeadState::Refused { reason: reason.ok_or_else(missing)? }
                }
                "snoozed" => {
                    let missing = || Problem::bad_request("no-instant", "say until when, in `snoozed_until`");
                    let until = self.snoozed_until.ok_or_else(missing)?;
                    let until = instant_of("snoozed_until", Some(&until))?.ok_or_else(missing)?;
                    if until <= now {
                        let detail = format!("snoozed_until: {until} is past already; say an instant to come");
                        return Err(Problem::bad_request("bad-body", detail));
                    }
                    LeadState::Snoozed { until }
                }
                other => return Err(wrong("state", other, &LeadState::WORDS.join(", "))),
            };
            acts.push(LeadAct::State(state));
        }
        let some = |text: String| (!text.is_empty()).then_some(text);
        acts.extend(self.owner.map(|owner| LeadAct::Owner(some(owner))));
        acts.extend(self.stage.map(|stage| LeadAct::Stage(some(stage))));
        acts.extend(self.note.filter(|note| !note.trim().is_empty()).map(LeadAct::Note));
        Ok(acts)
    }
}

/// What was asked for is in the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Logged {
    /// Its offset: it is in force once `processor.committed` of the status is there.
    entry: u64,
}

/// Changes a lead: what is done goes into the log, and the lead shows it a moment later
#[utoipa::path(
    patch,
    path = "/api/v1/leads/{lead}",
    params(("lead" = u64, Path, description = "The lead's number")),
    request_body = LeadPatch,
    responses(
        (status = 202, description = "It is durable", body = Logged),
        (status = 404, description = "There is no such lead; the nearest that there is is named"),
    )
)]
pub async fn change(
    State(server): State<Arc<Server>>,
    caller: Caller,
    lead: LeadNumber,
    patch: ObjectBody<LeadPatch>,
) -> Result<(StatusCode, Json<Logged>), Problem> {
    let lead = number_of(lead)?;
    let at = clock::now();
    let acts = body_of(patch)?.acts(at)?;
    if acts.is_empty() {
        return Err(Problem::bad_request("nothing-to-do", "say what to change: state, owner, stage or note"));
    }
    let ledger = Arc::clone(&server.ledger);
    let missing = move || match ledger.lead(lead)? {
        Some(_) => Ok(None),
        None => story::no_lead(ledger.as_ref(), lead).map(Some),
    };
    if let Some(problem) = blocking(missing).await? {
        return Err(problem);
    }
    let entries: Result<Vec<_>, _> =
        acts.into_iter().map(|what| Entry::Lead { lead, at, by: caller.name.clone(), what }.encode()).collect();
    let entries = entries.map_err(|error| Problem::internal(&error))?;
    let (done, durable) = oneshot::channel();
    let submitted = server.log.submit(entries, Box::new(move |outcome| drop(done.send(outcome))));
    let busy = || Problem::of(StatusCode::TOO_MANY_REQUESTS, "busy", "too much waits to be written; try again");
    submitted.map_err(|_| busy())?;
    match durable.await {
        Ok(Ok(appended)) => Ok((StatusCode::ACCEPTED, Json(Logged { entry: appended.last }))),
        _ => Err(busy()),
    }
}
