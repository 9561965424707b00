//! A server that is still taking up what is there says so, takes events all the same, and answers for people once it knows them.

use std::io::Write as _;
use std::time::Duration;

use serde_json::json;

use crate::ill_destinations::{until, with_destinations};
use crate::support::{KEY, READ, Server, basic};

#[test]
fn what_cannot_be_answered_yet_is_503_and_nothing_is_lost() {
    let folder = with_destinations("not_ready", "");
    let mut server = Server::start(&folder);
    let key = basic(KEY);
    for batch in 0..60 {
        let event = |number: usize| json!({"type": "track", "userId": format!("u{number}"), "event": "E", "messageId": format!("{batch}-{number}")});
        let batch = json!({"batch": (0..400).map(event).collect::<Vec<_>>()}).to_string();
        assert_eq!(server.post("/v1/batch", &[("authorization", &key)], batch.as_bytes()).status, 200);
    }
    server.signal("KILL");
    server.ended();
    let mut server = Server::start(&folder);
    let early = server.get("/readyz");
    let asked = server.ask("GET", "/api/v1/qualification?user=u1", READ, "");
    let near = server.ask("GET", "/api/v1/leads/near", READ, "");
    let plan = server.ask("POST", "/api/v1/definitions/plan", READ, "{\"files\": []}");
    // What is sent is taken all the same.
    let event = json!({"userId": "new", "event": "E", "messageId": "new"});
    let taken = server.call("track", &event);
    let late = server.get("/readyz");
    if late.status != 503 {
        let _ = writeln!(std::io::stderr(), "skipped: it was ready before it could be asked");
        return;
    }
    assert!(early.status == 503 && early.body.contains("taking up the lake and the log"), "{early:?}");
    for answer in [&asked, &near, &plan] {
        assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("not-ready")), "{answer:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("/readyz"), "{answer:?}");
    }
    assert_eq!(taken.status, 200);
    server.until_ready();
    until("everybody is a lead", &server, Duration::from_secs(30), || {
        server.ask("GET", "/api/v1/leads?limit=1", READ, "").json()["counts"]["new"] == 401
    });
    let asked = server.ask("GET", "/api/v1/qualification?user=new", READ, "");
    assert_eq!((asked.status, asked.json()["definitions"][0]["qualified"].as_str()), (200, Some("to_buy")));
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
}
