//! What a profile counts is what one counts by hand over households made in memory.

use std::collections::{BTreeMap, BTreeSet};

use engine::assemble::{self, OwnedHousehold};
use engine::household::Needs;
use engine::record::{Body, Record, SubjectKind};
use engine::workspace::Workspace;
use engine::{Timestamp, Value};
use history::{ColumnProfile, Lake, Profile, ValueType};
use proptest::prelude::*;

use crate::support::{any_record, import};

fn needs() -> Needs {
    let traits = [(SubjectKind::User, "email"), (SubjectKind::Account, "plan"), (SubjectKind::Workspace, "plan")];
    Needs {
        properties: ["p", "q", "r"].map(Into::into).to_vec(),
        traits: traits.map(|(of, name)| (of, name.into())).to_vec(),
        accounts: true,
        workspaces: true,
        user_ids: false,
    }
}

fn type_of(value: &Value) -> ValueType {
    match value {
        Value::Boolean(_) => ValueType::Boolean,
        Value::Number(_) => ValueType::Number,
        Value::Text(_) => ValueType::Text,
        Value::Time(_) => ValueType::Time,
        Value::List(_) => ValueType::List,
    }
}

type Counted = BTreeMap<(String, ValueType), BTreeMap<Value, u64>>;

/// One event name's figures.
#[derive(Debug, Default, PartialEq)]
struct Event {
    rows: u64,
    kind_stated: u64,
    people: BTreeSet<u32>,
    of_nobody: u64,
    with_account: u64,
    days: BTreeMap<i32, u64>,
    ends: Option<(Timestamp, Timestamp)>,
    money: BTreeMap<String, u64>,
    properties: Counted,
}

fn events_by_hand(
    households: &[OwnedHousehold],
    records: &[Record],
    workspace: &Workspace,
) -> BTreeMap<(String, &'static str), Event> {
    let mut events: BTreeMap<_, Event> = BTreeMap::new();
    for household in households {
        for run in &household.users {
            for row in run.start..run.end {
                let record = &records[household.records[row]];
                let Body::Event { name, kind, properties, amount } = &record.body else { continue };
                let word = workspace.kind_of(workspace.name_of(name), *kind).word();
                let event = events.entry((workspace.name_of(name).to_string(), word)).or_default();
                event.rows += 1;
                event.kind_stated += u64::from(kind.is_some());
                event.with_account += u64::from(record.who.account.is_some());
                *event.days.entry(record.timestamp.day(&workspace.zone)).or_default() += 1;
                let (first, last) = event.ends.unwrap_or((record.timestamp, record.timestamp));
                event.ends = Some((first.min(record.timestamp), last.max(record.timestamp)));
                match run.user {
                    0 => event.of_nobody += 1,
                    user => drop(event.people.insert(user)),
                }
                if let Some(money) = amount {
                    *event.money.entry(money.currency.to_string()).or_default() += 1;
                }
                for (name, value) in properties {
                    let values = event.properties.entry((name.to_string(), type_of(value))).or_default();
                    *values.entry(value.clone()).or_default() += 1;
                }
            }
        }
    }
    events
}

fn counted(columns: &[ColumnProfile]) -> Counted {
    let values = |column: &ColumnProfile| {
        assert!(column.values.is_exact);
        assert_eq!(column.values.different, column.values.common.len() as u64);
        assert_eq!(column.rows, column.values.common.iter().map(|(_, rows)| rows).sum::<u64>());
        column.values.common.iter().cloned().collect()
    };
    columns.iter().map(|column| ((column.name.clone(), column.value_type), values(column))).collect()
}

fn check_traits(profile: &Profile, households: &[OwnedHousehold]) {
    let mut traits: BTreeMap<_, (u64, u64, BTreeSet<u32>)> = BTreeMap::new();
    for fact in households.iter().flat_map(|household| &household.traits) {
        let (of, name) = &needs().traits[fact.slot as usize];
        let found = traits.entry((*of, name.to_string(), type_of(&fact.value))).or_default();
        found.0 += 1;
        found.1 += u64::from(fact.at == Timestamp::MIN);
        found.2.insert(fact.of.code);
    }
    let expected: Vec<_> =
        traits.into_iter().map(|(key, (rows, constant, of))| (key, rows, constant, of.len() as u64)).collect();
    let found: Vec<_> = profile
        .traits
        .iter()
        .map(|found| {
            let key = (found.of, found.column.name.clone(), found.column.value_type);
            (key, found.column.rows, found.constant, found.subjects)
        })
        .collect();
    assert_eq!(found, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn as_counted_by_hand(
        records in prop::collection::vec(any_record(), 1..60),
        cuts in prop::collection::vec(0..60_usize, 0..6),
        threads in 1..4_usize,
    ) {
        let workspace = Workspace { event_aliases: [("Renamed".into(), "Used".into())].into(), ..Workspace::default() };
        let folder = tempfile::tempdir().unwrap();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(records.len())).collect();
        cuts.extend([0, records.len()]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            import(folder.path(), &workspace, &records[pair[0]..pair[1]]);
        }
        let Ok(lake) = Lake::open(folder.path()) else { return Ok(()) };
        let profile = lake.profile(&workspace, threads, &|_| {}).unwrap();
        let owned = assemble::from_records(&records, &workspace, &needs());
        let mut expected = events_by_hand(&owned.households, &records, &workspace);
        for found in &profile.events {
            let by_hand = expected.remove(&(found.name.name.to_string(), found.name.kind.word())).unwrap();
            prop_assert_eq!(found.people, by_hand.people.len() as u64);
            prop_assert_eq!(Some((found.first, found.last)), by_hand.ends);
            let found = Event {
                rows: found.rows,
                kind_stated: found.kind_stated,
                of_nobody: found.of_nobody,
                with_account: found.with_account,
                days: found.days.clone(),
                money: found.money.clone(),
                properties: counted(&found.properties),
                people: by_hand.people.clone(),
                ends: by_hand.ends,
            };
            prop_assert_eq!(found, by_hand);
        }
        prop_assert!(expected.is_empty(), "not found: {:?}", expected);
        check_traits(&profile, &owned.households);
        let active = owned.households.iter().flat_map(|household| &household.users);
        let active: BTreeSet<u32> = active.filter(|run| run.user != 0 && run.start < run.end).map(|run| run.user).collect();
        prop_assert_eq!(profile.people.with_events, active.len() as u64);
        prop_assert_eq!(profile.hours.iter().sum::<u64>(), profile.totals.events);
    }
}
