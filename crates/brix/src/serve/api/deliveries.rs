//! What is told to destinations: what waits, what was sent, what was given up, and why; and sending it again.
#![expect(unused_qualifications, reason = "the macro that documents parameters writes them")]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use connect::destinations::{Message, key};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::ledger::action::{Action, ActionFilter, ActionState, Attempt};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, query_of};
use super::guard::Caller;
use super::{ObjectBody, blocking, body_of};
use crate::access::By;
use crate::serve::Server;
use crate::serve::problem::Problem;

/// Deliveries on a page at most, and unless asked for.
const MOST: usize = 200;
const USUAL: usize = 50;
/// So many are looked at, and sent again, in one transaction.
const AT_ONCE: usize = 500;
/// How what is told of a lead that was a mistake ends; it may be told when the lead is retracted.
const RETRACTION: &str = "/retracted";

/// Which deliveries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// To this destination.
    destination: Option<String>,
    /// `waiting`, `leased` (on its way), `delivered`, `dead` (given up) or `cancelled`.
    #[param(example = "dead", pattern = "^(waiting|leased|delivered|dead|cancelled)$")]
    state: Option<String>,
    /// About this lead.
    #[param(maximum = 9_223_372_036_854_775_807_u64)]
    lead: Option<u64>,
    /// What `next` of the last page says.
    #[param(maximum = 9_223_372_036_854_775_807_u64)]
    after: Option<u64>,
    /// At most so many on a page; 50 if it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Deliveries, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryPage {
    deliveries: Vec<Delivery>,
    /// To be given as `after` for the next page; none: this is the last.
    next: Option<u64>,
}

/// Something that is told to a destination.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    id: u64,
    /// By which the receiver knows it again, the same at each attempt.
    key: String,
    /// About this lead.
    lead: u64,
    destination: String,
    /// `waiting`, `leased` (on its way), `delivered`, `dead` (given up) or `cancelled`.
    state: &'static str,
    /// When it is tried next, if the destination is not being left alone.
    next_try_at: Option<String>,
    /// How often it was tried.
    attempts: u32,
    /// How often since it was last replayed: ten in all, then it is given up.
    tries: u32,
    /// Why the last attempt failed.
    last_error: Option<String>,
}

impl From<&Action> for Delivery {
    fn from(action: &Action) -> Self {
        let is_waiting = action.state == ActionState::Waiting;
        Self {
            id: action.id,
            key: key(action.lead, Message::read(&action.payload).ok().as_ref(), &action.action),
            lead: action.lead,
            destination: action.destination.clone(),
            state: action.state.word(),
            next_try_at: is_waiting.then(|| action.due_at.to_string()),
            attempts: action.attempts,
            tries: action.tries,
            last_error: action.last_error.clone(),
        }
    }
}

/// A delivery with each of its attempts.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeDelivery {
    #[serde(flatten)]
    delivery: Delivery,
    /// In order.
    each_attempt: Vec<Tried>,
}

impl WholeDelivery {
    /// An action and its attempts.
    pub fn of(action: &Action, attempts: Vec<Attempt>) -> Self {
        Self { delivery: Delivery::from(action), each_attempt: attempts.into_iter().map(Tried::from).collect() }
    }
}

/// One attempt.
#[derive(Debug, Serialize, ToSchema)]
struct Tried {
    attempt: u32,
    /// When it began.
    at: String,
    /// What was answered, if it was.
    status: Option<u16>,
    duration_ms: u64,
    /// Why it failed; none: it did not.
    error: Option<String>,
}

impl From<Attempt> for Tried {
    fn from(tried: Attempt) -> Self {
        let Attempt { attempt, at, status, duration_ms, error } = tried;
        Self { attempt, at: at.to_string(), status, duration_ms, error }
    }
}

/// What is told to destinations, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/deliveries",
    params(DeliveryQuery),
    responses((status = 200, description = "The page", body = DeliveryPage))
)]
pub async fn list(
    State(server): State<Arc<Server>>,
    query: Asked<DeliveryQuery>,
) -> Result<Json<DeliveryPage>, Problem> {
    let query = query_of(query)?;
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::bad_request("bad-parameter", format!("limit: a number from 1 to {MOST}")));
    }
    for (name, number) in [("after", query.after), ("lead", query.lead)] {
        if number.is_some_and(|number| i64::try_from(number).is_err()) {
            return Err(Problem::bad_request("bad-parameter", format!("{name}: there is no such number")));
        }
    }
    let state = match query.state.as_deref() {
        None => None,
        Some(word) => Some(ActionState::of(word).ok_or_else(|| {
            let known: Vec<&str> = ActionState::ALL.iter().map(|state| state.word()).collect();
            Problem::bad_request("bad-parameter", format!("state: `{word}` is not {}", known.join(", ")))
        })?),
    };
    let filter = ActionFilter { destination: query.destination, state, lead: query.lead, before: query.after };
    let mut found = blocking(move || server.ledger.actions(&filter, limit + 1)).await?;
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(|action| action.id);
    Ok(Json(DeliveryPage { deliveries: found.iter().map(Delivery::from).collect(), next }))
}

type DeliveryNumber = Result<Path<u64>, PathRejection>;

async fn found(server: &Arc<Server>, delivery: DeliveryNumber) -> Result<Action, Problem> {
    let wrong = |_| Problem::bad_request("bad-parameter", "a delivery's number is a whole number");
    let Path(id) = delivery.map_err(wrong)?;
    let missing = || Problem::not_found(format!("there is no delivery {id}; `brix deliveries` lists them"));
    // There is none beyond, and the ledger cannot be asked for it.
    let before = i64::try_from(id).ok().and_then(|id| id.checked_add(1)).ok_or_else(missing)?;
    let filter = ActionFilter { before: Some(before.cast_unsigned()), ..ActionFilter::default() };
    let ledger = Arc::clone(&server.ledger);
    let mut nearest = blocking(move || ledger.actions(&filter, 1)).await?;
    nearest.pop().filter(|action| action.id == id).ok_or_else(missing)
}

/// One delivery with each of its attempts
#[utoipa::path(
    get,
    path = "/api/v1/deliveries/{delivery}",
    params(("delivery" = u64, Path, description = "The delivery's number")),
    responses(
        (status = 200, description = "The delivery", body = WholeDelivery),
        (status = 404, description = "There is no such delivery"),
    )
)]
pub async fn one(State(server): State<Arc<Server>>, delivery: DeliveryNumber) -> Result<Json<WholeDelivery>, Problem> {
    let action = found(&server, delivery).await?;
    let id = action.id;
    let attempts = blocking(move || server.ledger.attempts(id)).await?;
    Ok(Json(WholeDelivery::of(&action, attempts)))
}

/// Which of those that were given up are to be sent again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Replay {
    /// Those to this destination; left out: to all that are set up.
    destination: Option<String>,
}

/// What became of a replay.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replayed {
    /// So many are sent again.
    replayed: u64,
    /// So many stay as they are, because their lead is retracted, or nothing is told of it any more.
    left_out: u64,
}

/// Sends a delivery that was given up again, with the same key
#[utoipa::path(
    post,
    path = "/api/v1/deliveries/{delivery}/replay",
    params(("delivery" = u64, Path, description = "The delivery's number")),
    responses(
        (status = 200, description = "What became of it", body = Replayed),
        (status = 404, description = "There is no such delivery"),
        (status = 409, description = "It was not given up, or its destination is not set up"),
    )
)]
pub async fn replay(
    State(server): State<Arc<Server>>,
    caller: Caller,
    delivery: DeliveryNumber,
) -> Result<Json<Replayed>, Problem> {
    let action = found(&server, delivery).await?;
    let conflict = |code, detail| Err(Problem::of(StatusCode::CONFLICT, code, detail));
    if action.state != ActionState::Dead {
        let detail = format!("delivery {} is {}: only what was given up is sent again", action.id, action.state.word());
        return conflict("not-dead", detail);
    }
    if !is_set_up(&server, &action.destination) {
        let name = &action.destination;
        return conflict("not-set-up", format!("there is no destination `{name}` any more: set it up in server.toml"));
    }
    let work = move || {
        let mut chosen = Chosen::default();
        chosen.add(&server, vec![action])?;
        chosen.send_again(&server, &caller.by())
    };
    blocking(work).await.map(Json)
}

/// Sends everything that was given up again, with the same keys
#[utoipa::path(
    post,
    path = "/api/v1/deliveries/replay",
    request_body = Replay,
    responses(
        (status = 200, description = "What became of it", body = Replayed),
        (status = 404, description = "There is no such destination"),
    )
)]
pub async fn replay_all(
    State(server): State<Arc<Server>>,
    caller: Caller,
    body: ObjectBody<Replay>,
) -> Result<Json<Replayed>, Problem> {
    let wanted = body_of(body)?.destination;
    if let Some(name) = wanted.as_ref().filter(|name| !is_set_up(&server, name)) {
        return Err(super::destinations::unknown(&server, name));
    }
    let work = move || {
        let state = Some(ActionState::Dead);
        let mut filter = ActionFilter { destination: wanted, state, ..ActionFilter::default() };
        let mut chosen = Chosen::default();
        loop {
            let page = server.ledger.actions(&filter, AT_ONCE)?;
            let Some(last) = page.last() else { break };
            filter.before = Some(last.id);
            chosen.add(&server, page)?;
        }
        chosen.send_again(&server, &caller.by())
    };
    blocking(work).await.map(Json)
}

fn is_set_up(server: &Server, destination: &str) -> bool {
    server.config.destinations.iter().any(|known| known.name == destination)
}

/// Dead actions that are to be sent again, the newest first, and what is to be told of that.
#[derive(Default)]
struct Chosen {
    actions: Vec<u64>,
    destinations: BTreeMap<String, u64>,
    left_out: u64,
}

impl Chosen {
    /// Takes those that may be told.
    fn add(&mut self, server: &Server, actions: Vec<Action>) -> store::Result<()> {
        for action in actions.into_iter().filter(|action| is_set_up(server, &action.destination)) {
            if may_be_told(server, &action)? {
                self.actions.push(action.id);
                *self.destinations.entry(action.destination).or_default() += 1;
            } else {
                self.left_out += 1;
            }
        }
        Ok(())
    }

    /// The audit comes first: nothing is sent again without its line.
    fn send_again(self, server: &Server, by: &By) -> store::Result<Replayed> {
        let line = |(name, deliveries): (&String, &u64)| {
            by.line("delivery.replay", name, &json!({ "deliveries": deliveries }))
        };
        let lines: Vec<_> = self.destinations.iter().map(line).collect();
        server.catalog.change(&[], &lines)?;
        let mut replayed = 0;
        for some in self.actions.chunks(AT_ONCE) {
            replayed += server.ledger.replay(some, by.at)?;
        }
        Ok(Replayed { replayed, left_out: self.left_out })
    }
}

/// Whether a lead's destinations may hear of it: it is there, is no mistake, and nobody has said to be left in peace.
fn may_be_told(server: &Server, action: &Action) -> store::Result<bool> {
    let Some(lead) = server.ledger.lead(action.lead)? else { return Ok(false) };
    let is_true = lead.is_retracted == action.action.ends_with(RETRACTION);
    Ok(is_true && !server.suppressed.are_told_by(&lead.facts))
}
