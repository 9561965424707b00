//! `brix best`: the best customers, what they were like before they paid, and whom to ask.

mod files;
mod gather;
mod who;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use engine::Span;
use engine::record::{EventKind, SubjectKind};
use insight::best::{Asked, Weights, best, text};
use insight::question::length;

use crate::cli::Shared;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::instant;
use crate::judging::goal;
use crate::question::Data;
pub use files::LABEL;

/// Rank the customers by who stays, grows, recommends and needs little help, and see what the best were like before they paid
///
/// Writes a list of interviews whose answers come back as dated traits, and the best customers' first payments as an event
/// of its own, so that any other command can take it as its goal.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix best --preset self-serve\n  \
    brix best --subject account --preset enterprise --interviews interviews\n  \
    brix best --label best && brix import best && brix discover --goal best-customer")]
pub struct Arguments {
    /// Whose
    #[arg(long, value_name = "KIND", default_value = "user", value_parser = ["user", "account"])]
    subject: String,
    /// Ready-made weights
    #[arg(long, value_enum, default_value = "self-serve")]
    preset: Preset,
    /// The event that is a first payment [default: the workspace's goal]
    #[arg(long, value_name = "EVENT")]
    goal: Option<String>,
    /// The event that starts a subject's time [default: its first product event]
    #[arg(long, value_name = "EVENT")]
    clock: Option<String>,
    /// How long after paying a customer is measured; who has been one for a shorter time is left out
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = instant::span)]
    tenure: Span,
    /// Which share of the customers is best
    #[arg(long, value_name = "PERCENT", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=50))]
    top: u32,
    /// Events of growing (repeatable) [default: billing events that sound like it]
    #[arg(long, value_name = "EVENT")]
    expansion: Vec<String>,
    /// Events of recommending (repeatable) [default: product events that sound like it]
    #[arg(long, value_name = "EVENT")]
    advocacy: Vec<String>,
    /// Compare by this trait (repeatable): role, account.industry [default: company size, industry, role and seniority, where traits are called so]
    #[arg(long, value_name = "TRAIT")]
    by: Vec<String>,
    /// Write ten customers to ask, with a mapping that brings the answers back
    #[arg(long, value_name = "FOLDER")]
    interviews: Option<PathBuf>,
    /// Write the best customers' first payments as an event of its own, with its mapping
    #[arg(long, value_name = "FOLDER")]
    label: Option<PathBuf>,
}

/// Ready-made weights.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Preset {
    /// Many customers: retention 45, advocacy 25, expansion 20, little support 10
    SelfServe,
    /// Few large customers: expansion 40, retention 30, little support 20, advocacy 10
    Enterprise,
}

/// Asks, and tells the answer.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let data = Data::open(shared, &[], console)?;
    let subject = if arguments.subject == "account" { SubjectKind::Account } else { SubjectKind::User };
    for name in arguments.goal.iter().chain(&arguments.clock).chain(&arguments.expansion).chain(&arguments.advocacy) {
        data.require_event(name)?;
    }
    arguments.by.iter().try_for_each(|path| data.require_trait(path))?;
    let goal = match &arguments.goal {
        Some(name) => goal::named(name),
        None => data.workspace.goal.clone().ok_or_else(|| goal::missing(&data))?,
    };
    let sounds = |given: &[String], kind: EventKind, words: &[&str]| -> Vec<String> {
        if !given.is_empty() {
            return given.to_vec();
        }
        let of_kind = data.overview.events.iter().filter(|event| event.name.kind == kind);
        let names = of_kind.map(|event| event.name.name.to_string());
        names.filter(|name| words.iter().any(|word| name.to_lowercase().contains(word))).collect()
    };
    let expansion = sounds(&arguments.expansion, EventKind::Billing, &["upgrad", "seat", "expan", "addon", "add-on"]);
    let advocacy =
        sounds(&arguments.advocacy, EventKind::Product, &["invit", "refer", "review", "recommend", "shared"]);
    console.say(format_args!("Growing: {}. Recommending: {}", listed(&expansion), listed(&advocacy)));
    let asking = gather::Asking {
        subject,
        goal: &goal,
        clock: arguments.clock.as_deref(),
        tenure: length(arguments.tenure),
        expansion,
        advocacy,
        traits: if arguments.by.is_empty() { who::traits(&data, subject) } else { arguments.by.clone() },
    };
    if asking.tenure <= 0 {
        return Err(Failure::usage("--tenure: a length of time above 0"));
    }
    let mut gathered = gather::customers(&asking, &data, console)?;
    let mut traits = asking.traits.clone();
    if arguments.by.is_empty() {
        who::only_known(&mut traits, &mut gathered.customers);
    }
    who::band_sizes(&traits, &mut gathered.customers);
    let asked = Asked {
        goal: goal::words(&goal),
        weights: match arguments.preset {
            Preset::SelfServe => Weights::SELF_SERVE,
            Preset::Enterprise => Weights::ENTERPRISE,
        },
        share: f64::from(arguments.top) / 100.0,
        tenure_days: asking.tenure as f64 / engine::time::DAY as f64,
        traits,
    };
    let answer = best(gathered.customers, gathered.too_young, &asked, &data.workspace.zone);
    let ranked = answer.ranking.known().is_some();
    if let Some(folder) = arguments.interviews.as_ref().filter(|_| ranked) {
        files::interviews(folder, subject, &answer, console)?;
    }
    if let Some(folder) = arguments.label.as_ref().filter(|_| ranked) {
        files::label(folder, subject, &answer, console)?;
    }
    if console.json {
        console.value(&answer)?;
    } else {
        use std::io::Write as _;
        write!(console.out(), "{}", text::text(&answer))?;
    }
    Ok(if ranked { Exit::Done } else { Exit::NotEnough })
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "no such event".to_owned() } else { names.join(", ") }
}
