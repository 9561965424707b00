//! What cannot be judged: a definition that looks at the goal itself.
//!
//! A definition that counts the goal's own events "predicts" the conversion with the conversion. Discovery tools that
//! allow it list the checkout page as the best predictor of buying.

use std::fmt;
use std::sync::Arc;

use engine::definition::{Criterion, Definition, Events, Goal, NamePattern, Share};
use engine::workspace::Workspace;
use serde::Serialize;

use crate::question::{Place, walk_with_score};

/// Why a definition cannot be judged by a goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The definition.
    pub definition: Arc<str>,
    /// In which part of it (or of one that it refers to).
    pub place: Place,
    /// What it names, as written.
    pub names: String,
    /// The event of the goal that this is.
    pub goal: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { definition, place, names, goal } = self;
        let place = match place {
            Place::When => "when",
            Place::Fit => "fit",
            Place::Score => "score",
        };
        write!(
            formatter,
            "“{definition}” counts “{names}” in `{place}`, and “{goal}” is (part of) the goal it is judged by: it would \
             predict buying by buying. Take it out of `{place}`; who has bought already is kept out by `population`."
        )
    }
}

/// Every place in `when`, `fit` and `score` (also of definitions referred to) that names an event of the goal.
///
/// A pattern counts if the goal's event matches it; `kind: billing` counts if the goal's event is of that kind. Plain
/// `any` does not: a conversion is the last event of a life in the population, so that it could only make someone
/// qualify at the very instant of converting, which is never a success.
#[must_use]
pub fn refusals(definition: &Definition, goal: &Goal, others: &[Definition], workspace: &Workspace) -> Vec<Refusal> {
    let mut found = Vec::new();
    walk_with_score(definition, others, &mut |place, events| {
        for (names, goal) in shared(events, &goal.events, workspace) {
            let refusal = Refusal { definition: Arc::clone(&definition.id), place, names, goal };
            if !found.contains(&refusal) {
                found.push(refusal);
            }
        }
    });
    found
}

/// What a person should look at although it is not refused: the stage in a criterion, which is `customer` from the
/// first conversion on wherever no trait of that name is set.
#[must_use]
pub fn doubts(definition: &Definition) -> Vec<String> {
    let mut words = Vec::new();
    let parts = [("when", Some(&definition.when)), ("fit", definition.fit.as_ref())];
    for (part, criterion) in parts {
        if criterion.is_some_and(reads_stage) {
            words.push(format!(
                "`{part}` reads the stage, which becomes `customer` by the conversion itself; `population` is its place"
            ));
        }
    }
    if definition.score.iter().any(|part| share_reads_stage(&part.share)) {
        words.push("`score` reads the stage, which becomes `customer` by the conversion itself".to_owned());
    }
    words
}

fn reads_stage(criterion: &Criterion) -> bool {
    match criterion {
        Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
            parts.iter().any(reads_stage)
        }
        Criterion::Not(inner) | Criterion::OfAccount(inner) => reads_stage(inner),
        Criterion::Trait(test) => &*test.path.name == "stage",
        _ => false,
    }
}

fn share_reads_stage(share: &Share) -> bool {
    match share {
        Share::Points { table, .. } => table.iter().any(|row| reads_stage(&row.criterion)),
        Share::Max(shares) => shares.iter().any(share_reads_stage),
        Share::Time { .. } | Share::Measure { .. } | Share::FitMet => false,
    }
}

/// Names in a selector, each with the goal's name that it shares events with.
fn shared(events: &Events, goal: &Events, workspace: &Workspace) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for own in &events.names {
        for aim in &goal.names {
            if meet(own, events, aim, goal, workspace) {
                pairs.push((words(own, events), words(aim, goal)));
            }
        }
    }
    pairs
}

fn words(pattern: &NamePattern, events: &Events) -> String {
    match (pattern, events.kind) {
        (NamePattern::Exactly(name), _) => name.to_string(),
        (NamePattern::Prefix(prefix), _) => format!("{prefix}*"),
        (NamePattern::Any, Some(kind)) => format!("any event of the kind {}", kind.word()),
        (NamePattern::Any, None) => "any".to_owned(),
    }
}

fn meet(own: &NamePattern, events: &Events, aim: &NamePattern, goal: &Events, workspace: &Workspace) -> bool {
    let one_kind = |left: Option<_>, right: Option<_>| left.is_none() || right.is_none() || left == right;
    let named = |name: &Arc<str>| workspace.name_of(name).clone();
    match (own, aim) {
        (NamePattern::Exactly(left), NamePattern::Exactly(right)) => {
            named(left) == named(right) && one_kind(events.kind, goal.kind)
        }
        (NamePattern::Exactly(name), NamePattern::Prefix(prefix))
        | (NamePattern::Prefix(prefix), NamePattern::Exactly(name)) => {
            named(name).starts_with(&**prefix) && one_kind(events.kind, goal.kind)
        }
        (NamePattern::Prefix(left), NamePattern::Prefix(right)) => {
            (left.starts_with(&**right) || right.starts_with(&**left)) && one_kind(events.kind, goal.kind)
        }
        // Plain `any` is excused (see above); any event of the goal's own kind is not.
        (NamePattern::Any, NamePattern::Exactly(name)) => {
            events.kind.is_some_and(|kind| kind == workspace.kind_of(&named(name), goal.kind))
        }
        (NamePattern::Any, NamePattern::Prefix(_) | NamePattern::Any) => {
            events.kind.is_some() && events.kind == goal.kind
        }
        (NamePattern::Exactly(name), NamePattern::Any) => {
            goal.kind.is_some_and(|kind| kind == workspace.kind_of(&named(name), events.kind))
        }
        (NamePattern::Prefix(_), NamePattern::Any) => goal.kind.is_some() && events.kind == goal.kind,
    }
}
