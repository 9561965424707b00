//! `brix backtest`: what definitions would have done, had they been live.

mod asked;
mod explained;
mod lives;
mod plain;
mod probe;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use engine::Span;
use insight::{Report, refusal};

use crate::cli::Shared;
use crate::console::{BAD, Console, DOUBT};
use crate::exit::Exit;
use crate::instant;
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
    /// The event that is a conversion [default: the definition's goal, else the workspace's]
    #[arg(long, value_name = "EVENT")]
    goal: Option<String>,
    /// Only those whose time started on this day or later
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Only those whose time started on this day or sooner
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// How soon after it could be known a lead has to convert [default: the goal's `within`, else 60d]
    #[arg(long, value_name = "TIME", value_parser = instant::span)]
    within: Option<Span>,
    /// Until when conversions are known: sooner than the end of the data, or later if nothing came since [default: the
    /// end of the data]
    #[arg(long, value_name = "DATE")]
    observed_until: Option<String>,
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
    if refused(&asked, &data, console) {
        return Ok(Exit::Findings);
    }
    asked.doubts(arguments, &data, console);
    let mut report = lives::fold(&asked, &data, console)?.finish();
    explained::give_reasons(&mut report, &asked, &data)?;
    tell(arguments, &report, console)
}

/// Whether a definition cannot be judged by this goal: it counts the goal itself.
fn refused(asked: &Asked, data: &Data, console: &mut Console) -> bool {
    let others = asked.all_definitions();
    let mut refused = false;
    for definition in asked.judged.asked() {
        for refusal in insight::refusals(definition, &asked.goal, &others, &data.workspace) {
            refused = true;
            console.warn(format_args!("{BAD}refused:{BAD:#} {refusal}"));
        }
        for doubt in refusal::doubts(definition) {
            console.say(format_args!("{DOUBT}doubt:{DOUBT:#} {}: {doubt}", definition.id));
        }
    }
    refused
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
