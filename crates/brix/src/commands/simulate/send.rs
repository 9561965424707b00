//! A simulated product that sends: its history over HTTP, in Segment's format, at a chosen pace.
//!
//! The product was used long ago. It is sent as of now, for a server takes what it gets for the present: leads of last year
//! would have lapsed by the time they come.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use engine::Timestamp;
use engine::time::DAY;
use serde_json::{Value as Json, json};
use simulate::{Fact, Ids, Part, jsonl};
use ureq::Agent;

/// The variable that holds the source's key.
pub const KEY: &str = "BRIX_WRITE_KEY";
/// What a collector writes into a call, and a client's own clock.
const NOT_SENT: [&str; 3] = ["receivedAt", "sentAt", "originalTimestamp"];
/// Calls in a request, at most.
const AT_ONCE: usize = 100;
/// A request is not put off for longer, nor made sooner than that for the sake of the pace.
const BEAT: Duration = Duration::from_millis(20);
/// How long a server may take to answer, and how often it is asked again when it is busy.
const PATIENCE: Duration = Duration::from_secs(30);
const TRIES: u32 = 20;
/// A product keeps its days of the week.
const WEEK: i64 = 7 * DAY;

/// Sends what was received in some time, in so much less of it.
pub struct Sender {
    agent: Agent,
    address: String,
    key: String,
    ids: Ids,
    begins: Timestamp,
    lasts: u64,
    /// How much later than it was all of it is told, in microseconds.
    later: i64,
    takes: Duration,
    started: Instant,
    calls: Vec<Json>,
}

/// A product's time.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// Its first instant.
    pub begins: Timestamp,
    /// Its last.
    pub ends: Timestamp,
}

impl Sender {
    /// To a server, with the key in [`KEY`]; the whole stretch in `seconds`, and so many weeks later than it was that it ends
    /// in the week before `now`.
    ///
    /// # Errors
    /// If there is no key, or the address cannot be spoken to.
    pub fn new(server: &str, seed: u64, of: Stretch, seconds: u32, now: Timestamp) -> Result<Self> {
        if server.starts_with("https:") {
            bail!("{server}: this command speaks HTTP only; run it next to the server, or through a tunnel");
        }
        let Ok(key) = std::env::var(KEY) else {
            bail!(
                "no key: put a key of a source of the vendor `segment` into the variable {KEY}; `brix key` makes one"
            );
        };
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        Ok(Self {
            agent: config.into(),
            address: format!("{}/v1/batch", server.trim_end_matches('/')),
            key,
            ids: Ids::new(seed),
            begins: of.begins,
            lasts: of.ends.0.abs_diff(of.begins.0).max(1),
            later: (now.0 - of.ends.0).div_euclid(WEEK) * WEEK,
            takes: Duration::from_secs(seconds.into()),
            started: Instant::now(),
            calls: Vec::new(),
        })
    }

    /// Sends a part of the product when its time has come.
    pub fn write(&mut self, part: &Part<'_>) -> Result<()> {
        let Part::Facts(facts) = part else { return Ok(()) };
        facts.iter().try_for_each(|fact| self.take(fact))
    }

    fn take(&mut self, fact: &Fact) -> Result<()> {
        let share = fact.received.abs_diff(self.begins.0) as f64 / self.lasts as f64;
        let due = self.takes.mul_f64(share.min(1.0));
        let ahead = due.saturating_sub(self.started.elapsed());
        if ahead > BEAT {
            self.send()?;
            std::thread::sleep(ahead);
        }
        let mut line = Vec::new();
        jsonl::lines(&mut line, &self.ids, &[fact.later(self.later)]);
        let mut call: serde_json::Map<String, Json> = serde_json::from_slice(&line).context("a call is no JSON")?;
        // A client's clock is set right by when it sent; these calls are about another time than that of the sending.
        NOT_SENT.iter().for_each(|name| drop(call.remove(*name)));
        self.calls.push(Json::Object(call));
        if self.calls.len() >= AT_ONCE { self.send() } else { Ok(()) }
    }

    /// Sends what is left.
    pub fn finish(mut self) -> Result<()> {
        self.send()
    }

    fn send(&mut self) -> Result<()> {
        if self.calls.is_empty() {
            return Ok(());
        }
        let calls = std::mem::take(&mut self.calls);
        let body = json!({ "writeKey": self.key, "batch": calls }).to_string();
        for again in 0..TRIES {
            let request = self.agent.post(&self.address).header("content-type", "application/json");
            let answer = request.send(&body);
            let mut answer =
                answer.with_context(|| format!("cannot reach a server at {}; is it running?", self.address))?;
            match answer.status().as_u16() {
                200 => return Ok(()),
                429 => std::thread::sleep(Duration::from_millis(50) * (again + 1)),
                status => bail!("the server answers {status}: {}", answer.body_mut().read_to_string()?),
            }
        }
        bail!("the server is too busy to take more; send at a slower pace")
    }
}
