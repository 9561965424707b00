//! Compaction that fails: the log keeps what it has, and the next time waits its turn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use history::LakeLock;

use super::{Site, append, history};
use crate::live::compaction::Compactor;
use crate::live::{Rules, When};

#[test]
fn compaction_that_failed_waits_its_turn() {
    let site = Site::new(1);
    let (log, _ledger) = site.open();
    let records = history(3, 10);
    append(&log, &records);
    let end = records.len() as u64;
    let lake = site.path().join("lake");
    let lock = Arc::new(LakeLock::take(&lake).expect("nobody else has it"));
    let rules = Arc::new(Rules::new(&site.definitions, site.workspace.clone()).expect("they compile"));
    // By how much has come together it would be time at once.
    let when = When { every: Duration::from_millis(800), entries: 1 };
    let mut compactor = Compactor::new(lock, log.clone(), rules, Arc::default(), when, 0);
    let away = site.path().join("away");
    std::fs::rename(&lake, &away).expect("it is moved");
    std::fs::write(&lake, "no folder").expect("something is in its place");
    let until = |compactor: &mut Compactor| loop {
        match compactor.poll(end) {
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            other => return other.map(|done| done.map(|done| done.through)),
        }
    };
    let error = until(&mut compactor).expect_err("there is no lake to write to");
    let failed = Instant::now();
    assert!(format!("{error:#}").contains("lake"), "{error:#}");
    std::fs::remove_file(&lake).expect("it is removed");
    std::fs::rename(&away, &lake).expect("it is moved back");
    let done = until(&mut compactor).expect("the lake is there again");
    assert_eq!(done, Some(end), "nothing was lost");
    assert!(failed.elapsed() >= Duration::from_millis(700), "it did not wait: {:?}", failed.elapsed());
    // Once it has come right, what has come together counts again.
    append(&log, &records);
    let begun = Instant::now();
    let again = loop {
        if let Some(done) = compactor.poll(end * 2).expect("it goes on") {
            break done;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!((again.through, again.copies.len() as u64), (end * 2, end), "the same again are copies");
    assert!(begun.elapsed() < Duration::from_secs(60));
}
