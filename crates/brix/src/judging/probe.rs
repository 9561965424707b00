//! Reading a trait as it was at a subject's start: a definition that says nothing but whether it was there, explained
//! at that instant. So a breakdown sees exactly what a criterion would have seen.

use std::sync::Arc;

use engine::definition::{Clock, Criterion, Definition, Entries, Population, Test, TraitTest};
use engine::evaluate::Evaluator;
use engine::household::{Household, Subject};
use engine::record::SubjectKind;
use engine::{Timestamp, language};
use insight::words;

/// The definition that reads a trait (`country`, `account.plan`) of subjects of a kind.
pub fn definition(path: &str, subject: SubjectKind) -> Definition {
    let test = TraitTest { path: language::trait_path(path), test: Test::Exists, lasting: None, against: None };
    Definition {
        id: Arc::from(format!("by {path}")),
        name: path.to_owned(),
        subject,
        population: Some(Population::Everyone),
        clock: Clock::FirstSeen,
        window: None,
        when: Criterion::Trait(Box::new(test)),
        fit: None,
        score: Vec::new(),
        bands: Vec::new(),
        value: None,
        goal: None,
        entries: Entries::Once,
    }
}

/// What it read at an instant, in words.
pub fn value(
    evaluator: &mut Evaluator<'_>,
    household: &Household<'_>,
    place: usize,
    subject: Subject,
    at: Timestamp,
) -> Option<Arc<str>> {
    let explanation = evaluator.explain(household, place, subject, at)?;
    explanation.when.value.as_ref().map(|value| Arc::from(words::value(value)))
}
