//! Criteria as YAML.

use crate::definition::{
    Aggregate, Behaviour, CalendarUnit, Criterion, DistinctOf, Events, Measure, NamePattern, Op, Operand, Period,
    Quantity, Sequence, Test, TraitTest,
};
use crate::language::scalars::write_trait_path;
use crate::{Number, Value};

use super::comparisons::{self, Constants};
use super::{Piece, duration};

type Pairs = Vec<(&'static str, Piece)>;

/// A criterion as a mapping.
pub(super) fn criterion(of: &Criterion) -> Piece {
    let list = |criteria: &[Criterion]| Piece::List(criteria.iter().map(criterion).collect());
    let lasting = |mut pairs: Pairs, span: &Option<crate::Span>| {
        if let Some(span) = span {
            pairs.push(("for", duration(*span)));
        }
        Piece::map(pairs)
    };
    match of {
        Criterion::All(parts) => Piece::map(vec![("all", list(parts))]),
        Criterion::Any(parts) => Piece::map(vec![("any", list(parts))]),
        Criterion::Not(part) => Piece::map(vec![("not", criterion(part))]),
        Criterion::AtLeast { least, of } => {
            Piece::map(vec![("at_least", Piece::Plain(least.to_string())), ("of", list(of))])
        }
        Criterion::Behaviour(of) => behaviour(of),
        Criterion::Sequence(of) => sequence(of),
        Criterion::Trait(test) => lasting(trait_test(test), &test.lasting),
        Criterion::Ratio(ratio) => {
            let sides = Piece::map(vec![("of", quantity(&ratio.of)), ("to", quantity(&ratio.to))]);
            let (key, as_hashed) = comparisons::pairs(&ratio.is, Constants::AsTheyAre);
            let (_, as_written) = comparisons::pairs(&ratio.is, Constants::Percentages);
            let is = Piece::Shown { as_written: Box::new(as_written), as_hashed: Box::new(as_hashed) };
            Piece::map(vec![("ratio", sides), (key, is)])
        }
        Criterion::Meets { definition, lasting: span } => lasting(vec![("meets", Piece::text(definition))], span),
        Criterion::MembersMeeting { definition, is } => Piece::map(vec![
            ("users", comparisons::comparison(is, Constants::AsTheyAre)),
            ("meeting", Piece::text(definition)),
        ]),
        Criterion::OfAccount(part) => Piece::map(vec![("account", criterion(part))]),
    }
}

/// Which events, as keys of a mapping.
pub(super) fn selector(events: &Events) -> Pairs {
    let mut names: Vec<Piece> = events.names.iter().map(name).collect();
    let names = if names.len() == 1 { names.remove(0) } else { Piece::List(names) };
    let mut pairs = vec![("event", names)];
    if let Some(kind) = events.kind {
        pairs.push(("kind", Piece::text(kind.word())));
    }
    if let Some(filter) = &events.filter {
        pairs.push(("where", comparisons::filter(filter)));
    }
    pairs
}

/// Which events, as short as it goes.
pub(super) fn events(of: &Events) -> Piece {
    match of.names.as_slice() {
        [only] if of.kind.is_none() && of.filter.is_none() => name(only),
        _ => Piece::map(selector(of)),
    }
}

fn name(pattern: &NamePattern) -> Piece {
    match pattern {
        NamePattern::Any => Piece::text("any"),
        NamePattern::Exactly(name) if &**name == "any" || name.contains('*') || name.starts_with('\\') => {
            Piece::Text(format!("\\{name}"))
        }
        NamePattern::Exactly(name) => Piece::text(name),
        NamePattern::Prefix(prefix) => Piece::Text(format!("{prefix}*")),
    }
}

/// A measure, compared or not.
pub(super) fn behaviour(of: &Behaviour) -> Piece {
    let mut pairs = selector(&of.events);
    pairs.extend(measure(of));
    pairs.extend(period(&of.period));
    if let Some(unit) = of.per {
        pairs.push(("per", Piece::text(unit_word(unit))));
    }
    if let Some(regularity) = of.regularity {
        let unit = match regularity.unit {
            CalendarUnit::Day => "days",
            CalendarUnit::Week => "weeks",
            CalendarUnit::Month => "months",
        };
        let rule = vec![
            (unit, Piece::Plain(regularity.units.to_string())),
            ("at_least", Piece::Plain(regularity.at_least.to_string())),
        ];
        pairs.push(("in_each_of", Piece::map(rule)));
    }
    if of.against_previous {
        pairs.push(("against", Piece::text("previous")));
    }
    Piece::map(pairs)
}

fn measure(of: &Behaviour) -> Pairs {
    let once = Test::Is(Op::AtLeast, Operand::Constant(Value::Number(Number::ONE)));
    if of.measure == Measure::Count && of.is.as_ref() == Some(&once) && !of.against_previous {
        return Vec::new();
    }
    let word = match of.measure {
        Measure::Count => Some("count"),
        Measure::Days => Some("days"),
        Measure::Weeks => Some("weeks"),
        Measure::Users => Some("users"),
        _ => None,
    };
    let constants = match of.measure {
        Measure::Gap(_) if !of.against_previous => Constants::Durations,
        _ => Constants::AsTheyAre,
    };
    let test = of.is.as_ref().map(|test| comparisons::pairs(test, constants));
    let mut pairs = match (word, &of.is, &of.measure) {
        (Some(word), Some(test @ Test::Is(..)), _) if !of.against_previous => {
            return vec![(word, comparisons::comparison(test, constants))];
        }
        (Some(word), _, _) => vec![("measure", Piece::text(word))],
        (None, _, measure) => vec![property_measure(measure)],
    };
    pairs.extend(test);
    pairs
}

fn property_measure(measure: &Measure) -> (&'static str, Piece) {
    match measure {
        Measure::Distinct(DistinctOf::EventName) => ("distinct", Piece::text("$event")),
        Measure::Distinct(DistinctOf::Property(name)) if &**name == "$event" || name.starts_with("$this.") => {
            ("distinct", Piece::Text(format!("$this.{name}")))
        }
        Measure::Distinct(DistinctOf::Property(name)) => ("distinct", Piece::text(name)),
        Measure::Of(how, name) => (aggregate(*how), Piece::text(name)),
        Measure::Grouped { outer, inner, of, by } => {
            let groups = vec![(aggregate(*inner), Piece::text(of)), ("by", Piece::text(by))];
            (aggregate(*outer), Piece::map(groups))
        }
        Measure::Gap(events) => ("gap", Piece::Plain(events.to_string())),
        Measure::Count => ("measure", Piece::text("count")),
        Measure::Days => ("measure", Piece::text("days")),
        Measure::Weeks => ("measure", Piece::text("weeks")),
        Measure::Users => ("measure", Piece::text("users")),
    }
}

const fn aggregate(of: Aggregate) -> &'static str {
    match of {
        Aggregate::Sum => "sum",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
        Aggregate::Avg => "avg",
        Aggregate::First => "first",
        Aggregate::Latest => "latest",
    }
}

const fn unit_word(unit: CalendarUnit) -> &'static str {
    match unit {
        CalendarUnit::Day => "day",
        CalendarUnit::Week => "week",
        CalendarUnit::Month => "month",
    }
}

fn period(of: &Period) -> Pairs {
    match of {
        Period::Window => Vec::new(),
        Period::Within(span) => vec![("within", duration(*span))],
        Period::FromTo(from, to) => vec![("from", duration(*from)), ("to", duration(*to))],
        Period::Last(span) => vec![("last", duration(*span))],
        Period::Calendar(unit) => vec![("calendar", Piece::text(unit_word(*unit)))],
        Period::Since { events: of, latest: false } => vec![("since", events(of))],
        Period::Since { events: of, latest: true } => vec![("since_last", events(of))],
        Period::Ever => vec![("ever", Piece::Plain("true".to_owned()))],
    }
}

fn sequence(of: &Sequence) -> Piece {
    let mut pairs = vec![("sequence", Piece::List(of.steps.iter().map(events).collect()))];
    if let Some(span) = of.span {
        pairs.push(("span", duration(span)));
    }
    pairs.extend(period(&of.period));
    Piece::map(pairs)
}

fn trait_test(test: &TraitTest) -> Pairs {
    let mut pairs = vec![("trait", Piece::text(&write_trait_path(&test.path, false)))];
    if let Some(against) = &test.against {
        let base =
            vec![("trait", Piece::text(&write_trait_path(&against.path, false))), ("ago", duration(against.ago))];
        pairs.push(("against", Piece::map(base)));
    }
    pairs.push(comparisons::pairs(&test.test, Constants::AsTheyAre));
    pairs
}

fn quantity(of: &Quantity) -> Piece {
    match of {
        Quantity::Trait(path) => Piece::text(&write_trait_path(path, false)),
        Quantity::Measure(measure) => behaviour(measure),
    }
}
