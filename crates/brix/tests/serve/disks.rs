//! A disk that fills up under a running server, and one that may only be read: small file systems in a namespace of the server's own,
//! where the system allows them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{KEY, MANAGE, READ, Server, folder};

const DEFINITION: &str = "id: any\nname: Anybody\nsubject: user\npopulation: everyone\nwhen: { event: E }\n";

/// A wrapper that mounts a small file system over the data and then becomes what it is given.
fn wrapper(folder: &Path, options: &str) -> Vec<String> {
    std::fs::create_dir_all(folder.join("data")).unwrap();
    let script = format!("mount -t tmpfs -o {options} tmpfs {}/data && exec \"$@\"", folder.display());
    let words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"];
    words.map(str::to_owned).to_vec()
}

fn is_allowed(folder: &Path) -> bool {
    let words = wrapper(folder, "size=100k");
    let allowed = Command::new(&words[0]).args(&words[1..]).arg("true").output();
    let allowed = allowed.is_ok_and(|output| output.status.success());
    if !allowed {
        println!("skipped: this system allows no file systems in namespaces (unshare, mount)");
    }
    allowed
}

fn until(what: &str, server: &Server, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {}", server.words());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn event(number: usize) -> Value {
    let ballast = format!("{number}").repeat(300);
    json!({"userId": format!("u{number}"), "event": "E", "messageId": number.to_string(), "properties": {"text": ballast}})
}

#[test]
fn a_full_disk_loses_nothing_and_goes_on_by_itself() {
    let folder = folder("full_disk", "");
    if !is_allowed(&folder) {
        return;
    }
    std::fs::create_dir(folder.join("definitions")).unwrap();
    std::fs::write(folder.join("definitions/any.yaml"), DEFINITION).unwrap();
    let mut server = Server::start_under(&folder, &wrapper(&folder, "size=6m"));
    server.until_ready();
    // The server's own view of its files.
    let ballast = PathBuf::from(format!("/proc/{}/root{}/data/ballast", server.child.id(), folder.display()));
    if std::fs::write(&ballast, vec![1; 1 << 20]).is_err() {
        println!("skipped: this system shows no files of other namespaces");
        return;
    }
    let mut taken = 0;
    let full = loop {
        let answer = server.call("track", &event(taken));
        if answer.status != 200 {
            break answer;
        }
        taken += 1;
        assert!(taken < 50_000, "the disk does not fill");
    };
    assert_eq!((full.status, full.header("retry-after")), (429, Some("1")), "{full:?}");
    // It may be the log or the ledger that finds no room first; neither ends the server.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(server.child.try_wait().unwrap(), None, "it has ended: {}", server.words());
    until("it says what is wrong", &server, || server.words().contains("make room"));
    std::fs::remove_file(&ballast).unwrap();
    until("it takes events again", &server, || server.call("track", &event(taken)).status == 200);
    let count = || server.ask("GET", "/api/v1/leads?limit=1", READ, "").json()["counts"]["new"].as_u64();
    until("everybody is a lead", &server, || count() == Some(taken as u64 + 1));
}

#[test]
fn a_folder_that_may_only_be_read_is_named() {
    let folder = folder("read_only", "");
    if !is_allowed(&folder) {
        return;
    }
    let words = wrapper(&folder, "size=1m,ro");
    let output = Command::new(&words[0])
        .args(&words[1..])
        .args([env!("CARGO_BIN_EXE_brix"), "serve"])
        .current_dir(&folder)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{told}");
    assert!(told.contains("read-only") && told.contains("the right to write"), "{told}");
}
