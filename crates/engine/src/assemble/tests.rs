//! Examples of the rules on records, and that the order of records does not matter.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{OwnedHouseholds, from_records};
use crate::household::{Needs, Subject};
use crate::record::{Body, Properties, Record, SubjectKind, Who};
use crate::time::Timestamp;
use crate::value::Value;
use crate::workspace::Workspace;

fn some(id: &str) -> Option<Arc<str>> {
    (!id.is_empty()).then(|| Arc::from(id))
}

fn record(at: i64, user: &str, anonymous: &str, account: &str, body: Body) -> Record {
    let message = format!("{at}{user}{anonymous}{account}{body:?}");
    Record {
        source: Arc::from("test"),
        sender: Arc::from(""),
        message: Arc::from(message),
        timestamp: Timestamp(at),
        received_at: Some(Timestamp(at + 1)),
        who: Who { user: some(user), anonymous: some(anonymous), account: some(account), workspace: None },
        body,
    }
}

fn event(at: i64, user: &str, anonymous: &str, account: &str, name: &str) -> Record {
    let body = Body::Event { name: Arc::from(name), kind: None, properties: Properties::default(), amount: None };
    record(at, user, anonymous, account, body)
}

fn email(at: i64, user: &str, address: &str) -> Record {
    let traits = Properties::from_iter([(Arc::from("email"), Value::text(address))]);
    record(at, user, "", "", Body::Traits { of: SubjectKind::User, traits, constant: false })
}

fn needs() -> Needs {
    Needs { traits: vec![(SubjectKind::User, Arc::from("email"))], accounts: true, ..Needs::default() }
}

/// Every household as (household, person, time, name, account, known), in a fixed order.
fn dump(households: &OwnedHouseholds) -> Vec<Vec<String>> {
    let id =
        |kind, code| crate::household::Directory::id(households.directory.as_ref(), Subject { kind, code }).to_owned();
    let mut all = Vec::new();
    for household in &households.households {
        let view = household.view();
        let mut lines = Vec::new();
        for run in view.users {
            for row in run.start..run.end {
                let account = view.accounts.map_or(0, |accounts| accounts[row]);
                lines.push(format!(
                    "{} {} {} {} {}",
                    id(SubjectKind::User, run.user),
                    view.times[row],
                    households.names[view.names[row] as usize].name,
                    id(SubjectKind::Account, account),
                    view.known_to_account.or(view.known).map_or(view.times[row], |known| known[row]),
                ));
            }
        }
        for fact in view.memberships {
            let sign = if fact.leaves { '-' } else { '+' };
            let member = id(fact.member.kind, fact.member.code);
            lines.push(format!("{member} {sign} {} {}", id(SubjectKind::Account, fact.account), fact.at.0));
        }
        for fact in view.traits {
            lines.push(format!("{} {:?} {}", id(fact.of.kind, fact.of.code), fact.value, fact.at.0));
        }
        lines.sort();
        all.push(lines);
    }
    all.sort();
    all
}

#[test]
fn an_account_with_its_people_is_one_household() {
    let records = [
        event(10, "", "a", "", "Visited"),
        event(20, "u", "a", "", "Signed Up"),
        event(30, "u", "", "acme", "Joined"),
        event(40, "v", "", "acme", "Joined"),
        event(50, "", "", "acme", "Invoiced"),
        event(60, "w", "null", "", "Alone"),
        event(70, "", "anonymous", "", "Nobody"),
    ];
    assert_eq!(
        dump(&from_records(&records, &Workspace::default(), &needs())),
        [
            vec![
                " 50 Invoiced acme 51",
                "u + acme 30",
                "u 10 Visited acme 31",
                "u 20 Signed Up acme 31",
                "u 30 Joined acme 31",
                "v + acme 40",
                "v 40 Joined acme 41"
            ],
            vec!["w 60 Alone  61"],
        ]
    );
}

#[test]
fn without_accounts_each_person_is_alone() {
    let records =
        [event(30, "u", "", "acme", "Joined"), event(40, "v", "", "acme", "Joined"), event(50, "", "", "acme", "Paid")];
    let households = from_records(&records, &Workspace::default(), &Needs::default());
    assert_eq!(dump(&households), [["u 30 Joined  31"], ["v 40 Joined  41"]]);
}

#[test]
fn colleagues_by_the_domain_of_their_mail() {
    let records = [
        email(10, "u", "u@acme.com"),
        event(20, "u", "", "", "Used"),
        event(5, "v", "", "", "Used"),
        email(30, "v", "v@Acme.com"),
        email(40, "w", "w@gmail.com"),
        event(50, "w", "", "", "Used"),
    ];
    let workspace = Workspace { account_from_email: true, ..Workspace::default() };
    assert_eq!(
        dump(&from_records(&records, &workspace, &needs())),
        [
            vec![
                "u + acme.com 10",
                "u 20 Used acme.com 21",
                "u Text(\"u@acme.com\") 10",
                "v + acme.com 30",
                "v 5 Used acme.com 31",
                "v Text(\"v@Acme.com\") 30",
            ],
            vec!["w 50 Used  51", "w Text(\"w@gmail.com\") 40"],
        ]
    );
}

#[test]
fn a_record_counts_once_and_the_first_copy_wins() {
    let first = event(10, "u", "", "", "First");
    let copy = Record { timestamp: Timestamp(99), ..first.clone() };
    assert_eq!(dump(&from_records(&[first, copy], &Workspace::default(), &needs())), [["u 10 First  11"]]);
}

fn any_record() -> impl Strategy<Value = Record> {
    let id = |letters: &'static str| prop::option::of(prop::sample::select(letters.chars().collect::<Vec<_>>()));
    let body = prop_oneof![
        6 => Just(0_u8),
        2 => Just(1),
        1 => Just(2),
        1 => Just(3),
    ];
    (0..30_i64, 0..40_i64, id("uvw"), id("abu"), id("XYZ"), id("PQ"), body, 0_u64..u64::MAX).prop_map(
        |(at, delay, user, anonymous, account, workspace, body, message)| {
            let text = |letter: Option<char>| letter.map(|letter| Arc::from(letter.to_string()));
            let body = match body {
                0 => {
                    Body::Event { name: Arc::from("Used"), kind: None, properties: Properties::default(), amount: None }
                }
                1 => Body::Traits {
                    of: SubjectKind::User,
                    traits: Properties::from_iter([(
                        Arc::from("email"),
                        Value::text(["a@x.com", "b@y.com", "c@gmail.com"][at as usize % 3]),
                    )]),
                    constant: at % 5 == 0,
                },
                2 => Body::Alias { previous: Arc::from(["u", "v", "a"][at as usize % 3]) },
                _ => Body::Leave,
            };
            Record {
                source: Arc::from("test"),
                sender: Arc::from(""),
                message: Arc::from(message.to_string()),
                timestamp: Timestamp(at),
                received_at: (delay < 30).then_some(Timestamp(at + delay)),
                who: Who {
                    user: text(user),
                    anonymous: text(anonymous),
                    account: text(account),
                    workspace: text(workspace),
                },
                body,
            }
        },
    )
}

proptest! {
    #[test]
    fn the_order_of_records_does_not_matter(
        (records, shuffled) in prop::collection::vec(any_record(), 0..25)
            .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
        account_from_email: bool,
    ) {
        let workspace = Workspace { account_from_email, ..Workspace::default() };
        prop_assert_eq!(dump(&from_records(&records, &workspace, &needs())), dump(&from_records(&shuffled, &workspace, &needs())));
    }

    #[test]
    fn no_subject_is_in_two_households(records in prop::collection::vec(any_record(), 0..25)) {
        let workspace = Workspace { account_from_email: true, ..Workspace::default() };
        let needs = Needs { workspaces: true, ..needs() };
        let mut home = BTreeMap::new();
        for (place, household) in from_records(&records, &workspace, &needs).households.iter().enumerate() {
            let user = |code| Subject { kind: SubjectKind::User, code };
            let account = |code| Subject { kind: SubjectKind::Account, code };
            let workspace = |code| Subject { kind: SubjectKind::Workspace, code };
            let subjects = household.users.iter().map(|run| user(run.user))
                .chain(household.accounts.iter().flatten().copied().map(account))
                .chain(household.workspaces.iter().flatten().copied().map(workspace))
                .chain(household.traits.iter().map(|fact| fact.of))
                .chain(household.memberships.iter().flat_map(|fact| [fact.member, account(fact.account)]));
            for subject in subjects.filter(|subject| subject.code != 0) {
                prop_assert_eq!(*home.entry(subject).or_insert(place), place, "{:?}", subject);
            }
        }
    }
}
