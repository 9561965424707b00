//! A page of rows as records: what the source `json` makes of the same rows in a request.

use connect::sources::{self, Headers, Method, Outcome, Request};

use super::Pull;
use crate::serve::clock;

/// What a page says.
pub struct Taken {
    /// How many rows it has.
    pub rows: usize,
    /// What became of them.
    pub outcome: Outcome,
}

struct NoHeaders;

impl Headers for NoHeaders {
    fn get(&self, _: &str) -> Option<&str> {
        None
    }
}

/// Of rows that are JSON objects.
pub fn records(pull: &Pull, rows: &[String]) -> Taken {
    let Some(source) = sources::find("json").filter(|_| !rows.is_empty()) else {
        return Taken { rows: 0, outcome: Outcome::default() };
    };
    let body = rows.join("\n");
    let request = Request {
        method: Method::Post,
        path: &pull.name,
        query: "",
        headers: &NoHeaders,
        body: body.as_bytes(),
        received_at: clock::now(),
    };
    Taken { rows: rows.len(), outcome: (source.receive)(&request, &pull.settings).outcome }
}
