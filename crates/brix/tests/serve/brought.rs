//! History that is imported into a server's lake while it is stopped counts from the next start on, as if it had always been there.

use std::process::Command;

use serde_json::json;

use crate::erasing::{place, send, so_many_leads, until_settled};
use crate::support::{READ, Server};

#[test]
fn history_that_is_imported_in_between_counts() {
    let here = place("brought");
    let start = || {
        let server = Server::start(&here);
        server.until_ready();
        server
    };
    let mut server = start();
    let did = |user: &str, number: u32| {
        let time = format!("2025-01-0{number}T00:00:00Z");
        let id = format!("{user}-{number}");
        ("track", json!({"event": "Project Created", "userId": user, "messageId": id, "timestamp": time}))
    };
    let ann: Vec<_> = (1..=6).map(|number| did("ann", number)).collect();
    send(&server, &ann);
    send(&server, &[did("carol", 1)]);
    until_settled(&server);
    so_many_leads(&server, 1);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));

    std::fs::create_dir(here.join("files")).unwrap();
    std::fs::write(here.join("files/events.csv"), "user,time\ncarol,2025-01-03\ndan,2025-01-02\ndan,2025-01-04\n")
        .unwrap();
    let mapping = "source: files\nfiles:\n  - match: events.csv\n    records:\n      - { event: Project Created, user: user, time: time }\n";
    std::fs::write(here.join("files/mapping.yaml"), mapping).unwrap();
    let mut import = Command::new(env!("CARGO_BIN_EXE_brix"));
    let imported = import.current_dir(&here).args(["import", "files", "--lake", "data/lake"]).output().unwrap();
    assert!(imported.status.success(), "{imported:?}");

    // The number of leads is known from the first moment on.
    let mut server = start();
    assert_eq!(so_many_leads(&server, 3)[1][1]["id"], "carol");
    let status = server.ask("GET", "/api/v1/status", READ, "").json();
    assert_eq!(status["leads"], 3, "{status}");
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let again = start();
    assert_eq!(again.ask("GET", "/api/v1/status", READ, "").json()["leads"], 3);
    so_many_leads(&again, 3);
}
