//! Reading a trait as it was at a subject's start: a definition that says nothing but whether it was there, explained
//! at that instant. So a breakdown sees exactly what a criterion would have seen.

use std::sync::Arc;

use engine::definition::{Criterion, Definition, Population, Test, TraitTest};
use engine::evaluate::Evaluator;
use engine::household::{Household, Subject};
use engine::record::SubjectKind;
use engine::{Timestamp, language};
use insight::words;

/// The definition that reads a trait (`country`, `account.plan`) of subjects of a kind.
pub fn definition(path: &str, subject: SubjectKind) -> Definition {
    let test = TraitTest { path: language::trait_path(path), test: Test::Exists, lasting: None, against: None };
    Definition {
        population: Some(Population::Everyone),
        ..Definition::of(&format!("by {path}"), path, subject, Criterion::Trait(Box::new(test)))
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
