//! What a loss of power leaves at the end of the files, and files that are not of one moment.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::{KEY, MANAGE, READ, Server, folder};

const DEFINITION: &str = "id: any\nname: Anybody\nsubject: user\npopulation: everyone\nwhen: { event: E }\n";

fn with_definition(name: &str) -> std::path::PathBuf {
    let folder = folder(name, "");
    std::fs::create_dir(folder.join("definitions")).unwrap();
    std::fs::write(folder.join("definitions/any.yaml"), DEFINITION).unwrap();
    folder
}

fn send(server: &Server, round: usize) {
    for number in 0..20 {
        let event =
            json!({"userId": format!("u{round}-{number}"), "event": "E", "messageId": format!("{round}-{number}")});
        assert_eq!(server.call("track", &event).status, 200);
    }
}

/// Adds the beginning of its last frame once more, some bits of it other ones: a write that was under way.
fn tear(wal: &Path, length: usize) {
    let bytes = std::fs::read(wal).unwrap();
    assert!(bytes.len() > 4096 + 24, "{} holds nothing", wal.display());
    let mut torn = bytes[bytes.len() - 4096 - 24..][..length].to_vec();
    torn.iter_mut().skip(length / 2).for_each(|byte| *byte ^= 0x5a);
    std::fs::File::options().append(true).open(wal).unwrap().write_all(&torn).unwrap();
}

#[test]
fn torn_last_pages_are_passed_over() {
    let folder = with_definition("torn");
    for (round, length) in [10, 600, 4096, 4096 + 24].into_iter().enumerate() {
        let mut server = Server::start(&folder);
        crate::equality::until_judged(&server);
        let leads = server.ask("GET", "/api/v1/leads?limit=1", READ, "").json()["counts"]["new"].as_u64();
        assert_eq!(leads.unwrap_or(0), 20 * round as u64);
        send(&server, round);
        server.signal("KILL");
        server.ended();
        ["log.db-wal", "ledger.db-wal"].iter().for_each(|name| tear(&folder.join("data").join(name), length));
    }
    let server = Server::start(&folder);
    crate::equality::until_judged(&server);
    assert_eq!(server.ask("GET", "/api/v1/leads?limit=1", READ, "").json()["counts"]["new"], 80);
}

/// Entries of a log that begins anew would have numbers that were given before.
#[test]
fn a_log_older_than_the_ledger_is_refused() {
    let folder = with_definition("older_log");
    let mut server = Server::start(&folder);
    send(&server, 0);
    crate::equality::until_judged(&server);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    for name in ["log.db", "log.db-wal", "log.db-shm"] {
        let _ = std::fs::remove_file(folder.join("data").join(name));
    }
    let output = Command::new(env!("CARGO_BIN_EXE_brix"))
        .arg("serve")
        .current_dir(&folder)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("not of one moment"), "{told}");
}
