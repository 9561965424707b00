//! One subject's household and records; what is inside.

use std::collections::BTreeMap;

use engine::household::{Household, Needs};
use engine::record::{Body, Money, Properties, Record, SubjectKind, Who};
use engine::workspace::Workspace;
use engine::{Number, Timestamp, Value};
use history::{Lake, ScanRequest, ValueType};

use crate::support::{day_of_events, import};

fn paid(at: i64) -> Record {
    Record {
        source: "billing".into(),
        sender: "".into(),
        message: format!("paid {at}").into(),
        timestamp: Timestamp(at),
        received_at: Some(Timestamp(at + 2 * engine::time::DAY)),
        who: Who { user: Some("user-3".into()), ..Who::default() },
        body: Body::Event {
            name: "Paid".into(),
            kind: None,
            properties: Properties::from_iter([("plan".into(), Value::text("pro"))]),
            amount: Some(Money { amount: Number::whole(3_000_000_000), currency: "EUR".into() }),
        },
    }
}

#[test]
fn a_subject_without_a_scan() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    import(folder.path(), &workspace, &day_of_events(0, 300, 30));
    import(folder.path(), &workspace, &[paid(5 * engine::time::DAY)]);
    let lake = Lake::open(folder.path()).unwrap();
    for accounts in [false, true] {
        let needs = Needs { accounts, ..Needs::default() };
        let request = ScanRequest { needs: &needs, workspace: &workspace, threads: 1 };
        let user = lake.subject(SubjectKind::User, "user-3").unwrap().unwrap();
        let read = |household: &Household<'_>| (household.users.len(), household.times.to_vec());
        let (users, times) = lake.household(&request, user, read).unwrap().unwrap();
        assert_eq!(users, if accounts { 10 } else { 1 }, "ten users share an account");
        let records = lake.records(&request, user).unwrap();
        assert_eq!(records.iter().map(|record| record.at.0).collect::<Vec<_>>(), times);
        let paid = records.iter().find(|record| &*record.name.name == "Paid").unwrap();
        assert_eq!(paid.amount, Some(Money { amount: Number::whole(3_000_000_000), currency: "EUR".into() }));
        assert_eq!(paid.properties, BTreeMap::from([("plan".into(), Value::text("pro"))]));
        assert_eq!(paid.account.is_some(), accounts, "a member's event without its own group");
    }
    assert_eq!(lake.subject(SubjectKind::Account, "nobody").unwrap(), None);
}

#[test]
fn what_is_inside() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    import(folder.path(), &workspace, &day_of_events(0, 300, 30));
    import(folder.path(), &workspace, &[paid(5 * engine::time::DAY + 7)]);
    import(
        folder.path(),
        &workspace,
        &[Record { timestamp: Timestamp(1), ..paid(5 * engine::time::DAY + 7) }, paid(9)],
    );
    let profile = Lake::open(folder.path()).unwrap().profile(&workspace, 2, &|_| {}).unwrap();
    assert_eq!(profile.totals.events, 302);
    assert_eq!((profile.totals.duplicates, profile.totals.differing), (1, 1));
    assert_eq!(profile.events.iter().map(|event| event.rows).sum::<u64>(), 302);
    let paid = profile.events.iter().find(|event| &*event.name.name == "Paid").unwrap();
    assert_eq!(paid.days, BTreeMap::from([(0, 1), (5, 1)]));
    assert_eq!((paid.first, paid.last), (Timestamp(9), Timestamp(5 * engine::time::DAY + 7)));
    assert_eq!(profile.gaps, [(1, 4)]);
    assert_eq!(profile.ids, [3, 0]);
    assert_eq!((profile.delays.known, profile.delays.over_a_day), (2, 2));
    let plan = paid.properties.iter().find(|column| column.name == "plan").unwrap();
    assert_eq!((plan.value_type, plan.rows), (ValueType::Text, 2));
    assert_eq!(plan.values.common, [(Value::text("pro"), 2)]);
    assert_eq!(paid.money, BTreeMap::from([("EUR".to_owned(), 2)]));
    assert_eq!((paid.people, profile.people.all, profile.people.with_account), (1, 30, 30));
}
