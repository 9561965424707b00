//! One attempt to tell a destination of an action.

use std::sync::Arc;
use std::time::{Duration, Instant};

use connect::destinations::{Answer, Dispatch, Message, Outgoing, Unsendable, Verdict, key};
use engine::time::Timestamp;
use store::ledger::action::{Action, Ending, Settled};

use super::Clock;
use super::client::Client;
use super::configured::Configured;
use super::schedule;

/// What every attempt at a destination needs.
pub struct Sender {
    pub destination: Arc<Configured>,
    pub client: Client,
    pub clock: Clock,
    pub seed: u64,
}

/// An attempt has ended.
pub struct Landed {
    /// For the outbox.
    pub settled: Settled,
    /// For the circuit.
    pub sign: Sign,
}

/// What an attempt says of its destination.
#[derive(Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing: it was not even asked.
    None,
    /// It works.
    Good,
    /// It does not.
    Bad(String),
    /// It wants to be left alone for so long.
    Busy(String, Duration),
    /// It wants nothing any more.
    Gone(String),
}

impl Sender {
    /// Makes one attempt.
    pub async fn attempt(self: Arc<Self>, action: Action) -> Landed {
        let (began, at) = (Instant::now(), (self.clock)());
        let mut status = None;
        let (ending, sign) = match self.outgoing(&action, at) {
            Err(error) => (Ending::Dead { error: error.to_string() }, Sign::None),
            Ok(outgoing) => match self.client.send(&outgoing).await {
                Err(error) => (self.again(&action, &error.to_string(), None), Sign::Bad(error.to_string())),
                Ok(answered) => {
                    status = Some(answered.status);
                    let verdict = self.destination.connector.verdict(&Answer {
                        status: answered.status,
                        retry_after: answered.retry_after.as_deref(),
                        body: &answered.body,
                        at: (self.clock)(),
                    });
                    self.judged(&action, verdict)
                }
            },
        };
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Landed {
            settled: Settled { action: action.id, attempt: action.attempts, at, status, duration_ms, ending },
            sign,
        }
    }

    fn outgoing(&self, action: &Action, at: Timestamp) -> Result<Outgoing, Unsendable> {
        let message = Message::read(&action.payload)?;
        let key = key(action.lead, Some(&message), &action.action);
        self.destination.connector.outgoing(&Dispatch { key: &key, at, message: &message })
    }

    fn judged(&self, action: &Action, verdict: Verdict) -> (Ending, Sign) {
        match verdict {
            Verdict::Delivered { remote_id } => (Ending::Delivered { remote_id }, Sign::Good),
            // It takes what is right: the fault is this action's.
            Verdict::Refused { why } => (Ending::Dead { error: why }, Sign::Good),
            // What waits for a destination that is gone is not lost: it goes out once somebody has enabled that again.
            Verdict::Gone { why } => (Ending::Failed { error: why.clone(), retry_at: (self.clock)() }, Sign::Gone(why)),
            Verdict::Retry { why, after } => {
                let sign = after.map_or_else(|| Sign::Bad(why.clone()), |after| Sign::Busy(why.clone(), after));
                (self.again(action, &why, after), sign)
            }
        }
    }

    /// Later, or never more.
    fn again(&self, action: &Action, why: &str, after: Option<Duration>) -> Ending {
        match schedule::wait_us(action.tries, after, action.id, self.seed) {
            Some(wait_us) => {
                Ending::Failed { error: why.to_owned(), retry_at: Timestamp((self.clock)().0.saturating_add(wait_us)) }
            }
            None => Ending::Dead { error: format!("{why}; given up after {} attempts", action.tries) },
        }
    }
}
