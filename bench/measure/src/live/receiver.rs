//! A receiver of webhooks on this machine, which notes when each lead has come.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// What people are called whose event makes a lead.
pub const HOT: &str = "hot-";

#[derive(Default)]
struct Book {
    sent: HashMap<u64, Instant>,
    took: HashMap<u64, Duration>,
    copies: u64,
}

/// The receiver.
#[derive(Clone, Default)]
pub struct Receiver(Arc<Mutex<Book>>);

impl Receiver {
    /// Listens from now on.
    pub fn listen(address: &str) -> Result<Self> {
        let receiver = Self::default();
        let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        let serving = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                // A connection that breaks is made again by the sender.
                std::thread::spawn(move || drop(serving.serve(stream)));
            }
        });
        Ok(receiver)
    }

    /// The request that makes somebody a lead goes out now.
    pub fn sent(&self, number: u64) {
        self.book().sent.insert(number, Instant::now());
    }

    /// How many have been sent, how many have arrived, and how many came again.
    pub fn counts(&self) -> (usize, usize, u64) {
        let book = self.book();
        (book.sent.len(), book.took.len(), book.copies)
    }

    /// How long each took.
    pub fn took(&self) -> Vec<Duration> {
        self.book().took.values().copied().collect()
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        loop {
            let mut length = 0;
            loop {
                line.clear();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                if line.trim().is_empty() {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse()?;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let arrived = Instant::now();
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
            self.arrived(&String::from_utf8_lossy(&body), arrived);
        }
    }

    fn arrived(&self, body: &str, at: Instant) {
        let digits = body.split(HOT).nth(1).unwrap_or_default();
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        let Ok(number) = digits.get(..end).unwrap_or_default().parse() else { return };
        let mut book = self.book();
        let Some(sent) = book.sent.get(&number).copied() else { return };
        if book.took.insert(number, at.duration_since(sent)).is_some() {
            book.copies += 1;
        }
    }
}
