//! Random definitions, later ones referring to earlier ones.

use std::sync::Arc;

use engine::definition::{
    Behaviour, Clock, Criterion, Definition, Entries, Measure, Op, Operand, Period, PointRow, Population, ScorePart,
    Share, Test, TraitOwner, TraitPath, ValueRule, Window,
};
use engine::record::SubjectKind;
use engine::{Number, Value};

use super::criteria::{Place, behaviour, criterion, number_path, single};
use super::dice::Dice;
use super::filters::events;
use super::spans::Spans;
use super::{goal, name};

/// One to four definitions.
pub fn definitions(dice: &mut Dice, spans: &Spans) -> Vec<Definition> {
    let count = dice.weigh(&[(5, 1), (3, 2), (1, 3), (1, 4)]);
    let mut known: Vec<(Arc<str>, SubjectKind)> = Vec::new();
    let mut definitions = Vec::new();
    for number in 0..count {
        let subject = dice.weigh(&[(6, SubjectKind::User), (3, SubjectKind::Account), (1, SubjectKind::Workspace)]);
        let place = Place { subject, known: &known, spans };
        let definition = definition(dice, &place, name(&format!("def{number}")));
        if !matches!(definition.entries, Entries::OnEvent(_)) {
            known.push((definition.id.clone(), subject));
        }
        definitions.push(definition);
    }
    definitions
}

/// Several definitions of the kind that most are: counts and separate days in a window; perhaps another among them. Of everybody and without
/// a fit, what holds holds for good, and the engine leaves off early; of others, nearly the same, it must not.
pub fn plain(dice: &mut Dice, spans: &Spans) -> Vec<Definition> {
    let subject = dice.weigh(&[(4, SubjectKind::User), (1, SubjectKind::Account)]);
    let place = Place { subject, known: &[], spans };
    let count = dice.between(2, 8);
    let mut made: Vec<Definition> = (0..count)
        .map(|number| {
            let parts: Vec<Criterion> = (0..dice.between(1, 3)).map(|_| counted(dice, spans)).collect();
            let least = dice.between(1, parts.len()) as u32;
            Definition {
                population: Some(match dice.below(8) {
                    0 => Population::Meeting(counted(dice, spans)),
                    1 => Population::Meeting(Criterion::Not(Box::new(counted(dice, spans)))),
                    _ => Population::Everyone,
                }),
                fit: match dice.below(8) {
                    0 => Some(counted(dice, spans)),
                    1 => Some(Criterion::Not(Box::new(counted(dice, spans)))),
                    _ => None,
                },
                clock: clock(dice, &place),
                score: if dice.chance(15) { score(dice, &place) } else { Vec::new() },
                window: dice.chance(80).then(|| Window::For(spans.any(dice))),
                entries: dice.pick(&[Entries::Once, Entries::Repeated]),
                goal: dice.chance(20).then(|| goal(dice)),
                ..Definition::of(
                    &format!("plain{number}"),
                    "Plain",
                    subject,
                    match dice.below(6) {
                        0 => Criterion::Any(parts),
                        1 => Criterion::AtLeast { least, of: parts },
                        _ => Criterion::All(parts),
                    },
                )
            }
        })
        .collect();
    if dice.chance(30) {
        made.push(definition(dice, &place, name("other")));
    }
    made
}

/// At least so many events or days, perhaps within a shorter period.
fn counted(dice: &mut Dice, spans: &Spans) -> Criterion {
    Criterion::Behaviour(Box::new(Behaviour {
        events: events(dice, spans, 10, 0),
        measure: dice.pick(&[Measure::Count, Measure::Count, Measure::Days]),
        period: match dice.below(8) {
            0 | 1 => Period::Within(spans.exact(dice)),
            2 => {
                let (from, to) = spans.two(dice);
                Period::FromTo(from, to)
            }
            3 => Period::Ever,
            _ => Period::Window,
        },
        is: Some(Test::Is(Op::AtLeast, Operand::Constant(Value::whole(dice.between(1, 3) as i64)))),
        per: None,
        regularity: None,
        against_previous: false,
    }))
}

fn clock(dice: &mut Dice, place: &Place) -> Clock {
    match dice.below(10) {
        0..=5 => Clock::FirstSeen,
        6 | 7 => Clock::Event(events(dice, place.spans, 20, 0)),
        _ => Clock::Trait(date_path(dice, place)),
    }
}

fn definition(dice: &mut Dice, place: &Place, id: Arc<str>) -> Definition {
    let spans = place.spans;
    let clock = clock(dice, place);
    let window = match dice.below(10) {
        0..=3 => None,
        4..=7 => Some(Window::For(spans.any(dice))),
        _ => Some(Window::Until(date_path(dice, place))),
    };
    let population = match dice.below(10) {
        0..=3 => None,
        4..=6 => Some(Population::Everyone),
        _ => Some(Population::Meeting(criterion(dice, place, 1))),
    };
    let entries = match dice.below(10) {
        0..=3 => Entries::Once,
        4..=8 => Entries::Repeated,
        _ => Entries::OnEvent(events(dice, spans, 20, 0)),
    };
    Definition {
        name: id.to_string(),
        id,
        subject: place.subject,
        population,
        clock,
        window,
        when: criterion(dice, place, 2),
        fit: dice.chance(40).then(|| criterion(dice, place, 2)),
        score: if dice.chance(40) { score(dice, place) } else { Vec::new() },
        bands: Vec::new(),
        value: dice.chance(20).then(|| ValueRule {
            of: dice.chance(70).then(|| number_path(dice, place)),
            times: dice.pick(&[Number::whole(120), Number(1_500_000_001)]),
            currency: name("USD"),
        }),
        goal: dice.chance(20).then(|| goal(dice)),
        entries,
    }
}

fn date_path(dice: &mut Dice, place: &Place) -> TraitPath {
    let owners = match place.subject {
        SubjectKind::User => [TraitOwner::Own, TraitOwner::Own, TraitOwner::Account],
        SubjectKind::Account => [TraitOwner::Own, TraitOwner::Own, TraitOwner::FirstMember],
        SubjectKind::Workspace => [TraitOwner::Own, TraitOwner::Account, TraitOwner::Workspace],
    };
    let trait_name = dice.weigh(&[(8, "renews"), (1, "last_seen"), (1, "plan")]);
    TraitPath { of: dice.pick(&owners), name: name(trait_name) }
}

fn score(dice: &mut Dice, place: &Place) -> Vec<ScorePart> {
    let weights = [Number::whole(30), Number::whole(1), Number(33_330_000_000)];
    let count = dice.between(1, 3);
    let part = |dice: &mut Dice, number: usize| ScorePart {
        name: name(&format!("part{number}")),
        weight: dice.pick(&weights),
        share: share(dice, place, 1),
    };
    (0..count).map(|number| part(dice, number)).collect()
}

fn share(dice: &mut Dice, place: &Place, depth: usize) -> Share {
    match dice.below(5) {
        0 => {
            let (best, worst) = place.spans.two(dice);
            Share::Time { best, worst }
        }
        1 => Share::Measure { of: Box::new(behaviour(dice, place)), full: dice.pick(&[Number::whole(3), Number(7)]) },
        2 => Share::FitMet,
        3 if depth > 0 => Share::Max((0..2).map(|_| share(dice, place, depth - 1)).collect()),
        _ => {
            let table = (0..dice.between(1, 3)).map(|_| row(dice, place)).collect();
            Share::Points { table, cap: dice.pick(&[Number::whole(10), Number::whole(3)]) }
        }
    }
}

fn row(dice: &mut Dice, place: &Place) -> PointRow {
    let points = dice.pick(&[Number::whole(5), Number::whole(7), Number::whole(-2), Number(333_333_333)]);
    if dice.chance(40) {
        return PointRow { criterion: single(dice, place), points, half_life: Some(place.spans.exact(dice)) };
    }
    PointRow { criterion: criterion(dice, place, 1), points, half_life: None }
}
