//! What was acknowledged is there after a kill, once for each time it was sent with success.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;

use crate::support::{KEY, Server, basic, exchange, folder, records};

/// How often the server is killed, unless `BRIX_KILLS` says otherwise.
const KILLS: usize = 30;
const SENDERS: usize = 4;

#[test]
fn what_was_acknowledged_survives_kills() {
    let kills = std::env::var("BRIX_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let folder = folder("kills", "");
    let acknowledged = Mutex::new(HashSet::new());
    for round in 0..kills {
        let mut server = Server::start(&folder);
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let (server, acknowledged) = (&server, &acknowledged);
                let mut stream = server.connect();
                scope.spawn(move || {
                    for number in 0.. {
                        let id = format!("{round}-{sender}-{number}");
                        let body = json!({"userId": "u", "event": "E", "messageId": id}).to_string();
                        let headers = [("authorization", basic(KEY))];
                        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
                        match exchange(&mut stream, "POST", "/v1/track", &headers, body.as_bytes()) {
                            Ok(answer) if answer.status == 200 => drop(acknowledged.lock().unwrap().insert(id)),
                            Ok(answer) => panic!("{answer:?}"),
                            Err(_) => break,
                        }
                    }
                });
            }
            // Not at the same moment each time, and the same in each run.
            std::thread::sleep(Duration::from_millis(20 + (round as u64 * 37) % 160));
            server.signal("KILL");
        });
        server.ended();
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > kills, "{}", acknowledged.len());
    let kept = records(&folder);
    let ids: HashSet<&str> = kept.iter().map(|record| &*record.message).collect();
    assert_eq!(ids.len(), kept.len(), "each was sent once");
    let lost: Vec<&String> = acknowledged.iter().filter(|id| !ids.contains(id.as_str())).collect();
    assert_eq!(lost, Vec::<&String>::new());
}
