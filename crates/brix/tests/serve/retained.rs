//! Of whom nothing was heard for long goes by itself, with everything; everybody else is as if they had never been, live and in the
//! lake alike, whatever happens to the process.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use engine::Timestamp;
use engine::time::{DAY, MINUTE};
use history::Lake;
use serde_json::{Value, json};

use crate::erasing::{Message, holding, leads, place, send, so_many_leads, until_done, until_settled};
use crate::support::{MANAGE, READ, Server};

const GONE: [&str; 5] =
    ["old-4711@example.com", "old-phone-0815", "old-before-77", "dusty-99.example", "dust-1@example.com"];

fn happens(who: Value, number: i64, at: i64) -> Message {
    let mut message = json!({
        "event": "Project Created",
        "messageId": format!("m{number}"),
        "timestamp": Timestamp(at + number * MINUTE).to_string(),
    });
    message.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    ("track", message)
}

/// What those do who are silent since, and what everybody else does.
fn history() -> (Vec<Message>, Vec<Message>) {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap();
    let (long_ago, lately) = (now - 800 * DAY, now - 10 * DAY);
    let [id, phone, before, dusty, dust] = GONE;
    let of = |account: &str| json!({"groupId": account});
    let alias =
        json!({"userId": id, "previousId": before, "messageId": "a1", "timestamp": Timestamp(long_ago).to_string()});
    let theirs = vec![
        happens(json!({"userId": id, "anonymousId": phone}), 1, long_ago),
        ("alias", alias),
        happens(json!({"userId": before}), 2, long_ago),
        happens(json!({"userId": id, "anonymousId": "kiosk-1"}), 3, long_ago),
        happens(json!({"anonymousId": "kiosk-1"}), 4, long_ago),
        happens(json!({"userId": dust, "context": of(dusty)}), 5, long_ago),
        happens(json!({"userId": dust, "context": of(dusty)}), 6, long_ago),
        happens(json!({"userId": dust, "context": of(dusty)}), 7, long_ago),
    ];
    let others = vec![
        happens(json!({"userId": "ben", "anonymousId": "kiosk-1"}), 11, lately),
        happens(json!({"userId": "ben"}), 12, lately),
        // Uma was not heard of, but somebody of her company was: all of it stays.
        happens(json!({"userId": "uma", "context": of("fresh")}), 13, long_ago),
        happens(json!({"userId": "uma", "context": of("fresh")}), 14, long_ago),
        happens(json!({"userId": "tom", "context": of("fresh")}), 15, lately),
        happens(json!({"userId": "joe"}), 16, lately),
    ];
    (theirs, others)
}

fn started(place: &std::path::Path) -> Server {
    let server = Server::start(place);
    server.until_ready();
    server
}

#[test]
fn who_was_not_heard_of_goes_by_itself() {
    let (theirs, others) = history();
    let without = started(&place("retained-without"));
    send(&without, &others);
    until_settled(&without);
    let expected = so_many_leads(&without, 3);

    let here = place("retained");
    let mut server = started(&here);
    send(&server, &theirs);
    send(&server, &others);
    until_settled(&server);
    so_many_leads(&server, 6);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let settings = std::fs::read_to_string(here.join("server.toml")).unwrap();
    let retention = "[retention]\npeople = \"400d\"\nevery = \"200ms\"\n";
    std::fs::write(here.join("server.toml"), settings.replace("entries = 6", "entries = 1") + retention).unwrap();

    // It dies as soon as somebody goes, and goes on where it was.
    let mut server = started(&here);
    let begun = Instant::now();
    let erasures = |server: &Server| server.ask("GET", "/api/v1/privacy/erasures", MANAGE, "").json();
    while erasures(&server)["erasures"].as_array().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody goes: {}", server.words());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(leads(&server), expected, "at once");
    server.signal("KILL");
    server.ended();
    let mut server = started(&here);
    let receipt = erasures(&server)["erasures"][0].clone();
    let receipt = until_done(&server, receipt["id"].as_str().unwrap());
    assert_eq!(receipt["removed"]["leads"], 3, "{receipt}");
    assert!(receipt["reason"].as_str().unwrap().starts_with("nothing was heard of them since"), "{receipt}");
    assert_eq!(leads(&server), expected);
    let audit = server.ask("GET", "/api/v1/audit?what=retention.people", MANAGE, "").body;
    assert!(audit.contains("\"households\":2") || audit.contains("\"households\": 2"), "{audit}");
    assert!(server.ask("GET", "/metrics", READ, "").body.contains("households_gone"));
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    for id in GONE {
        let holding = holding(&here, id);
        assert!(holding.is_empty(), "{id} stands in {holding:?}");
    }

    // From the lake alone the same comes, and it says since when.
    std::fs::remove_dir_all(here.join("data/snapshots")).unwrap();
    let server = started(&here);
    assert_eq!(leads(&server), expected);
    let lake = Lake::open(&here.join("data/lake")).unwrap();
    assert!(lake.kept_from().is_some());
    let output = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(&here)
        .args(["qualify", "definitions/busy.yaml", "--lake", "data/lake", "--ever", "--json"])
        .output()
        .unwrap();
    let listing: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut ids: Vec<&str> =
        listing["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!((ids, listing["kept_from"].is_string()), (vec!["ben", "uma"], true), "{listing}");

    // Nobody is kept out: whoever comes back begins anew.
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap();
    send(&server, &[21, 22].map(|number| happens(json!({"userId": GONE[0]}), number, now - DAY)));
    so_many_leads(&server, expected.len() + 1);
}
