//! What a backtest asks, from the command line, the definitions and the data.

use std::path::PathBuf;

use anyhow::Result;
use engine::Span;
use engine::definition::{Definition, Goal};
use engine::record::SubjectKind;
use insight::Question;

use super::{Arguments, plain};
use crate::console::Console;
use crate::exit::Failure;
use crate::judging::lives::Reading;
use crate::judging::{probe, terms};
use crate::question::{self, Data, Judged};

/// A question, ready to be put to the lake.
pub struct Asked {
    /// All definitions: those asked for, those they refer to, the baseline, and one for each breakdown.
    pub judged: Judged,
    /// The baseline's place in the program.
    pub baseline: Option<usize>,
    /// The first breakdown's place in the program; the others follow.
    pub probes: usize,
    /// What is asked.
    pub question: Question,
    /// What a conversion is.
    pub goal: Goal,
}

impl Asked {
    /// From the command line.
    ///
    /// # Errors
    /// Definitions that cannot be used, a goal that is unknown or not one for all, dates that are none.
    pub fn new(arguments: &Arguments, data: &Data, console: &mut Console) -> Result<Self> {
        let workspace = &data.workspace;
        let (mut definitions, asked) = question::read(&arguments.definitions, data, console)?;
        arguments.by.iter().try_for_each(|path| data.require_trait(path))?;
        let goal = arguments.terms.goal(definitions.get_mut(..asked).unwrap_or_default(), data)?;
        let baseline = baseline(arguments, &definitions, &goal, data, console)?;
        let judged = definitions.len();
        definitions.extend(baseline);
        let probes = definitions.len();
        let subject = definitions.first().map_or(SubjectKind::User, |first| first.subject);
        definitions.extend(arguments.by.iter().map(|path| probe::definition(path, subject)));
        let baseline = (probes > judged).then_some(judged);
        let mut question =
            arguments.terms.question(definitions.get(..asked).unwrap_or_default(), &definitions, &goal, data)?;
        question.baseline =
            baseline.and_then(|place| definitions.get(place)).map(|rule| terms::facts(rule, &definitions, data));
        question.capacity_per_week = arguments.capacity;
        question.segments.clone_from(&arguments.by);
        let judged = Judged::new(&definitions, asked, workspace)?;
        judged.subject()?;
        Ok(Self { judged, baseline, probes, question, goal })
    }

    /// What is read of the lake for it.
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            program: &self.judged.program,
            told: (0..self.judged.asked().len()).chain(self.baseline).collect(),
            dated: usize::MAX,
            segments: self.probes..self.probes + self.question.segments.len(),
            measures: Vec::new(),
            measured_after: Span::Exact(0),
            households: false,
        }
    }
}

/// The plain rule to compare with.
fn baseline(
    arguments: &Arguments,
    definitions: &[Definition],
    goal: &Goal,
    data: &Data,
    console: &mut Console,
) -> Result<Option<Definition>> {
    let first = definitions.first();
    match arguments.baseline.as_deref() {
        Some("none") => Ok(None),
        None => Ok(first.and_then(|first| plain::rule(first, goal, data))),
        Some(name) => {
            let (mut read, _) = question::read(&[PathBuf::from(name)], data, console)?;
            anyhow::ensure!(read.len() == 1, "the baseline {name} must be one definition that refers to no other");
            let mut baseline = read.swap_remove(0);
            baseline.goal = Some(goal.clone());
            if definitions.iter().any(|definition| definition.id == baseline.id) {
                return Err(Failure::usage(format!("`{}` is its own baseline; take another", baseline.id)));
            }
            Ok(Some(baseline))
        }
    }
}
