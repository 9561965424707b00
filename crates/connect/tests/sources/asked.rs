//! Asking a source, and what it said in lines that a table can hold.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use connect::sources::{self, Method, Received, Request, Settings};
use engine::Timestamp;
use engine::record::{Body, Properties, Record};

/// 2026-05-01T12:00:00Z, when every request of the tests is received.
pub const RECEIVED: Timestamp = Timestamp(1_777_636_800_000_000);

/// A request to be made of a source.
pub struct Ask<'a> {
    pub source: &'a str,
    pub method: Method,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub settings: Settings,
}

/// By POST, with the source's id as its name.
pub fn ask<'a>(source: &'a str, path: &'a str) -> Ask<'a> {
    let settings = Settings::of(source);
    Ask { source, method: Method::Post, path, query: "", headers: &[], settings }
}

struct Pairs<'a>(&'a [(&'a str, &'a str)]);

impl sources::Headers for Pairs<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

impl Ask<'_> {
    /// With a body; the source must have a route for it.
    pub fn send(&self, body: &[u8]) -> Received {
        let source = sources::find(self.source).expect("a source");
        let route = source.route(self.method, self.path);
        let route = route.unwrap_or_else(|| panic!("{} has no route {}", self.source, self.path));
        assert!(body.len() <= route.max_body_bytes.max(1), "the server would not let {} bytes through", body.len());
        let headers = Pairs(self.headers);
        let request = Request {
            method: self.method,
            path: self.path,
            query: self.query,
            headers: &headers,
            body,
            received_at: RECEIVED,
        };
        (source.receive)(&request, &self.settings)
    }

    /// The lines of what came of a body.
    pub fn lines(&self, body: &[u8]) -> Vec<String> {
        lines(&self.send(body))
    }
}

/// A line for each record, then one for each reject.
pub fn lines(received: &Received) -> Vec<String> {
    let outcome = &received.outcome;
    let records = outcome.records.iter().map(line);
    records.chain(outcome.rejects.iter().map(|reject| format!("REJECT {reject}"))).collect()
}

/// `time | ids | what it says | message id`, with times equal to the receipt as `now`.
pub fn line(record: &Record) -> String {
    let when = if record.timestamp == RECEIVED { "now".to_owned() } else { record.timestamp.to_string() };
    let who = &record.who;
    let ids = [("u", &who.user), ("v", &who.anonymous), ("a", &who.account), ("w", &who.workspace)];
    let ids: Vec<String> =
        ids.iter().filter_map(|(letter, id)| id.as_ref().map(|id| format!("{letter}={id}"))).collect();
    let what = match &record.body {
        Body::Event { name, kind, properties, amount } => {
            let kind = kind.map(|kind| format!(" ({})", kind.word())).unwrap_or_default();
            let amount = amount.as_ref().map(|money| format!(" {} {}", money.amount, money.currency));
            format!("{name}{kind}{}{}", amount.unwrap_or_default(), values(properties))
        }
        Body::Traits { of, traits, constant } => {
            format!("traits of {}{}{}", of.word(), if *constant { ", always" } else { "" }, values(traits))
        }
        Body::Alias { previous } => format!("is also {previous}"),
        Body::Leave => "leaves".to_owned(),
    };
    let sender = if record.sender.is_empty() { String::new() } else { format!(" by {}", record.sender) };
    format!("{when} | {} | {what} | {}{sender}", ids.join(" "), record.message)
}

fn values(properties: &Properties) -> String {
    if properties.is_empty() {
        return String::new();
    }
    let values: Vec<String> = properties.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
    format!(" {{{}}}", values.join(", "))
}

fn plain(value: &engine::Value) -> String {
    match value {
        engine::Value::Text(text) => format!("{text:?}"),
        engine::Value::Number(number) => number.to_string(),
        engine::Value::Boolean(truth) => truth.to_string(),
        engine::Value::Time(time) => time.to_string(),
        engine::Value::List(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
    }
}
