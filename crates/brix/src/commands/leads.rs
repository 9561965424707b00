//! `brix leads`: the leads of a running server, listed, or as they come.

pub mod cell;
mod show;
mod told;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value as Json;

use super::client::Client;
use super::place::Place;
use crate::cli::Shared;
use crate::console::Console;
use crate::exit::Exit;
use crate::instant;

/// Leads on a page of the API.
const PAGE: usize = 200;

/// List the leads of a running server, follow them as they come, or show all about one
///
/// The key of the API is taken from the variable BRIX_API_KEY.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  \
    brix leads --definition trial-team --state new\n  \
    brix leads --sort score --most 20 --format csv > leads.csv\n  \
    brix leads --follow --qualification to_buy\n  \
    brix leads show 17",
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    filter: Filter,
    /// What comes first: the latest, or the highest
    #[arg(long, value_enum, default_value = "qualified-at")]
    sort: Sort,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value = "100")]
    most: usize,
    /// The output's format; --json is the same as --format json
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Tell what happens to these leads as it happens, with the reason in words, until interrupted; where the server goes away it ends
    /// with 3, and says by which --after to go on
    #[arg(long, conflicts_with_all = ["most", "sort"])]
    follow: bool,
    /// With --follow: begin after the change of this number; 0 is the beginning [default: with what comes next]
    #[arg(long, value_name = "NUMBER", requires = "follow")]
    after: Option<u64>,
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
enum What {
    Show(show::Arguments),
}

/// Which leads.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which leads")]
struct Filter {
    /// Of this definition
    #[arg(long, value_name = "ID")]
    definition: Option<String>,
    /// Of subjects of this kind: user, account, workspace
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// In this state: new, working, accepted, refused, snoozed, converted, lapsed
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Qualified for this: to_buy, to_use
    #[arg(long, value_name = "WHAT")]
    qualification: Option<String>,
    /// In this band of the score
    #[arg(long, value_name = "BAND")]
    band: Option<String>,
    /// With this in the id of the user or account
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Of this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// For whom this person is responsible
    #[arg(long, value_name = "PERSON")]
    owner: Option<String>,
    /// Qualified from this instant on: 2026-05-01, which begins at 00:00 UTC, or 2026-05-01T09:00:00Z
    #[arg(long, value_name = "INSTANT")]
    since: Option<String>,
    /// Qualified before this instant
    #[arg(long, value_name = "INSTANT")]
    before: Option<String>,
    /// With at least this score
    #[arg(long, value_name = "NUMBER")]
    score: Option<String>,
    /// Of those who may be contacted, or of those who may not
    #[arg(long, value_name = "TRUE|FALSE")]
    may_contact: Option<bool>,
}

impl Filter {
    fn parameters(&self) -> Result<Vec<(&'static str, String)>> {
        let all = [
            ("definition", &self.definition),
            ("kind", &self.kind),
            ("state", &self.state),
            ("qualification", &self.qualification),
            ("band", &self.band),
            ("text", &self.text),
            ("account", &self.account),
            ("owner", &self.owner),
            ("score", &self.score),
        ];
        let instants = [("since", &self.since), ("before", &self.before)].into_iter();
        let instants = instants.filter_map(|(name, text)| text.as_ref().map(|text| (name, text)));
        let instants = instants.map(|(name, text)| Ok((name, instant::of_server(name, text)?)));
        let instants = instants.collect::<Result<Vec<_>>>()?;
        let may_contact = self.may_contact.map(|may| ("may_contact", may.to_string()));
        let texts = all.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        Ok(texts.chain(instants).chain(may_contact).collect())
    }
}

/// What comes first.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Sort {
    /// The latest
    QualifiedAt,
    /// The highest score
    Score,
    /// The highest value
    Value,
}

impl Sort {
    const fn word(self) -> &'static str {
        match self {
            Self::QualifiedAt => "qualified_at",
            Self::Score => "score",
            Self::Value => "value",
        }
    }
}

/// A format of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// Comma-separated, with a header
    Csv,
    /// JSON; with --follow one object a line
    Json,
}

/// Lists or follows.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    if let Some(What::Show(arguments)) = &arguments.what {
        return show::run(arguments, console);
    }
    let format = if shared.json { Format::Json } else { arguments.format };
    let client = Client::new(&arguments.place.address())?;
    if arguments.follow {
        return follow(arguments, format, &client, console);
    }
    let leads = list(arguments, &client)?;
    match format {
        Format::Json => console.value(&leads)?,
        Format::Csv => {
            for line in told::csv(&leads) {
                console.line(line)?;
            }
        }
        Format::Table => told::table(&leads).write(console.out())?,
    }
    Ok(Exit::Done)
}

fn list(arguments: &Arguments, client: &Client) -> Result<Vec<Json>> {
    let (mut leads, mut after): (Vec<Json>, Option<String>) = (Vec::new(), None);
    while leads.len() < arguments.most {
        let mut parameters = arguments.filter.parameters()?;
        parameters.push(("sort", arguments.sort.word().to_owned()));
        parameters.push(("limit", (arguments.most - leads.len()).min(PAGE).to_string()));
        parameters.extend(after.take().map(|after| ("after", after)));
        let mut page = client.get("/api/v1/leads", &parameters)?;
        if let Some(found) = page.get_mut("leads").and_then(Json::as_array_mut) {
            leads.append(found);
        }
        after = page.get("next").and_then(Json::as_str).map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    Ok(leads)
}

fn follow(arguments: &Arguments, format: Format, client: &Client, console: &mut Console) -> Result<Exit> {
    let after = match arguments.after {
        Some(after) => after,
        None => client.last_change()?,
    };
    let never = client.follow(after, arguments.filter.parameters()?, |change| {
        let told = match format {
            Format::Json => change.to_string(),
            Format::Csv | Format::Table => {
                let reasons = if told::is_new(&change) { client.reasons(&change)? } else { Vec::new() };
                told::sentence(&change, &reasons)
            }
        };
        console.line(told)?;
        // Whoever reads on must see it now.
        console.finish()
    })?;
    match never {}
}
