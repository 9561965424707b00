//! Histories from a seed, and discovery over them.

use std::sync::Arc;

use engine::Timestamp;
use engine::assemble::{OwnedHouseholds, from_records};
use engine::definition::{Clock, Criterion, Definition, Entries, Events, Goal, NamePattern, Population};
use engine::evaluate::Evaluator;
use engine::household::{EventName, Needs};
use engine::outcome::Outcome;
use engine::program::Program;
use engine::record::{Body, EventKind, Record, SubjectKind, Who};
use engine::time::{DAY, HOUR};
use engine::workspace::Workspace;
use engine::{Span, Value};
use insight::Discover;
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

fn event(name: &str) -> Body {
    let kind = match name {
        "Page Viewed" => EventKind::Marketing,
        GOAL => EventKind::Billing,
        _ => EventKind::Product,
    };
    Body::Event { name: Arc::from(name), kind: Some(kind), properties: Default::default(), amount: None }
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
        records.push(record(records.len(), who(), signup, event("Signed Up")));
        for change in 0..dice.below(3) {
            let zone = ["America/New_York", "Asia/Tokyo", "nowhere"][dice.below(3) as usize];
            let traits = [(Arc::from("timezone"), Value::text(zone))].into();
            let body = Body::Traits { of: SubjectKind::User, traits, constant: false };
            records.push(record(records.len(), who(), signup + change as i64 * 9 * DAY, body));
        }
        for _ in 0..dice.below(60) {
            let name = NAMES[dice.below(5) as usize];
            let at = signup - 2 * DAY + (dice.share().powi(2) * 40.0 * 24.0) as i64 * HOUR;
            records.push(record(records.len(), who(), at, event(name)));
        }
        if dice.below(3) == 0 {
            let at = signup + dice.below(50 * 24) as i64 * HOUR;
            records.push(record(records.len(), who(), at, event(GOAL)));
        }
    }
    records
}

pub fn needs() -> Needs {
    let zone = (SubjectKind::User, Arc::from("timezone"));
    Needs { accounts: true, traits: vec![zone], ..Needs::default() }
}

pub fn question(subject: SubjectKind, names: &[EventName], windows: &[i64]) -> Question {
    let counted: Vec<_> = names.iter().map(|name| (name.clone(), 1)).collect();
    Question {
        subject,
        goal: GOAL.to_owned(),
        recurs: false,
        windows: windows.to_vec(),
        end: END,
        observed_until: Timestamp(START + 400 * DAY),
        from: None,
        to: None,
        zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
        zone_slot: Some(0),
        catalog: Arc::new(Catalog::new(&counted, &goal())),
        capacity_per_week: None,
        seed: 1,
    }
}

pub fn workspace() -> Workspace {
    Workspace { zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(), ..Workspace::default() }
}

/// What the evaluator says under a definition, household by household, with accounts and zones among what is read.
pub fn outcomes(definition: &Definition, households: &OwnedHouseholds) -> Vec<Vec<Outcome>> {
    let program = Program::compile(std::slice::from_ref(definition), &workspace()).unwrap();
    assert!(program.needs().traits.iter().all(|needed| needs().traits.contains(needed)));
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
pub fn discover(question: &Arc<Question>, households: &OwnedHouseholds, parts: usize) -> Discover {
    let everybody = definition(question.subject, Criterion::All(Vec::new()), None);
    let outcomes = outcomes(&everybody, households);
    let mut folds = vec![Discover::new(Arc::clone(question)); parts];
    for (number, (household, outcomes)) in households.households.iter().zip(outcomes).enumerate() {
        folds[number % parts].add(&household.view(), &outcomes);
    }
    let mut all = folds.pop().unwrap();
    folds.into_iter().rev().for_each(|fold| all.merge(fold));
    all
}
