//! Receivers of webhooks, which remember what came. They are well, or behave badly at first: what a destination can do to whoever
//! sends to it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a receiver does with a request.
#[derive(Debug, Clone)]
pub enum Does {
    /// Answers with a status and more lines of the head.
    Answers(u16, String),
    /// Asks for so much patience, by a date.
    BusyUntilADate(i64),
    /// Says nothing and keeps the line open.
    Hangs,
    /// Closes the line at once.
    Closes,
    /// Closes the line within the status line.
    ClosesHalfWay,
    /// Answers what is no HTTP.
    Babbles,
    /// Answers with a head that does not end.
    HeadWithoutEnd,
    /// Answers 200 with a body that does not end.
    BodyWithoutEnd,
    /// Answers 200 with a body that comes a byte at a time.
    Drips,
}

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Got {
    pub at: Instant,
    /// The webhook's id.
    pub key: String,
    pub lead: u64,
    /// The ids of the lead's definition and subject.
    pub definition: String,
    pub subject: String,
}

/// A receiver, which lives as long as the test's process.
#[derive(Clone)]
pub struct Receiver {
    pub port: u16,
    /// What it does with the first attempts of each key, and how many those are.
    manners: Arc<Mutex<(Does, usize)>>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    /// One that does this at the first so many attempts of each key, and is well afterwards.
    pub fn that(does: Does, times: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Self { port, manners: Arc::new(Mutex::new((does, times))), got: Arc::default() };
        let serving = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                // Whoever sends may be gone, or hang up on one that talks without end.
                std::thread::spawn(move || drop(serving.serve(stream)));
            }
        });
        receiver
    }

    /// One that is well.
    pub fn well() -> Self {
        Self::that(Does::Closes, 0)
    }

    /// From now on it is well.
    pub fn recovers(&self) {
        self.manners.lock().unwrap().1 = 0;
    }

    /// Everything that came, in order.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// How many came.
    pub fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }

    /// Whom of a definition it was told, in the order of their ids.
    pub fn subjects_of(&self, definition: &str) -> Vec<String> {
        let of = self.got().into_iter().filter(|got| got.definition == definition);
        of.map(|got| got.subject).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// When the attempts of each lead came.
    pub fn attempts(&self) -> BTreeMap<u64, Vec<Instant>> {
        let mut attempts: BTreeMap<u64, Vec<Instant>> = BTreeMap::new();
        self.got().iter().for_each(|got| attempts.entry(got.lead).or_default().push(got.at));
        attempts
    }

    /// By lead, the keys it came with.
    pub fn keys(&self) -> BTreeMap<u64, BTreeSet<String>> {
        let mut keys: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        for got in self.got() {
            keys.entry(got.lead).or_default().insert(got.key);
        }
        keys
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let (mut length, mut key, mut line) = (0, String::new(), String::new());
            loop {
                line.clear();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                if line.trim_end().is_empty() {
                    break;
                }
                match line.trim_end().split_once(':') {
                    Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                        length = value.trim().parse().unwrap();
                    }
                    Some((name, value)) if name.eq_ignore_ascii_case("webhook-id") => {
                        value.trim().clone_into(&mut key);
                    }
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let body: Value = serde_json::from_slice(&body).unwrap();
            let lead = body["data"]["lead"].as_u64().unwrap();
            let id = |of: &str| body["data"][of]["id"].as_str().unwrap_or_default().to_owned();
            let got = Got { at: Instant::now(), key, lead, definition: id("definition"), subject: id("subject") };
            let before = {
                let mut all = self.got.lock().unwrap();
                let before = all.iter().filter(|one| one.key == got.key).count();
                all.push(got);
                before
            };
            let (does, times) = self.manners.lock().unwrap().clone();
            if before >= times {
                reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
            } else if misbehave(reader.get_mut(), &does)? {
                return Ok(());
            }
        }
    }
}

/// Gives whether the line is to be closed.
fn misbehave(stream: &mut TcpStream, does: &Does) -> std::io::Result<bool> {
    let mut without_end = |begin: &[u8], piece: &[u8], pause: Duration| {
        stream.write_all(begin)?;
        loop {
            stream.write_all(piece)?;
            std::thread::sleep(pause);
        }
    };
    let chunk = [b"4000\r\n", &[b'x'; 0x4000][..], b"\r\n"].concat();
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    match does {
        Does::Answers(status, head) => {
            stream.write_all(format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\n{head}\r\n").as_bytes())?;
            Ok(false)
        }
        Does::BusyUntilADate(seconds) => {
            // A date has no parts of seconds: the next whole one after that.
            let until = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds + 1);
            let date = until.strftime("%a, %d %b %Y %H:%M:%S GMT");
            let head = format!("HTTP/1.1 429 Busy\r\ncontent-length: 0\r\nretry-after: {date}\r\n\r\n");
            stream.write_all(head.as_bytes())?;
            Ok(false)
        }
        Does::Hangs => {
            std::thread::sleep(Duration::from_secs(120));
            Ok(true)
        }
        Does::Closes => Ok(true),
        Does::ClosesHalfWay => stream.write_all(b"HTTP/1.1 20").map(|()| true),
        Does::Babbles => stream.write_all(&[0x16, 0x03, 0xff, b'\r', b'\n', 0, 0, b'\n', b'\n']).map(|()| true),
        Does::HeadWithoutEnd => {
            without_end(b"HTTP/1.1 200 OK\r\n", &b"x-more: and more\r\n".repeat(99), Duration::ZERO)
        }
        Does::BodyWithoutEnd => without_end(OK, &chunk, Duration::ZERO),
        Does::Drips => without_end(OK, b"1\r\nx\r\n", Duration::from_secs(1)),
    }
}

/// A webhook at a receiver, as it stands in the settings, with more lines.
pub fn webhook(name: &str, receiver: &Receiver, more: &str) -> String {
    format!(
        "[[destinations]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{}/\"\nallow_private = true\n\
         secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\nto_use = true\n{more}\n",
        receiver.port
    )
}

/// Adds a receiver to a server's settings, as a destination that wants to know everything.
pub fn destination(folder: &Path, receiver: &Receiver) {
    let path = folder.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, settings + &webhook("hook", receiver, "")).unwrap();
}
