//! Criteria in words, for people: `Project Created at least 3 times in the last 7d`.

use engine::definition::{
    Aggregate, Behaviour, CalendarUnit, Criterion, DistinctOf, Events, Filter, Measure, NamePattern, Op, Operand,
    Period, Quantity, Ratio, Sequence, Test, TraitOwner, TraitPath, TraitTest, ValueRule,
};
use engine::outcome::Finding;
use engine::workspace::DomainKind;
use engine::{Number, Timestamp, Value};

/// A criterion in words.
#[must_use]
pub fn criterion(criterion: &Criterion) -> String {
    let joined = |parts: &[Criterion], with: &str| parts.iter().map(self::criterion).collect::<Vec<_>>().join(with);
    match criterion {
        Criterion::All(parts) => joined(parts, " and "),
        Criterion::Any(parts) => joined(parts, " or "),
        Criterion::Not(part) => match &**part {
            Criterion::Behaviour(behaviour) if is_any_at_all(behaviour) => {
                format!("no {} so far", self::behaviour(behaviour))
            }
            other => format!("not ({})", self::criterion(other)),
        },
        Criterion::AtLeast { least, of } => format!("at least {least} of: {}", joined(of, "; ")),
        Criterion::Behaviour(behaviour) => self::behaviour(behaviour),
        Criterion::Sequence(sequence) => self::sequence(sequence),
        Criterion::Trait(test) => trait_test(test),
        Criterion::Ratio(ratio) => self::ratio(ratio),
        Criterion::Meets { definition, lasting } => {
            let lasting = lasting.map_or(String::new(), |span| format!(" for {span}"));
            format!("meets “{definition}”{lasting}")
        }
        Criterion::MembersMeeting { definition, is } => format!("members who meet “{definition}” {}", test(is)),
        Criterion::OfAccount(part) => format!("the account: {}", self::criterion(part)),
    }
}

/// `number of Project Created at least 80 % of max_projects`.
fn ratio(ratio: &Ratio) -> String {
    let (of, to) = (quantity(&ratio.of), quantity(&ratio.to));
    match &ratio.is {
        Test::Is(op, Operand::Constant(Value::Number(share))) => {
            let hundredths = Number(share.0.saturating_mul(100));
            format!("{of} {} {hundredths} % of {to}", sign(*op))
        }
        is => format!("{of} of {to} {}", test(is)),
    }
}

/// A criterion that was met, with what was found: `4 × Project Created`.
#[must_use]
pub fn met(criterion: &Criterion, finding: &Finding) -> String {
    let found = finding.value.as_ref().map(value);
    match (criterion, found) {
        (Criterion::Behaviour(behaviour), Some(found)) if is_plain(behaviour) => {
            let (events, period) = (events(&behaviour.events), period(&behaviour.period));
            match behaviour.measure {
                Measure::Count if found == "0" => format!("no {events}{period}"),
                Measure::Count => format!("{found} × {events}{period}"),
                Measure::Days => format!("{events} on {found} {}{period}", plural(&found, "day")),
                Measure::Weeks => format!("{events} in {found} {}{period}", plural(&found, "week")),
                Measure::Users => {
                    format!("{events} by {found} {}{period}", if found == "1" { "member" } else { "members" })
                }
                _ => format!("{}: {found}", self::criterion(criterion)),
            }
        }
        (Criterion::Trait(test), Some(found)) if test.lasting.is_none() && test.against.is_none() => {
            format!("{} {found}", trait_path(&test.path))
        }
        (Criterion::Ratio(_) | Criterion::Behaviour(_) | Criterion::Trait(_), Some(found)) => {
            format!("{}: {found}", self::criterion(criterion))
        }
        _ => self::criterion(criterion),
    }
}

/// What is measured is a number of its own, not one of many calendar units or a growth.
fn is_plain(behaviour: &Behaviour) -> bool {
    behaviour.per.is_none() && behaviour.regularity.is_none() && !behaviour.against_previous
}

/// At least one event: what `{ event: A }` says.
fn is_any_at_all(behaviour: &Behaviour) -> bool {
    is_plain(behaviour)
        && behaviour.measure == Measure::Count
        && matches!(&behaviour.is, Some(Test::Is(Op::AtLeast, Operand::Constant(Value::Number(Number::ONE)))))
}

fn plural(amount: &str, word: &str) -> String {
    if amount == "1" { word.to_owned() } else { format!("{word}s") }
}

fn behaviour(behaviour: &Behaviour) -> String {
    let events = events(&behaviour.events);
    let is = behaviour.is.as_ref();
    let mut text = match (&behaviour.measure, is) {
        (Measure::Count, Some(Test::Is(Op::AtLeast, Operand::Constant(Value::Number(Number::ONE))))) => events,
        (Measure::Count, Some(Test::Is(Op::Equal, Operand::Constant(Value::Number(Number::ZERO))))) => {
            format!("no {events}")
        }
        (Measure::Count, Some(is)) => format!("{events} {} times", test(is)),
        (Measure::Days, Some(is)) => format!("{events} on {} days", test(is)),
        (Measure::Weeks, Some(is)) => format!("{events} in {} weeks", test(is)),
        (Measure::Users, Some(is)) => format!("{events} by {} members", test(is)),
        (measure, is) => format!("{} {}", self::measure(measure, &events), is.map_or(String::new(), test)),
    };
    if behaviour.against_previous {
        text.push_str(" against the period before");
    }
    if let Some(unit) = behaviour.per {
        text.push_str(&format!(" in some one {}", self::unit(unit)));
    }
    if let Some(regularity) = behaviour.regularity {
        let unit = unit(regularity.unit);
        text.push_str(&format!(" in {} of the last {} {unit}s", regularity.at_least, regularity.units));
    }
    text.push_str(&period(&behaviour.period));
    text.trim_end().to_owned()
}

fn measure(measure: &Measure, events: &str) -> String {
    match measure {
        Measure::Count => format!("number of {events}"),
        Measure::Days => format!("days with {events}"),
        Measure::Weeks => format!("weeks with {events}"),
        Measure::Users => format!("members with {events}"),
        Measure::Distinct(DistinctOf::EventName) => format!("different events among {events}"),
        Measure::Distinct(DistinctOf::Property(property)) => format!("different “{property}” of {events}"),
        Measure::Of(aggregate, property) => format!("{} “{property}” of {events}", self::aggregate(*aggregate)),
        Measure::Grouped { outer, inner, of, by } => {
            format!("{} {} “{of}” of {events} for each “{by}”", outer_aggregate(*outer), inner_aggregate(*inner))
        }
        Measure::Gap(count) => format!("time from the first {events} to number {count}"),
    }
}

const fn aggregate(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Sum => "sum of",
        Aggregate::Min => "least",
        Aggregate::Max => "largest",
        Aggregate::Avg => "average",
        Aggregate::First => "first",
        Aggregate::Latest => "latest",
    }
}

/// An aggregate over others: `sum of the latest “seats” …`.
const fn outer_aggregate(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Sum => "sum of the",
        Aggregate::Min => "least of the",
        Aggregate::Max => "largest of the",
        Aggregate::Avg => "average of the",
        Aggregate::First => "first of the",
        Aggregate::Latest => "latest of the",
    }
}

const fn inner_aggregate(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Sum => "summed",
        other => self::aggregate(other),
    }
}

const fn unit(unit: CalendarUnit) -> &'static str {
    match unit {
        CalendarUnit::Day => "day",
        CalendarUnit::Week => "week",
        CalendarUnit::Month => "month",
    }
}

fn sequence(sequence: &Sequence) -> String {
    let steps: Vec<String> = sequence.steps.iter().zip(1..).map(|(events, number)| step(events, number)).collect();
    let span = sequence.span.map_or(String::new(), |span| format!(" within {span}"));
    format!("{}{span}{}", steps.join(", then "), period(&sequence.period))
}

/// A step by its number: what its day has to do with the step before is said behind the rest.
fn step(events: &Events, number: usize) -> String {
    let tests: &[Filter] = match &events.filter {
        Some(Filter::All(parts)) => parts,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let (days, others): (Vec<_>, Vec<_>) =
        tests.iter().map(|test| (test, on_which_day(test, number))).partition(|(_, day)| day.is_some());
    let filter = (!others.is_empty()).then(|| Filter::All(others.into_iter().map(|(test, _)| test.clone()).collect()));
    let rest = self::events(&Events { filter, ..events.clone() });
    days.into_iter().filter_map(|(_, day)| day).fold(rest, |text, day| format!("{text} {day}"))
}

/// The day of a step beside that of the one before.
fn on_which_day(filter: &Filter, number: usize) -> Option<&'static str> {
    let Filter::Test { left: Operand::StepDay(left), test: Test::Is(op, Operand::StepDay(right)) } = filter else {
        return None;
    };
    match ((*left == number || *left == 0) && right.checked_add(1) == Some(number), op) {
        (true, Op::Above) => Some("on a later day"),
        (true, Op::Equal) => Some("on the same day"),
        (true, Op::Unequal) => Some("on another day"),
        _ => None,
    }
}

/// Nothing for the definition's own window; else the words behind what is measured.
fn period(period: &Period) -> String {
    match period {
        Period::Window => String::new(),
        Period::Within(span) => format!(" within {span} of the start"),
        Period::FromTo(from, to) => format!(" from {from} to {to} after the start"),
        Period::Last(span) => format!(" in the last {span}"),
        Period::Calendar(CalendarUnit::Day) => " today".to_owned(),
        Period::Calendar(unit) => format!(" this {}", self::unit(*unit)),
        Period::Since { events, latest } => {
            format!(" since the {} {}", if *latest { "latest" } else { "first" }, self::events(events))
        }
        Period::Ever => " ever".to_owned(),
    }
}

/// An event selector in words.
#[must_use]
pub fn events(events: &Events) -> String {
    let names: Vec<String> = events
        .names
        .iter()
        .map(|pattern| match (pattern, events.kind) {
            (NamePattern::Any, Some(kind)) => format!("any {} event", kind.word()),
            (NamePattern::Any, None) => "any event".to_owned(),
            (NamePattern::Exactly(name), _) => name.to_string(),
            (NamePattern::Prefix(prefix), _) => format!("{prefix}*"),
        })
        .collect();
    let filter = events.filter.as_ref().map_or(String::new(), |filter| format!(" where {}", self::filter(filter)));
    format!("{}{filter}", names.join(" or "))
}

fn filter(filter: &Filter) -> String {
    let joined = |parts: &[Filter], with: &str| parts.iter().map(self::filter).collect::<Vec<_>>().join(with);
    match filter {
        Filter::All(parts) => joined(parts, " and "),
        Filter::Any(parts) => joined(parts, " or "),
        Filter::Not(part) => format!("not ({})", self::filter(part)),
        Filter::Test { left, test: Test::Is(op, right) } if is_moment(left) || is_moment(right) => {
            format!("{} {} {}", operand(left), moment_sign(*op), operand(right))
        }
        Filter::Test { left, test } => format!("{} {}", operand(left), self::test(test)),
    }
}

fn trait_test(test: &TraitTest) -> String {
    let against = test
        .against
        .as_ref()
        .map_or(String::new(), |against| format!(" against {} {} ago", trait_path(&against.path), against.ago));
    let lasting = test.lasting.map_or(String::new(), |span| format!(" for {span}"));
    format!("{}{against} {}{lasting}", trait_path(&test.path), self::test(&test.test))
}

/// What makes a value: a trait times a number, or the number alone.
#[must_use]
pub fn worth(rule: &ValueRule) -> String {
    match &rule.of {
        Some(path) => format!("{} × {}", trait_path(path), rule.times),
        None => rule.times.to_string(),
    }
}

fn trait_path(path: &TraitPath) -> String {
    let owner = match path.of {
        TraitOwner::Own => return path.name.to_string(),
        TraitOwner::Account => "account",
        TraitOwner::Workspace => "workspace",
        TraitOwner::User => "user",
        TraitOwner::FirstMember => "the first member’s",
        TraitOwner::AnyMember => "a member’s",
    };
    format!("{owner} {}", path.name)
}

fn quantity(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Trait(path) => trait_path(path),
        Quantity::Measure(behaviour) => self::behaviour(behaviour),
    }
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Constant(constant) => value(constant),
        Operand::Property(name) => name.to_string(),
        Operand::StepProperty(step, name) => format!("{name} of step {step}"),
        Operand::StepDay(0) => "its day".to_owned(),
        Operand::StepDay(step) => format!("the day of step {step}"),
        Operand::StepTime(0) => "its time".to_owned(),
        Operand::StepTime(step) => format!("the time of step {step}"),
        Operand::UserId => "the user".to_owned(),
        Operand::Trait(path) => trait_path(path),
    }
}

/// A day or a time of an event.
const fn is_moment(operand: &Operand) -> bool {
    matches!(operand, Operand::StepDay(_) | Operand::StepTime(_))
}

/// How days and times compare.
const fn moment_sign(op: Op) -> &'static str {
    match op {
        Op::AtLeast => "is not before",
        Op::Above => "is after",
        Op::Equal => "is",
        Op::Unequal => "is not",
        Op::Below => "is before",
        Op::AtMost => "is not after",
    }
}

const fn sign(op: Op) -> &'static str {
    match op {
        Op::AtLeast => "at least",
        Op::Above => "more than",
        Op::Equal => "=",
        Op::Unequal => "≠",
        Op::Below => "less than",
        Op::AtMost => "at most",
    }
}

fn test(test: &Test) -> String {
    let list = |operands: &[Operand]| operands.iter().map(operand).collect::<Vec<_>>().join(", ");
    match test {
        Test::Is(op, right) => format!("{} {}", sign(*op), operand(right)),
        Test::Between(low, high) => format!("between {} and {}", operand(low), operand(high)),
        Test::In(operands) => format!("in {}", list(operands)),
        Test::NotIn(operands) => format!("not in {}", list(operands)),
        Test::Contains(part) => format!("contains {}", operand(part)),
        Test::Starts(start) => format!("starts with {start}"),
        Test::Ends(end) => format!("ends with {end}"),
        Test::Matches(pattern) => format!("matches {}", pattern.0.as_str()),
        Test::Exists => "is there".to_owned(),
        Test::Missing => "is missing".to_owned(),
        Test::OlderThan(span) => format!("older than {span}"),
        Test::WithinLast(span) => format!("within the last {span}"),
        Test::WithinNext(span) => format!("within the next {span}"),
        Test::DomainKind(kind) => match kind {
            DomainKind::Work => "of a company’s domain",
            DomainKind::Free => "of a free-mail domain",
            DomainKind::Education => "of a school’s domain",
            DomainKind::Internal => "of one of our own domains",
            DomainKind::Competitor => "of a competitor’s domain",
        }
        .to_owned(),
    }
}

/// A value as people write it.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::Text(words) => words.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(true) => "yes".to_owned(),
        Value::Boolean(false) => "no".to_owned(),
        Value::Time(at) => time(*at),
        Value::List(values) => values.iter().map(self::value).collect::<Vec<_>>().join(", "),
    }
}

fn time(at: Timestamp) -> String {
    crate::figure::When(at).minute(&jiff::tz::TimeZone::UTC)
}
