//! What the tests of the lake share.

use std::path::Path;
use std::sync::Arc;

use engine::assemble::OwnedHouseholds;
use engine::batch::Batch;
use engine::household::{EventName, Household, Needs, Subject};
use engine::record::{Body, EventKind, Money, Properties, Record, SubjectKind, Who};
use engine::workspace::Workspace;
use engine::{Number, Timestamp, Value};
use history::{Lake, LakeWriter, ScanRequest, Summary};
use proptest::prelude::*;

/// Imports records in two batches.
pub fn import(folder: &Path, workspace: &Workspace, records: &[Record]) -> Summary {
    let mut writer = LakeWriter::begin(folder, workspace).unwrap();
    let (first, second) = records.split_at(records.len() / 3);
    for batch in [first, second] {
        writer.append(&Batch::from_records(batch)).unwrap();
    }
    writer.commit().unwrap()
}

pub type Dump = Vec<Vec<String>>;

/// A household in words, without codes.
pub fn dump(household: &Household<'_>, names: &[EventName], needs: &Needs) -> Vec<String> {
    let id = |kind, code| match code {
        0 => "-",
        code => household.directory.id(Subject { kind, code }),
    };
    let mut lines = Vec::new();
    for run in household.users {
        for row in run.start..run.end {
            let known = household.known.map_or(household.times[row], |known| known[row]);
            let to_account = household.known_to_account.map_or(known, |known| known[row]);
            let name = &names[household.names[row] as usize];
            let properties: Vec<_> =
                (0..needs.properties.len()).map(|slot| household.properties.value(row, slot as u32)).collect();
            let numbers: Vec<_> =
                (0..needs.properties.len()).map(|slot| household.properties.number(row, slot as u32)).collect();
            for (value, number) in properties.iter().zip(&numbers) {
                assert_eq!(value.as_ref().and_then(Value::as_number), *number);
            }
            lines.push(format!(
                "{} {} {}/{} {} {} known {known} {to_account} {properties:?}",
                id(SubjectKind::User, run.user),
                household.times[row],
                name.name,
                name.kind.word(),
                id(SubjectKind::Account, household.accounts.map_or(0, |accounts| accounts[row])),
                id(SubjectKind::Workspace, household.workspaces.map_or(0, |workspaces| workspaces[row])),
            ));
        }
        let times = &household.times[run.start..run.end];
        assert!(times.is_sorted(), "{times:?}");
    }
    for fact in household.memberships {
        let known = fact.known.0.max(fact.at.0);
        let sign = if fact.leaves { '-' } else { '+' };
        let (member, account) = (id(fact.member.kind, fact.member.code), id(SubjectKind::Account, fact.account));
        lines.push(format!("{member} {sign} {account} {} {known}", fact.at.0));
    }
    for fact in household.traits {
        let known = fact.known.0.max(fact.at.0);
        lines.push(format!(
            "{} {:?} {} {:?} {} {known}",
            id(fact.of.kind, fact.of.code),
            fact.of.kind,
            fact.slot,
            fact.value,
            fact.at.0
        ));
    }
    lines.sort();
    lines
}

pub fn dump_owned(households: &OwnedHouseholds, needs: &Needs) -> Dump {
    let mut all: Dump =
        households.households.iter().map(|household| dump(&household.view(), &households.names, needs)).collect();
    all.sort();
    all
}

pub fn dump_lake(lake: &Lake, workspace: &Workspace, needs: &Needs) -> Dump {
    let names = lake.names(workspace);
    let request = ScanRequest { needs, workspace, threads: 2 };
    let step = |all: &mut Dump, household: &Household<'_>| all.push(dump(household, &names.list, needs));
    let mut all = lake.scan(&request, Vec::new, step, |all, other| all.extend(other)).unwrap();
    all.sort();
    all
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        prop::sample::select(vec!["x", "y", "", "é"]).prop_map(Value::text),
        (-3..3_i64).prop_map(Value::whole),
        prop::sample::select(vec![1, -1, 999_999_999_999_999_999, 1_000_000_000_000_000_000, -Number::LIMIT + 1])
            .prop_map(|units: i128| Value::Number(Number(units))),
        any::<bool>().prop_map(Value::Boolean),
        (0..9_i64).prop_map(|at| Value::Time(Timestamp(at))),
    ];
    prop_oneof![
        9 => scalar.clone(),
        1 => prop::collection::vec(scalar, 0..3).prop_map(|list| Value::List(list.into())),
    ]
}

/// Records of few subjects at few instants, so that everything that can meet does.
pub fn any_record() -> impl Strategy<Value = Record> {
    let id = |ids: &'static [&'static str]| prop::option::of(prop::sample::select(ids));
    let properties =
        prop::collection::btree_map(prop::sample::select(vec!["p", "q", "r"]).prop_map(Arc::from), value(), 0..3)
            .prop_map(Properties::from_iter);
    let event = (
        prop::sample::select(vec!["Used", "Renamed", "Paid"]),
        prop::option::of(Just(EventKind::Billing)),
        properties,
        any::<bool>(),
    )
        .prop_map(|(name, kind, properties, paid)| Body::Event {
            name: name.into(),
            kind,
            properties,
            amount: paid.then(|| Money { amount: Number::whole(5), currency: "EUR".into() }),
        });
    let user = (prop::sample::select(vec!["a@x.com", "b@y.com", "c@gmail.com", "no address"]), any::<bool>()).prop_map(
        |(email, constant)| Body::Traits {
            of: SubjectKind::User,
            traits: Properties::from_iter([("email".into(), Value::text(email))]),
            constant,
        },
    );
    let others = (prop::sample::select(vec![SubjectKind::Account, SubjectKind::Workspace]), value(), any::<bool>())
        .prop_map(|(of, plan, constant)| Body::Traits {
            of,
            traits: Properties::from_iter([("plan".into(), plan)]),
            constant,
        });
    let alias = prop::sample::select(vec!["u", "v", "a", "null"])
        .prop_map(|previous| Body::Alias { previous: previous.into() });
    let body = prop_oneof![7 => event, 2 => user, 1 => others, 1 => alias, 1 => Just(Body::Leave)];
    let who =
        (id(&["u", "v", "w", "x", "null"]), id(&["a", "b", "c", "u"]), id(&["X", "Y", "Z", "x.com"]), id(&["P", "Q"]));
    let sparse = (0..4_u8, 0..3_u8, 0..3_u8, 0..4_u8);
    (0..30_i64, 0..40_i64, who, sparse, body, 0..200_u32).prop_map(|(at, delay, who, sparse, body, message)| {
        let text = |id: Option<&str>, keep: bool| id.filter(|_| keep).map(Arc::from);
        Record {
            source: "test".into(),
            sender: "".into(),
            message: Arc::from(if message % 2 == 0 { format!("{message:032x}") } else { message.to_string() }),
            timestamp: Timestamp(at),
            received_at: (delay < 20).then_some(Timestamp(at + delay)),
            who: Who {
                user: text(who.0, sparse.0 > 0),
                anonymous: text(who.1, sparse.1 == 0),
                account: text(who.2, sparse.2 == 0),
                workspace: text(who.3, sparse.3 == 0),
            },
            body,
        }
    })
}

/// Events of one day, spread over users; ten users share an account. The same day gives the same events.
pub fn day_of_events(day: i64, rows: u64, users: u64) -> Vec<Record> {
    let event = |row: u64| {
        let mixed = (row + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(day.unsigned_abs()) >> 20;
        let user = (row + day.unsigned_abs()) % users;
        let minutes = Value::whole((mixed % 60) as i64);
        Record {
            source: "app".into(),
            sender: "".into(),
            message: format!("{day} {row}").into(),
            timestamp: Timestamp(day * engine::time::DAY + (mixed % 86_400_000_000) as i64),
            received_at: None,
            who: Who {
                user: Some(format!("user-{user}").into()),
                account: Some(format!("account-{}", user / 10).into()),
                ..Who::default()
            },
            body: Body::Event {
                name: ["Opened", "Saved", "Shared"][(mixed % 3) as usize].into(),
                kind: None,
                properties: Properties::from_iter([("minutes".into(), minutes)]),
                amount: None,
            },
        }
    };
    (0..rows).map(event).collect()
}
