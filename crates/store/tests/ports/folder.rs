//! All ports in one folder, and its copy.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use store::catalog::CatalogChange;
use store::ledger::Commit;
use store::log::LogLimits;
use store::{Error, Store, backup};

use crate::catalog::source;
use crate::ledger::{detected, of_leads};

fn open(folder: &Path) -> Result<Store, Error> {
    Store::open(folder, LogLimits::default())
}

#[test]
fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let error = open(folder.path()).err().unwrap();
    assert!(matches!(error, Error::Locked(_)), "{error}");
    drop(store);
    open(folder.path()).unwrap();
}

#[test]
fn a_copy_is_of_one_moment_while_much_is_written() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path()).unwrap();
    store.catalog().change(&[CatalogChange::PutSource(source("shop"))], &[]).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (log, ledger) = (store.log(), store.ledger());
            while !is_over.load(Ordering::Relaxed) {
                let last = log.append(vec![crate::kills::noise(3000, log.end()); 5]).unwrap().last;
                ledger.commit(&of_leads(last, vec![detected(last)])).unwrap();
            }
        });
        // Also if an assertion fails, the writer must end.
        let copies = std::panic::catch_unwind(|| {
            for number in 0..5 {
                let to = other.path().join(number.to_string());
                assert_eq!(backup(folder.path(), &to).unwrap().len(), 3);
                let copy = open(&to).unwrap();
                let (log, ledger) = (copy.log(), copy.ledger());
                assert!(log.end() >= ledger.offset().unwrap(), "the log has what the ledger has");
                assert_eq!(ledger.briefs().unwrap().len() as u64, ledger.offset().unwrap() / 5);
                let read = (1..=log.end()).step_by(1000).map(|from| log.read(from, 1000).unwrap().len() as u64);
                assert_eq!(read.sum::<u64>(), log.end());
                assert_eq!(copy.catalog().sources().unwrap(), [source("shop")]);
                let next = Commit { offset: log.end() + 1, ..Commit::default() };
                ledger.commit(&next).unwrap();
            }
        });
        is_over.store(true, Ordering::Relaxed);
        copies.unwrap();
    });
    let error = backup(folder.path(), &other.path().join("0")).unwrap_err();
    assert!(matches!(error, Error::Taken { .. }), "never over another store: {error}");
    assert!(matches!(backup(&other.path().join("none"), &other.path().join("x")), Err(Error::Absent(_))));
}
