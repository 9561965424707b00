//! Backups of other versions: later formats are refused before anything is written, with words on what to do; older ones are read.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::Store;
use store::log::LogLimits;

use crate::support::{KEY, MANAGE, READ, Server, folder};

fn brix(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(folder)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .args(arguments)
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// A backup of a server that has somebody in its log and its lake.
fn backup(name: &str) -> PathBuf {
    let here = folder(name, "");
    let path = here.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, settings.replace("every = \"1h\"", "every = \"50ms\"")).unwrap();
    let server = Server::start(&here);
    server.until_ready();
    let event = json!({"userId": "u1", "event": "E", "messageId": "1", "timestamp": "2026-03-01T10:00:00Z"});
    assert_eq!(server.call("track", &event).status, 200);
    let begun = std::time::Instant::now();
    while !here.join("data/lake/current").exists() {
        assert!(begun.elapsed().as_secs() < 30, "it does not get into the lake: {}", server.words());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let (is_done, words) = brix(&here, &["backup", "copy"]);
    assert!(is_done, "{words}");
    here
}

fn manifest(backup: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(backup.join("backup.json")).unwrap()).unwrap()
}

fn digest(path: &Path) -> String {
    Sha256::digest(std::fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Changes a file of a backup, and its digest with it, as another version would have written both.
fn change(backup: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = backup.join(name);
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    // Beside it and renamed: files of the lake are linked.
    std::fs::write(backup.join("changed"), &bytes).unwrap();
    std::fs::rename(backup.join("changed"), &path).unwrap();
    let mut manifest = manifest(backup);
    let file = manifest["files"].as_array_mut().unwrap().iter_mut().find(|file| file["path"] == name).unwrap();
    (file["sha256"], file["bytes"]) = (json!(digest(&path)), json!(bytes.len()));
    std::fs::write(backup.join("backup.json"), manifest.to_string()).unwrap();
}

fn is_refused(here: &Path, expected: &[&str]) {
    for arguments in [&["backup", "--verify", "copy"][..], &["restore", "copy", "again"]] {
        let (is_done, words) = brix(here, arguments);
        assert!(!is_done && !here.join("again").exists(), "{words}");
        for expected in expected.iter().chain(&["it was made by Brix 9.1.0", "use that version, or a later one"]) {
            assert!(words.contains(expected), "{expected}: {words}");
        }
    }
}

#[test]
fn later_formats_are_refused_before_anything_is_written() {
    let here = backup("versions_later");
    let copy = here.join("copy");
    let whole = manifest(&copy);
    let with = |more: Value| {
        let mut manifest = whole.clone();
        more.as_object().unwrap().iter().for_each(|(key, value)| manifest[key] = value.clone());
        std::fs::write(copy.join("backup.json"), manifest.to_string()).unwrap();
    };
    // Another version of the same formats is read.
    with(json!({"version": "9.1.0"}));
    assert!(brix(&here, &["backup", "--verify", "copy"]).0);
    // Its manifest says other things.
    with(json!({"version": "9.1.0", "format": 2, "files": {"elsewhere": true}}));
    is_refused(&here, &["the backup is of format 2, and this Brix reads up to 1"]);
    for name in ["ledger.db", "log.db", "catalog.db"] {
        with(json!({"version": "9.1.0"}));
        let before = std::fs::read(copy.join(name)).unwrap();
        change(&copy, name, |bytes| bytes[60..64].copy_from_slice(&99_u32.to_be_bytes()));
        is_refused(&here, &[name, "is of format 99, this Brix reads formats up to"]);
        std::fs::write(copy.join(name), before).unwrap();
    }
    with(json!({"version": "9.1.0"}));
    let current = std::fs::read_to_string(copy.join("lake/current")).unwrap();
    change(&copy, &format!("lake/{}", current.trim()), |bytes| {
        let mut lake: Value = serde_json::from_slice(bytes).unwrap();
        lake["format"] = json!(99);
        *bytes = lake.to_string().into_bytes();
    });
    is_refused(&here, &["is of format 99, this Brix reads formats up to 1"]);
}

#[test]
fn older_formats_are_read() {
    let here = folder("versions_older", "");
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/tests/frozen/format-1");
    let copy = here.join("copy");
    std::fs::create_dir(&copy).unwrap();
    let mut files = Vec::new();
    for name in ["ledger.db", "log.db", "catalog.db"] {
        std::fs::copy(frozen.join(name), copy.join(name)).unwrap();
        let bytes = std::fs::metadata(copy.join(name)).unwrap().len();
        files.push(json!({"path": name, "bytes": bytes, "sha256": digest(&copy.join(name))}));
    }
    let moment = json!({"log_start": 3, "log_end": 10, "offset": 7, "next_lead": 3});
    let manifest = json!({"format": 1, "at": "2026-01-01T00:00:00Z", "version": "0.0.1", "moment": moment, "lake": 2, "files": files});
    std::fs::write(copy.join("backup.json"), manifest.to_string()).unwrap();
    let (is_done, words) = brix(&here, &["restore", "copy", "again"]);
    assert!(is_done, "{words}");
    let store = Store::open(&here.join("again"), LogLimits::default()).unwrap();
    assert_eq!(store.ledger().next_lead().unwrap(), 100_003);
    assert!(store.ledger().lead(1).unwrap().is_some_and(|lead| lead.facts.may_contact), "brought to the new format");
}
