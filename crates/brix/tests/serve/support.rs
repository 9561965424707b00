//! A server of its own for each test, and a client that can also misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use engine::record::Record;
use serde_json::Value;
use store::Store;
use store::log::LogLimits;

pub const KEY: &str = "test-key-of-a-source";
pub const READ: &str = "read-key-of-the-tests";
pub const MANAGE: &str = "manage-key-of-the-tests";

/// One source that speaks Segment's language, and one that is strict. Nothing goes into the lake meanwhile.
const SETTINGS: &str = r#"
listen = "127.0.0.1:0"
log_format = "json"
LIMITS
[compaction]
every = "1h"
[[sources]]
name = "app"
vendor = "segment"
keys = ["env:TEST_KEY"]
[[sources]]
name = "careful"
vendor = "segment"
strict = true
keys = ["sha256:SHA"]
[[api_keys]]
name = "reader"
scope = "read"
key = "env:TEST_READ"
[[api_keys]]
name = "manager"
scope = "manage"
key = "env:TEST_MANAGE"
"#;
/// Of `careful-key`.
const SHA: &str = "e4492ec21dce2daef2015223d1fe0a76e96d00357a0d1014f1b86cfe752dbbfd";

/// A folder with settings, empty else. What is given stands under `limits`.
pub fn folder(name: &str, limits: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let limits = format!("[limits]\n{limits}");
    let settings = SETTINGS.replace("SHA", SHA).replace("LIMITS", &limits);
    std::fs::write(folder.join("server.toml"), settings).unwrap();
    folder
}

/// A server that runs until this is dropped.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    pub folder: PathBuf,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
    }

    pub fn start_with(folder: &Path, keys: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
        command.envs(keys.iter().copied());
        Self::run(folder, command)
    }

    /// By a command that becomes what it is given.
    pub fn start_under(folder: &Path, words: &[String]) -> Self {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(env!("CARGO_BIN_EXE_brix"));
        command.envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)]);
        Self::run(folder, command)
    }

    fn run(folder: &Path, mut command: Command) -> Self {
        let told = folder.join("stderr");
        let mut child = command
            .current_dir(folder)
            .args(["serve", "--quiet"])
            .stderr(std::fs::File::create(&told).unwrap())
            .spawn()
            .unwrap();
        loop {
            let words = std::fs::read_to_string(&told).unwrap();
            let serving = words
                .lines()
                .filter(|line| line.contains("\"serving\""))
                .find_map(|line| serde_json::from_str::<Value>(line).ok()?["address"].as_str()?.parse().ok());
            if let Some(address) = serving {
                return Self { child, address, folder: folder.to_owned() };
            }
            assert_eq!(child.try_wait().unwrap(), None, "it does not serve: {words}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn of(name: &str) -> Self {
        Self::start(&folder(name, ""))
    }

    /// Waits until it has taken up what is there.
    pub fn until_ready(&self) {
        let begun = Instant::now();
        while self.get("/readyz").status != 200 {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not become ready: {}", self.words());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        exchange(&mut self.connect(), "POST", path, headers, body).unwrap()
    }

    pub fn get(&self, path: &str) -> Answer {
        exchange(&mut self.connect(), "GET", path, &[], b"").unwrap()
    }

    /// A request to the API with a key.
    pub fn ask(&self, method: &str, path: &str, key: &str, body: &str) -> Answer {
        let key = format!("Bearer {key}");
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        exchange(&mut self.connect(), method, path, &headers, body.as_bytes()).unwrap()
    }

    /// A call of Segment's, with the key.
    pub fn call(&self, kind: &str, body: &Value) -> Answer {
        self.post(&format!("/v1/{kind}"), &[("authorization", &basic(KEY))], body.to_string().as_bytes())
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// The exit code, once it has ended.
    pub fn ended(&mut self) -> Option<i32> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end");
    }

    /// Stops it with grace and gives what is in the log.
    pub fn records(self) -> Vec<Record> {
        self.kept().0
    }

    /// Stops it with grace and gives what was rejected, as place and reason, oldest first.
    pub fn rejects(self) -> Vec<(String, String)> {
        self.kept().1
    }

    /// Stops it with grace and gives what is in the log and what was rejected.
    pub fn kept(mut self) -> (Vec<Record>, Vec<(String, String)>) {
        self.signal("TERM");
        assert_eq!(self.ended(), Some(0), "{}", self.words());
        let records = records(&self.folder);
        let store = Store::open(&self.folder.join("data"), LogLimits::default()).unwrap();
        let mut rejects = store.ledger().rejects(None, 10_000).unwrap();
        rejects.reverse();
        (records, rejects.into_iter().map(|reject| (reject.place, reject.reason)).collect())
    }

    /// Everything that it has told on standard error.
    pub fn words(&self) -> String {
        std::fs::read_to_string(self.folder.join("stderr")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is in the log of a server that does not run.
pub fn records(folder: &Path) -> Vec<Record> {
    let store = Store::open(&folder.join("data"), LogLimits::default()).unwrap();
    let log = store.log();
    let mut records = Vec::new();
    let mut from = log.start();
    while from <= log.end() {
        for (offset, entry) in log.read(from, 1000).unwrap() {
            from = offset + 1;
            // The format's version, then the kind: a record, a tick, what somebody did to a lead, or other definitions.
            match entry[..2] {
                [1, 0] => records.push(postcard::from_bytes(&entry[2..]).unwrap()),
                [1, 1..=5] => {}
                _ => panic!("entry {offset} begins with {:?}", &entry[..2]),
            }
        }
    }
    records
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// `Basic` with a key and no password.
pub fn basic(key: &str) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = format!("{key}:");
    let mut encoded = String::from("Basic ");
    for piece in text.as_bytes().chunks(3) {
        let bits =
            piece.iter().enumerate().fold(0_u32, |bits, (place, byte)| bits | u32::from(*byte) << (16 - 8 * place));
        for place in 0..4 {
            let digit = char::from(digits[(bits >> (18 - 6 * place) & 63) as usize]);
            encoded.push(if place <= piece.len() { digit } else { '=' });
        }
    }
    encoded
}

/// Sends a request and reads its answer; the connection can be used again.
pub fn exchange(
    stream: &mut TcpStream,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: brix\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    // A server that has answered may have closed before it has read everything.
    let _ = stream.write_all(body);
    read_answer(stream)
}

pub fn read_answer(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Answer { status, headers, body: String::from_utf8(body).unwrap() })
}

/// The seed of what is left to chance: `BRIX_SEED`, or another one each time.
pub fn seed() -> u64 {
    let seed = std::env::var("BRIX_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) + 1);
    println!("BRIX_SEED={seed}");
    seed
}
