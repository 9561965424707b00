//! Explanations of both sides.

use std::fmt::Write;

use engine::assemble::{OwnedHousehold, from_records};
use engine::definition::Criterion;
use engine::evaluate::Evaluator;
use engine::household::Directory;
use engine::outcome::Finding;
use engine::program::Program;
use engine::{Timestamp, Value};

use crate::generate::Case;
use crate::oracle::explain::{self, Behind};
use crate::oracle::judge::Judge;
use crate::oracle::world::World;

/// The first difference between explanations of a case, at instants of its own; none for a case that is refused.
pub fn difference(case: &Case) -> Option<String> {
    let program = Program::compile(&case.definitions, &case.workspace).ok()?;
    let assembled = from_records(&case.records, &case.workspace, program.needs());
    let binding = program.bind(&assembled.names);
    let mut evaluator = Evaluator::new(&program, &binding, case.horizon);
    let world = World::of(&case.records, &case.workspace);
    let judge = Judge::new(&world, &case.definitions, &case.workspace, case.horizon);
    for household in &assembled.households {
        let view = household.view();
        let mut subjects = Vec::new();
        evaluator.household(&view, &mut |outcome| subjects.push((outcome.definition, outcome.subject)));
        for (place, subject) in subjects {
            let id = assembled.directory.id(subject).to_owned();
            let ours = world.subjects(subject.kind).into_iter().find(|(_, other)| **other == *id)?.0;
            for at in instants(case) {
                let told = evaluator.explain(&view, place, subject, at);
                if told.is_some() && judge.refuses(ours, Timestamp::MAX) {
                    return Some(format!("{id} at {at}: the engine explains who refuses"));
                }
                let Some((when, fit)) = explain::explain(&judge, place, ours, at) else { continue };
                let Some(told) = told else {
                    return Some(format!("{id} at {at}: the engine explains nothing"));
                };
                let definition = &case.definitions[place];
                let mut words = String::new();
                if !explain::is_frozen(&judge, place, ours, at) {
                    compare(&definition.when, &told.when, &when, household, &mut words);
                }
                if let (Some(criterion), Some(told), Some(fit)) = (&definition.fit, &told.fit, &fit) {
                    compare(criterion, told, fit, household, &mut words);
                }
                if !words.is_empty() {
                    return Some(format!("{} of {id} at {at}: {words}", definition.id));
                }
            }
        }
    }
    None
}

fn instants(case: &Case) -> Vec<Timestamp> {
    let mut instants: Vec<Timestamp> = case.records.iter().map(|record| record.timestamp).collect();
    instants.push(case.horizon);
    instants.retain(|at| *at <= case.horizon);
    instants.sort_unstable();
    instants.dedup();
    instants
}

fn compare(criterion: &Criterion, told: &Finding, ours: &explain::Finding, of: &OwnedHousehold, words: &mut String) {
    if told.truth != ours.truth {
        let _ = write!(words, "\n{criterion:?}: engine {:?}, oracle {:?}", told.truth, ours.truth);
    }
    match criterion {
        Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
            assert_eq!((told.parts.len(), ours.parts.len()), (parts.len(), parts.len()), "{told:?}");
            for (place, part) in parts.iter().enumerate() {
                compare(part, &told.parts[place], &ours.parts[place], of, words);
            }
        }
        Criterion::Not(part) => compare(part, &told.parts[0], &ours.parts[0], of, words),
        Criterion::Behaviour(behaviour) => {
            let evidence = &told.evidence;
            let mut latest: Vec<Timestamp> = evidence.rows.iter().map(|row| Timestamp(of.times[*row])).collect();
            latest.sort_unstable();
            let behind = Behind { count: evidence.count, first: evidence.first, last: evidence.last, latest };
            if Some(&behind) != ours.evidence.as_ref() {
                let _ = write!(words, "\n{behaviour:?}: engine {behind:?}, oracle {:?}", ours.evidence);
            }
            let plain = behaviour.per.is_none() && behaviour.regularity.is_none();
            if plain && told.value != ours.value {
                let _ = write!(words, "\n{behaviour:?}: engine {:?}, oracle {:?}", told.value, ours.value);
            }
        }
        Criterion::Ratio(_) => {
            let share = |value: &Option<Value>| value.as_ref().and_then(Value::as_number);
            if told.value.is_some() && share(&told.value) != share(&ours.value) {
                let _ = write!(words, "\n{criterion:?}: engine {:?}, oracle {:?}", told.value, ours.value);
            }
        }
        _ => {}
    }
}
