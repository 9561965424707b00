//! Load for a running server: Segment messages over HTTP on connections that stay open, as fast as they are answered.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use engine::Timestamp;
use serde_json::{Value, json};

/// What is sent.
pub struct Load<'a> {
    /// Where the server listens.
    pub address: &'a str,
    /// A key of a Segment source.
    pub key: &'a str,
    /// A key of the API.
    pub api_key: &'a str,
    /// How many connections send at the same time.
    pub connections: u64,
    /// How many messages a request has; 1: each in a request of its own.
    pub batch: u64,
    /// How many people the messages are about, drawn uniformly.
    pub users: u64,
    /// For so long.
    pub seconds: u64,
}

/// Sends, and waits until all has been judged.
pub fn measure(load: &Load<'_>) -> Result<Value> {
    let before = status(load)?;
    let started = Instant::now();
    let sent: Vec<(u64, Vec<Duration>)> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..load.connections).map(|number| scope.spawn(move || send(load, number))).collect();
        let joined =
            senders.into_iter().map(|sender| sender.join().map_err(|_| anyhow::anyhow!("a sender panicked"))?);
        joined.collect::<Result<_>>()
    })?;
    let durable = started.elapsed();
    let messages: u64 = sent.iter().map(|(messages, _)| messages).sum();
    let mut after = status(load)?;
    while lag(&after) > 0 {
        std::thread::sleep(Duration::from_millis(20));
        after = status(load)?;
    }
    let judged = started.elapsed();
    let mut answers: Vec<Duration> = sent.into_iter().flat_map(|(_, answers)| answers).collect();
    answers.sort_unstable();
    let at = |share: f64| {
        let place = (answers.len() as f64 * share) as usize;
        answers.get(place.min(answers.len().saturating_sub(1))).map_or(0.0, |answer| answer.as_secs_f64() * 1_000.0)
    };
    let figure = |of: &str, state: &Value| state["processor"][of].as_u64().unwrap_or(0);
    let taken = figure("records", &after) - figure("records", &before);
    ensure!(taken >= messages, "{messages} messages were answered and {taken} records judged");
    Ok(json!({
        "batch": load.batch,
        "connections": load.connections,
        "users": load.users,
        "messages": messages,
        "durable_per_second": messages as f64 / durable.as_secs_f64(),
        "judged_per_second": messages as f64 / judged.as_secs_f64(),
        "answer_ms": { "p50": at(0.5), "p99": at(0.99), "max": at(1.0) },
        "households": figure("households", &after),
        "replays": figure("replays", &after) - figure("replays", &before),
        "leads": after["leads"],
    }))
}

fn lag(status: &Value) -> u64 {
    status["processor"]["lag"].as_u64().unwrap_or(0)
}

fn status(load: &Load<'_>) -> Result<Value> {
    let mut connection = Connection::open(load.address)?;
    let head = format!("GET /api/v1/status HTTP/1.1\r\nHost: brix\r\nAuthorization: Bearer {}\r\n\r\n", load.api_key);
    let (status, body) = connection.ask(head.as_bytes())?;
    ensure!(status == 200, "the server answers {status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

/// Sends until the time is over; how many messages, and how long each request took.
fn send(load: &Load<'_>, number: u64) -> Result<(u64, Vec<Duration>)> {
    let mut connection = Connection::open(load.address)?;
    let mut chance = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ now_ms();
    let started = Instant::now();
    let (mut messages, mut answers) = (0, Vec::new());
    let (mut body, mut request) = (String::new(), Vec::new());
    while started.elapsed() < Duration::from_secs(load.seconds) {
        let now = Timestamp(i64::try_from(now_ms()).unwrap_or(0) * 1_000);
        body.clear();
        body.push_str(if load.batch > 1 { "{\"batch\":[" } else { "" });
        for place in 0..load.batch {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (user, event) = ((chance >> 20) % load.users, (chance >> 45) % 40);
            let comma = if place == 0 { "" } else { "," };
            write!(
                body,
                "{comma}{{\"type\":\"track\",\"userId\":\"user-{user}\",\"event\":\"Event {event}\",\
                 \"messageId\":\"{number}-{messages}-{place}-{}\",\"timestamp\":\"{now}\",\
                 \"properties\":{{\"plan\":\"trial\",\"amount\":{}}}}}",
                chance >> 40,
                chance >> 57,
            )?;
        }
        body.push_str(if load.batch > 1 { "]}" } else { "" });
        let path = if load.batch > 1 { "/v1/batch" } else { "/v1/track" };
        request.clear();
        write!(
            request,
            "POST {path} HTTP/1.1\r\nHost: brix\r\nAuthorization: Basic {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            base64(format!("{}:", load.key).as_bytes()),
            body.len()
        )?;
        let asked = Instant::now();
        let (status, text) = connection.ask(&request)?;
        if status == 429 {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        }
        ensure!(status == 200, "the server answers {status}: {text}");
        answers.push(asked.elapsed());
        messages += load.batch;
    }
    Ok((messages, answers))
}

struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("no server at {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream) })
    }

    /// Sends a request and reads the status and body of the answer.
    fn ask(&mut self, request: &[u8]) -> Result<(u16, String)> {
        self.reader.get_mut().write_all(request)?;
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no answer")?;
        let mut length = 0;
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok((status, String::from_utf8(body)?))
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(0)
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
