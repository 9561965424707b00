//! Load for a running server: Segment messages over HTTP on connections that stay open, as fast as they are answered.

mod people;
mod receiver;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use engine::Timestamp;
use serde_json::{Value, json};

use people::{Dice, Draw};
use receiver::{HOT, Receiver};

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
    /// How many people the messages are about.
    pub users: u64,
    /// For so long.
    pub seconds: u64,
    /// The rest.
    pub options: Options,
}

/// What else can be asked for, as `name=value`.
#[derive(Debug, Clone)]
pub struct Options {
    /// `draw`: uniform or skewed.
    draw: Draw,
    /// `rate`: so many messages a second in all; left out: as many as are answered.
    rate: Option<u64>,
    /// `messages`: end after so many, however long that takes.
    messages: Option<u64>,
    /// `late`: so many of a hundred happened one to 48 hours ago.
    late: u64,
    /// `devices`: so many of a hundred come from a device of nobody, of which it is said somewhat later whose it is: then the life
    /// of both has to be read again.
    devices: u64,
    /// `names`: how many different events there are.
    names: u64,
    /// `hook`: where webhooks are to be received; then one message in 200 makes somebody a lead.
    hook: Option<String>,
}

impl Options {
    /// Reads them.
    pub fn read(given: &[&str]) -> Result<Self> {
        let mut options =
            Self { draw: Draw::Uniform, rate: None, messages: None, late: 0, devices: 0, names: 40, hook: None };
        for option in given {
            match option.split_once('=').unwrap_or((option, "")) {
                ("draw", "uniform") => options.draw = Draw::Uniform,
                ("draw", "skewed") => options.draw = Draw::Skewed,
                ("rate", value) => options.rate = Some(value.parse()?),
                ("messages", value) => options.messages = Some(value.parse()?),
                ("late", value) => options.late = value.parse()?,
                ("devices", value) => options.devices = value.parse()?,
                ("names", value) => options.names = value.parse()?,
                ("hook", value) => options.hook = Some(value.to_owned()),
                _ => bail!("{option}: the options are draw, rate, messages, late, devices, names and hook"),
            }
        }
        Ok(options)
    }
}

/// Sends, and waits until all has been judged and, where webhooks are received, told.
pub fn measure(load: &Load<'_>) -> Result<Value> {
    let receiver = load.options.hook.as_deref().map(Receiver::listen).transpose()?;
    let before = status(load)?;
    let started = Instant::now();
    let sent: Vec<(u64, Vec<Duration>)> = std::thread::scope(|scope| {
        let receiver = receiver.as_ref();
        let senders: Vec<_> =
            (0..load.connections).map(|number| scope.spawn(move || send(load, number, receiver))).collect();
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
    let answers: Vec<Duration> = sent.into_iter().flat_map(|(_, answers)| answers).collect();
    let figure = |of: &str, state: &Value| state["processor"][of].as_u64().unwrap_or(0);
    let taken = figure("records", &after) - figure("records", &before);
    ensure!(taken >= messages, "{messages} messages were answered and {taken} records judged");
    Ok(json!({
        "batch": load.batch,
        "connections": load.connections,
        "users": load.users,
        "drawn": format!("{:?}", load.options.draw).to_lowercase(),
        "late_percent": load.options.late,
        "new_devices_percent": load.options.devices,
        "event_names": load.options.names,
        "messages": messages,
        "durable_per_second": messages as f64 / durable.as_secs_f64(),
        "judged_per_second": messages as f64 / judged.as_secs_f64(),
        "answer_ms": quantiles(answers),
        "webhooks": receiver.as_ref().map(told).transpose()?,
        "households": figure("households", &after),
        "replays": figure("replays", &after) - figure("replays", &before),
        "leads": after["leads"],
    }))
}

/// Waits until every lead has been told of, a minute at most.
fn told(receiver: &Receiver) -> Result<Value> {
    let begun = Instant::now();
    loop {
        let (sent, arrived, copies) = receiver.counts();
        if arrived == sent || begun.elapsed() > Duration::from_secs(60) {
            ensure!(arrived > 0, "no webhook has come");
            return Ok(json!({
                "sent": sent,
                "arrived": arrived,
                "came_again": copies,
                "from_request_to_webhook_ms": quantiles(receiver.took()),
            }));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// In milliseconds.
fn quantiles(mut times: Vec<Duration>) -> Value {
    times.sort_unstable();
    let at = |share: f64| {
        let place = (times.len() as f64 * share) as usize;
        times.get(place.min(times.len().saturating_sub(1))).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    };
    json!({ "count": times.len(), "p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": at(1.0) })
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

/// One message in so many is of somebody whom it makes a lead, where webhooks are received.
const ONE_HOT_IN: u64 = 200;

/// Sends until the time is over or enough has been sent; how many messages, and how long each request took.
fn send(load: &Load<'_>, number: u64, receiver: Option<&Receiver>) -> Result<(u64, Vec<Duration>)> {
    let mut connection = Connection::open(load.address)?;
    let mut dice = Dice(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ now_ms());
    let started = Instant::now();
    let most = load.options.messages.map(|messages| messages / load.connections);
    let pace = load.options.rate.map(|rate| load.connections as f64 * load.batch as f64 / rate as f64);
    let (mut messages, mut answers) = (0, Vec::new());
    let (mut body, mut request) = (String::new(), Vec::new());
    let mut nobodys = VecDeque::new();
    let key = base64(format!("{}:", load.key).as_bytes());
    for turn in 0_u64.. {
        let is_over = started.elapsed() >= Duration::from_secs(load.seconds);
        if most.map_or(is_over, |most| messages >= most) {
            break;
        }
        if let Some(pace) = pace {
            // In its turn, as much after the others as there are connections.
            let due = Duration::from_secs_f64(pace * (turn as f64 + number as f64 / load.connections as f64));
            std::thread::sleep(due.saturating_sub(started.elapsed()));
        }
        body.clear();
        body.push_str(if load.batch > 1 { "{\"batch\":[" } else { "" });
        let mut hot = Vec::new();
        for place in 0..load.batch {
            body.push_str(if place == 0 { "" } else { "," });
            let id = (number << 40) + messages + place;
            let is_hot = receiver.is_some() && id.is_multiple_of(ONE_HOT_IN);
            if is_hot {
                hot.push(id);
            }
            message(&mut body, load, id, is_hot, &mut dice, &mut nobodys)?;
        }
        body.push_str(if load.batch > 1 { "]}" } else { "" });
        let path = if load.batch > 1 { "/v1/batch" } else { "/v1/track" };
        request.clear();
        write!(
            request,
            "POST {path} HTTP/1.1\r\nHost: brix\r\nAuthorization: Basic {key}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        if let Some(receiver) = receiver {
            hot.iter().for_each(|id| receiver.sent(*id));
        }
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

/// So many devices of nobody are seen before it is said of the first whose it is.
const NOBODYS: usize = 50;

/// Writes a message.
fn message(
    body: &mut String,
    load: &Load<'_>,
    id: u64,
    is_hot: bool,
    dice: &mut Dice,
    nobodys: &mut VecDeque<u64>,
) -> Result<()> {
    let is_late = !is_hot && dice.below(100) < load.options.late;
    let ago_ms = if is_late { 3_600_000 * (1 + dice.below(48)) } else { 0 };
    let at = Timestamp(i64::try_from(now_ms() - ago_ms).unwrap_or(0) * 1_000);
    let (unique, amount) = (dice.roll(), dice.below(100));
    body.push_str("{\"type\":\"track\",");
    if is_hot {
        write!(body, "\"userId\":\"{HOT}{id}\",\"event\":\"Became Hot\"")?;
    } else {
        if dice.below(100) < load.options.devices {
            nobodys.push_back(unique);
            write!(body, "\"anonymousId\":\"device-{unique}\",")?;
        } else {
            if nobodys.len() > NOBODYS
                && let Some(device) = nobodys.pop_front()
            {
                write!(body, "\"anonymousId\":\"device-{device}\",")?;
            }
            write!(body, "\"userId\":\"user-{}\",", load.options.draw.person(load.users, dice))?;
        }
        write!(body, "\"event\":\"Event {:02}\"", dice.below(load.options.names))?;
    }
    write!(
        body,
        ",\"messageId\":\"{id}-{unique}\",\"timestamp\":\"{at}\",\
         \"properties\":{{\"plan\":\"trial\",\"amount\":{amount}}}}}"
    )?;
    Ok(())
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
