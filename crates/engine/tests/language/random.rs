//! Random definitions: every form of the language, with names and values that are hard to write down.

use std::sync::Arc;

use engine::definition::*;
use engine::record::{EventKind, SubjectKind};
use engine::workspace::DomainKind;
use engine::{Number, Span, Timestamp, Value};
use proptest::prelude::*;
use proptest::sample::select;

/// Names of events, properties and traits, also nasty ones.
fn name() -> impl Strategy<Value = Arc<str>> {
    let usual = select(vec!["Project Created", "Logged In", "plan", "email", "account.x", "seats"]);
    let nasty = select(vec![
        "true",
        "null",
        "any",
        "all",
        "not",
        "42",
        "1e3",
        "2026-01-01",
        "a: b",
        "#x",
        "$user.id",
        "$day",
        "$this.x",
        "$1.a",
        "$current_url",
        "- a",
        "{a}",
        "[b]",
        "a, b",
        "'q'",
        "\"",
        "\\any",
        "é ü 漢字 🦀",
        "user.x",
        "subject.y",
        "> 3",
        "= x",
        "a  b",
        " b",
        "c ",
        "!x",
        "&y",
        "%z",
        "@w",
        "`v`",
        "|",
        ">",
        "?",
        "older than 3d",
        "between a and b",
        "this.day",
        "day",
        "time",
        "yes",
        "~",
        "a'b''c",
        "x\u{a0}y",
        "x\u{2028}",
    ]);
    prop_oneof![4 => usual.prop_map(Arc::from), 2 => nasty.prop_map(Arc::from), 1 => "[^\\p{C}\\s][^\\p{C}]{0,8}".prop_map(Arc::from)]
}

/// Texts that values are compared with.
fn text() -> impl Strategy<Value = Arc<str>> {
    prop_oneof![name(), "[\\PC\\n\\t]{1,12}".prop_map(Arc::from)]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        (-5_i64..500).prop_map(Number::whole),
        (-1_000_000_000_000_i128..1_000_000_000_000).prop_map(Number),
        select(vec![Number(Number::LIMIT - 1), Number(1 - Number::LIMIT), Number(1)]),
    ]
}

fn positive() -> impl Strategy<Value = Number> {
    (1_i128..100_000_000_000).prop_map(Number)
}

fn exact() -> impl Strategy<Value = Span> {
    prop_oneof![
        (1_i64..60).prop_map(Span::days),
        (1_i64..100).prop_map(Span::hours),
        (1_i64..5_000_000_000).prop_map(Span::Exact),
    ]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![4 => exact(), 1 => (1_u32..40).prop_map(Span::Months)]
}

fn time() -> impl Strategy<Value = Timestamp> {
    (Timestamp::EARLIEST.0..Timestamp::LATEST.0).prop_map(Timestamp)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::Text),
        3 => number().prop_map(Value::Number),
        1 => any::<bool>().prop_map(Value::Boolean),
        1 => time().prop_map(Value::Time),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let list = prop::collection::vec(scalar(), 0..3).prop_map(|items| Value::List(items.into()));
    prop_oneof![8 => scalar(), 1 => list]
}

/// What the file can hold at one place.
#[derive(Clone, Copy)]
struct Place {
    on: SubjectKind,
    /// In a filter: the step of a sequence.
    step: Option<usize>,
}

/// A name that can stand at the end of a comparison.
fn pointed() -> impl Strategy<Value = Arc<str>> {
    name().prop_filter("ends in a sign", |name| !name.ends_with(char::is_whitespace))
}

fn owner(place: Place) -> impl Strategy<Value = TraitOwner> {
    let mut owners = vec![TraitOwner::Own, TraitOwner::Account, TraitOwner::Workspace];
    if place.step.is_some() || place.on == SubjectKind::User {
        owners.push(TraitOwner::User);
    }
    if place.step.is_none() && place.on == SubjectKind::Account {
        owners.extend([TraitOwner::FirstMember, TraitOwner::AnyMember]);
    }
    select(owners)
}

fn path(place: Place) -> impl Strategy<Value = TraitPath> {
    (owner(place), pointed())
        // `$user.id` is the user's id, not a trait of that name.
        .prop_filter("sayable", |(of, name)| !(*of == TraitOwner::User && &**name == "id"))
        .prop_map(|(of, name)| TraitPath { of, name })
}

fn pointer(place: Place) -> BoxedStrategy<Operand> {
    let of_trait = path(place).prop_map(Operand::Trait);
    let Some(step) = place.step else { return of_trait.boxed() };
    let property = pointed().prop_map(Operand::Property);
    let steps = (0..=step).prop_flat_map(|step| {
        let day = Just(Operand::StepDay(step));
        let time = Just(Operand::StepTime(step));
        if step == 0 {
            prop_oneof![day, time].boxed()
        } else {
            let property = pointed().prop_map(move |name| Operand::StepProperty(step, name));
            prop_oneof![day, time, property].boxed()
        }
    });
    prop_oneof![of_trait, property, steps, Just(Operand::UserId)].boxed()
}

/// A test of values; with `numbers` of numbers only.
fn test(place: Place, numbers: bool) -> BoxedStrategy<Test> {
    let constant = if numbers { number().prop_map(Value::Number).boxed() } else { value().boxed() };
    let operand = prop_oneof![4 => constant.prop_map(Operand::Constant), 1 => pointer(place)].boxed();
    let ops = select(vec![Op::AtLeast, Op::Above, Op::Equal, Op::Unequal, Op::Below, Op::AtMost]);
    let is = (ops, operand.clone()).prop_map(|(op, operand)| {
        let orderless = matches!(operand, Operand::Constant(Value::Boolean(_) | Value::List(_)));
        let op = if orderless && !matches!(op, Op::Equal | Op::Unequal) { Op::Equal } else { op };
        Test::Is(op, operand)
    });
    let between = (operand.clone(), operand.clone()).prop_map(|(low, high)| Test::Between(low, high));
    let several = prop::collection::vec(operand.clone(), 1..4);
    let anyhow = prop_oneof![
        8 => is,
        1 => between,
        1 => several.clone().prop_map(Test::In),
        1 => several.prop_map(Test::NotIn),
    ];
    if numbers {
        return anyhow.boxed();
    }
    let kinds =
        [DomainKind::Work, DomainKind::Free, DomainKind::Education, DomainKind::Internal, DomainKind::Competitor];
    prop_oneof![
        8 => anyhow,
        1 => operand.prop_map(Test::Contains),
        1 => text().prop_map(Test::Starts),
        1 => text().prop_map(Test::Ends),
        1 => "[a-z.*]{1,5}".prop_filter_map("a pattern", |text| regex(&text).map(Test::Matches)),
        1 => Just(Test::Exists),
        1 => Just(Test::Missing),
        1 => span().prop_map(Test::OlderThan),
        1 => span().prop_map(Test::WithinLast),
        1 => span().prop_map(Test::WithinNext),
        1 => select(kinds.to_vec()).prop_map(Test::DomainKind),
    ]
    .boxed()
}

fn regex(text: &str) -> Option<Pattern> {
    regex::Regex::new(text).ok().map(Pattern)
}

fn filter(place: Place) -> BoxedStrategy<Filter> {
    let leaf = pointer(place).prop_flat_map(move |left| {
        let numbers = matches!(left, Operand::StepDay(_));
        test(place, numbers).prop_map(move |test| Filter::Test { left: left.clone(), test })
    });
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::Any),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

fn pattern() -> impl Strategy<Value = NamePattern> {
    let prefix = name().prop_filter("sayable", |name| !name.contains('*') && !name.starts_with('\\'));
    prop_oneof![
        1 => Just(NamePattern::Any),
        6 => name().prop_map(NamePattern::Exactly),
        1 => prefix.prop_map(NamePattern::Prefix),
    ]
}

fn events(place: Place) -> BoxedStrategy<Events> {
    let names = prop::collection::vec(pattern(), 1..3);
    let kind = prop::option::weighted(0.1, select(EventKind::ALL.to_vec()));
    let filter = prop::option::weighted(0.3, filter(Place { step: Some(place.step.unwrap_or(0)), ..place }));
    (names, kind, filter).prop_map(|(names, kind, filter)| Events { names, kind, filter }).boxed()
}

fn unit() -> impl Strategy<Value = CalendarUnit> {
    select(vec![CalendarUnit::Day, CalendarUnit::Week, CalendarUnit::Month])
}

fn period(place: Place) -> BoxedStrategy<Period> {
    prop_oneof![
        4 => Just(Period::Window),
        2 => span().prop_map(Period::Within),
        1 => (exact(), exact()).prop_map(|(one, other)| {
            Period::FromTo(Span::Exact(0), one.max(other))
        }),
        3 => span().prop_map(Period::Last),
        1 => unit().prop_map(Period::Calendar),
        1 => (events(place), any::<bool>()).prop_map(|(events, latest)| Period::Since { events, latest }),
        1 => Just(Period::Ever),
    ]
    .boxed()
}

fn measure() -> impl Strategy<Value = Measure> {
    let inner = select(vec![
        Aggregate::Sum,
        Aggregate::Min,
        Aggregate::Max,
        Aggregate::Avg,
        Aggregate::First,
        Aggregate::Latest,
    ]);
    let outer = select(vec![Aggregate::Sum, Aggregate::Min, Aggregate::Max, Aggregate::Avg]);
    prop_oneof![
        4 => Just(Measure::Count),
        1 => Just(Measure::Days),
        1 => Just(Measure::Weeks),
        1 => Just(Measure::Users),
        1 => Just(Measure::Distinct(DistinctOf::EventName)),
        1 => name().prop_map(|name| Measure::Distinct(DistinctOf::Property(name))),
        2 => (inner.clone(), name()).prop_map(|(how, name)| Measure::Of(how, name)),
        1 => (outer, inner, name(), name()).prop_map(|(outer, inner, of, by)| Measure::Grouped { outer, inner, of, by }),
        1 => (2_u32..50).prop_map(Measure::Gap),
    ]
}

fn behaviour(place: Place, wants_value: bool) -> BoxedStrategy<Behaviour> {
    let form = (0_u8..10, unit(), 1_u32..20, 1_u32..20);
    (events(place), measure(), period(place), form)
        .prop_flat_map(move |(events, measure, period, (form, unit, one, other))| {
            let grows = !matches!(measure, Measure::Gap(_) | Measure::Of(Aggregate::First | Aggregate::Latest, _));
            let has_before = matches!(period, Period::Last(_) | Period::Calendar(_));
            let against_previous = form == 0 && grows && has_before;
            let per = (form == 1).then_some(unit);
            let regularity = (form == 2).then(|| Regularity { unit, units: one.max(other), at_least: one.min(other) });
            let period = if regularity.is_some() { Period::Window } else { period };
            let is = match measure {
                _ if wants_value => Just(None).boxed(),
                Measure::Gap(_) => gap_test().prop_map(Some).boxed(),
                Measure::Of(Aggregate::First | Aggregate::Latest, _) => test(place, false).prop_map(Some).boxed(),
                _ => test(place, true).prop_map(Some).boxed(),
            };
            is.prop_map(move |is| Behaviour {
                events: events.clone(),
                measure: measure.clone(),
                period: period.clone(),
                is,
                per,
                regularity,
                against_previous,
            })
        })
        .boxed()
}

fn gap_test() -> impl Strategy<Value = Test> {
    let length = (1_i64..1_000_000_000_000).prop_map(|length| Operand::Constant(Value::whole(length)));
    prop_oneof![
        length.clone().prop_map(|operand| Test::Is(Op::AtMost, operand)),
        length.clone().prop_map(|operand| Test::Is(Op::Equal, operand)),
        (length.clone(), length).prop_map(|(low, high)| Test::Between(low, high)),
    ]
}

fn sequence(place: Place) -> BoxedStrategy<Sequence> {
    let steps = (2_usize..4).prop_flat_map(move |steps| {
        let steps: Vec<_> = (1..=steps).map(|step| events(Place { step: Some(step), ..place })).collect();
        steps
    });
    (steps, prop::option::of(exact()), period(place))
        .prop_map(|(steps, span, period)| Sequence { steps, span, period })
        .boxed()
}

fn trait_test(place: Place) -> BoxedStrategy<TraitTest> {
    let against = prop::option::weighted(0.2, (path(place), span()));
    (path(place), against, prop::option::weighted(0.2, span()))
        .prop_flat_map(move |(path, against, lasting)| {
            let against = against.map(|(path, ago)| TraitAgainst { path, ago });
            test(place, against.is_some()).prop_map(move |test| TraitTest {
                path: path.clone(),
                test,
                lasting,
                against: against.clone(),
            })
        })
        .boxed()
}

fn quantity(place: Place) -> BoxedStrategy<Quantity> {
    prop_oneof![
        path(place).prop_map(Quantity::Trait),
        behaviour(place, true).prop_map(|behaviour| Quantity::Measure(Box::new(behaviour))),
    ]
    .boxed()
}

fn id() -> impl Strategy<Value = Arc<str>> {
    "[a-z0-9][a-z0-9_-]{0,6}".prop_map(Arc::from)
}

fn criterion(on: SubjectKind) -> BoxedStrategy<Criterion> {
    let place = Place { on, step: None };
    let mut leaves = vec![
        (6, behaviour(place, false).prop_map(|of| Criterion::Behaviour(Box::new(of))).boxed()),
        (1, sequence(place).prop_map(|of| Criterion::Sequence(Box::new(of))).boxed()),
        (3, trait_test(place).prop_map(|of| Criterion::Trait(Box::new(of))).boxed()),
        (1, ratio(place)),
        (1, (id(), prop::option::of(span())).prop_map(meets).boxed()),
    ];
    if on != SubjectKind::User {
        let is = (select(vec![Op::AtLeast, Op::Equal, Op::Below]), number())
            .prop_map(|(op, number)| Test::Is(op, Operand::Constant(Value::Number(number))));
        leaves.push((1, (id(), is).prop_map(|(definition, is)| Criterion::MembersMeeting { definition, is }).boxed()));
    }
    if on == SubjectKind::User {
        leaves.push((1, criterion(SubjectKind::Account).prop_map(|of| Criterion::OfAccount(Box::new(of))).boxed()));
    }
    proptest::strategy::Union::new_weighted(leaves)
        .prop_recursive(2, 8, 3, |inner| {
            let several = prop::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                several.clone().prop_map(Criterion::All),
                several.clone().prop_map(Criterion::Any),
                inner.prop_map(|inner| Criterion::Not(Box::new(inner))),
                (several, 1_u32..4)
                    .prop_map(|(of, least)| Criterion::AtLeast { least: least.min(of.len() as u32), of }),
            ]
        })
        .boxed()
}

fn meets((definition, lasting): (Arc<str>, Option<Span>)) -> Criterion {
    Criterion::Meets { definition, lasting }
}

fn ratio(place: Place) -> BoxedStrategy<Criterion> {
    (quantity(place), quantity(place), test(place, true))
        .prop_map(|(of, to, is)| Criterion::Ratio(Box::new(Ratio { of, to, is })))
        .boxed()
}

fn share(on: SubjectKind) -> BoxedStrategy<Share> {
    let place = Place { on, step: None };
    let time = (exact(), exact()).prop_filter_map("in order", |(one, other)| {
        (one != other).then(|| Share::Time { best: one.min(other), worst: one.max(other) })
    });
    let measure = (behaviour(place, true), positive(), 1_i64..1_000_000_000).prop_map(|(of, full, length)| {
        let full = if matches!(of.measure, Measure::Gap(_)) { Number::whole(length) } else { full };
        Share::Measure { of: Box::new(of), full }
    });
    let row = (criterion(on), number(), prop::option::weighted(0.2, 1_i64..100))
        .prop_map(|(criterion, points, hours)| PointRow { criterion, points, half_life: hours.map(Span::hours) });
    let points = (prop::collection::vec(row, 1..3), positive()).prop_map(|(table, cap)| Share::Points { table, cap });
    let leaf = prop_oneof![time, measure, points, Just(Share::FitMet)];
    leaf.prop_recursive(1, 3, 2, |inner| prop::collection::vec(inner, 1..3).prop_map(Share::Max)).boxed()
}

fn score(on: SubjectKind) -> impl Strategy<Value = (Vec<ScorePart>, Vec<Band>)> {
    let parts = prop::collection::btree_map(name(), (positive(), share(on)), 0..3);
    let bands = prop::collection::btree_map((0_i64..100).prop_map(Number::whole), name(), 0..3);
    (parts, bands).prop_map(|(parts, bands)| {
        let parts: Vec<ScorePart> =
            parts.into_iter().map(|(name, (weight, share))| ScorePart { name, weight, share }).collect();
        let mut named: Vec<Band> = Vec::new();
        for (at_least, name) in bands.into_iter().rev() {
            if !parts.is_empty() && named.iter().all(|band| band.name != name) {
                named.push(Band { name, at_least });
            }
        }
        (parts, named)
    })
}

/// Any definition that can be written.
pub fn definition() -> BoxedStrategy<Definition> {
    select(vec![SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace]).prop_flat_map(definition_of).boxed()
}

fn definition_of(on: SubjectKind) -> BoxedStrategy<Definition> {
    let place = Place { on, step: None };
    let population = prop_oneof![
        Just(None),
        Just(Some(Population::Everyone)),
        criterion(on).prop_map(|criterion| Some(Population::Meeting(criterion))),
    ];
    let clock =
        prop_oneof![Just(Clock::FirstSeen), events(place).prop_map(Clock::Event), path(place).prop_map(Clock::Trait),];
    let window = prop_oneof![
        Just(None),
        span().prop_map(|span| Some(Window::For(span))),
        path(place).prop_map(|path| Some(Window::Until(path))),
    ];
    let value = prop::option::of((prop::option::of(path(place)), positive(), "[A-Z]{3}"))
        .prop_map(|rule| rule.map(|(of, times, currency)| ValueRule { of, times, currency: currency.into() }));
    let goal = goal(on);
    let entries = prop_oneof![Just(Entries::Once), Just(Entries::Repeated), events(place).prop_map(Entries::OnEvent),];
    let who = (id(), name(), population, clock, window);
    let what = (criterion(on), prop::option::of(criterion(on)), score(on), value, goal, entries);
    (who, what)
        .prop_map(move |((id, name, population, clock, window), (when, fit, (score, bands), value, goal, entries))| {
            Definition {
                id,
                name: name.to_string(),
                subject: on,
                population,
                clock,
                window,
                when,
                fit,
                score,
                bands,
                value,
                goal,
                entries,
            }
        })
        .boxed()
}

fn goal(on: SubjectKind) -> BoxedStrategy<Option<Goal>> {
    let kinds = prop::option::of(select(vec![SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace]));
    let goal = (kinds, prop::option::of(span())).prop_flat_map(move |(of, within)| {
        let place = Place { on: of.unwrap_or(on), step: None };
        events(place).prop_map(move |events| Goal { events, of, within })
    });
    prop::option::of(goal).boxed()
}
