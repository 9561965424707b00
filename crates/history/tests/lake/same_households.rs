//! The lake gives the same households as the plain assembly in memory, however the records are divided among imports.

use std::sync::Arc;

use crate::support::{any_record, dump_lake, dump_owned, import};
use engine::batch::Batch;
use engine::household::Needs;
use engine::record::{Record, SubjectKind};
use engine::workspace::Workspace;
use history::{Lake, LakeLock, LakeWriter, SentReader};
use proptest::prelude::*;

fn needs(accounts: bool, workspaces: bool) -> Needs {
    Needs {
        properties: ["p", "q"].map(Into::into).to_vec(),
        traits: vec![
            (SubjectKind::User, "email".into()),
            (SubjectKind::Account, "plan".into()),
            (SubjectKind::Workspace, "plan".into()),
        ],
        accounts,
        workspaces,
        user_ids: false,
    }
}

fn workspace(account_from_email: bool) -> Workspace {
    let event_aliases = [("Renamed".into(), "Used".into())].into();
    Workspace { account_from_email, event_aliases, ..Workspace::default() }
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(any_record(), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn in_one_import_or_many(records in records(), cuts in prop::collection::vec(0..60_usize, 0..12), account_from_email: bool) {
        let workspace = workspace(account_from_email);
        let folder = tempfile::tempdir().unwrap();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(records.len())).collect();
        cuts.extend([0, records.len()]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            import(folder.path(), &workspace, &records[pair[0]..pair[1]]);
        }
        if records.is_empty() || Lake::open(folder.path()).is_err() {
            return Ok(());
        }
        let lake = Lake::open(folder.path()).unwrap();
        lake.verify().unwrap();
        for (accounts, workspaces) in [(false, false), (true, false), (true, true)] {
            let needs = needs(accounts, workspaces);
            let expected = dump_owned(&engine::assemble::from_records(&records, &workspace, &needs), &needs);
            prop_assert_eq!(dump_lake(&lake, &workspace, &needs), expected, "accounts {} workspaces {}", accounts, workspaces);
        }
    }

    #[test]
    fn laid_out_anew_when_the_account_settings_change(records in records(), cut in 0..60_usize, later in 0..60_usize) {
        let folder = tempfile::tempdir().unwrap();
        let cut = cut.min(records.len());
        let later = later.clamp(cut, records.len());
        import(folder.path(), &workspace(false), &records[..cut]);
        import(folder.path(), &workspace(true), &records[cut..later]);
        import(folder.path(), &workspace(true), &records[later..]);
        let Ok(lake) = Lake::open(folder.path()) else { return Ok(()) };
        prop_assert!(lake.is_laid_out_for(&workspace(true)));
        let needs = needs(true, true);
        let expected = dump_owned(&engine::assemble::from_records(&records, &workspace(true), &needs), &needs);
        prop_assert_eq!(dump_lake(&lake, &workspace(true), &needs), expected);
    }

    /// A writer that goes on from an open lake writes what one does that has read everything anew; and the lake that it gives
    /// is the one that is opened.
    #[test]
    fn going_on_writes_the_same(records in records(), cuts in prop::collection::vec(0usize..60, 3), laid_out in any::<bool>()) {
        let (anew, on) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let needs = needs(true, true);
        let lock = Arc::new(LakeLock::take(on.path()).unwrap());
        let mut lake = None;
        let mut from = 0;
        for (number, cut) in cuts.into_iter().chain([records.len()]).enumerate() {
            let to = cut.clamp(from, records.len());
            let workspace = workspace(laid_out || number > 1);
            let batch = Batch::from_records(&records[from..to]);
            // Copies come, and the last records of the log may be nothing but copies.
            let again = Batch::from_records(&records[..to / 2]);
            let write = |mut writer: LakeWriter| {
                writer.append(&batch).unwrap();
                writer.append(&again).unwrap();
                writer.log(to as u64);
                writer.commit_and_open().unwrap()
            };
            let (summary, _) = write(LakeWriter::begin(anew.path(), &workspace).unwrap());
            let (summary_on, lake_on) = write(LakeWriter::begin_with(Arc::clone(&lock), &workspace, lake).unwrap());
            prop_assert_eq!(summary, summary_on);
            let opened = Lake::open(on.path());
            if let Ok(opened) = &opened {
                prop_assert_eq!(opened.manifest(), lake_on.manifest());
                let by_others = Lake::open(anew.path()).unwrap();
                prop_assert_eq!(opened.manifest(), by_others.manifest());
                if opened.is_laid_out_for(&workspace) {
                    prop_assert_eq!(dump_lake(&lake_on, &workspace, &needs), dump_lake(opened, &workspace, &needs));
                }
                let places = |lake: &Lake| -> Vec<Option<u32>> {
                    let reader = SentReader::new(lake, &needs, &workspace);
                    let ids = records.iter().flat_map(|record| [&record.who.user, &record.who.anonymous]).flatten();
                    ids.map(|id| reader.place_of(SubjectKind::User, id).unwrap()).collect()
                };
                prop_assert_eq!(places(&lake_on), places(opened));
            }
            lake = Some(lake_on);
            from = to;
        }
    }

    #[test]
    fn again_changes_nothing(records in records()) {
        let folder = tempfile::tempdir().unwrap();
        let workspace = workspace(false);
        import(folder.path(), &workspace, &records);
        let Ok(before) = Lake::open(folder.path()) else { return Ok(()) };
        let summary = import(folder.path(), &workspace, &records);
        let after = Lake::open(folder.path()).unwrap();
        prop_assert_eq!(before.manifest(), after.manifest());
        prop_assert_eq!((summary.events, summary.facts), (0, 0));
    }
}

#[test]
fn one_writer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = LakeWriter::begin(folder.path(), &Workspace::default()).unwrap();
    let second = LakeWriter::begin(folder.path(), &Workspace::default()).err().map(|error| error.to_string());
    assert!(second.is_some_and(|words| words.starts_with("another import, or a server that runs, is writing to")));
    drop(first);
    LakeWriter::begin(folder.path(), &Workspace::default()).unwrap();
}
