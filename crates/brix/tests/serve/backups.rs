//! A backup is made while the server takes events in, and a server that starts from it has all that had been acknowledged before.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{KEY, MANAGE, READ, Server, folder};

const DEFINITION: &str = "id: busy\nname: Busy\nsubject: user\nwhen: { event: Project Created, count: \">= 2\" }\n";

fn brix(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(folder)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .args(arguments)
        .output()
        .unwrap()
}

/// Makes somebody a lead; gives back when both events are acknowledged.
fn qualify(server: &Server, person: &str) {
    for number in 0..2 {
        let message = json!({
            "userId": person,
            "event": "Project Created",
            "messageId": format!("{person}-{number}"),
            "timestamp": format!("2026-03-01T10:0{number}:00Z"),
        });
        assert_eq!(server.call("track", &message).status, 200);
    }
}

/// The leads of each person.
fn leads(server: &Server) -> BTreeMap<String, Vec<u64>> {
    let mut leads: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = server.ask("GET", &format!("/api/v1/leads?limit=100{cursor}"), READ, "").json();
        for lead in page["leads"].as_array().unwrap() {
            let subject = lead["subject"]["id"].as_str().unwrap().to_owned();
            leads.entry(subject).or_default().push(lead["id"].as_u64().unwrap());
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&after={next}"),
            None => return leads,
        }
    }
}

#[test]
fn a_backup_under_load_has_all_that_was_acknowledged() {
    let here = folder("backups", "");
    let settings = std::fs::read_to_string(here.join("server.toml")).unwrap();
    // The log goes into the lake all the time.
    let often = settings.replace("every = \"1h\"", "every = \"1h\"\nentries = 40");
    std::fs::write(here.join("server.toml"), &often).unwrap();
    std::fs::create_dir(here.join("definitions")).unwrap();
    std::fs::write(here.join("definitions/busy.yaml"), DEFINITION).unwrap();
    let server = Server::start(&here);
    server.until_ready();

    let (acknowledged, is_over) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let before: Vec<String> = std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let person = format!("person-{number}");
                qualify(&server, &person);
                acknowledged.lock().unwrap().push(person);
            }
        });
        while acknowledged.lock().unwrap().len() < 60 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let before = acknowledged.lock().unwrap().clone();
        let made = brix(&here, &["backup", "copy", "--json"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        is_over.store(true, Ordering::Relaxed);
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        assert!(made["lake"].as_u64() > Some(0), "some of it is in the lake: {made}");
        before
    });
    qualify(&server, "after-the-backup");
    drop(server);

    let verified = brix(&here, &["backup", "--verify", "copy"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let listed = brix(&here, &["backup", "--list", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert!(listed[0]["folder"].as_str().unwrap().ends_with("backups/copy"), "{listed}");
    let taken = brix(&here, &["backup", "copy"]);
    assert!(String::from_utf8_lossy(&taken.stderr).contains("has something in it"), "{taken:?}");

    let taken = brix(&here, &["restore", "copy", "data"]);
    assert!(!taken.status.success(), "{taken:?}");
    assert!(String::from_utf8_lossy(&taken.stderr).contains("data has something in it"), "{taken:?}");
    let restored = brix(&here, &["restore", "copy", "again"]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let of_it = often.replacen("[limits]", "data = \"again\"\nlake = \"again/lake\"\n[limits]", 1);
    std::fs::write(here.join("server.toml"), of_it).unwrap();
    let server = Server::start(&here);
    server.until_ready();
    let kept = leads(&server);
    let lost: Vec<&String> = before.iter().filter(|person| !kept.contains_key(*person)).collect();
    assert!(lost.is_empty(), "{} acknowledged, and of these lost: {lost:?}", before.len());
    assert!(kept.values().all(|ids| ids.len() == 1), "{kept:?}");
    assert!(!kept.contains_key("after-the-backup"), "it came after the backup");
    let highest = *kept.values().flatten().max().unwrap();
    qualify(&server, "somebody-new");
    let begun = std::time::Instant::now();
    let new = loop {
        if let Some(ids) = leads(&server).get("somebody-new") {
            break ids[0];
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody new");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(new > highest + 1_000, "a number that may have been told of after the backup is given again: {new}");
    drop(server);

    // One byte is another one.
    let damaged = here.join("copy/ledger.db");
    let mut bytes = std::fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    let refused = brix(&here, &["restore", "copy", "elsewhere"]);
    assert!(!refused.status.success() && !here.join("elsewhere").exists(), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("ledger.db is not as it was written"), "{refused:?}");
}
