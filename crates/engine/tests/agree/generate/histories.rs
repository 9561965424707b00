//! Random histories: a few people, devices and accounts, with times clustered on few instants.

use std::sync::Arc;

use engine::record::{Body, EventKind, Properties, Record, SubjectKind, Who};
use engine::time::{DAY, HOUR, MINUTE};
use engine::workspace::Workspace;
use engine::{Number, Span, Timestamp, Value};

use super::dice::Dice;
use super::spans::Spans;
use super::{EVENTS, name};

/// Where a history begins: around changes of clock, ends of months, a leap day.
const STARTS: [&str; 7] = [
    "2024-03-29T22:00:00Z",
    "2024-10-25T22:00:00Z",
    "2018-02-16T02:00:00Z",
    "2018-11-02T03:00:00Z",
    "2023-01-30T00:00:00Z",
    "2024-02-28T12:00:00Z",
    "2024-05-06T00:00:00Z",
];

/// The people, devices, accounts and workspaces of a case.
struct Cast {
    users: Vec<&'static str>,
    devices: Vec<&'static str>,
    accounts: Vec<&'static str>,
    workspaces: Vec<&'static str>,
    instants: Vec<Timestamp>,
    late: bool,
}

/// Records in a random order of arrival, some of them twice.
pub fn history(dice: &mut Dice, workspace: &Workspace, spans: &Spans) -> Vec<Record> {
    let users = dice.weigh(&[(5, 1), (3, 2), (2, 3), (1, 6)]);
    let accounts = dice.weigh(&[(3, 0), (4, 1), (2, 2), (1, 3)]);
    let cast = Cast {
        users: ["u1", "u2", "u3", "u4", "u5", "u6"][..users].to_vec(),
        devices: ["d1", "d2", "u3", "anonymous"][..dice.weigh(&[(5, 0), (3, 1), (2, 2), (1, 4)])].to_vec(),
        accounts: ["acme.com", "beta.io", "a"][..accounts].to_vec(),
        workspaces: ["w1", "w2"][..dice.weigh(&[(5, 0), (2, 1), (1, 2)])].to_vec(),
        instants: instants(dice, workspace, spans),
        late: dice.chance(40),
    };
    let count = match dice.below(10) {
        0 => dice.below(4),
        1..=7 => dice.between(3, 20),
        _ => dice.between(15, 45),
    };
    let mut records: Vec<Record> = (0..count).map(|number| record(dice, &cast, number)).collect();
    for _ in 0..dice.weigh(&[(4, 0), (1, 2)]) {
        if !records.is_empty() {
            records.push(dice.pick(&records));
        }
    }
    dice.shuffle(&mut records);
    records
}

/// Few distinct instants, at lengths of the case from each other.
fn instants(dice: &mut Dice, workspace: &Workspace, spans: &Spans) -> Vec<Timestamp> {
    let zone = &workspace.zone;
    let start: jiff::Timestamp = dice.pick(&STARTS).parse().expect("a literal");
    let start = Timestamp::from_jiff(start);
    let by_day = dice.chance(25);
    let mut instants = vec![start];
    for _ in 0..dice.between(2, 11) {
        let base = dice.pick(&instants);
        let next = match dice.below(8) {
            0 | 1 => base.plus(spans.any(dice), zone),
            2 => base.plus(Span::Exact(DAY * dice.between(1, 9) as i64), zone),
            3 => base.plus(Span::Exact(HOUR * dice.between(1, 40) as i64), zone),
            4 => base.plus(Span::Exact(MINUTE * dice.between(1, 90) as i64), zone),
            5 => Timestamp(base.plus(spans.exact(dice), zone).0 + dice.pick(&[-1, 1])),
            6 => engine::time::day_start(base.day(zone) + dice.between(1, 8) as i32, zone),
            _ => start.plus(Span::Exact(DAY * dice.between(0, 70) as i64), zone),
        };
        instants.push(if by_day { engine::time::day_start(next.day(zone), zone) } else { next });
    }
    instants
}

fn record(dice: &mut Dice, cast: &Cast, number: usize) -> Record {
    let timestamp = dice.pick(&cast.instants);
    let received_at = (cast.late && dice.chance(60)).then(|| {
        let delay = dice.weigh(&[(4, 0), (2, HOUR), (2, DAY), (1, 20 * DAY)]);
        Timestamp(timestamp.0 + delay)
    });
    let id = |dice: &mut Dice, choices: &[&'static str], percent: usize| -> Option<Arc<str>> {
        (!choices.is_empty() && dice.chance(percent)).then(|| name(dice.pick(choices)))
    };
    let mut who = Who {
        user: id(dice, &cast.users, 85),
        anonymous: id(dice, &cast.devices, 45),
        account: id(dice, &cast.accounts, 35),
        workspace: id(dice, &cast.workspaces, 40),
    };
    if who.user.is_none() && who.anonymous.is_none() && who.account.is_none() {
        who.user = Some(name(dice.pick(&cast.users)));
    }
    let body = match dice.below(100) {
        0..=68 => event(dice, cast),
        69..=92 => traits(dice, cast, &mut who),
        93..=95 => Body::Alias { previous: name(dice.pick(&["u1", "u2", "u3", "d1", "d2", "null"])) },
        _ => Body::Leave,
    };
    let (source, sender) = (name("test"), name(""));
    Record { source, sender, message: name(&format!("m{number}")), timestamp, received_at, who, body }
}

fn event(dice: &mut Dice, cast: &Cast) -> Body {
    let event = if dice.chance(5) { "a" } else { dice.pick(&EVENTS) };
    let kind = dice.chance(5).then(|| dice.pick(&EventKind::ALL));
    let mut properties = Properties::new();
    if dice.chance(60) {
        properties.insert(name("p"), number(dice));
    }
    if dice.chance(40) {
        properties.insert(name("q"), Value::text(dice.pick(&["x", "y", "x y"])));
    }
    if dice.chance(15) {
        let odd = [Value::text("x"), Value::Boolean(true), Value::text("5"), Value::List([Value::text("x")].into())];
        properties.insert(name("p"), dice.pick(&odd));
    }
    if dice.chance(15) {
        properties.insert(name("owner"), Value::text(dice.pick(&["u1", "u2", "d1"])));
    }
    if dice.chance(10) {
        properties.insert(name("d"), date(dice, cast));
    }
    if dice.chance(8) {
        properties.insert(name("utm_source"), Value::text(dice.pick(&["x", "y"])));
    }
    Body::Event { name: name(event), kind, properties, amount: None }
}

/// Small numbers, some with places, some below zero.
pub fn number(dice: &mut Dice) -> Value {
    let thirds = Number(333_333_333);
    let half = Number(500_000_000);
    match dice.below(8) {
        0 => Value::Number(half),
        1 => Value::Number(thirds),
        2 => Value::whole(-1),
        _ => Value::whole(dice.between(0, 5) as i64),
    }
}

/// A date near the history: a time, a text, or a text that is none.
fn date(dice: &mut Dice, cast: &Cast) -> Value {
    let near = dice.pick(&cast.instants).0 + dice.pick(&[0, 0, DAY, 3 * DAY, 10 * DAY, -DAY, HOUR]);
    let near = Timestamp(near).to_jiff();
    match dice.below(6) {
        0 | 1 => Value::Time(Timestamp::from_jiff(near)),
        2 | 3 => Value::text(&near.strftime("%Y-%m-%d").to_string()),
        4 => Value::text(&near.strftime("%Y-%m-%d %H:%M").to_string()),
        _ => Value::text(dice.pick(&["soon", "2024-13-01", "2024-05-07T00:00:00+02:00"])),
    }
}

fn traits(dice: &mut Dice, cast: &Cast, who: &mut Who) -> Body {
    let of = match dice.below(10) {
        0..=2 if !cast.accounts.is_empty() => SubjectKind::Account,
        3 if !cast.workspaces.is_empty() => SubjectKind::Workspace,
        _ => SubjectKind::User,
    };
    match of {
        SubjectKind::Account => {
            who.account.get_or_insert_with(|| name(cast.accounts[0]));
            if dice.chance(60) {
                (who.user, who.anonymous) = (None, None);
            }
        }
        SubjectKind::Workspace => {
            who.workspace.get_or_insert_with(|| name(cast.workspaces[0]));
        }
        SubjectKind::User => {}
    }
    let mut values = Properties::new();
    for _ in 0..dice.between(1, 2) {
        let (key, value) = one_trait(dice, cast, of);
        values.insert(name(key), value);
    }
    Body::Traits { of, traits: values, constant: dice.chance(15) }
}

fn one_trait(dice: &mut Dice, cast: &Cast, of: SubjectKind) -> (&'static str, Value) {
    let zones = ["Europe/Berlin", "America/Sao_Paulo", "UTC", "Nowhere/Town", "Asia/Kathmandu"];
    let mails = ["u@acme.com", "u@beta.io", "u@acme.org", "u@gmail.com", "u@ours.io", "u@uni.edu", "nobody"];
    match (dice.below(9), of) {
        (0, SubjectKind::User) => ("email", Value::text(dice.pick(&mails))),
        (1, SubjectKind::User) => ("timezone", Value::text(dice.pick(&zones))),
        (2, SubjectKind::User) => ("role", Value::text(dice.pick(&["admin", "member"]))),
        (0 | 1, _) => ("email", Value::text(dice.pick(&mails))),
        (3, _) => ("renews", date(dice, cast)),
        (4, _) => ("stage", Value::text(dice.pick(&["trial", "customer"]))),
        (5 | 6, _) => ("plan", Value::text(dice.pick(&["pro", "free"]))),
        _ => ("seats", number(dice)),
    }
}
