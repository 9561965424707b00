//! A receiver that does what a test says, well or badly.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What it does with a request.
#[derive(Debug, Clone)]
pub enum Does {
    /// Answers with a status, more headers, and a body.
    Answers(u16, String, &'static str),
    /// Says nothing and keeps the line open.
    Hangs,
    /// Closes the line at once.
    Closes,
    /// Closes the line within the status line.
    ClosesHalfWay,
    /// Answers 200, announces a body, and closes the line before its end.
    ClosesInBody,
    /// Answers 200 with a body without end.
    TalksForEver,
    /// Answers what is no HTTP.
    Babbles,
}

impl Does {
    pub fn answers(status: u16) -> Self {
        Self::Answers(status, String::new(), "")
    }

    pub fn with(status: u16, header: &str) -> Self {
        Self::Answers(status, format!("{header}\r\n"), "")
    }
}

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Got {
    pub at: Instant,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
    }
}

#[derive(Default)]
struct Book {
    got: Vec<Got>,
    connections: usize,
    does: Vec<Does>,
}

/// A receiver on this machine. It lives as long as the test's process.
#[derive(Clone)]
pub struct Receiver {
    pub port: u16,
    book: Arc<Mutex<Book>>,
}

impl Receiver {
    /// One that does these things in turn, and then answers 200.
    pub fn that(does: Vec<Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Self { port, book: Arc::new(Mutex::new(Book { does, ..Book::default() })) };
        let serving = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serving.book.lock().unwrap().connections += 1;
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(&stream));
            }
        });
        receiver
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook/hush-hush", self.port)
    }

    pub fn got(&self) -> Vec<Got> {
        self.book.lock().unwrap().got.clone()
    }

    pub fn connections(&self) -> usize {
        self.book.lock().unwrap().connections
    }

    /// From now on it does these, then answers 200.
    pub fn now_does(&self, does: Vec<Does>) {
        self.book.lock().unwrap().does = does;
    }

    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(got) = read(&mut reader) {
            let does = {
                let mut book = self.book.lock().unwrap();
                book.got.push(got);
                if book.does.is_empty() { Does::answers(200) } else { book.does.remove(0) }
            };
            if !act(stream, &does) {
                let _ = stream.shutdown(std::net::Shutdown::Both);
                return;
            }
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Got> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: Vec<(String, String)> = lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Got { at: Instant::now(), headers, body: String::from_utf8(body).unwrap() })
}

/// Gives whether the line stays open for another request.
fn act(mut stream: &TcpStream, does: &Does) -> bool {
    let mut say = |text: &str| stream.write_all(text.as_bytes()).is_ok();
    match does {
        Does::Answers(status, headers, body) => {
            return say(&format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()));
        }
        Does::Hangs => std::thread::sleep(Duration::from_secs(60)),
        Does::Closes => {}
        Does::ClosesHalfWay => {
            say("HTTP/1.1 20");
        }
        Does::ClosesInBody => {
            say("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"part");
        }
        Does::TalksForEver => {
            let piece = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
            say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            while say(&piece) {}
        }
        Does::Babbles => {
            say("\u{1}\u{2}SSH-2.0 what?\r\n\r\n\r\n");
        }
    }
    false
}
