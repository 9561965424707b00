//! Everything has a limit, and says so.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::{KEY, Server, basic, exchange, folder, read_answer};

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn bodies_too_large_are_refused_as_the_vendor_does() {
    let server = Server::of("too_large");
    let key = basic(KEY);
    let long = vec![b' '; 600 << 10];
    let answer = server.post("/v1/batch", &[("authorization", &key)], &long);
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.json()["success"], false);
    let bomb = gzip(&vec![0; 200 << 20]);
    let answer = server.post("/v1/batch", &[("authorization", &key), ("content-encoding", "gzip")], &bomb);
    assert_eq!(answer.status, 400, "{answer:?}");
    let figures = server.get("/metrics").body;
    assert!(figures.contains("reason=\"too-large\"} 2\n"), "{figures}");
    assert_eq!(server.call("track", &json!({"userId": "u", "event": "E"})).status, 200, "it goes on");
}

#[test]
fn slow_senders_are_cut_off() {
    let server = Server::start(&folder("slow", "request_timeout = \"500ms\""));
    let begun = Instant::now();
    let mut slow = server.connect();
    slow.write_all(b"POST /v1/track HTTP/1.1\r\nhost: brix\r\ncontent-length: 100\r\n\r\n{").unwrap();
    let answer = read_answer(&mut slow).unwrap();
    assert_eq!((answer.status, answer.json()["code"].as_str()), (408, Some("too-slow")), "{answer:?}");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("within 0.5 s") && detail.contains("limits.request_timeout"), "{detail}");
    let mut slower = server.connect();
    slower.write_all(b"POST /v1/track HTTP/1.1\r\nhost: br").unwrap();
    let answer = read_answer(&mut slower);
    assert!(answer.as_ref().is_ok_and(|answer| answer.status == 408) || answer.is_err(), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let figures = server.get("/metrics").body;
    assert!(figures.contains("brix_requests_turned_away_total{source=\"app\",reason=\"too-slow\"} 1\n"), "{figures}");
}

/// Says that it is over, also when a test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whoever sends a byte now and then, in the head or in the body, keeps nobody else out for long.
#[test]
fn drips_do_not_keep_others_out() {
    let folder = folder("drips", "request_timeout = \"1s\"\nconnections = 16");
    let server = Server::start(&folder);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for place in 0..48 {
            let (server, is_over) = (&server, &is_over);
            scope.spawn(move || {
                let head = "POST /v1/track HTTP/1.1\r\nhost: brix\r\ncontent-length: 100000\r\nx: ";
                while !is_over.load(Ordering::Relaxed) {
                    let Ok(mut stream) = std::net::TcpStream::connect(server.address) else { continue };
                    let end = if place % 2 == 0 { "" } else { "\r\n\r\n{\"a\": \"" };
                    let mut is_open = stream.write_all(format!("{head}{end}").as_bytes()).is_ok();
                    while is_open && !is_over.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_millis(50));
                        is_open = stream.write_all(b"x").is_ok();
                    }
                }
            });
        }
        let _over = Over(&is_over);
        std::thread::sleep(Duration::from_millis(500));
        // Three times as many as there are places: each waits for two others at most, who are cut off after a second.
        for number in 0..5 {
            let begun = Instant::now();
            assert_eq!(server.call("track", &json!({"userId": format!("u{number}"), "event": "E"})).status, 200);
            assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
        }
    });
}

#[test]
fn too_much_waiting_is_told_to_come_again() {
    let server = Server::start(&folder("busy", "waiting_entries = 1"));
    let key = basic(KEY);
    let is_over = AtomicBool::new(false);
    // One batch may wait, and another is being written: of many senders some must wait.
    let senders = || {
        let mut stream = server.connect();
        for number in 0..500 {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            let event = json!({"userId": "u", "event": "E", "messageId": format!("{number}")}).to_string();
            let answer =
                exchange(&mut stream, "POST", "/v1/track", &[("authorization", &key)], event.as_bytes()).unwrap();
            if answer.status != 200 {
                assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")), "{answer:?}");
                assert!(answer.header("x-ratelimit-reset").is_some());
                is_over.store(true, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| (0..16).for_each(|_| drop(scope.spawn(senders))));
    assert!(is_over.into_inner(), "nobody was told to come again");
    assert_eq!(server.call("track", &json!({"userId": "u", "event": "E"})).status, 200, "it goes on");
}

#[test]
fn bodies_share_their_room() {
    let server = Server::start(&folder("room", "body_bytes = 8192"));
    let message = json!({"userId": "u", "event": "E", "properties": {"text": "x".repeat(20_000)}});
    assert_eq!(server.call("track", &message).status, 429);
    assert_eq!(server.call("track", &json!({"userId": "u", "event": "E"})).status, 200);
}

/// Amplitude's batches may be larger than what the log takes at a time.
#[test]
fn more_than_the_log_takes_at_a_time_is_refused_for_good() {
    let folder = folder("large_batch", "");
    let path = folder.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let more = "[[sources]]\nname = \"amplitude\"\nvendor = \"amplitude\"\nkeys = [\"env:TEST_KEY\"]\n";
    std::fs::write(path, settings + more).unwrap();
    let server = Server::start(&folder);
    let batch = |events: usize| {
        let text = "x".repeat(1_000);
        let properties: serde_json::Map<String, serde_json::Value> =
            (0..8).map(|number| (format!("p{number}"), text.clone().into())).collect();
        let event = |number: usize| json!({"user_id": "u", "event_type": "E", "insert_id": number.to_string(), "event_properties": properties});
        json!({"api_key": KEY, "events": (0..events).map(event).collect::<Vec<_>>()}).to_string()
    };
    let answer = server.post("/ingest/amplitude/batch", &[], batch(1_500).as_bytes());
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(answer.body.contains("smaller batches"), "{answer:?}");
    assert!(server.get("/metrics").body.contains("source=\"amplitude\",reason=\"too-large\"} 1\n"));
    let answer = server.post("/ingest/amplitude/batch", &[], batch(100).as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(server.records().len(), 100, "all of a batch or nothing");
}

#[test]
fn connections_that_bring_no_request_are_counted() {
    let server = Server::start(&folder("without_request", "request_timeout = \"1s\"\n"));
    let figure = |reason: &str| {
        let figures = server.get("/metrics").body;
        let name = format!("brix_connections_without_request_total{{reason=\"{reason}\"}} ");
        figures.lines().find_map(|line| line.strip_prefix(name.as_str())?.parse::<u64>().ok()).unwrap_or(0)
    };
    assert_eq!(["too-slow", "malformed", "cut-off"].map(figure), [0; 3]);
    let mut slow = server.connect();
    slow.write_all(b"POST /v1/track HTTP/1.1\r\nhost: br").unwrap();
    let mut cut = server.connect();
    cut.write_all(b"GET /healthz HTTP/1.1\r\nho").unwrap();
    drop(cut);
    server.connect().write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n").unwrap();
    // One that has asked and is kept open is none of them.
    let mut kept = server.connect();
    assert_eq!(exchange(&mut kept, "GET", "/healthz", &[], b"").unwrap().status, 200);
    let begun = Instant::now();
    while ["too-slow", "malformed", "cut-off"].map(figure) != [1; 3] {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", server.get("/metrics").body);
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(["too-slow", "malformed", "cut-off"].map(figure), [1; 3]);
}
