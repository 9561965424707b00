//! Files written by earlier builds stay readable.
//!
//! `BRIX_FREEZE=1 cargo test -p brix-store frozen` writes the sample of the current format anew; do that only together with a
//! new format number, and keep the samples of all earlier formats.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use engine::time::Timestamp;
use store::Store;
use store::catalog::audit::AuditFilter;
use store::catalog::{Catalog, CatalogChange};
use store::ledger::action::{ActionFilter, Ending, Settled};
use store::ledger::lead::{LeadState, What};
use store::ledger::listing::LeadFilter;
use store::ledger::{Commit, Ledger};
use store::log::LogLimits;
use store::snapshots::Snapshot;

use crate::catalog::{activation, answer, audited, destination, key, person, request, revision, source};
use crate::ledger::{action, change, detected, of_leads, reject};

/// The newest sample.
const NEWEST: u32 = 5;

fn sample(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/frozen/format-{format}"))
}

fn freeze(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    let store = Store::open(folder, LogLimits::default()).unwrap();
    let log = store.log();
    for batch in 0..4_u8 {
        log.append((0..=batch).map(|number| vec![batch, number]).collect()).unwrap();
    }
    log.forget(2).unwrap();
    let note = change(1, What::Note("called".to_owned()));
    let refused = change(2, What::State(LeadState::Refused { reason: "student".to_owned() }));
    let commit = Commit {
        actions: vec![action(1, "alert", 5), action(2, "alert", 5)],
        rejects: vec![reject("shop", 1)],
        ..of_leads(7, vec![detected(1), detected(2), note, refused])
    };
    let ledger = store.ledger();
    ledger.commit(&commit).unwrap();
    let leased = ledger.lease("slack", Timestamp(9), 1, 100).unwrap().remove(0);
    let ending = Ending::Delivered { remote_id: Some("m1".to_owned()) };
    let settled =
        Settled { action: leased.id, attempt: 1, at: Timestamp(9), status: Some(200), duration_ms: 3, ending };
    ledger.settle(&[settled]).unwrap();
    let changes = [
        CatalogChange::SaveRevision(revision("trial", 1)),
        CatalogChange::Activate(activation("trial", Some(1), 3)),
        CatalogChange::AddKey(key("k1", 1)),
        CatalogChange::AddPerson(person("p1", "ann@example.com")),
        CatalogChange::PutDestination(destination("sales")),
        CatalogChange::PutSource(source("shop")),
    ];
    store.catalog().change(&changes, &[audited(1, "trial")]).unwrap();
    let asked = request(1, 2, 9);
    store.catalog().begin_request(&asked).unwrap();
    store.catalog().answer_request(&asked.digest, &answer()).unwrap();
    let snapshot = Snapshot { bucket: 3, offset: 7, fingerprint: "5f3a".to_owned(), bytes: vec![1, 2, 3] };
    store.snapshots().put(&snapshot).unwrap();
    drop((log, ledger, store));
    fs::remove_file(folder.join("lock")).unwrap();
    fs::write(folder.with_extension("txt"), words(folder)).unwrap();
}

fn words(sample: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("snapshots")).unwrap();
    for name in ["log.db", "ledger.db", "catalog.db", "snapshots/bucket-00003.snapshot"] {
        fs::copy(sample.join(name), folder.path().join(name)).unwrap();
    }
    let store = Store::open(folder.path(), LogLimits::default()).unwrap();
    let mut words = String::new();
    let log = store.log();
    writeln!(words, "{:?}", log.read(log.start(), 99).unwrap()).unwrap();
    tell_ledger(&mut words, store.ledger().as_ref());
    tell_catalog(&mut words, store.catalog().as_ref());
    writeln!(words, "{:?}", store.snapshots().all().unwrap()).unwrap();
    words
}

fn tell_ledger(words: &mut String, ledger: &dyn Ledger) {
    writeln!(words, "{:?} {:?}", ledger.offset().unwrap(), ledger.next_lead().unwrap()).unwrap();
    let counts = [("new".to_owned(), 1), ("refused".to_owned(), 1)];
    assert_eq!(ledger.counts(&LeadFilter::default()).unwrap(), counts);
    for lead in 1..ledger.next_lead().unwrap() {
        writeln!(words, "{:?}", ledger.lead(lead).unwrap()).unwrap();
        writeln!(words, "{:?} {:?}", ledger.evidence(lead).unwrap(), ledger.notes(lead).unwrap()).unwrap();
    }
    writeln!(words, "{:?}", ledger.changes(0, 99).unwrap()).unwrap();
    let actions = ledger.actions(&ActionFilter::default(), 99).unwrap();
    for action in &actions {
        writeln!(words, "{action:?} {:?}", ledger.attempts(action.id).unwrap()).unwrap();
    }
    writeln!(words, "{:?} {:?}", ledger.rejects(None, 99).unwrap(), ledger.reject_totals().unwrap()).unwrap();
}

fn tell_catalog(words: &mut String, catalog: &dyn Catalog) {
    writeln!(words, "{:?}", catalog.definitions().unwrap()).unwrap();
    writeln!(words, "{:?} {:?}", catalog.keys().unwrap(), catalog.people().unwrap()).unwrap();
    writeln!(words, "{:?} {:?}", catalog.destinations().unwrap(), catalog.sources().unwrap()).unwrap();
    writeln!(words, "{:?}", catalog.audit(&AuditFilter::default(), 99).unwrap()).unwrap();
    // Not before format 2.
    if let Some(known) = catalog.begin_request(&request(1, 2, 99)).unwrap() {
        writeln!(words, "{known:?}").unwrap();
    }
}

#[test]
fn every_format_so_far() {
    if std::env::var("BRIX_FREEZE").is_ok() {
        freeze(&sample(NEWEST));
    }
    for format in 1..=NEWEST {
        let sample = sample(format);
        assert_eq!(words(&sample), fs::read_to_string(sample.with_extension("txt")).unwrap(), "format {format}");
    }
}
