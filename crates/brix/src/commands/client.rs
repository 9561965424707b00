//! The server's API, as a client sees it.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value as Json;
use ureq::http::Response;
use ureq::typestate::WithBody;
use ureq::{Agent, Body, RequestBuilder};

use super::place::Address;
use crate::exit::Failure;

/// The variable that holds the key.
const KEY: &str = "BRIX_API_KEY";
/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// The server says no.
#[derive(Debug, thiserror::Error)]
#[error("the server answers {status}: {}", self.text("detail").unwrap_or("no more is known"))]
pub struct Refused {
    status: String,
    /// What it says in full: a code, a detail, and whatever belongs to them.
    problem: Json,
}

impl Refused {
    /// A text of what it says.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.problem.get(name).and_then(Json::as_str)
    }
}

/// Asks one server.
pub struct Client {
    agent: Agent,
    server: String,
    /// What else is to be said where nobody answers.
    hint: &'static str,
    key: String,
}

impl Client {
    /// # Errors
    /// If there is no key, or the address cannot be spoken to.
    pub fn new(address: &Address) -> Result<Self> {
        let server = &address.url;
        if server.starts_with("https:") {
            return Err(Failure::usage(format!(
                "{server}: this command speaks HTTP only; run it next to the server, or through a tunnel"
            )));
        }
        let Ok(key) = std::env::var(KEY) else {
            anyhow::bail!("no key: put one of `api_keys` in the server's settings into the variable {KEY}");
        };
        let config = Agent::config_builder().http_status_as_error(false).timeout_connect(Some(PATIENCE)).build();
        let hint = if address.is_of_settings { ", where the settings here say that it listens" } else { "" };
        Ok(Self { agent: config.into(), server: server.clone(), hint, key })
    }

    fn ask(&self, path: &str, parameters: &[(&str, String)]) -> Result<Response<Body>> {
        let mut request = self.agent.get(format!("{}{path}", self.server));
        for (name, value) in parameters {
            request = request.query(name, value);
        }
        self.taken(request.header("authorization", format!("Bearer {}", self.key)).call())
    }

    fn taken(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>> {
        let mut answer = answer.with_context(|| {
            let Self { server, hint, .. } = self;
            format!("cannot reach a server at {server}{hint}: is it running there? --server or BRIX_URL names another")
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let body = answer.body_mut().read_to_string().unwrap_or_default();
        let problem: Json = serde_json::from_str(&body).unwrap_or_default();
        let refused = Refused { status: answer.status().to_string(), problem };
        // A filter that there is not, or of something that there is not, is a slip on the command line.
        match refused.text("code") {
            Some("bad-parameter" | "unknown-definition" | "unknown-destination") => {
                Err(Failure::usage(refused.text("detail").unwrap_or_default()))
            }
            _ => Err(refused.into()),
        }
    }

    /// What a path says.
    ///
    /// # Errors
    /// The server cannot be reached, or says no.
    pub fn get(&self, path: &str, parameters: &[(&str, String)]) -> Result<Json> {
        read(self.ask(path, parameters)?)
    }

    /// What the server says to something that it is told.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post(&self, path: &str, body: &impl serde::Serialize) -> Result<Json> {
        self.send(self.agent.post(format!("{}{path}", self.server)), body)
    }

    /// What the server says to a change of something.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn patch(&self, path: &str, body: &impl serde::Serialize) -> Result<Json> {
        self.send(self.agent.patch(format!("{}{path}", self.server)), body)
    }

    /// Tells the server to do something that it answers with nothing.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn tell(&self, path: &str) -> Result<()> {
        let request = self.agent.post(format!("{}{path}", self.server));
        self.taken(request.header("authorization", format!("Bearer {}", self.key)).send_empty()).map(drop)
    }

    /// A file that the server makes of what it is told.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn file(&self, path: &str, body: &impl serde::Serialize) -> Result<Vec<u8>> {
        let mut answer = self.sent(self.agent.post(format!("{}{path}", self.server)), body)?;
        let mut bytes = Vec::new();
        answer.body_mut().as_reader().read_to_end(&mut bytes).context("the answer is cut off")?;
        Ok(bytes)
    }

    fn send(&self, request: RequestBuilder<WithBody>, body: &impl serde::Serialize) -> Result<Json> {
        read(self.sent(request, body)?)
    }

    fn sent(&self, request: RequestBuilder<WithBody>, body: &impl serde::Serialize) -> Result<Response<Body>> {
        let body = serde_json::to_vec(body).context("what is to be sent cannot be written as JSON")?;
        let request = request.header("content-type", "application/json");
        self.taken(request.header("authorization", format!("Bearer {}", self.key)).send(&body[..]))
    }

    /// The number of the latest change of a lead.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn last_change(&self) -> Result<u64> {
        Ok(self.get("/api/v1/status", &[])?.get("last_change").and_then(Json::as_u64).unwrap_or(0))
    }

    /// Why a lead that a change is about is one, in words.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn reasons(&self, change: &Json) -> Result<Vec<String>> {
        let Some(lead) = change.pointer("/change/lead").and_then(Json::as_u64) else { return Ok(Vec::new()) };
        let lead = self.get(&format!("/api/v1/leads/{lead}"), &[])?;
        let reasons = lead.pointer("/evidence/reasons").and_then(Json::as_array);
        Ok(reasons.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect())
    }

    /// Hands over changes as they come, of the leads that the parameters choose, for as long as the server tells them: it ends with an
    /// error always.
    ///
    /// # Errors
    /// As [`Self::get`], and what `each` says. Where the server goes away, by which number to go on.
    pub fn follow(
        &self,
        mut after: u64,
        mut parameters: Vec<(&str, String)>,
        mut each: impl FnMut(Json) -> Result<()>,
    ) -> Result<Infallible> {
        parameters.push(("after", after.to_string()));
        let answer = self.ask("/api/v1/leads/stream", &parameters)?;
        let gone = |after: u64| format!("the server at {} has gone; go on by --follow --after {after}", self.server);
        for line in BufReader::new(answer.into_body().into_reader()).lines() {
            let line = line.with_context(|| gone(after))?;
            // Server-sent events: only their data matters here, which is one line.
            if let Some(data) = line.strip_prefix("data: ") {
                let change: Json = serde_json::from_str(data).context("the server's change is not JSON")?;
                let number = change.pointer("/change/number").and_then(Json::as_u64);
                each(change)?;
                after = number.unwrap_or(after);
            }
        }
        anyhow::bail!(gone(after))
    }
}

fn read(mut answer: Response<Body>) -> Result<Json> {
    let reader = BufReader::new(answer.body_mut().as_reader());
    serde_json::from_reader(reader).context("the answer is cut off or not JSON; is this a server of Brix?")
}

/// A text as a part of a path (RFC 3986).
pub fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}
