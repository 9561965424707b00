//! Random tests, operands, filters and selectors.

use engine::definition::{Events, Filter, NamePattern, Op, Operand, Pattern, Test, TraitOwner, TraitPath};
use engine::record::EventKind;
use engine::workspace::DomainKind;
use engine::{Number, Value};

use super::dice::Dice;
use super::name;
use super::spans::Spans;

/// All six.
pub const OPS: [Op; 6] = [Op::AtLeast, Op::Above, Op::Equal, Op::Unequal, Op::Below, Op::AtMost];

fn constant(value: Value) -> Operand {
    Operand::Constant(value)
}

/// A test of a small number.
pub fn of_number(dice: &mut Dice, values: &[Value]) -> Test {
    let one = |dice: &mut Dice| constant(dice.pick(values));
    match dice.below(12) {
        0 => Test::Between(one(dice), one(dice)),
        1 => Test::In(vec![one(dice), one(dice)]),
        2 => Test::NotIn(vec![one(dice), one(dice)]),
        3 => Test::Is(Op::Equal, one(dice)),
        4 => Test::Is(dice.pick(&OPS), one(dice)),
        5 => Test::Is(Op::AtMost, one(dice)),
        _ => Test::Is(Op::AtLeast, one(dice)),
    }
}

/// 0 to 4.
pub fn counts() -> Vec<Value> {
    [0, 1, 1, 2, 2, 3, 4].into_iter().map(Value::whole).collect()
}

/// Numbers as properties have them.
pub fn amounts() -> Vec<Value> {
    let mut amounts = counts();
    amounts.extend([Value::Number(Number(500_000_000)), Value::Number(Number(333_333_333)), Value::whole(-1)]);
    amounts
}

/// Shares and trends.
pub fn shares() -> Vec<Value> {
    [0, 500_000_000, 1_000_000_000, -500_000_000, 333_333_333]
        .into_iter()
        .map(|share| Value::Number(Number(share)))
        .collect()
}

/// A test of a text.
pub fn of_text(dice: &mut Dice, values: &[&str]) -> Test {
    let one = |dice: &mut Dice| constant(Value::text(dice.pick(values)));
    match dice.below(10) {
        0 => Test::Contains(one(dice)),
        1 => Test::Starts(name(dice.pick(values).get(..1).unwrap_or_default())),
        2 => Test::Ends(name(dice.pick(values).get(1..).unwrap_or_default())),
        3 => Test::Matches(Pattern(regex::Regex::new("^[a-o]").expect("a literal"))),
        4 => Test::In(vec![one(dice), one(dice)]),
        5 => Test::NotIn(vec![one(dice)]),
        6 => Test::Is(Op::Unequal, one(dice)),
        7 => dice.pick(&[Test::Exists, Test::Missing]),
        _ => Test::Is(Op::Equal, one(dice)),
    }
}

/// A test of a date.
pub fn of_date(dice: &mut Dice, spans: &Spans) -> Test {
    match dice.below(6) {
        0 => Test::OlderThan(spans.any(dice)),
        1 => Test::WithinLast(spans.any(dice)),
        2 | 3 => Test::WithinNext(spans.any(dice)),
        4 => Test::Is(dice.pick(&OPS), constant(Value::text("2024-04-01"))),
        _ => dice.pick(&[Test::Exists, Test::Missing]),
    }
}

/// A test of an e-mail address.
pub fn of_email(dice: &mut Dice) -> Test {
    let kinds = [DomainKind::Work, DomainKind::Free, DomainKind::Internal, DomainKind::Education];
    match dice.below(4) {
        0 => dice.pick(&[Test::Exists, Test::Missing]),
        1 => Test::Ends(name("acme.com")),
        _ => Test::DomainKind(dice.pick(&kinds)),
    }
}

/// A trait and a test that fits it.
pub fn trait_and_test(dice: &mut Dice, spans: &Spans, owners: &[TraitOwner]) -> (TraitPath, Test) {
    let (trait_name, test) = match dice.below(14) {
        0 => ("email", of_email(dice)),
        1 => ("role", of_text(dice, &["admin", "member"])),
        2 | 3 => ("plan", of_text(dice, &["pro", "free"])),
        4 | 5 => ("renews", of_date(dice, spans)),
        6 => ("stage", of_text(dice, &["customer", "trial"])),
        7 => (dice.pick(&["first_seen", "last_seen"]), of_date(dice, spans)),
        8 => (dice.pick(&["members", "rank"]), of_number(dice, &counts())),
        9 => (dice.pick(&["first_source", "first_campaign"]), of_text(dice, &["x", "y"])),
        _ => ("seats", of_number(dice, &amounts())),
    };
    let of = dice.pick(owners);
    (TraitPath { of, name: name(trait_name) }, test)
}

/// A condition on an event; with `steps` earlier steps to point at.
pub fn filter(dice: &mut Dice, spans: &Spans, steps: usize, depth: usize) -> Filter {
    let property = |words: &str| Operand::Property(name(words));
    let owners = [TraitOwner::Own, TraitOwner::User, TraitOwner::Account, TraitOwner::Workspace];
    let (left, test) = match dice.below(16) {
        0 if depth > 0 => return Filter::Not(Box::new(filter(dice, spans, steps, depth - 1))),
        1 if depth > 0 => {
            return Filter::All(vec![filter(dice, spans, steps, depth - 1), filter(dice, spans, steps, depth - 1)]);
        }
        2 if depth > 0 => {
            return Filter::Any(vec![filter(dice, spans, steps, depth - 1), filter(dice, spans, steps, depth - 1)]);
        }
        3..=5 if steps > 0 => related(dice, steps),
        6 | 7 => (property("q"), of_text(dice, &["x", "y"])),
        8 => (property("owner"), Test::Is(dice.pick(&[Op::Equal, Op::Unequal]), Operand::UserId)),
        9 => {
            let (path, test) = trait_and_test(dice, spans, &owners);
            // Goals are filters too: a stage that follows from a goal that follows from a stage has no meaning.
            let path = if &*path.name == "stage" { TraitPath { name: name("plan"), ..path } } else { path };
            (Operand::Trait(path), test)
        }
        10 => (property("d"), of_date(dice, spans)),
        11 => {
            let path = TraitPath { of: dice.pick(&owners), name: name("seats") };
            (property("p"), Test::Is(dice.pick(&OPS), Operand::Trait(path)))
        }
        12 => (property("p"), dice.pick(&[Test::Exists, Test::Missing])),
        _ => (property("p"), of_number(dice, &amounts())),
    };
    Filter::Test { left, test }
}

fn related(dice: &mut Dice, steps: usize) -> (Operand, Test) {
    let step = dice.between(1, steps);
    let op = dice.pick(&[Op::Equal, Op::Equal, Op::Unequal, Op::Above]);
    match dice.below(4) {
        0 => (Operand::StepDay(0), Test::Is(Op::Above, Operand::StepDay(step))),
        1 => (Operand::StepTime(0), Test::Is(dice.pick(&[Op::Above, Op::Equal]), Operand::StepTime(step))),
        2 => (Operand::Property(name("q")), Test::Is(op, Operand::StepProperty(step, name("q")))),
        _ => (Operand::Property(name("p")), Test::Is(op, Operand::StepProperty(step, name("p")))),
    }
}

/// Which events; `filtered` in so many of a hundred.
pub fn events(dice: &mut Dice, spans: &Spans, filtered: usize, steps: usize) -> Events {
    let exactly = |words: &str| NamePattern::Exactly(name(words));
    let names = match dice.below(10) {
        0 | 1 => vec![NamePattern::Any],
        2 => vec![exactly("A"), exactly("B")],
        3 => vec![NamePattern::Prefix(name(dice.pick(&["Report ", "Vis"])))],
        4 => vec![exactly("C")],
        5 => vec![exactly("Pay"), exactly("B")],
        6 => vec![exactly("B")],
        _ => vec![exactly("A")],
    };
    let kind = dice.chance(8).then(|| dice.pick(&[EventKind::Product, EventKind::Billing, EventKind::Marketing]));
    let filter = dice.chance(filtered).then(|| filter(dice, spans, steps, 2));
    Events { names, kind, filter }
}
