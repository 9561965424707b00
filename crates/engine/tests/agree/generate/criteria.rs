//! Random criteria over the whole language.

use std::sync::Arc;

use engine::Value;
use engine::definition::{
    Aggregate, Behaviour, CalendarUnit, Criterion, DistinctOf, Measure, Period, Quantity, Ratio, Regularity, Sequence,
    Test, TraitAgainst, TraitOwner, TraitPath, TraitTest,
};
use engine::record::SubjectKind;
use engine::time::{DAY, HOUR};

use super::dice::Dice;
use super::filters::{amounts, counts, events, of_number, of_text, shares, trait_and_test};
use super::name;
use super::spans::Spans;

const UNITS: [CalendarUnit; 3] = [CalendarUnit::Day, CalendarUnit::Week, CalendarUnit::Month];
const AGGREGATES: [Aggregate; 6] =
    [Aggregate::Sum, Aggregate::Min, Aggregate::Max, Aggregate::Avg, Aggregate::First, Aggregate::Latest];

/// What a criterion may refer to.
pub struct Place<'a> {
    /// Whose definition it is in.
    pub subject: SubjectKind,
    /// Definitions before it, by id and kind.
    pub known: &'a [(Arc<str>, SubjectKind)],
    pub spans: &'a Spans,
}

impl Place<'_> {
    fn met(&self, dice: &mut Dice, kind: SubjectKind) -> Option<Arc<str>> {
        let fitting: Vec<Arc<str>> =
            self.known.iter().filter(|(_, other)| *other == kind).map(|(id, _)| id.clone()).collect();
        (!fitting.is_empty()).then(|| dice.pick(&fitting))
    }
}

/// A criterion, at most so deep.
pub fn criterion(dice: &mut Dice, place: &Place, depth: usize) -> Criterion {
    if depth > 0 && dice.chance(45) {
        let count = dice.between(1, 3);
        let mut parts: Vec<Criterion> = (0..count).map(|_| criterion(dice, place, depth - 1)).collect();
        return match dice.below(10) {
            0..=3 => Criterion::All(parts),
            4..=6 => Criterion::Any(parts),
            7 => Criterion::AtLeast { least: dice.between(1, count) as u32, of: parts },
            _ => Criterion::Not(Box::new(parts.remove(0))),
        };
    }
    match dice.below(20) {
        0..=9 => Criterion::Behaviour(Box::new(compared(dice, place))),
        10 | 11 => Criterion::Sequence(Box::new(sequence(dice, place))),
        12..=14 => Criterion::Trait(Box::new(trait_test(dice, place))),
        15 => Criterion::Ratio(Box::new(ratio(dice, place))),
        16 if place.subject != SubjectKind::Account => {
            let inner = Place { subject: SubjectKind::Account, ..*place };
            Criterion::OfAccount(Box::new(criterion(dice, &inner, depth.saturating_sub(1))))
        }
        17 if place.subject != SubjectKind::User => match place.met(dice, SubjectKind::User) {
            Some(definition) => Criterion::MembersMeeting { definition, is: of_number(dice, &counts()) },
            None => Criterion::Trait(Box::new(trait_test(dice, place))),
        },
        _ => match place.met(dice, place.subject) {
            Some(definition) => {
                Criterion::Meets { definition, lasting: dice.chance(40).then(|| place.spans.any(dice)) }
            }
            None => Criterion::Behaviour(Box::new(compared(dice, place))),
        },
    }
}

/// A behaviour with its comparison.
fn compared(dice: &mut Dice, place: &Place) -> Behaviour {
    let mut behaviour = behaviour(dice, place);
    if behaviour.against_previous {
        behaviour.is = Some(of_number(dice, &shares()));
        return behaviour;
    }
    behaviour.is = Some(test_of(dice, &behaviour.measure));
    if dice.chance(6) {
        let unit = dice.pick(&UNITS);
        let units = dice.between(1, 3) as u32;
        behaviour.regularity = Some(Regularity { unit, units, at_least: dice.between(1, units as usize) as u32 });
        (behaviour.period, behaviour.per) = (Period::Window, None);
    }
    behaviour
}

fn test_of(dice: &mut Dice, measure: &Measure) -> Test {
    let gaps: Vec<Value> = [0, HOUR, DAY, 2 * DAY].into_iter().map(Value::whole).collect();
    match measure {
        Measure::Gap(_) => of_number(dice, &gaps),
        Measure::Of(Aggregate::First | Aggregate::Latest, _) if dice.chance(50) => of_text(dice, &["x", "y"]),
        Measure::Of(..) | Measure::Grouped { .. } => {
            if dice.chance(5) {
                return dice.pick(&[Test::Exists, Test::Missing]);
            }
            of_number(dice, &amounts())
        }
        _ => of_number(dice, &counts()),
    }
}

/// A behaviour whose value is wanted.
pub fn behaviour(dice: &mut Dice, place: &Place) -> Behaviour {
    let period = period(dice, place.spans);
    let rolling = matches!(period, Period::Last(_) | Period::Calendar(_));
    let against_previous = rolling && dice.chance(12);
    let per =
        (!against_previous && !matches!(period, Period::Calendar(_)) && dice.chance(10)).then(|| dice.pick(&UNITS));
    let events = events(dice, place.spans, 25, 0);
    Behaviour { events, measure: measure(dice), period, is: None, per, regularity: None, against_previous }
}

fn measure(dice: &mut Dice) -> Measure {
    let property = name(dice.pick(&["p", "p", "q"]));
    match dice.below(20) {
        0..=7 => Measure::Count,
        8 | 9 => Measure::Days,
        10 => Measure::Weeks,
        11 => Measure::Users,
        12 => Measure::Distinct(dice.pick(&[DistinctOf::EventName, DistinctOf::Property(name("p"))])),
        13..=16 => Measure::Of(dice.pick(&AGGREGATES), property),
        17 => Measure::Grouped {
            outer: dice.pick(&AGGREGATES[..4]),
            inner: dice.pick(&AGGREGATES),
            of: name("p"),
            by: name("q"),
        },
        _ => Measure::Gap(dice.between(1, 3) as u32),
    }
}

fn period(dice: &mut Dice, spans: &Spans) -> Period {
    match dice.below(16) {
        0..=4 => Period::Window,
        5 | 6 => Period::Within(spans.any(dice)),
        7 => {
            let (from, to) = spans.two(dice);
            Period::FromTo(from, to)
        }
        8..=10 => Period::Last(spans.any(dice)),
        11 => Period::Calendar(dice.pick(&UNITS)),
        12 | 13 => Period::Since { events: events(dice, spans, 15, 0), latest: dice.chance(50) },
        _ => Period::Ever,
    }
}

fn sequence(dice: &mut Dice, place: &Place) -> Sequence {
    let count = dice.weigh(&[(1, 1), (5, 2), (3, 3)]);
    let steps = (0..count).map(|step| events(dice, place.spans, 40, step)).collect();
    Sequence { steps, span: dice.chance(50).then(|| place.spans.exact(dice)), period: period(dice, place.spans) }
}

fn owners(subject: SubjectKind) -> Vec<TraitOwner> {
    let mut owners = vec![TraitOwner::Own, TraitOwner::Own, TraitOwner::Account];
    match subject {
        SubjectKind::User => owners.push(TraitOwner::User),
        SubjectKind::Account => owners.extend([TraitOwner::FirstMember, TraitOwner::AnyMember]),
        SubjectKind::Workspace => owners.push(TraitOwner::Workspace),
    }
    owners
}

/// A trait compared.
pub fn trait_test(dice: &mut Dice, place: &Place) -> TraitTest {
    let (path, mut test) = trait_and_test(dice, place.spans, &owners(place.subject));
    let single = path.of != TraitOwner::AnyMember;
    let against = (&*path.name == "seats" && single && dice.chance(25)).then(|| {
        test = of_number(dice, &shares());
        let trait_name = name(dice.pick(&["seats", "members"]));
        let of = if dice.chance(80) { path.of } else { TraitOwner::Account };
        TraitAgainst { path: TraitPath { of, name: trait_name }, ago: place.spans.any(dice) }
    });
    let lasting = dice.chance(25).then(|| place.spans.any(dice));
    TraitTest { path, test, lasting, against }
}

/// A path to one number.
pub fn number_path(dice: &mut Dice, place: &Place) -> TraitPath {
    let mut owners = owners(place.subject);
    owners.retain(|owner| *owner != TraitOwner::AnyMember);
    TraitPath { of: dice.pick(&owners), name: name(dice.pick(&["seats", "seats", "members", "plan"])) }
}

fn ratio(dice: &mut Dice, place: &Place) -> Ratio {
    let side = |dice: &mut Dice| {
        if dice.chance(50) {
            Quantity::Trait(number_path(dice, place))
        } else {
            Quantity::Measure(Box::new(behaviour(dice, place)))
        }
    };
    let (of, to) = (side(dice), side(dice));
    Ratio { of, to, is: of_number(dice, &shares()) }
}

/// A single criterion.
pub fn single(dice: &mut Dice, place: &Place) -> Criterion {
    if dice.chance(50) {
        Criterion::Behaviour(Box::new(compared(dice, place)))
    } else {
        Criterion::Trait(Box::new(trait_test(dice, place)))
    }
}
