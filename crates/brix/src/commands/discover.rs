//! `brix discover`: which early behaviours predict converting, and how sure that is.

mod asked;
mod details;
mod gather;
mod limits;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use engine::Span;
use engine::definition::Definition;
use engine::record::SubjectKind;
use insight::Discovery;
use insight::discover::definition::definition_file;

use crate::cli::Shared;
use crate::commands::import;
use crate::console::{Console, DOUBT};
use crate::exit::Exit;
use crate::instant;
use crate::question::Data;
use crate::scratch::Scratch;
use crate::workers;
use crate::workspace;
use asked::Asked;
pub use asked::known;

/// Find what predicts converting, and how sure that is
///
/// Behaviour counts inside a window after each subject's time started, the outcome only after it. The earlier signups are
/// searched, the later ones judge what was found. "Nothing reliable" is an answer.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix discover\n  \
    brix discover --goal \"Subscription Started\" --clock \"Signed Up\" --within 60d\n  \
    brix discover --subject account --window 7d --window 14d --full\n  \
    brix discover exports/ --mapping mapping.yaml\n  \
    brix discover --capacity 40 --out found.yaml && brix backtest found.yaml")]
pub struct Arguments {
    /// Files and folders to look at without a lake of their own [default: the lake]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What the files' columns mean [default: mapping.yaml next to them, else here]
    #[arg(long, value_name = "FILE", requires = "paths")]
    mapping: Option<PathBuf>,
    #[command(flatten)]
    whom: Whom,
    /// How many leads can be worked in a week: rules are sought that win most among as many, and thresholds and bands are told
    #[arg(long, value_name = "LEADS", value_parser = clap::value_parser!(u32).range(1..))]
    capacity: Option<u32>,
    /// Seek rules of which at least this share converts, from 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, conflicts_with = "recall")]
    precision: Option<f64>,
    /// Seek rules that find at least this share of the buyers, from 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    recall: Option<f64>,
    /// How often outcomes are given out anew, to tell what luck alone finds; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = insight::discover::Question::PERMUTATIONS, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    permutations: u32,
    /// An event, property or trait that is known to have been there before the outcome: not doubted although it looks too good to be true (repeatable)
    #[arg(long, value_name = "NAME")]
    trust: Vec<String>,
    /// Leave out at each landmark whom sales had touched by then: what they do may be the doing of sales
    #[arg(long)]
    without_sales_touched: bool,
    /// Write the recommended rule as a definition, with its held-out figures; nothing is written where nothing is reliable
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Everything that was judged and tried
    #[arg(long)]
    full: bool,
}

/// Whose behaviour is looked at, within which windows, and what is a conversion: also for those who learn from it.
#[derive(Debug, Clone, Args)]
pub struct Whom {
    /// Whose behaviour
    #[arg(long, value_enum, default_value = "user")]
    subject: Kind,
    /// The event that is a conversion, or best-customer [default: the workspace's goal]
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

/// A share from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number like 0.2".to_owned())?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err("a share lies between 0 and 1".to_owned()) }
}

/// What was done within each window by whom, for those who learn from it; and the definition that says whom and since when.
pub fn gathered(
    whom: &Whom,
    data: &Data,
    console: &mut Console,
) -> Result<(insight::Discover, Arc<insight::discover::Question>, Arc<Definition>)> {
    let whom = whom.clone();
    let arguments = Arguments {
        paths: Vec::new(),
        mapping: None,
        whom,
        capacity: None,
        precision: None,
        recall: None,
        permutations: 0,
        trust: Vec::new(),
        without_sales_touched: false,
        out: None,
        full: false,
    };
    let asked = Asked::new(&arguments, data, console)?;
    let definition = asked.judged.asked().first().map(Arc::clone);
    let definition = definition.ok_or_else(|| anyhow::anyhow!("there is nobody to learn from"))?;
    Ok((gather::fold(&asked, data, console)?.0, asked.question, definition))
}

/// Asks, and tells the answer.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    if arguments.paths.is_empty() {
        return ask(arguments, shared, console);
    }
    let workspace = workspace::read(shared, &[], console)?;
    let scratch = Scratch::new("discover")?;
    let lake = scratch.path().join("lake");
    import::once(&arguments.paths, arguments.mapping.as_deref(), &lake, &workspace, console)?;
    ask(arguments, &Shared { lake: Some(lake), ..shared.clone() }, console)
}

fn ask(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let data = Data::open(shared, &[], console)?;
    let asked = Asked::new(arguments, &data, console)?;
    let (discover, refusing) = gather::fold(&asked, &data, console)?;
    let mut discovery = discover.finish(&workers::on_all_processors);
    discovery.refused_profiling = refusing;
    if discovery.population.counted == 0 {
        console.say(format_args!("{DOUBT}doubt:{DOUBT:#} {}", nobody(&discovery)));
    }
    discovery.name_missed(|subject| engine::household::Directory::id(data.lake.directory(), subject).to_owned());
    if console.json {
        console.value(&discovery)?;
    } else {
        use std::io::Write as _;
        write!(console.out(), "{}", insight::discover::text::text(&discovery, arguments.full))?;
    }
    match &arguments.out {
        Some(path) => write(path, &asked, &discovery, console),
        None => Ok(Exit::Done),
    }
}

/// Why there may be nobody to look at, with the cure.
fn nobody(discovery: &Discovery) -> &'static str {
    let population = &discovery.population;
    if population.started == 0 {
        "nobody's time started: name the event it starts with by --clock, or look at others by --subject"
    } else if population.immature == population.started {
        "nobody is watched to the end of the outcome: say a shorter --within, or --observed-until where conversions are known longer"
    } else {
        "nobody is left to look at: see who was left out, and why"
    }
}

/// Writes the recommended rule as a definition.
fn write(path: &Path, asked: &Asked, discovery: &Discovery, console: &mut Console) -> Result<Exit> {
    let Some(finding) = discovery.recommended.and_then(|place| discovery.findings.get(place)) else {
        console.warn(format_args!("Nothing reliable was found, so nothing was written to {}", path.display()));
        return Ok(Exit::Findings);
    };
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let id: String = stem.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let id = if id.starts_with(|letter: char| letter.is_ascii_lowercase()) { id } else { format!("found-{id}") };
    let text = definition_file(&asked.question, discovery, finding, &asked.base, &id);
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    console.say(format_args!("The definition: {}; brix check, brix test and brix backtest read it", path.display()));
    Ok(Exit::Done)
}
