//! The plain rule that a definition must beat: "logged in 5 times".

use std::sync::Arc;

use engine::Value;
use engine::definition::{
    Behaviour, Criterion, Definition, Entries, Events, Goal, Measure, NamePattern, Op, Operand, Period, Test,
};
use engine::record::EventKind;

use super::asked::selects;
use crate::question::Data;

/// How many times it asks for.
const TIMES: i64 = 5;
/// What a login is called, in letters and digits of lower case, the best first.
const LOGINS: [&str; 9] = [
    "loggedin",
    "login",
    "userloggedin",
    "userlogin",
    "signedin",
    "signin",
    "sessionstarted",
    "sessionstart",
    "appopened",
];
/// Words in the names of events that are conversions.
const GOALS: [&str; 6] = ["subscri", "purchas", "upgrad", "paid", "converted", "won"];

/// The rule for the people that a definition is about: the usual login event, else the most frequent one.
pub fn rule(of: &Definition, goal: &Goal, data: &Data) -> Option<Definition> {
    let events = || {
        let use_of_product = |kind| kind == EventKind::Product;
        data.overview
            .events
            .iter()
            .filter(move |event| use_of_product(event.name.kind) && !selects(goal, &event.name.name))
    };
    let login = LOGINS.iter().find_map(|login| events().find(|event| letters(&event.name.name) == *login));
    let chosen = login.or_else(|| events().max_by_key(|event| event.count))?;
    let name = Arc::clone(&chosen.name.name);
    Some(Definition {
        id: Arc::from("baseline"),
        name: format!("{name}, {TIMES} times"),
        when: Criterion::Behaviour(Box::new(Behaviour {
            events: named(&name),
            measure: Measure::Count,
            period: Period::Window,
            is: Some(Test::Is(Op::AtLeast, Operand::Constant(Value::whole(TIMES)))),
            per: None,
            regularity: None,
            against_previous: false,
        })),
        fit: None,
        score: Vec::new(),
        bands: Vec::new(),
        value: None,
        goal: Some(goal.clone()),
        entries: Entries::Once,
        ..of.clone()
    })
}

/// A goal that is an event of a name.
pub fn named_goal(name: &str) -> Goal {
    Goal { events: named(&Arc::from(name)), of: None, within: None }
}

/// Events of the data whose names sound like a conversion.
pub fn likely_goals(data: &Data) -> Vec<&str> {
    let names = data.overview.events.iter().map(|event| &*event.name.name);
    names.filter(|name| GOALS.iter().any(|word| name.to_lowercase().contains(word))).collect()
}

fn named(name: &Arc<str>) -> Events {
    Events { names: vec![NamePattern::Exactly(Arc::clone(name))], kind: None, filter: None }
}

fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
