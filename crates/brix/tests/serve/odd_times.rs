//! Times that cannot be, or hardly: what is from the future is set to its receipt, what is from before 1900 is told and kept apart, and
//! neither windows nor what ripens by time alone minds.

use std::time::Duration;

use serde_json::{Value, json};

use crate::ill_destinations::until;
use crate::support::{MANAGE, READ, Server, folder};

/// One holds with an event, one once two seconds have passed without any.
const DEFINITIONS: [(&str, &str); 2] = [
    ("any", "id: any\nname: Anybody\nsubject: user\npopulation: everyone\nwhen: { event: E }\n"),
    (
        "quiet",
        "id: quiet\nname: Quiet\nsubject: user\nclock: { event: Signed Up }\nwindow: 14d\nwhen:\n  all:\n    - { event: E }\n    \
         - { event: any, last: 2s, count: \"= 0\" }\n",
    ),
];

fn leads(server: &Server, definition: &str) -> Vec<(String, String)> {
    let found = server.ask("GET", &format!("/api/v1/leads?definition={definition}&limit=200"), READ, "").json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = found["leads"].as_array().unwrap().iter();
    all.map(|lead| (text(&lead["subject"]["id"]), text(&lead["qualified_at"]))).collect()
}

/// The time that is sent; when it counts, or why it does not.
fn times() -> Vec<(Value, Result<&'static str, &'static str>)> {
    vec![
        (json!("2026-05-01T10:00:00Z"), Ok("2026-05-01T10:00:00Z")),
        (json!("1900-01-01T00:00:00Z"), Ok("1900-01-01T00:00:00Z")),
        (json!("1969-12-31T23:59:59Z"), Ok("1969-12-31T23:59:59Z")),
        (json!(-1), Ok("1969-12-31T23:59:59Z")),
        (json!(0), Ok("1970-01-01T00:00:00Z")),
        (json!("2199-12-31T23:59:59Z"), Ok("the receipt")),
        (json!("9999-12-31T23:59:59Z"), Ok("the receipt")),
        (json!(99_999_999_999_i64), Ok("the receipt")),
        (json!("1899-12-31T23:59:59.999999Z"), Err("time-out-of-range")),
        (json!("0001-01-01T00:00:00Z"), Err("time-out-of-range")),
        (json!("-000044-03-15T12:00:00Z"), Err("time-out-of-range")),
        (json!("+275760-09-13T00:00:00Z"), Err("not-a-time")),
        (json!("yesterday"), Err("not-a-time")),
        (json!("2026-02-30T00:00:00Z"), Err("not-a-time")),
        (json!("2026-05-01T25:00:00Z"), Err("not-a-time")),
        (json!(1e17), Ok("the receipt")),
        (json!(-1e17), Err("time-out-of-range")),
        (json!(1e300), Err("number-too-large")),
        (json!(true), Err("wrong-type")),
    ]
}

#[test]
fn times_of_every_age_are_counted_and_break_nothing() {
    let folder = folder("odd_times", "");
    std::fs::create_dir(folder.join("definitions")).unwrap();
    for (name, text) in DEFINITIONS {
        std::fs::write(folder.join(format!("definitions/{name}.yaml")), text).unwrap();
    }
    let mut server = Server::start(&folder);
    server.until_ready();
    let begun = jiff::Timestamp::now();
    for (place, (time, _)) in times().iter().enumerate() {
        for event in ["Signed Up", "E"] {
            let call = json!({"userId": format!("u{place}"), "event": event, "messageId": format!("{place}{event}"), "timestamp": time});
            assert_eq!(server.call("track", &call).status, 200, "{time}");
        }
    }
    // A clock that is wrong by as much when it sends is set right by the difference.
    for (user, sent, happened) in [
        ("ahead", "9999-12-31T23:00:00Z", "9999-12-31T22:59:00Z"),
        ("behind", "1999-01-01T00:01:00Z", "1999-01-01T00:00:00Z"),
    ] {
        let call = json!({"userId": user, "event": "E", "messageId": user, "sentAt": sent, "timestamp": happened});
        assert_eq!(server.call("track", &call).status, 200);
    }
    let taken = times().iter().filter(|(_, expected)| expected.is_ok()).count();
    until("all are judged", &server, Duration::from_secs(20), || leads(&server, "any").len() == taken + 2);
    let found = leads(&server, "any");
    let at = |user: &str| found.iter().find(|(id, _)| id == user).map(|(_, at)| at.clone());
    let is_now = |at: &str| (begun..jiff::Timestamp::now()).contains(&at.parse().unwrap());
    for (place, (time, expected)) in times().iter().enumerate() {
        match (expected, at(&format!("u{place}"))) {
            (Err(_), None) => {}
            (Ok("the receipt"), Some(at)) => assert!(is_now(&at), "{time}: {at}"),
            (Ok(expected), Some(at)) => assert_eq!(at, *expected, "{time}"),
            (expected, at) => panic!("{time}: {expected:?}, and it is {at:?}"),
        }
    }
    for user in ["ahead", "behind"] {
        let at: jiff::Timestamp = at(user).unwrap().parse().unwrap();
        let ago = begun.duration_since(at).as_secs();
        assert!((50..=60).contains(&ago), "{user}: a minute before it came: {ago} s");
    }
    // Two for each that was set to its receipt, and for each that is not taken.
    let figures = server.get("/metrics").body;
    assert!(
        figures.contains("brix_values_changed_total{source=\"app\",change=\"time-set-to-receipt\"} 8\n"),
        "{figures}"
    );
    for reason in ["time-out-of-range", "not-a-time", "wrong-type", "number-too-large"] {
        let count = 2 * times().iter().filter(|(_, expected)| *expected == Err(reason)).count();
        let line = format!("brix_messages_rejected_total{{source=\"app\",reason=\"{reason}\"}} {count}\n");
        assert!(figures.contains(&line), "{line}{figures}");
    }
    let rejects = server.ask("GET", "/api/v1/rejects", MANAGE, "").json().to_string();
    assert!(rejects.contains("is not between 1900 and 2200"), "{rejects}");

    // Time alone still makes leads: of those whose time has come, and of who comes now.
    for event in ["Signed Up", "E"] {
        let call = json!({"userId": "fresh", "event": event, "messageId": format!("fresh{event}")});
        assert_eq!(server.call("track", &call).status, 200);
    }
    until("who is quiet is told", &server, Duration::from_secs(20), || {
        leads(&server, "quiet").iter().any(|(user, at)| user == "fresh" && is_now(at))
    });
    let quiet = leads(&server, "quiet");
    assert_eq!(quiet.len(), taken + 1, "{quiet:?}");
    assert!(quiet.contains(&("u1".to_owned(), "1900-01-01T00:00:02Z".to_owned())), "{quiet:?}");
    // And a start finds the same.
    let found = leads(&server, "any");
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    let server = Server::start(&folder);
    server.until_ready();
    crate::equality::until_judged(&server);
    assert_eq!((leads(&server, "any"), leads(&server, "quiet")), (found, quiet));
}
