//! Runs examples on the evaluator and says where the outcome is another than expected.

use std::sync::Arc;

use super::{Example, Expectation};
use crate::definition::{Band, Definition};
use crate::evaluate::Evaluator;
use crate::language::Document;
use crate::language::diagnostic::Place;
use crate::language::scalars;
use crate::outcome::{Explanation, Outcome};
use crate::program::{CompileError, Program};
use crate::workspace::Workspace;
use crate::{Number, Span, Timestamp, assemble};

/// How an example went.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Which definition's.
    pub definition: Arc<str>,
    /// The example's name.
    pub example: String,
    /// Where it stands.
    pub place: Place,
    /// What came out otherwise than expected; empty: it holds.
    pub differences: Vec<String>,
    /// How everything stood at the first instant at which an entry was expected and did not come.
    pub unmet: Option<Explanation>,
}

/// What came out, in the words of an expectation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Each entry with its exit.
    pub entries: Vec<(Timestamp, Option<Timestamp>)>,
    /// When the behaviour was first met.
    pub to_use: Option<Timestamp>,
    /// The score at the first entry.
    pub score: Option<Number>,
    /// The value at the first entry.
    pub value: Option<Number>,
}

impl Observed {
    /// From what the evaluator said of the example's subject; `None`: nothing.
    #[must_use]
    pub fn of(outcome: Option<&Outcome>) -> Self {
        let Some(outcome) = outcome else { return Self::default() };
        let first = outcome.entries.first();
        Self {
            entries: outcome.entries.iter().map(|entry| (entry.at, entry.exit)).collect(),
            to_use: outcome.met_at,
            score: first.and_then(|entry| entry.score.as_ref()).map(|score| score.total),
            value: first.and_then(|entry| entry.value),
        }
    }
}

/// Runs the examples of some documents; definitions that they refer to must be among the documents.
///
/// # Errors
/// Why the definitions cannot be compiled together.
pub fn run(documents: &[Document], workspace: &Workspace) -> Result<Vec<Run>, Vec<CompileError>> {
    let definitions: Vec<Definition> = documents.iter().map(|document| document.definition.clone()).collect();
    let program = Program::compile(&definitions, workspace)?;
    let mut runs = Vec::new();
    for (place, document) in documents.iter().enumerate() {
        for example in &document.examples {
            let (outcome, unmet) = outcome(example, place, &program);
            runs.push(Run {
                definition: Arc::clone(&document.definition.id),
                example: example.name.clone(),
                place: example.place,
                differences: example.differences(&Observed::of(outcome.as_ref()), &document.definition.bands),
                unmet,
            });
        }
    }
    Ok(runs)
}

/// What the definition at this place of the program says of the example's subject, and how everything stood where an entry is missing.
fn outcome(example: &Example, place: usize, program: &Program) -> (Option<Outcome>, Option<Explanation>) {
    let households = assemble::from_records(&example.records, program.workspace(), program.needs());
    let binding = program.bind(&households.names);
    let mut evaluator = Evaluator::new(program, &binding, example.until);
    let mut found = None;
    let mut unmet = None;
    for household in &households.households {
        let view = household.view();
        evaluator.household(&view, &mut |outcome| {
            let about = outcome.definition == place && outcome.subject.kind == example.kind;
            if about && view.directory.id(outcome.subject) == &*example.about {
                found = Some(outcome);
            }
        });
        let subject = household.directory.find(example.kind, &example.about);
        if let (Some(subject), Some(at)) = (subject, example.first_missing(found.as_ref())) {
            unmet = evaluator.explain(&view, place, subject, at);
        }
    }
    (found, unmet)
}

impl Example {
    /// The first instant at which an entry is expected and none came.
    fn first_missing(&self, outcome: Option<&Outcome>) -> Option<Timestamp> {
        let came = |at: &Timestamp| outcome.is_some_and(|outcome| outcome.entries.iter().any(|entry| entry.at == *at));
        self.expect.qualified.iter().find(|at| !came(at)).copied()
    }

    /// Where what came out is not what was expected, in words.
    #[must_use]
    pub fn differences(&self, observed: &Observed, bands: &[Band]) -> Vec<String> {
        let Expectation { qualified, exits, to_use, score, band, value } = &self.expect;
        let mut differences = Vec::new();
        let came: Vec<Option<Timestamp>> = observed.entries.iter().map(|(at, _)| Some(*at)).collect();
        let expected: Vec<Option<Timestamp>> = qualified.iter().copied().map(Some).collect();
        if came != expected {
            let (expected, came) = (self.several(&expected), self.several(&came));
            differences.push(format!("expected to qualify: {expected}; qualified: {came}"));
        }
        let left: Vec<Option<Timestamp>> = observed.entries.iter().map(|(_, exit)| *exit).collect();
        if let Some(exits) = exits
            && *exits != left
        {
            differences.push(format!("expected to end: {}; ended: {}", self.several(exits), self.several(&left)));
        }
        if let Some(to_use) = to_use
            && *to_use != observed.to_use
        {
            let (expected, came) = (self.several(&[*to_use]), self.several(&[observed.to_use]));
            differences.push(format!("expected to qualify to use: {expected}; qualified to use: {came}"));
        }
        let mut number = |what: &str, expected: &Option<Number>, came: Option<Number>| {
            if expected.is_some() && *expected != came {
                let (expected, came) = (written(*expected), written(came));
                differences.push(format!("expected {what}: {expected}; {what}: {came}"));
            }
        };
        number("score", score, observed.score);
        number("value", value, observed.value);
        if let Some(band) = band {
            let came = observed.score.and_then(|score| bands.iter().find(|band| band.at_least <= score));
            let came = came.map(|band| &band.name);
            if band.as_ref() != came {
                let word = |name: Option<&Arc<str>>| name.map_or_else(|| "none".to_owned(), ToString::to_string);
                differences.push(format!("expected band: {}; band: {}", word(band.as_ref()), word(came)));
            }
        }
        differences
    }

    /// Instants as times from the start.
    fn several(&self, instants: &[Option<Timestamp>]) -> String {
        if instants.is_empty() {
            return "never".to_owned();
        }
        let written: Vec<String> = instants.iter().map(|instant| self.time(*instant)).collect();
        written.join(", ")
    }

    /// An instant as a time from the start.
    #[must_use]
    pub fn time(&self, instant: Option<Timestamp>) -> String {
        let Some(instant) = instant else { return "never".to_owned() };
        let length = instant.0.saturating_sub(self.start.0);
        if length < 0 {
            return instant.to_string();
        }
        let days = length.div_euclid(crate::time::DAY);
        let rest = Span::Exact(length.rem_euclid(crate::time::DAY));
        match rest {
            Span::Exact(0) => format!("{days}d"),
            rest if days == 0 => scalars::write_duration(rest),
            rest => format!("{days}d {}", scalars::write_duration(rest)),
        }
    }
}

fn written(number: Option<Number>) -> String {
    number.map_or_else(|| "none".to_owned(), |number| number.to_string())
}
