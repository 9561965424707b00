//! `brix simulate`: writes the history of a product whose truth is known, or sends it to a server.

mod files;
mod parquet;
mod send;

use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::{Args, ValueEnum};
use engine::Timestamp;
use serde::Serialize;
use simulate::{Part, Product, Rule, Scenario};

use crate::commands::simulate::files::Files;
use crate::commands::simulate::send::{Sender, Stretch};
use crate::console::{Console, TITLE, count};
use crate::exit::{Exit, Failure};
use crate::progress;

/// Write the history of a simulated product whose truth is known
///
/// The files look like a company's own export, with a mapping.yaml that `brix import` reads. What no export would tell
/// (who met the rule, who is a bot, the hidden level) stands in truth.csv, which the mapping leaves out.
/// With --send nothing is written: all of it goes to a server in the format of Segment's clients, with the key of the source in
/// the variable BRIX_WRITE_KEY. Its times are moved by whole weeks then, so that it ends in the last seven days.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix simulate --out export\n  \
    brix simulate --scenario null --users 50000 --seed 7 --format jsonl --out export\n  \
    brix simulate --users 300 --send http://127.0.0.1:8473 --seconds 60")]
pub struct Arguments {
    /// What conversion depends on
    #[arg(long, value_enum, default_value = "planted")]
    scenario: ScenarioName,
    /// About how many people
    #[arg(long, default_value = "5000", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    users: u32,
    /// How many months, from January 2025 on (with --send: up to now)
    #[arg(long, default_value = "6", value_parser = clap::value_parser!(u32).range(1..=120))]
    months: u32,
    /// Where all chance comes from: the same seed gives the same files
    #[arg(long, default_value = "1")]
    seed: u64,
    /// The folder to write to; made if it is not there
    #[arg(long, value_name = "FOLDER", required_unless_present = "send", conflicts_with = "send")]
    out: Option<PathBuf>,
    /// The files' format
    #[arg(long, value_enum, default_value = "csv", conflicts_with = "send")]
    format: Format,
    /// Write over files that are there
    #[arg(long, conflicts_with = "send")]
    force: bool,
    /// The server to send to instead
    #[arg(long, value_name = "URL")]
    send: Option<String>,
    /// In how much time all of it is sent; 0: as fast as it is taken
    #[arg(long, default_value = "60", requires = "send", value_parser = clap::value_parser!(u32).range(0..=86_400))]
    seconds: u32,
}

/// What conversion depends on.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScenarioName {
    /// On a stated rule: who meets it buys five times as often
    Planted,
    /// On nothing
    Null,
    /// A hidden level drives both use and buying
    Confounded,
}

impl ScenarioName {
    const fn scenario(self) -> Scenario {
        match self {
            Self::Planted => Scenario::PLANTED,
            Self::Null => Scenario::NULL,
            Self::Confounded => Scenario::CONFOUNDED,
        }
    }
}

/// A format of export files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables: events, account_history, users, accounts, subscriptions
    Csv,
    /// The same tables, with times and numbers as such
    Parquet,
    /// One file of track, identify, group and alias calls in the shape of Segment's specification
    Jsonl,
}

impl Format {
    /// What its files' names end in.
    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
        }
    }
}

/// What was written.
#[derive(Debug, Default, Serialize)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    scenario: Option<Scenario>,
    rule: String,
    rows: u64,
    accounts: u64,
    people: u64,
    people_who_met_the_rule: u64,
    accounts_that_bought: u64,
    seconds: f64,
}

/// Writes the files.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let product = Product::for_users(arguments.seed, arguments.users, arguments.months, arguments.scenario.scenario());
    product.check().map_err(|error| Failure::usage(format!("this product cannot be simulated: {error}")))?;
    let (begins, ends) = (product.begins()?, product.ends()?);
    let mut to = Receiver::open(arguments, Stretch { begins, ends })?;
    let mut written = Written {
        folder: arguments.out.clone(),
        server: arguments.send.clone(),
        scenario: Some(product.scenario),
        rule: product.rule.to_string(),
        ..Written::default()
    };
    let started = Instant::now();
    let bar = progress::parts(console, ends.0.abs_diff(begins.0), "Simulating");
    // The generator cannot stop half way: after a failed write it goes on into nothing, which is quick.
    let mut failed = None;
    product.generate(&mut |part| {
        if failed.is_some() {
            return;
        }
        written.count(&part);
        if let Part::Facts(facts) = &part {
            bar.set_position(facts.last().map_or(0, |fact| fact.received.abs_diff(begins.0)));
            bar.set_message(progress::rate(written.rows, started.elapsed()));
        }
        failed = to.write(&part).err();
    })?;
    bar.finish_and_clear();
    if let Some(error) = failed {
        return Err(error);
    }
    to.finish()?;
    written.seconds = started.elapsed().as_secs_f64();
    tell(&written, &product.rule, console)?;
    Ok(Exit::Done)
}

/// Who takes the product's history.
enum Receiver {
    Files(Files),
    Server(Box<Sender>),
}

impl Receiver {
    fn open(arguments: &Arguments, of: Stretch) -> Result<Self> {
        match (&arguments.send, &arguments.out) {
            (Some(server), _) => {
                let now = Timestamp::from_jiff(jiff::Timestamp::now());
                Ok(Self::Server(Box::new(Sender::new(server, arguments.seed, of, arguments.seconds, now)?)))
            }
            (None, Some(folder)) => {
                Ok(Self::Files(Files::create(folder, arguments.format, arguments.seed, arguments.force)?))
            }
            (None, None) => Err(Failure::usage("say --out FOLDER or --send URL".to_owned())),
        }
    }

    fn write(&mut self, part: &Part<'_>) -> Result<()> {
        match self {
            Self::Files(files) => files.write(part),
            Self::Server(sender) => sender.write(part),
        }
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Files(files) => files.finish(),
            Self::Server(sender) => sender.finish(),
        }
    }
}

impl Written {
    fn count(&mut self, part: &Part<'_>) {
        match part {
            Part::Facts(facts) => self.rows += facts.len() as u64,
            Part::Account(account) if account.signed_up_at != i64::MAX => {
                self.accounts += 1;
                self.accounts_that_bought += u64::from(account.converted_at.is_some());
                let people = account.people.iter().filter(|person| person.signed_up_at.is_some());
                self.people += people.clone().count() as u64;
                self.people_who_met_the_rule += people.filter(|person| person.rule_held_at.is_some()).count() as u64;
            }
            Part::Account(_) => {}
        }
    }
}

fn tell(written: &Written, rule: &Rule, console: &mut Console) -> Result<()> {
    if console.json {
        return console.value(written);
    }
    let folder = written.folder.as_ref().map(|folder| folder.display().to_string());
    let place = folder.as_ref().or(written.server.as_ref()).map_or("", String::as_str);
    console.say(format_args!(
        "{TITLE}{}{TITLE:#} of {} in {}, in {:.1} s: {place}",
        count(written.rows, "row", "rows"),
        count(written.people, "person", "people"),
        count(written.accounts, "account", "accounts"),
        written.seconds,
    ));
    console.say(format_args!(
        "{}: {} met it; {} bought",
        Matters(written.scenario, rule),
        count(written.people_who_met_the_rule, "person", "people"),
        count(written.accounts_that_bought, "account", "accounts"),
    ));
    match folder {
        Some(folder) => console.say(format_args!("Next: brix init {folder}, then brix import {folder}")),
        None => console.say("Next: brix leads"),
    }
    Ok(())
}

/// What matters, in words.
struct Matters<'a>(Option<Scenario>, &'a Rule);

impl fmt::Display for Matters<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(scenario, rule) = self;
        match scenario {
            Some(Scenario::Planted { factor_percent, .. }) => {
                let factor = f64::from(*factor_percent) / 100.0;
                write!(formatter, "Planted: {rule} makes buying {factor} times as likely")
            }
            Some(Scenario::Confounded { .. }) => {
                write!(formatter, "Confounded: a hidden level drives use and buying, not {rule}")
            }
            Some(Scenario::Null { .. }) | None => write!(formatter, "Null: nothing drives buying, not even {rule}"),
        }
    }
}
