//! `brix limits`: where to set a free limit.

mod metric;

use anyhow::Result;
use clap::Args;
use engine::definition::{Clock, Definition, Goal};
use engine::record::SubjectKind;
use engine::{Number, Span};
use insight::limits::{Limits, LimitsReport, Metric, text};

use crate::cli::Shared;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::instant;
use crate::judging::goal;
use crate::judging::lives::{self, Reading};
use crate::judging::terms::{self, Terms};
use crate::question::{self, Data, Judged};
use metric::Usage;

/// Amounts on one grid at most.
const MOST_LIMITS: usize = 20;

/// Show where to set a free limit: how many meet it, how soon, whether they buy, and which metric tells buyers from others
///
/// A metric is an event's name (how often it happened) or what a criterion measures: `event: File Uploaded, sum: megabytes`,
/// `event: Searched, distinct: index`, `event: Exported, measure: count, calendar: month`, `trait: contacts`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix limits --metric \"Project Created\" --limits 1,3,5,10\n  \
    brix limits --metric \"Project Created\" --metric \"event: File Uploaded, sum: megabytes\"\n  \
    brix limits --metric \"trait: contacts\" --subject account --json")]
pub struct Arguments {
    /// What is limited (repeatable: metrics are compared)
    #[arg(long = "metric", required = true, value_name = "METRIC")]
    metrics: Vec<String>,
    /// Amounts to look at [default: round numbers near what people reach]
    #[arg(long, value_name = "AMOUNTS", value_delimiter = ',')]
    limits: Vec<String>,
    /// Whose usage it is
    #[arg(long, value_name = "KIND", default_value = "user", value_parser = ["user", "account", "workspace"])]
    subject: String,
    /// The event that starts the time [default: the subject's first product event]
    #[arg(long, value_name = "EVENT")]
    clock: Option<String>,
    /// The age at which the metrics are compared
    #[arg(long, value_name = "TIME", default_value = "14d", value_parser = instant::span)]
    after: Span,
    #[command(flatten)]
    terms: Terms,
}

/// Asks, and tells the answer.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let data = Data::open(shared, &[], console)?;
    let subject = match &*arguments.subject {
        "account" => SubjectKind::Account,
        "workspace" => SubjectKind::Workspace,
        _ => SubjectKind::User,
    };
    if let Some(name) = &arguments.clock {
        data.require_event(name)?;
    }
    let usages = arguments
        .metrics
        .iter()
        .map(|text| Usage::read(text, subject, &data, console))
        .collect::<Result<Vec<Usage>>>()?;
    let given = amounts(&arguments.limits)?;
    let asking = Asking { arguments, subject, usages, data: &data };
    let grids = if given.is_empty() {
        let first = asking.ask(&asking.grids(|_| vec![Number::ONE]), true, console)?;
        let Some((first, _)) = first else { return Ok(Exit::Findings) };
        first.grids()
    } else {
        asking.grids(|_| given.clone())
    };
    let Some((limits, refusing)) = asking.ask(&grids, false, console)? else { return Ok(Exit::Findings) };
    let report = LimitsReport { refused_profiling: refusing, ..limits.finish() };
    if console.json {
        console.value(&report)?;
    } else {
        use std::io::Write as _;
        write!(console.out(), "{}", text::text(&report))?;
    }
    Ok(Exit::Done)
}

fn amounts(texts: &[String]) -> Result<Vec<Number>> {
    let read = |text: &String| {
        let number = text.trim().parse::<f64>().ok().and_then(Number::from_f64);
        number
            .filter(|number| *number > Number::ZERO)
            .ok_or_else(|| Failure::usage(format!("--limits {text}: a limit is a number above 0, such as 5")))
    };
    let mut amounts = texts.iter().map(read).collect::<Result<Vec<Number>>>()?;
    amounts.sort_unstable();
    amounts.dedup();
    if amounts.len() > MOST_LIMITS {
        return Err(Failure::usage(format!("--limits: {} amounts, at most {MOST_LIMITS} fit", amounts.len())));
    }
    Ok(amounts)
}

/// The command line, read.
struct Asking<'a> {
    arguments: &'a Arguments,
    subject: SubjectKind,
    usages: Vec<Usage>,
    data: &'a Data,
}

impl Asking<'_> {
    fn grids(&self, grid: impl Fn(&Usage) -> Vec<Number>) -> Vec<Vec<Number>> {
        self.usages.iter().map(grid).collect()
    }

    /// Reads the lake once; gives also how many refuse to be judged. `None`: refused, and said why.
    fn ask(
        &self,
        grids: &[Vec<Number>],
        only_looks: bool,
        console: &mut Console,
    ) -> Result<Option<(Limits, Option<u64>)>> {
        let data = self.data;
        let mut definitions = self.definitions(grids);
        let goal = self.arguments.terms.goal(&mut definitions, data)?;
        let question = self.arguments.terms.question(&definitions, &definitions, &goal, data)?;
        let judged = Judged::new(&definitions, definitions.len(), &data.workspace)?;
        if self.refused(grids, &definitions, &goal, console) {
            return Ok(None);
        }
        if !only_looks {
            self.arguments.terms.doubts(&question, &goal, data, console);
        }
        let metrics: Vec<Metric> = self
            .usages
            .iter()
            .zip(grids)
            .map(|(usage, grid)| Metric { name: usage.name.clone(), limits: grid.clone() })
            .collect();
        let reading = Reading {
            program: &judged.program,
            told: (0..definitions.len()).collect(),
            dated: definitions.len(),
            segments: 0..0,
            measures: starts(grids),
            measured_after: self.arguments.after,
            households: true,
        };
        let empty = || Limits::new(question.clone(), metrics.clone(), self.arguments.after);
        lives::fold(&reading, data, console, empty, Limits::add, Limits::merge)
            .map(|read| Some((read.folded, read.refusing)))
    }

    /// One definition for each limit, metric by metric.
    fn definitions(&self, grids: &[Vec<Number>]) -> Vec<Definition> {
        let clock = self
            .arguments
            .clock
            .as_ref()
            .map_or(Clock::FirstSeen, |name| Clock::Event(goal::events(&std::sync::Arc::from(name.as_str()))));
        let limits = self.usages.iter().zip(grids).enumerate();
        limits
            .flat_map(|(metric, (usage, grid))| {
                let clock = clock.clone();
                grid.iter().enumerate().map(move |(place, limit)| Definition {
                    clock: clock.clone(),
                    ..Definition::of(
                        &format!("metric-{}-limit-{}", metric + 1, place + 1),
                        &format!("{} at least {limit}", usage.name),
                        self.subject,
                        usage.at_least(*limit),
                    )
                })
            })
            .collect()
    }

    /// A metric that counts the goal says nothing.
    fn refused(&self, grids: &[Vec<Number>], definitions: &[Definition], goal: &Goal, console: &mut Console) -> bool {
        let firsts = starts(grids).into_iter().filter_map(|place| definitions.get(place));
        let mut refused = false;
        for definition in firsts {
            refused |= terms::refuses(definition, definitions, goal, self.data, console);
        }
        refused
    }
}

/// The place of each metric's first limit.
fn starts(grids: &[Vec<Number>]) -> Vec<usize> {
    let mut next = 0;
    grids
        .iter()
        .map(|grid| {
            let start = next;
            next += grid.len();
            start
        })
        .collect()
}

impl Usage {
    /// From the command line.
    ///
    /// # Errors
    /// It is not a metric, or names what the data lack.
    fn read(text: &str, subject: SubjectKind, data: &Data, console: &mut Console) -> Result<Self> {
        let known = question::known(&data.lake, &data.workspace);
        Self::parse(text, subject, &data.workspace, &known).map_err(|findings| {
            console.warn(findings.trim_end());
            Failure::usage(format!("--metric {text}: not a metric of these data, see above"))
        })
    }
}
