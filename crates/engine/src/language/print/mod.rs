//! Writes a definition as a file: whatever is said with data (by discovery, by the builder on the web) becomes the
//! same short YAML that a person would write, and reads back as the very same definition.
//!
//! What the parser refuses (an empty list, a comparison of a constant, a name with a `*` before its end) cannot be
//! written either; it comes out as a text that does not parse.

mod comparisons;
mod criteria;
mod piece;

use crate::definition::{
    Clock, Criterion, Definition, Entries, Goal, PointRow, Population, ScorePart, Share, ValueRule, Window,
};
use crate::{Number, Span};

use super::scalars::{write_duration, write_trait_path};
pub(crate) use piece::Piece;

/// The definition as the text of a file.
#[must_use]
pub fn to_yaml(definition: &Definition) -> String {
    definition_piece(definition).to_yaml()
}

/// A criterion as one line of a file.
#[must_use]
pub fn criterion_to_yaml(criterion: &Criterion) -> String {
    criteria::criterion(criterion).flow()
}

/// A name or text as it stands in a file: in quotes where it could be read as something else.
#[must_use]
pub fn text_to_yaml(text: &str) -> String {
    Piece::text(text).flow()
}

pub(crate) fn definition_piece(definition: &Definition) -> Piece {
    let mut pairs = vec![
        ("id", Piece::text(&definition.id)),
        ("name", Piece::text(&definition.name)),
        ("subject", Piece::text(definition.subject.word())),
    ];
    if let Some(rule) = &definition.population {
        pairs.push(("population", population(rule)));
    }
    match &definition.clock {
        Clock::FirstSeen => {}
        Clock::Event(events) => pairs.push(("clock", Piece::map(criteria::selector(events)))),
        Clock::Trait(path) => {
            pairs.push(("clock", Piece::map(vec![("trait", Piece::text(&write_trait_path(path, false)))])));
        }
    }
    match &definition.window {
        None => {}
        Some(Window::For(span)) => pairs.push(("window", duration(*span))),
        Some(Window::Until(path)) => {
            pairs.push(("window", Piece::map(vec![("until", Piece::text(&write_trait_path(path, false)))])));
        }
    }
    pairs.push(("when", criteria::criterion(&definition.when)));
    if let Some(fit) = &definition.fit {
        pairs.push(("fit", criteria::criterion(fit)));
    }
    if !definition.score.is_empty() {
        let parts = definition.score.iter().map(|part| (part.name.to_string(), score_part(part)));
        pairs.push(("score", Piece::Map(parts.collect())));
    }
    if !definition.bands.is_empty() {
        let bands = definition.bands.iter().map(|band| (band.name.to_string(), number(band.at_least)));
        pairs.push(("bands", Piece::Map(bands.collect())));
    }
    if let Some(rule) = &definition.value {
        pairs.push(("value", value(rule)));
    }
    if let Some(rule) = &definition.goal {
        pairs.push(("goal", goal(rule)));
    }
    match &definition.entries {
        Entries::Once => {}
        Entries::Repeated => pairs.push(("once", Piece::Plain("false".to_owned()))),
        Entries::OnEvent(events) => pairs.push(("on", criteria::events(events))),
    }
    Piece::map(pairs)
}

pub(crate) fn population(population: &Population) -> Piece {
    match population {
        Population::Everyone => Piece::text("everyone"),
        Population::Meeting(criterion) => criteria::criterion(criterion),
    }
}

pub(crate) fn goal(goal: &Goal) -> Piece {
    let mut pairs = criteria::selector(&goal.events);
    if let Some(of) = goal.of {
        pairs.push(("of", Piece::text(of.word())));
    }
    if let Some(within) = goal.within {
        pairs.push(("within", duration(within)));
    }
    Piece::map(pairs)
}

fn value(rule: &ValueRule) -> Piece {
    let mut pairs = Vec::new();
    if let Some(path) = &rule.of {
        pairs.push(("trait", Piece::text(&write_trait_path(path, false))));
    }
    pairs.push(("times", number(rule.times)));
    pairs.push(("currency", Piece::text(&rule.currency)));
    Piece::map(pairs)
}

fn score_part(part: &ScorePart) -> Piece {
    let mut pairs = vec![("weight", number(part.weight))];
    pairs.extend(share(&part.share));
    Piece::map(pairs)
}

fn share(share_of: &Share) -> Vec<(&'static str, Piece)> {
    match share_of {
        Share::Time { best, worst } => vec![("best", duration(*best)), ("worst", duration(*worst))],
        Share::FitMet => vec![("of", Piece::text("fit"))],
        Share::Measure { of, full } => {
            let full = match of.measure {
                crate::definition::Measure::Gap(_) => Piece::text(&comparisons::gap_text(*full)),
                _ => number(*full),
            };
            vec![("of", criteria::behaviour(of)), ("full", full)]
        }
        Share::Points { table, cap } => {
            let rows = table.iter().map(point_row).collect();
            vec![("points", Piece::List(rows)), ("cap", number(*cap))]
        }
        Share::Max(shares) => {
            let shares = shares.iter().map(|inner| Piece::map(share(inner))).collect();
            vec![("max", Piece::List(shares))]
        }
    }
}

fn point_row(row: &PointRow) -> Piece {
    let mut piece = criteria::criterion(&row.criterion);
    if let Piece::Map(pairs) = &mut piece {
        pairs.push(("points".to_owned(), number(row.points)));
        if let Some(half_life) = row.half_life {
            pairs.push(("half_life".to_owned(), duration(half_life)));
        }
    }
    piece
}

pub(super) fn number(number: Number) -> Piece {
    Piece::Plain(number.to_string())
}

pub(super) fn duration(span: Span) -> Piece {
    Piece::text(&write_duration(span))
}
