//! What the embedded log promises beyond the port: damage is found, erased bytes are gone, forgotten room is given back.

use std::fs;
use std::path::{Path, PathBuf};

use crate::kills::{next, noise, seed};
use rusqlite::Connection;
use store::log::{Log, LogLimits};
use store::{Error, SqliteLog};

fn open(path: &Path) -> Result<SqliteLog, Error> {
    SqliteLog::open(path, LogLimits::default())
}

/// A closed log of three batches: entries 1–2, 3–4, 5–6.
fn three_batches(folder: &Path) -> PathBuf {
    let path = folder.join("log.db");
    let log = open(&path).unwrap();
    for number in [1_u8, 3, 5] {
        log.append(vec![vec![number; 50], vec![number + 1; 50]]).unwrap();
    }
    path
}

fn change(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_damaged_batch_is_named_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = three_batches(folder.path());
    change(
        &path,
        "UPDATE batches SET packed = CAST(substr(packed, 1, length(packed) - 1) || x'00' AS BLOB) WHERE first = 3",
    );
    let log = open(&path).unwrap();
    assert_eq!(log.read(1, 2).unwrap().len(), 2);
    let error = log.read(1, 3).unwrap_err();
    assert!(matches!(error, Error::DamagedEntries { first: 3, last: 4, .. }), "{error}");
    assert!(error.to_string().contains("restore"), "{error}");
    assert!(log.rewrite(&mut |_, _| None).is_err());
    assert_eq!(log.read(5, 9).unwrap().len(), 2);
}

#[test]
fn a_missing_batch_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = three_batches(folder.path());
    change(&path, "DELETE FROM batches WHERE first = 3");
    let log = open(&path).unwrap();
    assert_eq!(log.read(1, 9).unwrap().len(), 2, "up to the gap");
    assert!(matches!(log.read(3, 9), Err(Error::DamagedEntries { first: 3, last: 4, .. })));
}

/// Whatever byte of the file is another one: what is read is what was written, or it is refused.
#[test]
fn no_damage_of_the_file_gives_wrong_entries() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let entry = |offset: u64| noise(usize::try_from(offset * 97 % 700).unwrap(), offset);
    let log = open(&path).unwrap();
    for first in (1..=60_u64).step_by(3) {
        log.append((first..first + 3).map(entry).collect()).unwrap();
    }
    drop(log);
    let (bytes, mut seed) = (fs::read(&path).unwrap(), seed());
    let (mut refused, mut whole) = (0, 0);
    for _ in 0..400 {
        let place = usize::try_from(next(&mut seed)).unwrap() % bytes.len();
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (next(&mut seed) % 8);
        fs::write(&path, damaged).unwrap();
        let Ok(log) = open(&path) else {
            refused += 1;
            continue;
        };
        let mut at = log.start();
        let is_whole = loop {
            if at > log.end() {
                break true;
            }
            let Ok(entries) = log.read(at, 7) else { break false };
            for (offset, bytes) in entries {
                assert_eq!((offset, &bytes), (at, &entry(at)), "byte {place}");
                at += 1;
            }
        };
        *(if is_whole { &mut whole } else { &mut refused }) += 1;
        drop(log);
        let _ = fs::remove_file(path.with_extension("db-wal"));
    }
    println!("{refused} refused, {whole} whole");
    assert!(refused > 0);
}

#[test]
fn another_file_and_a_later_format_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = three_batches(folder.path());
    change(&path, "PRAGMA user_version = 99");
    assert!(matches!(open(&path), Err(Error::Newer { found: 99, known: 1, .. })));
    let other = folder.path().join("other.db");
    change(&other, "PRAGMA user_version = 1; CREATE TABLE a (b)");
    assert!(matches!(open(&other), Err(Error::Foreign { .. })));
    let text = folder.path().join("text.db");
    fs::write(&text, "This is no database at all. ".repeat(100)).unwrap();
    assert!(matches!(open(&text), Err(Error::Foreign { .. })));
}

fn occurs(path: &Path, wanted: &[u8]) -> bool {
    let files = ["log.db", "log.db-wal"].map(|name| fs::read(path.with_file_name(name)).unwrap_or_default());
    files.iter().any(|bytes| bytes.windows(wanted.len()).any(|window| window == wanted))
}

#[test]
fn what_was_erased_is_not_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = open(&path).unwrap();
    // The bytes lie in the file as they are.
    let secret = noise(6000, 1);
    for _ in 0..20 {
        log.append(vec![b"kept".to_vec(), secret.clone()]).unwrap();
    }
    // One of them at least does not lie across two pages.
    let occurs = || [1000, 3000, 5000].iter().any(|place| occurs(&path, &secret[*place..place + 30]));
    assert!(occurs());
    assert_eq!(log.rewrite(&mut |offset, _| offset.is_multiple_of(2).then(Vec::new)).unwrap(), 20);
    assert!(!occurs());
    assert_eq!(log.read(1, 2).unwrap(), [(1, b"kept".to_vec()), (2, vec![])]);
}

#[test]
fn room_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = open(&path).unwrap();
    let noise = noise(200_000, 1);
    for _ in 0..100 {
        log.append(vec![noise.clone()]).unwrap();
    }
    assert_eq!(log.forget(100).unwrap(), 100);
    drop(log);
    let left = fs::metadata(&path).unwrap().len();
    assert!(left < 400_000, "{left} bytes for one entry");
    assert_eq!(open(&path).unwrap().read(100, 1).unwrap()[0].1, noise);
}
