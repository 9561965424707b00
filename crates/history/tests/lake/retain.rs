//! Whoever was not heard of for long goes whole; everybody else is as if they had never been, and the lake says since when.

use std::collections::BTreeMap;

use engine::Timestamp;
use engine::assemble::from_records;
use engine::erasure::Leaving;
use engine::household::Needs;
use engine::record::{Body, Record, SubjectKind};
use engine::workspace::Workspace;
use history::{Lake, LakeLock, retain, unheard};
use proptest::prelude::*;

use crate::support::{any_record, dump_lake, dump_owned, import};

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn who_is_not_heard_of_goes_whole(
        records in prop::collection::vec(any_record(), 1..40),
        cut in 0..40_usize,
        place in 0..40_usize,
        account_from_email in any::<bool>(),
    ) {
        let once: BTreeMap<_, _> = records.into_iter().rev().map(|record| (record.message.clone(), record)).collect();
        let records: Vec<Record> = once.into_values().collect();
        let workspace = Workspace { account_from_email, ..Workspace::default() };
        let folder = tempfile::tempdir().unwrap();
        let cut = cut.min(records.len());
        import(folder.path(), &workspace, &records[..cut]);
        import(folder.path(), &workspace, &records[cut..]);
        let Ok(lake) = Lake::open(folder.path()) else { return Ok(()) };
        let before = records[place % records.len()].timestamp;
        let found = unheard(&lake, before, usize::MAX).unwrap();
        // A part of them is a part of them.
        let few = unheard(&lake, before, 1).unwrap();
        prop_assert!(few.ids.is_subset(&found.ids), "{few:?} of {found:?}");
        // Somebody may have said a thing in another one, such as an alias before who he is was known.
        prop_assert!(few.households <= found.households, "{few:?} of {found:?}");
        let lock = LakeLock::take(folder.path()).unwrap();
        let erased = retain(&lock, &workspace, &found, before).unwrap();
        lock.sweep().unwrap();
        drop(lock);
        prop_assert_eq!((erased.events, erased.facts), (found.events, found.facts));

        let leaving = Leaving { ids: found.ids.clone(), shared: found.shared.clone() };
        let goes = leaving.goes(&records.iter().collect::<Vec<_>>());
        let mut rest: Vec<Record> = Vec::new();
        for (record, goes) in records.iter().zip(goes) {
            if goes {
                // What says nothing of anybody is not heard.
                let is_heard = matches!(record.body, Body::Event { .. }) && record.who.names_somebody();
                prop_assert!(!is_heard || record.timestamp < before, "{:?} was heard of", record);
            } else {
                rest.push(record.clone());
            }
        }
        let lake = Lake::open(folder.path()).unwrap();
        lake.verify().unwrap();
        prop_assert_eq!(lake.kept_from(), Some(before));
        let needs = Needs {
            properties: vec!["p".into()],
            traits: vec![(SubjectKind::User, "email".into()), (SubjectKind::Account, "plan".into())],
            accounts: true,
            workspaces: true,
            user_ids: false,
        };
        let expected = dump_owned(&from_records(&rest, &workspace, &needs), &needs);
        prop_assert_eq!(dump_lake(&lake, &workspace, &needs), expected, "{:?}", found);
        // An import keeps the horizon, and what was sent before is known.
        let again = import(folder.path(), &workspace, &records);
        prop_assert_eq!((again.events, again.facts), (0, 0));
        prop_assert_eq!(Lake::open(folder.path()).unwrap().kept_from(), Some(before));
    }
}

#[test]
fn the_horizon_goes_forward_only() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    import(folder.path(), &workspace, &crate::support::day_of_events(3, 50, 5));
    let lock = LakeLock::take(folder.path()).unwrap();
    history::keep_from(&lock, Timestamp(500)).unwrap();
    history::keep_from(&lock, Timestamp(400)).unwrap();
    assert_eq!(Lake::open(folder.path()).unwrap().kept_from(), Some(Timestamp(500)));
    lock.sweep().unwrap();
    Lake::open(folder.path()).unwrap().verify().unwrap();
}
