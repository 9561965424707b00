//! `brix data`: what is inside the lake.

mod event;
mod notes;
mod overview;
mod rejected;
mod span;
mod told;
mod traits;

use anyhow::Result;
use clap::{Args, Subcommand};
use engine::language;
use engine::workspace::Workspace;
use history::{Lake, Profile};

use crate::cli::Shared;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::{progress, workspace};
pub use notes::percent;
pub use told::day;
use told::{EventTold, Told};

/// Show what is inside the lake: events, properties, traits, people, and what is odd about them
///
/// Everything is read once. Event names are after the aliases of brix.yaml, days in its zone.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  \
    brix data\n  \
    brix data events\n  \
    brix data events \"Project Created\"\n  \
    brix data traits\n  \
    brix data --json")]
pub struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Every event; or one by day, with its properties
    Events {
        /// The event's name
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Every trait: of whom, how many have it, dated or constant, which values
    Traits,
}

/// Shows it.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let settings = workspace::read(shared, &[], console)?;
    let lake = Lake::open(&shared.lake())?;
    if let Some(Part::Events { name: Some(name) }) = &arguments.part {
        require_event(&lake, &settings, name)?;
    }
    let profile = profile(&lake, &settings, console)?;
    let rejected = rejected::read(lake.folder())?;
    let mut told = Told::new(&lake, &profile, &settings, rejected);
    told.notes = notes::of(&told, &lake, &profile, &settings);
    match &arguments.part {
        None if console.json => console.value(&told)?,
        None => lines(console, &overview::text(&told))?,
        Some(Part::Events { name: None }) if console.json => console.value(&told.events)?,
        Some(Part::Events { name: None }) => lines(console, &overview::events(&told, usize::MAX))?,
        Some(Part::Events { name: Some(name) }) => {
            let found: Vec<&EventTold> = told.events.iter().filter(|event| event.name == *name).collect();
            if console.json {
                console.value(&found)?;
            } else {
                for event in found {
                    lines(console, &event::text(event, &told))?;
                }
            }
        }
        Some(Part::Traits) if console.json => console.value(&told.traits)?,
        Some(Part::Traits) => lines(console, &traits::text(&told, usize::MAX))?,
    }
    Ok(Exit::Done)
}

/// Looks at everything, with a bar.
///
/// # Errors
/// A file that cannot be read.
pub fn profile(lake: &Lake, settings: &Workspace, console: &Console) -> Result<Profile> {
    let totals = lake.totals();
    let bar = progress::parts(console, totals.events + totals.facts, "Reading");
    let profile = lake.profile(settings, 0, &|rows| bar.inc(rows))?;
    bar.finish_and_clear();
    Ok(profile)
}

fn lines(console: &mut Console, lines: &[String]) -> Result<()> {
    lines.iter().try_for_each(|line| console.line(line))
}

fn require_event(lake: &Lake, settings: &Workspace, name: &str) -> Result<()> {
    let names = lake.names(settings).list;
    let known = || names.iter().map(|event| &*event.name);
    if known().any(|event| event == name) {
        return Ok(());
    }
    if let Some(alias) = settings.event_aliases.get(name) {
        return Err(Failure::usage(format!("brix.yaml reads `{name}` as `{alias}`: ask for that")));
    }
    let cure = language::nearest(name, known())
        .map_or_else(|| "`brix data events` lists all".to_owned(), |near| format!("did you mean `{near}`?"));
    Err(Failure::usage(format!("the data has no event `{name}`; {cure}")))
}
