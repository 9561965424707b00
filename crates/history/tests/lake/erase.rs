//! After an erasure the lake is as if what names the ids had never been sent, and the ids are in none of its files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engine::assemble::from_records;
use engine::erasure::Leaving;
use engine::household::Needs;
use engine::record::{Record, SubjectKind};
use engine::workspace::Workspace;
use history::{Lake, LakeLock, erase};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use proptest::prelude::*;

use crate::support::{any_record, day_of_events, dump_lake, dump_owned, import};

fn needs() -> Needs {
    Needs {
        properties: vec!["p".into()],
        traits: vec![(SubjectKind::User, "email".into()), (SubjectKind::Account, "plan".into())],
        accounts: true,
        workspaces: true,
        user_ids: false,
    }
}

/// Every value of every column of every file that can be read so; of the others the bytes.
fn everything(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "parquet") {
            let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
            for row in reader.get_row_iter(None).unwrap() {
                all.push(row.unwrap().to_string());
            }
        } else if path.is_file() {
            all.push(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
        }
    }
    all
}

const CASES: u32 = 200;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn as_if_they_had_never_been(
        records in prop::collection::vec(any_record(), 1..60),
        cut in 0..60_usize,
        (kind, id) in prop::sample::select(vec![
            (SubjectKind::User, "u"), (SubjectKind::User, "v"), (SubjectKind::User, "a"), (SubjectKind::User, "b"),
            (SubjectKind::Account, "X"), (SubjectKind::Account, "x.com"), (SubjectKind::Workspace, "P"),
        ]),
    ) {
        let once: BTreeMap<_, _> = records.into_iter().rev().map(|record| (record.message.clone(), record)).collect();
        let records: Vec<Record> = once.into_values().collect();
        // A company that is known by its people's addresses is known again by those who stay.
        let account_from_email = (kind, id) != (SubjectKind::Account, "x.com");
        let workspace = Workspace { account_from_email, ..Workspace::default() };
        let folder = tempfile::tempdir().unwrap();
        let cut = cut.min(records.len());
        import(folder.path(), &workspace, &records[..cut]);
        import(folder.path(), &workspace, &records[cut..]);
        if Lake::open(folder.path()).is_err() {
            return Ok(());
        }
        let leaving = Leaving::find(&records, kind, id, &workspace);
        let lock = LakeLock::take(folder.path()).unwrap();
        let erased = erase(&lock, &workspace, &leaving.ids).unwrap();
        lock.sweep().unwrap();
        drop(lock);
        let goes = leaving.goes(&records.iter().collect::<Vec<_>>());
        let rest: Vec<Record> =
            records.iter().zip(goes).filter(|(_, goes)| !goes).map(|(record, _)| record.clone()).collect();
        let lake = Lake::open(folder.path()).unwrap();
        lake.verify().unwrap();
        let needs = needs();
        let expected = dump_owned(&from_records(&rest, &workspace, &needs), &needs);
        prop_assert_eq!(dump_lake(&lake, &workspace, &needs), expected, "{:?} {:?}", leaving, erased);
        // It goes on as a lake: what is sent again is known.
        let version = lake.version();
        let again = import(folder.path(), &workspace, &records);
        prop_assert_eq!((again.events, again.facts, again.version), (0, 0, version));
    }
}

#[test]
fn the_ids_are_in_none_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    for day in 0..3 {
        import(folder.path(), &workspace, &day_of_events(day, 500, 50));
    }
    let gone = "user-17";
    assert!(everything(folder.path()).iter().any(|text| text.contains(gone)));
    let lock = LakeLock::take(folder.path()).unwrap();
    let ids = BTreeSet::from([(SubjectKind::User, gone.to_owned())]);
    let erased = erase(&lock, &workspace, &ids).unwrap();
    assert_eq!((erased.events, erased.facts, erased.ids), (30, 0, 1));
    lock.sweep().unwrap();
    for text in everything(folder.path()) {
        assert!(!text.contains(gone), "{text}");
    }
    assert!(everything(folder.path()).iter().any(|text| text.contains("user-16")));
    assert_eq!(erase(&lock, &workspace, &ids).unwrap().events, 0, "once more there is nothing");
    drop(lock);
    let lake = Lake::open(folder.path()).unwrap();
    assert_eq!(lake.totals().events, 1470);
}
