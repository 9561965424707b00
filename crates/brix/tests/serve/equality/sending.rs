//! A history sent to a server under the worst conditions: shuffled, with copies, and a server that stops and dies meanwhile.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{KEY, READ, Server, basic, exchange};

/// Messages of a request.
const BATCH: usize = 50;

/// Chance with a seed (Marsaglia's xorshift).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// Shuffled, one in ten a second time somewhere else.
pub fn shuffled(messages: &[Value], dice: &mut Dice) -> Vec<Value> {
    let copies: Vec<Value> = messages.iter().filter(|_| dice.below(10) == 0).cloned().collect();
    let mut all = [messages, &copies].concat();
    for place in (1..all.len()).rev() {
        all.swap(place, dice.below(place + 1));
    }
    all
}

/// Sends everything, as a vendor's client does: again, until it is told that it was taken. Gives how often the server was killed
/// and how often it was stopped.
pub fn send(server: &mut Server, messages: &[Value], ends: usize, dice: &mut Dice) -> (usize, usize) {
    let requests: Vec<String> = messages.chunks(BATCH).map(|batch| json!({ "batch": batch }).to_string()).collect();
    let (mut kills, mut stops) = (0, 0);
    let mut stream = server.connect();
    for (number, request) in requests.iter().enumerate() {
        let is_end =
            (number + 1) * ends / requests.len() > number * ends / requests.len() && number + 1 < requests.len();
        if is_end {
            let signal = if (kills + stops) % 2 == 0 { "KILL" } else { "TERM" };
            // In the middle of a request, or soon before or after one.
            let wait = Duration::from_micros(dice.below(8_000) as u64);
            std::thread::scope(|scope| {
                let server = &*server;
                scope.spawn(move || {
                    std::thread::sleep(wait);
                    server.signal(signal);
                });
                let _ = ask(&mut stream, request);
            });
            server.ended();
            if signal == "KILL" {
                kills += 1;
            } else {
                stops += 1;
            }
            *server = Server::start(&server.folder);
            stream = server.connect();
        }
        let begun = Instant::now();
        while ask(&mut stream, request) != Some(200) {
            assert!(begun.elapsed() < Duration::from_secs(60), "it takes nothing: {}", server.words());
            std::thread::sleep(Duration::from_millis(50));
            stream = server.connect();
        }
    }
    (kills, stops)
}

fn ask(stream: &mut TcpStream, request: &str) -> Option<u16> {
    let key = basic(KEY);
    let answer = exchange(stream, "POST", "/v1/batch", &[("authorization", &key)], request.as_bytes());
    answer.ok().map(|answer| answer.status)
}

/// Waits until everything that is in the log has been judged.
pub fn until_judged(server: &Server) {
    server.until_ready();
    let begun = Instant::now();
    while server.ask("GET", "/api/v1/status", READ, "").json()["processor"]["lag"] != 0 {
        assert!(begun.elapsed() < Duration::from_secs(300), "it does not catch up: {}", server.words());
        std::thread::sleep(Duration::from_millis(20));
    }
    // What is due by time alone comes as an entry of its own.
    std::thread::sleep(Duration::from_millis(300));
}
