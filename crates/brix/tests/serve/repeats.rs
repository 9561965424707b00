//! Changes that are sent again count once: by `Idempotency-Key`, also at the same time and after a restart.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::Store;
use store::catalog::access::Digest;
use store::catalog::audit::AuditFilter;
use store::catalog::requests::NewRequest;
use store::log::LogLimits;

use crate::people::add_key;
use crate::support::{Answer, MANAGE, Server, exchange, folder};

fn send(server: &Server, method: &str, path: &str, credential: &str, key: &str, body: &str) -> Answer {
    let credential = format!("Bearer {credential}");
    let headers =
        [("authorization", credential.as_str()), ("content-type", "application/json"), ("idempotency-key", key)];
    exchange(&mut server.connect(), method, path, &headers, body.as_bytes()).unwrap()
}

fn add(server: &Server, key: &str, name: &str) -> Answer {
    send(server, "POST", "/api/v1/keys", MANAGE, key, &json!({"name": name, "scope": "read"}).to_string())
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn audited(server: &Server) -> usize {
    let lines = server.ask("GET", "/api/v1/audit?limit=200", MANAGE, "").json();
    lines["lines"].as_array().unwrap().len()
}

#[test]
fn what_is_sent_again_is_done_once_and_answered_the_same() {
    let place = folder("repeats", "");
    let mut server = Server::start(&place);
    let first = add(&server, "k-1", "one");
    assert_eq!(first.status, 201, "{first:?}");
    let again = add(&server, "k-1", "one");
    assert_eq!((again.status, &again.body), (201, &first.body), "also the secret");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(code(&add(&server, "k-1", "two")), (422, "idempotency-key-reused".to_owned()));
    assert_eq!(code(&add(&server, "k-2", "one")), (409, "taken".to_owned()));
    assert_eq!(code(&add(&server, "k-2", "one")), (409, "taken".to_owned()), "what was refused stays refused");
    assert_eq!(code(&add(&server, &"k".repeat(256), "three")), (400, "bad-idempotency-key".to_owned()));
    assert_eq!(audited(&server), 1);

    // Another credential has keys of its own.
    let other = add_key(&server, "other", "manage");
    let body = json!({"name": "one", "scope": "read"}).to_string();
    assert_eq!(code(&send(&server, "POST", "/api/v1/keys", &other, "k-1", &body)), (409, "taken".to_owned()));

    let revoke = |server: &Server| send(server, "POST", "/api/v1/keys/other/revoke", MANAGE, "k-3", "");
    assert_eq!((revoke(&server).status, revoke(&server).status), (204, 204), "the second one would be a 404");
    let suppress = |server: &Server, user: &str| {
        let body = json!({"kind": "user", "id": user}).to_string();
        send(server, "POST", "/api/v1/privacy/suppressions", MANAGE, "k-4", &body)
    };
    let suppressed = suppress(&server, "u1");
    assert_eq!(suppressed.status, 200, "{suppressed:?}");
    let before = audited(&server);

    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    let server = Server::start(&place);
    let again = suppress(&server, "u1");
    assert_eq!((again.status, &again.body), (200, &suppressed.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(suppress(&server, "u2").status, 422);
    assert_eq!(revoke(&server).status, 204);
    // The secret was never written down, so it cannot be told any more; and the key is not made a second time.
    assert_eq!(code(&add(&server, "k-1", "one")), (409, "already-done".to_owned()));
    assert_eq!(audited(&server), before);
    let secret = first.json()["secret"].as_str().unwrap().to_owned();
    for file in ["catalog.db", "catalog.db-wal"] {
        let bytes = std::fs::read(place.join("data").join(file)).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|piece| piece == secret.as_bytes()), "{file} holds the secret");
    }
}

#[test]
fn of_many_at_the_same_time_one_is_done() {
    let server = Server::of("repeats-together");
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..12).map(|_| scope.spawn(|| add(&server, "k", "one"))).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    let done: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!done.is_empty() && done.iter().all(|answer| answer.body == done[0].body), "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(code(answer), (409, "in-flight".to_owned()));
    }
    assert_eq!(audited(&server), 1);
}

/// The server died between noting a request and its answer.
#[test]
fn what_was_never_answered_is_not_done_again() {
    let place = folder("repeats-unknown", "");
    let body = json!({"name": "one", "scope": "read"}).to_string();
    {
        let store = Store::open(&place.join("data"), LogLimits::default()).unwrap();
        let request = NewRequest {
            digest: digest(&[MANAGE, "k"]),
            asked: digest(&["POST", "/api/v1/keys", &body]),
            at: engine::Timestamp(i64::MAX),
        };
        assert_eq!(store.catalog().begin_request(&request).unwrap(), None);
    }
    let server = Server::start(&place);
    assert_eq!(code(&add(&server, "k", "one")), (409, "outcome-unknown".to_owned()));
    assert_eq!(code(&add(&server, "k", "two")), (422, "idempotency-key-reused".to_owned()));
    assert_eq!(audited(&server), 0);
}

/// Of parts, each after its length.
fn digest(parts: &[&str]) -> Digest {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    Digest(digest.finalize().into())
}

#[test]
fn kills_make_nothing_count_twice() {
    let place = folder("repeats-kills", "");
    let sent = AtomicUsize::new(0);
    let done = Mutex::new(BTreeSet::new());
    let suppress = |server: &Server, number: usize| {
        let body = json!({"kind": "user", "id": format!("u{number}")}).to_string();
        let key = format!("Bearer {MANAGE}");
        let name = format!("k-{number}");
        let headers =
            [("authorization", key.as_str()), ("content-type", "application/json"), ("idempotency-key", &name)];
        exchange(&mut server.connect(), "POST", "/api/v1/privacy/suppressions", &headers, body.as_bytes())
    };
    for round in 0..3 {
        let mut server = Server::start(&place);
        let pid = server.child.id().to_string();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let number = sent.fetch_add(1, Ordering::Relaxed);
                        match TcpStream::connect(server.address).and_then(|_| suppress(&server, number)) {
                            Ok(answer) if answer.status == 200 => drop(done.lock().unwrap().insert(number)),
                            Ok(answer) => panic!("{answer:?}"),
                            Err(_) => break,
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(150 + 70 * round));
            // A machine that has much else to do takes longer.
            let begun = Instant::now();
            while done.lock().unwrap().len() < 8 * (round as usize + 1) && begun.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(5));
            }
            assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        });
        server.child.wait().unwrap();
    }
    let mut server = Server::start(&place);
    let (sent, done) = (sent.into_inner(), done.into_inner().unwrap());
    assert!(done.len() > 20, "{} are done", done.len());
    let mut unknown = 0;
    for number in 0..sent {
        let again = suppress(&server, number).unwrap();
        if again.status == 409 {
            assert!(!done.contains(&number) && code(&again).1 == "outcome-unknown", "{number}: {again:?}");
            unknown += 1;
        } else {
            assert_eq!((again.status, again.json()["suppressed"].as_bool()), (200, Some(true)), "{again:?}");
            assert!(again.header("idempotent-replayed").is_some() || !done.contains(&number), "{number}: done twice");
        }
    }
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    let store = Store::open(&place.join("data"), LogLimits::default()).unwrap();
    let lines = store.catalog().audit(&AuditFilter::default(), 1_000_000).unwrap().len();
    assert!(lines <= sent && lines + unknown >= sent, "{lines} lines of {sent} requests, {unknown} not known");
}
