//! `brix learn`: a score of whole points, learned from who converted.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use insight::learned::{self, Allowed, Learned};

use super::discover;
use crate::cli::Shared;
use crate::console::Console;
use crate::exit::Exit;
use crate::question::Data;

/// Learn a score of whole points that a person can read: a card, which is also a definition
///
/// The earlier signups teach, the later ones judge. It learns from the longest window of at most 14 days. Refuses where too few
/// have converted, and says how many it takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix learn --window 14d\n  \
    brix learn --window 7d --traits --trust lead_source   # also who they are; a source is known before\n  \
    brix learn --window 7d --out learned.yaml && brix backtest learned.yaml trial-team.yaml\n  \
    brix qualify learned.yaml            # who has the points now, and for what")]
pub struct Arguments {
    #[command(flatten)]
    whom: discover::Whom,
    /// More use never means fewer points: no row counts what was not done
    #[arg(long)]
    monotone: bool,
    /// Also look at what somebody is: traits, as they are at the window's end
    #[arg(long)]
    traits: bool,
    /// An event, property or trait that is known to have been there before: not left out although it looks too good to be true (repeatable)
    #[arg(long, value_name = "NAME")]
    trust: Vec<String>,
    /// Write the card as a definition
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Learns, and tells what.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let data = Data::open(shared, &[], console)?;
    let (gathered, question, like) = discover::gathered(&arguments.whom, &data, console)?;
    let window = learned::usual_window(&question);
    discover::known(&question.catalog, &arguments.trust)?;
    let Arguments { monotone, traits, .. } = *arguments;
    let allowed = Allowed { monotone, traits, trusted: arguments.trust.clone() };
    let learned = learned::learn(&gathered.into_table(), &question, window, &like, &allowed);
    match (&learned, &arguments.out) {
        (Learned::Card(card), Some(_)) if !card.reliable => console.say("Not reliable: nothing written"),
        (Learned::Card(card), Some(path)) => {
            std::fs::write(path, &card.definition).with_context(|| format!("cannot write {}", path.display()))?;
            console.say(format_args!("The card as a definition: {}", path.display()));
        }
        (Learned::Refused(_), Some(_)) => console.say("Nothing was learned, and nothing written"),
        (_, None) => {}
    }
    if console.json {
        console.value(&learned)?;
    } else {
        use std::io::Write as _;
        write!(console.out(), "{}", learned::text::text(&learned))?;
    }
    Ok(match learned {
        Learned::Card(card) if card.reliable => Exit::Done,
        Learned::Card(_) | Learned::Refused(_) => Exit::NotEnough,
    })
}
