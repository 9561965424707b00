//! The plain rule that a definition must beat: "logged in 5 times".

use std::sync::Arc;

use engine::Value;
use engine::definition::{Behaviour, Criterion, Definition, Entries, Goal, Measure, Op, Operand, Period, Test, Window};
use engine::record::EventKind;

use crate::judging::goal::{self, selects};
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
        name: format!("{name}, {TIMES} times{}", within(of)),
        when: Criterion::Behaviour(Box::new(Behaviour {
            events: goal::events(&name),
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

/// Whose window it takes over, so that nobody wonders why it names others beside another definition.
fn within(of: &Definition) -> String {
    match &of.window {
        None => String::new(),
        Some(Window::For(span)) => format!(" within the {span} of {}", of.id),
        Some(Window::Until(path)) => format!(" until {} as in {}", path.name, of.id),
    }
}

fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
