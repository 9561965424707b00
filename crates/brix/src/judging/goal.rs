//! The goal: which events are a conversion.

use std::sync::Arc;

use anyhow::Result;
use engine::definition::{Definition, Events, Goal, NamePattern};

use crate::exit::Failure;
use crate::question::Data;

/// Words in the names of events that are conversions.
const GOALS: [&str; 6] = ["subscri", "purchas", "upgrad", "paid", "converted", "won"];

/// The goal by which all are judged.
///
/// # Errors
/// There is none, or not one for all.
pub fn one(definitions: &[Definition], data: &Data) -> Result<Goal> {
    let goals: Vec<Option<&Goal>> =
        definitions.iter().map(|definition| definition.goal.as_ref().or(data.workspace.goal.as_ref())).collect();
    let Some(Some(first)) = goals.first() else {
        return Err(missing(data));
    };
    if goals.iter().any(|goal| *goal != Some(first)) {
        return Err(Failure::usage("these definitions have different goals; say --goal EVENT to judge them by one"));
    }
    Ok(Goal::clone(first))
}

/// Nobody said what a conversion is.
pub fn missing(data: &Data) -> anyhow::Error {
    let billing: Vec<String> = likely(data).iter().map(|name| format!("\"{name}\"")).collect();
    let hint = if billing.is_empty() { String::new() } else { format!("; the data has {}", billing.join(", ")) };
    Failure::usage(format!(
        "what is a conversion? Say --goal EVENT, or write `goal:` into brix.yaml or the definition{hint}"
    ))
}

/// A goal that is an event of a name.
pub fn named(name: &str) -> Goal {
    Goal { events: events(&Arc::from(name)), of: None, within: None }
}

/// Events of a name.
pub fn events(name: &Arc<str>) -> Events {
    Events { names: vec![NamePattern::Exactly(Arc::clone(name))], kind: None, filter: None }
}

/// Events of the data whose names sound like a conversion.
fn likely(data: &Data) -> Vec<&str> {
    let names = data.overview.events.iter().map(|event| &*event.name.name);
    names.filter(|name| GOALS.iter().any(|word| name.to_lowercase().contains(word))).collect()
}

/// A goal's events in words, with what is asked of them.
pub fn words(goal: &Goal) -> String {
    insight::words::events(&goal.events)
}

/// Whether a name is one of the goal's, kind and filter apart.
pub fn selects(goal: &Goal, name: &str) -> bool {
    goal.events.names.iter().any(|pattern| match pattern {
        NamePattern::Any => true,
        NamePattern::Exactly(exactly) => **exactly == *name,
        NamePattern::Prefix(prefix) => name.starts_with(&**prefix),
    })
}
