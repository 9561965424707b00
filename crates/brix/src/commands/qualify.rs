//! `brix qualify`: who meets a definition.

mod near;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use engine::definition::Definition;
use engine::evaluate::Evaluator;
use engine::household::Household;
use engine::outcome::Outcome;
use engine::{Span, Timestamp};
use history::ScanRequest;
use insight::DefinitionFacts;
use insight::figure::When;
use insight::qualified::{self, Listing, Row, State};

use crate::cli::Shared;
use crate::console::Console;
use crate::exit::Exit;
use crate::question::{self, Data, Judged};
use crate::{instant, progress};

/// List who meets a definition: with score, value and the reasons
///
/// Who is inside the definition at the end of the data, or as of a date. Reaching the behaviour without the fit is
/// "qualified to use": --to-use lists those.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix qualify trial-team.yaml\n  \
    brix qualify trial-team.yaml --as-of 2025-03-31 --format csv > leads.csv\n  \
    brix qualify trial-team.yaml --to-use\n  \
    brix qualify trial-team.yaml --near")]
pub struct Arguments {
    /// A definition file, or the id of a shipped template
    #[arg(value_name = "DEFINITION")]
    definition: PathBuf,
    /// As of the end of this day, or this instant [default: the end of the data]
    #[arg(long, visible_alias = "at", value_name = "DATE")]
    as_of: Option<String>,
    /// Also those who met it earlier and no longer do
    #[arg(long)]
    ever: bool,
    /// Those who meet the behaviour, and the fit not or not for all that is known
    #[arg(long, conflicts_with = "ever")]
    to_use: bool,
    /// Those who are not in it, and one criterion or a few percent away: each with what is missing
    #[arg(long, conflicts_with_all = ["ever", "to_use"])]
    near: bool,
    /// With --near: so many percent of each threshold may be missing [default: 20]
    #[arg(long, value_name = "PERCENT", requires = "near", value_parser = clap::value_parser!(u8).range(0..=100))]
    within: Option<u8>,
    /// Those who are not in it, had half of the way behind them, and have done nothing towards it lately
    #[arg(long, conflicts_with_all = ["ever", "to_use", "near"])]
    stalled: bool,
    /// With --stalled: lately is this long [default: 7d]
    #[arg(long, value_name = "TIME", requires = "stalled", value_parser = instant::span)]
    silent: Option<Span>,
    /// The output's format; --json is the same as --format json
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// A format of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// Comma-separated, with a header
    Csv,
    /// One JSON object
    Json,
}

impl Arguments {
    /// The states that are asked for.
    fn states(&self) -> Vec<State> {
        let all = [State::QualifiedToBuy, State::QualifiedToUse, State::Left];
        all.into_iter().filter(|state| self.lists(*state)).collect()
    }

    /// Whether a row of this state is asked for.
    fn lists(&self, state: State) -> bool {
        match state {
            State::QualifiedToBuy => !self.to_use,
            State::QualifiedToUse => self.to_use,
            State::Left => self.ever,
        }
    }
}

/// Lists them.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let names = std::slice::from_ref(&arguments.definition);
    let data = Data::open(shared, names, console)?;
    let (definitions, asked) = question::read(names, &data, console)?;
    let judged = Judged::new(&definitions, asked, &data.workspace)?;
    let [definition] = judged.asked() else {
        return Err(crate::exit::Failure::usage("one definition at a time: name a file, not a folder"));
    };
    let zone = &data.workspace.zone;
    let as_of = match &arguments.as_of {
        Some(text) => instant::until("--as-of", text, zone)?,
        None => data.until,
    };
    if arguments.near || arguments.stalled {
        return near::run(arguments, &data, &judged, definition, as_of, console);
    }
    let facts = DefinitionFacts::of(definition, &definitions, |_| None);
    let mut listing = Listing::new(&facts, as_of);
    let (rows, refusing) = rows(arguments, &data, &judged, definition, &facts, as_of, console)?;
    listing.rows = rows;
    listing.kept_from = data.lake.kept_from().map(When);
    listing.refused_profiling = data.workspace.consent.profile.as_ref().map(|_| refusing);
    listing.sort();
    let format = if console.json { Format::Json } else { arguments.format };
    match format {
        Format::Json => console.value(&listing)?,
        Format::Csv => write!(console.out(), "{}", listing.csv())?,
        Format::Table => write!(console.out(), "{}", listing.text(&arguments.states(), zone))?,
    }
    Ok(Exit::Done)
}

fn rows(
    arguments: &Arguments,
    data: &Data,
    judged: &Judged,
    definition: &Definition,
    facts: &DefinitionFacts,
    as_of: Timestamp,
    console: &Console,
) -> Result<(Vec<Row>, u64)> {
    let program = &judged.program;
    let binding = program.bind(&data.lake.names(&data.workspace).list);
    let bar = progress::parts(console, data.lake.totals().events, "Evaluating");
    let request = ScanRequest { needs: program.needs(), workspace: &data.workspace, threads: 0 };
    let start = || {
        let mut evaluator = Evaluator::new(program, &binding, as_of);
        evaluator.only_met();
        (evaluator, Vec::new(), 0)
    };
    let step = |(evaluator, rows, refusing): &mut (Evaluator<'_>, Vec<Row>, u64), household: &Household<'_>| {
        let mut outcomes: Vec<Outcome> = Vec::new();
        evaluator.household(household, &mut |outcome| {
            if outcome.definition == 0 {
                outcomes.push(outcome);
            }
        });
        for outcome in outcomes {
            let id = household.directory.id(outcome.subject);
            let Some(mut row) = Row::of(id, &outcome, facts, Vec::new()) else { continue };
            if arguments.lists(row.state) {
                let explained = evaluator.explain(household, 0, outcome.subject, row.qualified_at.0);
                row.reasons = explained.map(|explained| qualified::reasons(definition, &explained)).unwrap_or_default();
                rows.push(row);
            }
        }
        *refusing += evaluator.refusing(household);
        bar.inc(household.times.len() as u64);
    };
    let merge = |(_, rows, all): &mut (Evaluator<'_>, Vec<Row>, u64), (_, part, some): (_, Vec<Row>, u64)| {
        rows.extend(part);
        *all += some;
    };
    let (_, rows, refusing) = data.lake.scan(&request, start, step, merge)?;
    bar.finish_and_clear();
    Ok((rows, refusing))
}
