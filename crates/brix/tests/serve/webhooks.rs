//! A receiver of webhooks that remembers what came.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// The receiver. It lives as long as the test's process.
#[derive(Clone)]
pub struct Hooks {
    port: u16,
    /// Key and lead of each webhook.
    got: Arc<Mutex<Vec<(String, u64)>>>,
}

impl Hooks {
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hooks = Self { port: listener.local_addr().unwrap().port(), got: Arc::default() };
        let serving = hooks.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                // A sender that is killed leaves a broken connection behind.
                std::thread::spawn(move || drop(serving.serve(stream)));
            }
        });
        hooks
    }

    /// By lead, the keys it came with.
    pub fn leads(&self) -> BTreeMap<u64, BTreeSet<String>> {
        let mut leads: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        for (key, lead) in self.got.lock().unwrap().iter() {
            leads.entry(*lead).or_default().insert(key.clone());
        }
        leads
    }

    /// How many came.
    pub fn count(&self) -> usize {
        self.got.lock().unwrap().len()
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
                let Some((name, value)) = line.trim_end().split_once(':') else {
                    if line.trim_end().is_empty() {
                        break;
                    } else {
                        continue;
                    };
                };
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().unwrap(),
                    "webhook-id" => value.trim().clone_into(&mut key),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let body: Value = serde_json::from_slice(&body).unwrap();
            self.got.lock().unwrap().push((key, body["data"]["lead"].as_u64().unwrap()));
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
        }
    }
}

/// Adds the receiver to a server's settings.
pub fn destination(folder: &Path, hooks: &Hooks) {
    let path = folder.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let more = format!(
        "[[destinations]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{}/\"\nallow_private = true\n\
         secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\nto_use = true\n",
        hooks.port
    );
    std::fs::write(path, settings + &more).unwrap();
}
