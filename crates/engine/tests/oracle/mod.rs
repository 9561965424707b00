//! The oracle: what `docs/meaning.md` says, as plain functions of an instant over a sorted list of records. Slow and
//! obvious; it shares only plain data with the engine.

pub mod criteria;
pub mod explain;
pub mod identity;
pub mod instants;
pub mod judge;
pub mod lives;
pub mod measures;
pub mod periods;
pub mod score;
pub mod traits;
pub mod values;
pub mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::definition::Definition;
use engine::outcome::{Score, Standing};
use engine::record::{Record, SubjectKind};
use engine::workspace::Workspace;
use engine::{Number, Timestamp};

use judge::Judge;
use world::{Subject, World};

/// What one definition says of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub clock: Timestamp,
    pub population_from: Option<Timestamp>,
    pub met_at: Option<Timestamp>,
    pub outside_at: Option<Timestamp>,
    pub entries: Vec<Entry>,
    pub now: Standing,
    pub conversions: Vec<Timestamp>,
}

/// A time inside a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    pub exit: Option<Timestamp>,
    pub score: Option<Score>,
    pub value: Option<Number>,
    pub knowable_at: Timestamp,
}

/// The definition's id, the kind of subject, and the id by which people know it.
pub type Key = (Arc<str>, SubjectKind, Arc<str>);

/// What the definitions say of everyone, seen from the horizon.
pub fn evaluate(
    records: &[Record],
    definitions: &[Definition],
    workspace: &Workspace,
    horizon: Timestamp,
) -> BTreeMap<Key, Verdict> {
    let world = World::of(records, workspace);
    let judge = Judge::new(&world, definitions, workspace, horizon);
    let mut verdicts = BTreeMap::new();
    for (place, definition) in definitions.iter().enumerate() {
        for (subject, id) in world.subjects(definition.subject) {
            if let Some(verdict) = verdict(&judge, place, subject) {
                verdicts.insert((definition.id.clone(), definition.subject, id), verdict);
            }
        }
    }
    verdicts
}

fn verdict(judge: &Judge, place: usize, subject: Subject) -> Option<Verdict> {
    let definition = &judge.definitions[place];
    if judge.refuses(subject, Timestamp::MAX) {
        return None;
    }
    let frame = judge.frame(place, subject)?;
    let life = judge.life(place, subject)?;
    let entries = life.stays.iter().enumerate().map(|(number, stay)| Entry {
        at: stay.at,
        exit: stay.exit,
        score: judge.score(definition, &frame, stay.at),
        value: judge.worth(definition, &frame, stay.at),
        knowable_at: knowable_at(judge, place, subject, number, stay.at),
    });
    Some(Verdict {
        clock: life.clock,
        population_from: life.population_from,
        met_at: life.met_at,
        outside_at: life.outside_at,
        entries: entries.collect(),
        now: life.now,
        conversions: judge.conversions(subject, judge.goal(definition)),
    })
}

/// The earliest instant by which what is in effect gives this very entry (rule 33).
fn knowable_at(judge: &Judge, place: usize, subject: Subject, number: usize, at: Timestamp) -> Timestamp {
    let world = judge.world;
    let late = |when: Timestamp, known: Timestamp| when <= at && known > at;
    let nothing_late = !world.events.iter().any(|event| late(event.at, event.known_to_account))
        && !world.facts.iter().any(|fact| late(fact.at, fact.known))
        && !world.moves.iter().any(|step| late(step.at, step.known));
    if nothing_late {
        return at;
    }
    let mut limits: BTreeSet<Timestamp> = BTreeSet::from([at]);
    limits.extend(world.events.iter().flat_map(|event| [event.known, event.known_to_account]));
    limits.extend(world.facts.iter().map(|fact| fact.known));
    limits.extend(world.moves.iter().map(|step| step.known));
    let last = *limits.last().expect("the entry's own instant is one");
    let gives = |limit: &Timestamp| {
        let world = world.known_by(*limit);
        let judge = Judge::new(&world, judge.definitions, judge.workspace, at);
        let life = judge.life(place, subject);
        life.is_some_and(|life| life.stays.get(number).is_some_and(|stay| stay.at == at))
    };
    limits.into_iter().filter(|limit| *limit >= at).find(gives).unwrap_or(last)
}
