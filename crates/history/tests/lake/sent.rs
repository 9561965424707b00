//! The lake gives back what was sent: from it the same households can be made as from the records themselves.

use std::collections::BTreeSet;

use engine::assemble::from_records;
use engine::household::Needs;
use engine::record::{Record, SubjectKind};
use engine::workspace::Workspace;
use history::{Lake, LakeWriter, SentReader, message_hash};
use proptest::prelude::*;

use crate::support::{any_record, dump_owned, import};

fn needs() -> Needs {
    Needs {
        properties: ["p", "$amount"].map(Into::into).to_vec(),
        traits: vec![(SubjectKind::User, "email".into()), (SubjectKind::Account, "plan".into())],
        accounts: true,
        workspaces: true,
        user_ids: false,
    }
}

fn all(lake: &Lake, needs: &Needs, workspace: &Workspace) -> Vec<Record> {
    let reader = SentReader::new(lake, needs, workspace);
    let mut records = Vec::new();
    for (from, to) in lake.ranges() {
        reader.read(from, to, &mut |_, record| records.push(record)).unwrap();
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn makes_the_same_households(records in prop::collection::vec(any_record(), 1..60), cut in 0..60_usize) {
        let workspace = Workspace { account_from_email: true, ..Workspace::default() };
        let folder = tempfile::tempdir().unwrap();
        let cut = cut.min(records.len());
        import(folder.path(), &workspace, &records[..cut]);
        import(folder.path(), &workspace, &records[cut..]);
        let Ok(lake) = Lake::open(folder.path()) else { return Ok(()) };
        let needs = Needs { properties: vec!["p".into()], ..needs() };
        let sent = all(&lake, &needs, &workspace);
        let expected = dump_owned(&from_records(&records, &workspace, &needs), &needs);
        prop_assert_eq!(dump_owned(&from_records(&sent, &workspace, &needs), &needs), expected);
        let identities: Vec<u128> = records
            .iter()
            .map(|record| message_hash(&record.source, &record.sender, &record.message))
            .chain([message_hash("test", "", "never sent")])
            .collect();
        let known = lake.knows(&identities).unwrap();
        let distinct: BTreeSet<u128> = identities.iter().zip(&known).filter(|(_, known)| **known).map(|(id, _)| *id).collect();
        prop_assert_eq!(distinct.len(), sent.len(), "each record that counts is known by its identity");
        prop_assert_eq!(known.last(), Some(&false));
    }
}

/// Many are looked for in another way than few.
#[test]
fn many_identities_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    for day in 1..4 {
        import(folder.path(), &workspace, &crate::support::day_of_events(day, 400, 50));
    }
    let identities: Vec<u128> = (0..6)
        .flat_map(|day| crate::support::day_of_events(day, 400, 50))
        .map(|record| message_hash(&record.source, &record.sender, &record.message))
        .collect();
    let lake = Lake::open(folder.path()).unwrap();
    let many = lake.knows(&identities).unwrap();
    let few: Vec<bool> = identities.chunks(100).flat_map(|some| lake.knows(some).unwrap()).collect();
    assert_eq!(many, few);
    assert_eq!(many.iter().filter(|known| **known).count(), 1_200);
    let sorted = |mut ids: Vec<u128>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(lake.latest_identities(1_200).unwrap()), sorted(identities[400..1_600].to_vec()));
    assert_eq!(lake.latest_identities(10).unwrap(), Vec::<u128>::new(), "whole files only");
}

#[test]
fn copies_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    let records = crate::support::day_of_events(1, 10, 5);
    import(folder.path(), &workspace, &records[..4]);
    let again = [&records[2..7], &records[5..6]].concat();
    assert_eq!(import(folder.path(), &workspace, &again).copies, [0, 1, 5]);
}

#[test]
fn one_household_alone() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    let records = crate::support::day_of_events(3, 500, 50);
    import(folder.path(), &workspace, &records);
    let lake = Lake::open(folder.path()).unwrap();
    let needs = Needs { properties: vec!["minutes".into()], accounts: true, ..Needs::default() };
    let reader = SentReader::new(&lake, &needs, &workspace);
    let place = reader.place_of(SubjectKind::User, "user-7").unwrap().unwrap();
    let mut found = Vec::new();
    reader.read(place, place, &mut |_, record| found.push(record)).unwrap();
    assert_eq!(found.len(), 100, "ten colleagues with ten events each");
    assert!(found.iter().all(|record| record.who.account.as_deref() == Some("account-0")));
    assert_eq!(reader.place_of(SubjectKind::User, "nobody").unwrap(), None);
}

#[test]
fn the_log_s_offset_is_kept_with_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    let records = crate::support::day_of_events(1, 10, 5);
    for (through, expected) in [(7, 7), (9, 9)] {
        let mut writer = LakeWriter::begin(folder.path(), &workspace).unwrap();
        writer.append(&engine::batch::Batch::from_records(&records)).unwrap();
        writer.log(through);
        writer.commit().unwrap();
        assert_eq!(Lake::open(folder.path()).unwrap().manifest().log, expected, "also where all were copies");
    }
    import(folder.path(), &workspace, &crate::support::day_of_events(2, 10, 5));
    assert_eq!(Lake::open(folder.path()).unwrap().manifest().log, 9, "an import leaves it");
}
