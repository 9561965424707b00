//! `brix discover`: which early behaviours predict converting, and how sure that is.

mod asked;
mod gather;

use anyhow::Result;
use clap::{Args, ValueEnum};
use engine::Span;
use engine::record::SubjectKind;

use crate::cli::Shared;
use crate::console::Console;
use crate::exit::Exit;
use crate::instant;
use crate::question::Data;
use asked::Asked;

/// Find what predicts converting, and how sure that is
///
/// Behaviour counts inside a window after each subject's time started, the outcome only after it. The earlier signups are
/// searched, the later ones judge what was found. "Nothing reliable" is an answer.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix discover\n  \
    brix discover --goal \"Subscription Started\" --clock \"Signed Up\" --within 60d\n  \
    brix discover --subject account --window 7d --window 14d --full")]
pub struct Arguments {
    /// Whose behaviour
    #[arg(long, value_enum, default_value = "user")]
    subject: Kind,
    /// The event that is a conversion [default: the workspace's goal]
    #[arg(long, value_name = "EVENT")]
    goal: Option<String>,
    /// The event that starts a subject's time [default: the event that sounds like signing up, else the first product event]
    #[arg(long, value_name = "EVENT")]
    clock: Option<String>,
    /// How long behaviour is watched from there (repeatable) [default: 1d, 3d, 7d, 14d and 30d]
    #[arg(long, value_name = "TIME", value_parser = instant::span)]
    window: Vec<Span>,
    /// By when after its start a subject has to convert: one end for all windows [default: the goal's `within`, else 60d]
    #[arg(long, value_name = "TIME", value_parser = instant::span)]
    within: Option<Span>,
    /// Only those whose time started on this day or later
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Only those whose time started on this day or sooner
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Until when conversions are known [default: the end of the data]
    #[arg(long, value_name = "DATE")]
    observed_until: Option<String>,
    /// Everything that was judged and tried
    #[arg(long)]
    full: bool,
}

/// Whose behaviour is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// People
    User,
    /// Companies
    Account,
}

impl Kind {
    const fn subject(self) -> SubjectKind {
        match self {
            Self::User => SubjectKind::User,
            Self::Account => SubjectKind::Account,
        }
    }
}

/// Asks, and tells the answer.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let data = Data::open(shared, &[], console)?;
    let asked = Asked::new(arguments, &data, console)?;
    let discovery = gather::fold(&asked, &data, console)?.finish();
    if console.json {
        console.value(&discovery)?;
    } else {
        use std::io::Write as _;
        write!(console.out(), "{}", insight::discover::text::text(&discovery, arguments.full))?;
    }
    Ok(Exit::Done)
}
