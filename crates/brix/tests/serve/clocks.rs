//! The machine's clock is set back while the server is down, and while it runs: nothing is lost, nobody is told twice, and time goes on.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::ill_destinations::{becomes_a_lead, until, with_destinations};
use crate::receivers::{Receiver, webhook};
use crate::support::{READ, Server};

/// The library that makes a program see another time, where it is installed.
fn library() -> Option<String> {
    let found = Command::new("faketime").args(["-f", "+1s", "printenv", "LD_PRELOAD"]).output().ok()?;
    let path = String::from_utf8(found.stdout).ok()?.trim().to_owned();
    (found.status.success() && !path.is_empty()).then_some(path)
}

/// A command that sees the time that a file says, whatever it says later.
fn wrapper(library: &str, file: &Path) -> Vec<String> {
    let variables = [
        format!("LD_PRELOAD={library}"),
        format!("FAKETIME_TIMESTAMP_FILE={}", file.display()),
        "FAKETIME_NO_CACHE=1".to_owned(),
        // Waiting is for real.
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ];
    ["env".to_owned()].into_iter().chain(variables).collect()
}

fn leads(server: &Server) -> Vec<(String, jiff::Timestamp)> {
    let found = server.ask("GET", "/api/v1/leads?limit=200", READ, "").json();
    let all = found["leads"].as_array().unwrap().iter();
    let mut leads: Vec<_> = all
        .map(|lead| {
            (lead["subject"]["id"].as_str().unwrap().to_owned(), lead["detected_at"].as_str().unwrap().parse().unwrap())
        })
        .collect();
    leads.sort();
    leads
}

#[test]
fn a_clock_that_is_set_back_changes_nothing_that_was() {
    let Some(library) = library() else {
        println!("skipped: the clock set back (needs faketime)");
        return;
    };
    let well = Receiver::well();
    let folder = with_destinations("clock_back", &webhook("hook", &well, ""));
    let definition = "id: quiet\nname: Quiet\nsubject: user\nclock: { event: E }\nwindow: 14d\nwhen: { event: any, last: 2s, count: \"= 0\" }\n";
    std::fs::write(folder.join("definitions/quiet.yaml"), definition).unwrap();
    let file = folder.join("time");
    let sees = |time: &str| std::fs::write(&file, time).unwrap();
    sees("+0");
    let command = wrapper(&library, &file);
    let mut server = Server::start_under(&folder, &command);
    server.until_ready();
    becomes_a_lead(&server, "u1");
    let patience = Duration::from_secs(30);
    until("u1 is told of, at once and once quiet", &server, patience, || well.got().len() == 2);
    // While it runs: ten days. Receipts go on where they were, and so does what ripens by time.
    sees("-10d");
    becomes_a_lead(&server, "u2");
    until("u2 is told of, at once and once quiet", &server, patience, || well.got().len() == 4);
    server.signal("KILL");
    server.ended();
    // While it is down: ten days more.
    sees("-20d");
    let mut server = Server::start_under(&folder, &command);
    server.until_ready();
    becomes_a_lead(&server, "u3");
    let again = json!({"userId": "u1", "event": "E", "messageId": "u1"});
    assert_eq!(server.call("track", &again).status, 200);
    until("u3 is a lead", &server, patience, || leads(&server).iter().any(|(user, _)| user == "u3"));
    // And set right again.
    sees("+0");
    becomes_a_lead(&server, "u4");
    until("all are told of", &server, patience, || well.got().len() == 8);
    let found = leads(&server);
    assert_eq!(found.len(), 8, "{found:?}");
    assert!(well.keys().values().all(|keys| keys.len() == 1), "one id each");
    assert_eq!(well.keys().len(), 8, "nobody twice");
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    let server = Server::start(&folder);
    server.until_ready();
    crate::equality::until_judged(&server);
    assert_eq!(leads(&server), found);
    let of = |user: &str| found.iter().find(|(known, _)| known == user).unwrap().1;
    assert!(of("u1") <= of("u2"), "time does not go back while it runs: {found:?}");
}
