//! Changes of leads as they happen: of all, or of those that are asked for in the words of a list.
#![expect(unused_qualifications, reason = "the macro that documents parameters writes them")]

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use store::ledger::Ledger;
use store::ledger::lead::{Change, ChangeKind};
use store::ledger::listing::{LeadFilter, Order, PageRequest};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, query_of};
use super::leads::ListQuery;
use super::story::Turn;
use super::{blocking, definitions, shown};
use crate::serve::Server;
use crate::serve::problem::Problem;

/// How often a stream looks for changes.
const LOOK: Duration = Duration::from_millis(100);
/// A stream that has nothing to say for so long says so, so that proxies keep it.
const ALIVE: Duration = Duration::from_secs(15);
/// Changes looked at together.
const TOGETHER: usize = 100;

/// Where a stream begins, and of which leads it tells: of those that are so by then.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// Changes with greater numbers only; the header `Last-Event-ID` goes before.
    after: Option<u64>,
    /// Of this definition.
    definition: Option<String>,
    /// Of subjects of this kind: `user`, `account` or `workspace`.
    #[param(example = "user", pattern = "^(user|account|workspace)$")]
    kind: Option<String>,
    /// `new`, `working`, `accepted`, `refused`, `snoozed`, `converted` or `lapsed`.
    #[param(example = "new", pattern = "^(new|working|accepted|refused|snoozed|converted|lapsed)$")]
    state: Option<String>,
    /// `to_buy` or `to_use`.
    #[param(example = "to_buy", pattern = "^(to_buy|to_use)$")]
    qualification: Option<String>,
    /// In this band of the score.
    band: Option<String>,
    /// With this in the id of the user or account.
    text: Option<String>,
    /// Of this account.
    account: Option<String>,
    /// For whom this person is responsible.
    owner: Option<String>,
    /// Qualified from this instant on.
    #[param(example = "2026-05-01T00:00:00Z", format = DateTime)]
    since: Option<String>,
    /// Qualified before this instant.
    #[param(example = "2026-06-01T00:00:00Z", format = DateTime)]
    before: Option<String>,
    /// With at least this score, a decimal number.
    #[param(example = "70", pattern = r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$")]
    score: Option<String>,
    /// Whether the subject may be contacted.
    may_contact: Option<bool>,
}

impl StreamQuery {
    fn filter(self) -> Result<LeadFilter, Problem> {
        let Self { definition, kind, state, qualification, band, text, account, owner, .. } = self;
        let Self { since, before, score, may_contact, .. } = self;
        let list = ListQuery {
            definition,
            kind,
            state,
            qualification,
            band,
            text,
            account,
            owner,
            since,
            before,
            score,
            may_contact,
            ..ListQuery::default()
        };
        list.filter()
    }
}

/// A change of a lead, as it is told to whoever follows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Told {
    change: Turn,
    /// The lead as it stands by now.
    lead: Option<shown::Lead>,
}

impl Told {
    const fn number(&self) -> u64 {
        self.change.change.number
    }

    const fn kind(&self) -> &'static str {
        self.change.change.kind
    }
}

/// Changes of leads as server-sent events: first those after `after`, or after the header Last-Event-ID
///
/// With anything that chooses leads, changes are told of those leads that are so when the change is told, whether or not late data has made
/// them vanish. Erasures are told always, by number: whoever keeps what a stream said learns what to forget.
#[utoipa::path(
    get,
    path = "/api/v1/leads/stream",
    params(StreamQuery),
    responses(
        (
            status = 200,
            description = "One event for each change, with its number as the id; the data is as this says",
            body = Told,
            content_type = "text/event-stream"
        ),
        (status = 404, description = "There is no such definition"),
    )
)]
pub async fn changes(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    query: Asked<StreamQuery>,
) -> Result<Response, Problem> {
    let query = query_of(query)?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    let after = seen.or(query.after).unwrap_or(0);
    let filter = query.filter()?;
    if let Some(definition) = &filter.definition {
        definitions::require_known(&server, definition).await?;
    }
    let (sender, receiver) = mpsc::channel::<Result<Bytes, Infallible>>(8);
    tokio::spawn(send_changes(server, after, filter, sender));
    let body = Body::from_stream(Receiving(receiver));
    let kind = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((kind, body).into_response())
}

/// The receiving end of a channel as a stream.
struct Receiving(mpsc::Receiver<Result<Bytes, Infallible>>);

impl futures_core::Stream for Receiving {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

async fn send_changes(
    server: Arc<Server>,
    mut after: u64,
    filter: LeadFilter,
    sender: mpsc::Sender<Result<Bytes, Infallible>>,
) {
    let mut said = Instant::now();
    while !*server.ending.borrow() && !sender.is_closed() {
        let (ledger, filter) = (Arc::clone(&server.ledger), filter.clone());
        let read = blocking(move || {
            let changes = ledger.changes(after, TOGETHER)?;
            let mut told = Vec::with_capacity(changes.len());
            for change in &changes {
                told.extend(tell(&*ledger, change, &filter)?);
            }
            Ok((changes.last().map(|change| change.number), told))
        });
        let Ok((last, told)) = read.await else { return };
        after = last.unwrap_or(after);
        let mut text = String::new();
        for told in told {
            let Ok(data) = serde_json::to_string(&told) else { return };
            text.push_str(&format!("id: {}\nevent: {}\ndata: {data}\n\n", told.number(), told.kind()));
        }
        if text.is_empty() && said.elapsed() >= ALIVE {
            text.push_str(": alive\n\n");
        }
        if !text.is_empty() {
            said = Instant::now();
            if sender.send(Ok(Bytes::from(text))).await.is_err() {
                return;
            }
        }
        // Whoever asks for few leads does not wait behind the changes of the others.
        if last.is_none() {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// What is told of a change; `None`: its lead is not one of those that are asked for.
fn tell(ledger: &dyn Ledger, change: &Change, filter: &LeadFilter) -> store::Result<Option<Told>> {
    let told = |lead: Option<&_>| Ok(Told { change: Turn::of(ledger, change)?, lead: lead.map(shown::Lead::from) });
    let lead = ledger.lead(change.lead)?;
    let lead = match lead {
        _ if *filter == LeadFilter::default() => return told(lead.as_ref()).map(Some),
        None => return (change.kind == ChangeKind::Erased).then(|| told(None)).transpose(),
        Some(lead) => lead,
    };
    let this = LeadFilter { lead: Some(lead.id), are_retracted: lead.is_retracted, ..filter.clone() };
    let one = PageRequest { order: Order::QualifiedAt, after: None, most: 1 };
    ledger.leads(&this, &one)?.leads.first().map(|lead| told(Some(lead))).transpose()
}
