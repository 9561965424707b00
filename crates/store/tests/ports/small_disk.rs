//! A disk that is full, and one that may only be read: small file systems in a namespace of their own, where the system allows it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kills::noise;
use store::log::{Log, LogLimits};
use store::{Error, SqliteLog};

const FOLDER: &str = "BRIX_TEST_SMALL_DISK";

/// Runs one test of this program with a file system of so many kilobytes on the folder. False if the system does not allow it.
fn on_small_disk(test: &str, kilobytes: u32) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let can = |script: &str, test: &str| {
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
            .arg(folder.path())
            .arg(kilobytes.to_string())
            .arg(std::env::current_exe().unwrap())
            .arg(test)
            .env(FOLDER, folder.path())
            .output()
    };
    const MOUNT: &str = "mount -t tmpfs -o size=$2k tmpfs \"$1\"";
    if !can(MOUNT, test).is_ok_and(|output| output.status.success()) {
        println!("skipped: this system allows no file systems in namespaces (unshare, mount)");
        return false;
    }
    let output = can(&format!("{MOUNT} && exec \"$3\" \"$4\" --exact --nocapture --test-threads=1"), test).unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    true
}

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(Into::into)
}

fn open(folder: &Path) -> Result<SqliteLog, Error> {
    SqliteLog::open(&folder.join("log.db"), LogLimits::default())
}

/// Not a test of its own: see below.
#[test]
fn filler() {
    let Some(folder) = folder() else { return };
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![1; 500_000]).unwrap();
    let log = open(&folder).unwrap();
    let mut kept = 0;
    let error = loop {
        match log.append(vec![noise(20_000, kept)]) {
            Ok(appended) => kept = appended.last,
            Err(error) => break error,
        }
    };
    assert!(kept > 3, "some went in");
    assert!(matches!(error, Error::Full(_)) && error.to_string().contains("make room"), "{error}");
    let whole = |log: &SqliteLog| {
        let mut read = Vec::new();
        while (read.len() as u64) < log.end() {
            read.extend(log.read(read.len() as u64 + 1, 10).unwrap());
        }
        (0..).zip(&read).all(|(number, (_, entry))| *entry == noise(20_000, number))
    };
    assert_eq!(log.end(), kept);
    assert!(whole(&log), "what was acknowledged is there");
    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(log.append(vec![noise(20_000, kept)]).unwrap().first, kept + 1, "it goes on by itself");
    drop(log);
    assert!(whole(&open(&folder).unwrap()));
}

#[test]
fn a_full_disk_is_named_and_nothing_is_lost() {
    on_small_disk("small_disk::filler", 3000);
}

/// Not a test of its own: see below.
#[test]
fn reader() {
    let Some(folder) = folder() else { return };
    drop(open(&folder).unwrap());
    assert!(Command::new("mount").args(["-o", "remount,ro"]).arg(&folder).status().unwrap().success());
    for path in [folder.clone(), folder.join("missing")] {
        let error = open(&path).err().unwrap();
        let is_named = matches!(error, Error::ReadOnly(_) | Error::System { .. });
        assert!(is_named, "{error:?}");
    }
    let error = open(&folder).err().unwrap();
    assert!(matches!(error, Error::ReadOnly(_)) && error.to_string().contains("the right to write"), "{error:?}");
}

#[test]
fn a_folder_that_may_only_be_read_is_named() {
    on_small_disk("small_disk::reader", 3000);
}
