//! Histories from a seed, and discovery over them.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Timestamp;
use engine::assemble::{OwnedHouseholds, from_records};
use engine::definition::{
    Clock, Criterion, Definition, Entries, Events, Goal, NamePattern, Population, TraitOwner, TraitPath,
};
use engine::evaluate::Evaluator;
use engine::household::{EventName, Needs, Subject};
use engine::outcome::Outcome;
use engine::program::Program;
use engine::record::{Body, EventKind, Properties, Record, SubjectKind, Who};
use engine::time::{DAY, HOUR};
use engine::workspace::Workspace;
use engine::{Number, Span, Value};
use insight::Discover;
use insight::discover::catalog::{OfProperty, PropertyFeature, TraitFeature};
use insight::discover::{Catalog, Question};

use crate::product::{Dice, START};

pub const NAMES: [&str; 5] = ["Logged In", "Project Created", "Member Invited", "Page Viewed", "Report Viewed"];
pub const GOAL: &str = "Subscription Started";
pub const END: i64 = 45 * DAY;

pub fn events(name: &str) -> Events {
    Events { names: vec![NamePattern::Exactly(Arc::from(name))], kind: None, filter: None }
}

pub fn goal() -> Goal {
    Goal { events: events(GOAL), of: None, within: None }
}

/// Everybody whose time began with a signup, with a criterion that may matter.
pub fn definition(subject: SubjectKind, when: Criterion, window: Option<i64>) -> Definition {
    Definition {
        id: Arc::from("everybody"),
        name: String::new(),
        subject,
        population: Some(Population::Everyone),
        clock: if subject == SubjectKind::User { Clock::Event(events("Signed Up")) } else { Clock::FirstSeen },
        window: window.map(|length| engine::definition::Window::For(Span::Exact(length))),
        when,
        fit: None,
        score: Vec::new(),
        bands: Vec::new(),
        value: None,
        goal: Some(goal()),
        entries: Entries::Repeated,
    }
}

fn record(number: usize, who: Who, at: i64, body: Body) -> Record {
    Record {
        source: Arc::from("test"),
        sender: Arc::from(""),
        message: Arc::from(number.to_string()),
        timestamp: Timestamp(at),
        received_at: None,
        who,
        body,
    }
}

fn event(name: &str, properties: Properties) -> Body {
    let kind = match name {
        "Page Viewed" => EventKind::Marketing,
        GOAL => EventKind::Billing,
        _ => EventKind::Product,
    };
    Body::Event { name: Arc::from(name), kind: Some(kind), properties, amount: None }
}

/// People in zones of their own, some with colleagues, who do things at random, often at one instant.
pub fn records(seed: u64, people: usize) -> Vec<Record> {
    let mut dice = Dice(seed);
    let mut records = Vec::new();
    for person in 0..people {
        let user = Some(Arc::from(format!("u{person}")));
        let account = (dice.below(3) > 0).then(|| Arc::from(format!("a{}", dice.below(1 + people as u64 / 4))));
        let who = || Who { user: user.clone(), account: account.clone(), ..Who::default() };
        let signup = START + dice.below(200 * 24) as i64 * HOUR;
        records.push(record(records.len(), who(), signup, event("Signed Up", Properties::new())));
        for change in 0..dice.below(3) {
            let zone = ["America/New_York", "Asia/Tokyo", "nowhere"][dice.below(3) as usize];
            let traits = Properties::from_iter([(Arc::from("timezone"), Value::text(zone))]);
            let body = Body::Traits { of: SubjectKind::User, traits, constant: false };
            records.push(record(records.len(), who(), signup + change as i64 * 9 * DAY, body));
        }
        for change in 0..dice.below(3) {
            let traits = Properties::from_iter([
                (Arc::from("plan"), Value::text(["free", "team"][dice.below(2) as usize])),
                (Arc::from("seats"), Value::whole(dice.below(9) as i64)),
                (Arc::from("seat_limit"), Value::whole((person as i64 + 2 * change as i64) % 6)),
            ]);
            for of in [SubjectKind::User, SubjectKind::Account] {
                let body = Body::Traits { of, traits: traits.clone(), constant: false };
                if of == SubjectKind::User || account.is_some() {
                    records.push(record(records.len(), who(), signup + change as i64 * 5 * DAY, body));
                }
            }
        }
        for _ in 0..dice.below(60) {
            let name = NAMES[dice.below(5) as usize];
            let at = signup - 2 * DAY + (dice.share().powi(2) * 40.0 * 24.0) as i64 * HOUR;
            let mut properties = Properties::new();
            if dice.below(4) > 0 {
                properties
                    .insert(Arc::from("role"), Value::text(["admin", "member", "viewer"][dice.below(3) as usize]));
                let minutes = Number(Number::UNIT / 4 * i128::from(dice.below(30)));
                properties.insert(Arc::from("minutes"), Value::Number(minutes));
            }
            records.push(record(records.len(), who(), at, event(name, properties)));
        }
        if dice.below(3) == 0 {
            let at = signup + dice.below(50 * 24) as i64 * HOUR;
            records.push(record(records.len(), who(), at, event(GOAL, Properties::new())));
        }
    }
    records
}

/// What is read: accounts, zones, and what the features of [`catalog`] need.
pub fn needs() -> Needs {
    let of = |kind, name: &str| (kind, Arc::from(name));
    let (user, account) = (SubjectKind::User, SubjectKind::Account);
    Needs {
        accounts: true,
        properties: vec![Arc::from("role"), Arc::from("minutes")],
        traits: vec![
            of(user, "timezone"),
            of(user, "plan"),
            of(user, "seats"),
            of(account, "plan"),
            of(account, "seats"),
            of(user, "seat_limit"),
            of(account, "seat_limit"),
        ],
        ..Needs::default()
    }
}

/// Events with their features, by the places of [`needs`].
pub fn catalog(subject: SubjectKind, names: &[EventName]) -> Catalog {
    let counted: Vec<_> = names.iter().map(|name| (name.clone(), 1)).collect();
    let mut catalog = Catalog::new(&counted, &goal());
    for event in 0..catalog.events.len() as u16 {
        let of = |property: &str, slot, what| PropertyFeature { event, property: Arc::from(property), slot, what };
        catalog.properties.extend([
            of("role", 0, OfProperty::Is(Value::text("admin"))),
            of("role", 0, OfProperty::Is(Value::text("viewer"))),
            of("role", 0, OfProperty::Distinct),
            of("minutes", 1, OfProperty::Sum),
        ]);
    }
    let of = |of, name: &str, slot, is: Option<&str>| TraitFeature {
        path: TraitPath { of, name: Arc::from(name) },
        slot,
        is: is.map(Value::text),
    };
    let (own, own_limit) = if subject == SubjectKind::User { (1, 5) } else { (3, 6) };
    catalog.traits.extend([
        of(TraitOwner::Own, "plan", own, Some("team")),
        of(TraitOwner::Own, "seats", own + 1, None),
        of(TraitOwner::Own, "seat_limit", own_limit, None),
    ]);
    if subject == SubjectKind::User {
        catalog.traits.extend([
            of(TraitOwner::Account, "plan", 3, Some("free")),
            of(TraitOwner::Account, "seats", 4, None),
            of(TraitOwner::Account, "seat_limit", 6, None),
        ]);
    }
    catalog.shares = insight::discover::share::shares(&catalog, subject, &[]);
    catalog
}

pub fn question(subject: SubjectKind, names: &[EventName], windows: &[i64]) -> Question {
    Question {
        subject,
        goal: GOAL.to_owned(),
        recurs: false,
        through_account: false,
        windows: windows.to_vec(),
        end: END,
        observed_until: Timestamp(START + 400 * DAY),
        from: None,
        to: None,
        zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
        zone_slot: Some(0),
        catalog: Arc::new(catalog(subject, names)),
        aim: insight::discover::aim::Aim::default(),
        capacity_per_week: None,
        permutations: 0,
        seed: 1,
        trusted: Vec::new(),
        without_sales_touched: false,
    }
}

pub fn workspace() -> Workspace {
    Workspace { zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(), ..Workspace::default() }
}

/// People who sign up and do nothing else, so many in each account.
pub fn signups(people: usize, of_each: usize) -> Vec<Record> {
    let signup = |person: usize| {
        let name = |kind: char, number: usize| Some(Arc::from(format!("{kind}{number}")));
        let who = Who { user: name('u', person), account: name('a', person / of_each), ..Who::default() };
        record(person, who, START + person as i64 * HOUR, event("Signed Up", Properties::new()))
    };
    (0..people).map(signup).collect()
}

/// What the evaluator says under a definition, household by household.
pub fn outcomes(definition: &Definition, records: &[Record]) -> Vec<Vec<Outcome>> {
    let program = Program::compile(std::slice::from_ref(definition), &workspace()).unwrap();
    let needs = Needs { accounts: true, ..program.needs().clone() };
    let households = from_records(records, &workspace(), &needs);
    let binding = program.bind(&households.names);
    let mut evaluator = Evaluator::new(&program, &binding, Timestamp(START + 400 * DAY));
    let of = |household: &engine::assemble::OwnedHousehold| {
        let mut outcomes = Vec::new();
        evaluator.household(&household.view(), &mut |outcome| outcomes.push(outcome));
        outcomes
    };
    households.households.iter().map(of).collect()
}

pub fn households(records: &[Record]) -> OwnedHouseholds {
    from_records(records, &workspace(), &needs())
}

/// Discovery over households, folded in some parts.
pub fn discover(question: &Arc<Question>, records: &[Record], parts: usize) -> Discover {
    let households = households(records);
    let everybody = definition(question.subject, Criterion::All(Vec::new()), None);
    let outcomes = outcomes(&everybody, records);
    let mut outcomes: BTreeMap<Subject, Outcome> =
        outcomes.into_iter().flatten().map(|outcome| (outcome.subject, outcome)).collect();
    let mut folds = vec![Discover::new(Arc::clone(question)); parts];
    for (number, household) in households.households.iter().enumerate() {
        let view = household.view();
        let users = view.users.iter().map(|run| Subject { kind: SubjectKind::User, code: run.user });
        let accounts = view.accounts.into_iter().flatten();
        let accounts = accounts.map(|code| Subject { kind: SubjectKind::Account, code: *code });
        let inside: Vec<Subject> = users.chain(accounts).collect();
        let of_household: Vec<Outcome> = inside.iter().filter_map(|subject| outcomes.remove(subject)).collect();
        folds[number % parts].add(&view, &of_household);
    }
    let mut all = folds.pop().unwrap();
    folds.into_iter().rev().for_each(|fold| all.merge(fold));
    all
}
