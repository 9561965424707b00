//! `brix backtest`: what definitions would have done, had they been live.

mod asked;
mod explained;
mod plain;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use insight::figure::When;
use insight::{Backtest, Report};

use crate::cli::Shared;
use crate::console::Console;
use crate::exit::Exit;
use crate::judging::lives;
use crate::judging::terms::{self, Terms};
use crate::question::Data;
use asked::Asked;

/// Prove definitions on the history: who would have qualified, when, and whether they paid
///
/// Several definitions are compared with each other. Nothing is read that was not known at the time, and people are
/// compared with others who had not qualified at the same age.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix backtest trial-team.yaml --html report.html\n  \
    brix backtest trial-team.yaml minimum-viable --goal \"Subscription Started\" --within 30d\n  \
    brix backtest trial-team.yaml --from 2025-01-01 --to 2025-03-31 --by country --by first_source")]
pub struct Arguments {
    /// Definition files, folders of them, or ids of shipped templates
    #[arg(required = true, value_name = "DEFINITION")]
    definitions: Vec<PathBuf>,
    #[command(flatten)]
    terms: Terms,
    /// How many leads the team can call in a week
    #[arg(long, value_name = "CALLS", default_value = "40", value_parser = clap::value_parser!(u32).range(1..))]
    capacity: u32,
    /// Break down by this trait as it was at the start (repeatable): country, account.plan, first_source
    #[arg(long, value_name = "TRAIT")]
    by: Vec<String>,
    /// A plain rule to compare with: a definition, or `none` [default: the usual login event, five times]
    #[arg(long, value_name = "DEFINITION")]
    baseline: Option<String>,
    /// Write the report as one self-contained page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Asks, and tells the answer.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let data = Data::open(shared, &arguments.definitions, console)?;
    let asked = Asked::new(arguments, &data, console)?;
    if terms::refused(&asked.judged, &asked.goal, &data, console) {
        return Ok(Exit::Findings);
    }
    arguments.terms.doubts(&asked.question, &asked.goal, &data, console);
    let question = || Backtest::new(asked.question.clone());
    let read = lives::fold(&asked.reading(), &data, console, question, Backtest::add, Backtest::merge)?;
    let mut report = read.folded.finish();
    report.refused_profiling = read.refusing;
    report.kept_from = data.lake.kept_from().map(When);
    explained::give_reasons(&mut report, &asked, &data)?;
    tell(arguments, &report, console)
}

fn tell(arguments: &Arguments, report: &Report, console: &mut Console) -> Result<Exit> {
    if let Some(path) = &arguments.html {
        let page = insight::html::page(report);
        std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
        console.say(format_args!("The report as a page: {}", path.display()));
    }
    if console.json {
        console.line(report.to_json()?)?;
    } else {
        use std::io::Write as _;
        write!(console.out(), "{}", insight::text::report(report))?;
    }
    Ok(Exit::Done)
}
