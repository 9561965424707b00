//! `brix validate`: is a definition still true?

mod search;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use engine::Span;
use engine::definition::{Definition, Goal};
use insight::Question;
use insight::validate::{Proposed, Trials, Validation, Validity, Verdict};

use crate::cli::Shared;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::judging::lives::{self, Reading};
use crate::judging::terms::{self, Terms};
use crate::question::{self, Data, Judged};

/// Ask whether a definition is still true: by cohort, with a test for a change, and what would be better
///
/// The exit code is for scheduled jobs: 0 it holds, 5 it no longer does, 6 there is not enough data to say. A proposal is
/// chosen on earlier cohorts, judged on later ones, and made only if its gain there excludes zero.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix validate trial-team.yaml\n  \
    brix validate trial-team.yaml --json > validity.json || notify\n  \
    brix validate trial-team.yaml --out better.yaml && brix backtest trial-team.yaml better.yaml")]
pub struct Arguments {
    /// A definition file, or the id of a shipped template
    #[arg(value_name = "DEFINITION")]
    definition: PathBuf,
    #[command(flatten)]
    terms: Terms,
    /// Where all chance comes from: the same seed gives the same answer
    #[arg(long, default_value = "1")]
    seed: u64,
    /// Look for nothing better
    #[arg(long, conflicts_with = "out")]
    no_proposal: bool,
    /// Write the proposed definition, if there is one
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What is asked about.
struct Asked {
    /// The definition, then those that it refers to.
    definitions: Vec<Definition>,
    goal: Goal,
    question: Question,
}

/// Asks, and tells the answer.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let names = [arguments.definition.clone()];
    let data = Data::open(shared, &names, console)?;
    let (mut definitions, asked) = question::read(&names, &data, console)?;
    if asked != 1 {
        return Err(Failure::usage(format!(
            "{} holds {asked} definitions; validate asks about one: name its file",
            arguments.definition.display()
        )));
    }
    let goal = arguments.terms.goal(definitions.get_mut(..1).unwrap_or_default(), &data)?;
    let question = arguments.terms.question(definitions.get(..1).unwrap_or_default(), &definitions, &goal, &data)?;
    let judged = Judged::new(&definitions, 1, &data.workspace)?;
    if terms::refused(&judged, &goal, &data, console) {
        return Ok(Exit::Findings);
    }
    arguments.terms.doubts(&question, &goal, &data, console);
    let asked = Asked { definitions, goal, question };
    let validity = answer(arguments, &asked, &data, console)?;
    tell(arguments, &validity, console)
}

/// One reading for the definition together with what is near it, and one more for each further change.
fn answer(arguments: &Arguments, asked: &Asked, data: &Data, console: &Console) -> Result<Validity> {
    let mut round = search::Round::first(asked, data, !arguments.no_proposal)?;
    let validation = || Validation::new(asked.question.clone(), arguments.seed);
    let read = lives::fold(
        &round.reading(),
        data,
        console,
        || (validation(), Trials::new(asked.question.clone())),
        |(validation, trials), life| {
            trials.add(life.clone());
            validation.add(life);
        },
        |(validation, trials), (other, others)| {
            validation.merge(other);
            trials.merge(others);
        },
    )?;
    let (validation, trials) = read.folded;
    let mut validity = validation.finish();
    validity.refused_profiling = read.refusing;
    if !arguments.no_proposal {
        validity.proposal = Some(search::go_on(&mut round, trials, validity.alike_since(), asked, data, console)?);
    }
    Ok(validity)
}

fn tell(arguments: &Arguments, validity: &Validity, console: &mut Console) -> Result<Exit> {
    if let (Some(path), Some(Proposed::Change(proposal))) = (&arguments.out, &validity.proposal) {
        std::fs::write(path, &proposal.definition).with_context(|| format!("cannot write {}", path.display()))?;
        console.say(format_args!("The proposed definition: {}", path.display()));
    } else if arguments.out.is_some() {
        console.say("Nothing is proposed, and nothing written");
    }
    if console.json {
        console.line(validity.to_json()?)?;
    } else {
        use std::io::Write as _;
        write!(console.out(), "{}", insight::validate::text::text(validity))?;
    }
    Ok(match validity.verdict {
        Verdict::Holds => Exit::Done,
        Verdict::Worse | Verdict::TellsNothing => Exit::NoLongerHolds,
        Verdict::NotEnough => Exit::NotEnough,
    })
}

impl Asked {
    /// What a life of the definition alone is read with.
    fn reading(program: &engine::program::Program, told: Vec<usize>) -> Reading<'_> {
        Reading {
            program,
            told,
            dated: 1,
            segments: 0..0,
            measures: Vec::new(),
            measured_after: Span::Exact(0),
            households: true,
        }
    }
}
