//! `brix near`: who is near on a running server, or was on the way and has stopped.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::Value as Json;

use super::client::Client;
use super::leads::cell;
use super::place::Place;
use crate::console::Console;
use crate::exit::Exit;
use crate::table::Table;

/// People on a page of the API.
const PAGE: usize = 200;

/// List who has not qualified and is one criterion or a few percent away, on a running server
///
/// Each with what is missing, what there is so far, and until when it can be met. With --stalled those who had half of the way behind
/// them and have done nothing towards it lately. The key of the API is taken from the variable BRIX_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix near trial-team\n  \
    brix near trial-team --within 10 --most 20\n  \
    brix near --stalled --days 14 --format csv > stalled.csv")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The definition [default: all that are in force]
    #[arg(value_name = "DEFINITION")]
    definition: Option<String>,
    /// So many percent of each threshold may be missing [default: 20]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    within: Option<u8>,
    /// Those who were on the way and have stopped
    #[arg(long)]
    stalled: bool,
    /// With --stalled: whoever has done nothing towards it for so many days [default: 7]
    #[arg(long, value_name = "DAYS", requires = "stalled")]
    days: Option<u32>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value = "100")]
    most: usize,
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
    /// JSON
    Json,
}

/// Lists them.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let (rows, total, as_of) = list(arguments, &Client::new(&arguments.place.address())?)?;
    let format = if console.json { Format::Json } else { arguments.format };
    match format {
        Format::Json => console.value(&rows)?,
        Format::Csv => {
            console.line("definition,kind,id,account,share,met,of,fits,last_at,missing")?;
            for row in &rows {
                console.line(csv(row))?;
            }
        }
        Format::Table => {
            table(&rows).write(console.out())?;
            console.say(format_args!("{} of {total}, as of {as_of}", rows.len()));
        }
    }
    Ok(Exit::Done)
}

fn list(arguments: &Arguments, client: &Client) -> Result<(Vec<Json>, u64, String)> {
    let path = if arguments.stalled { "/api/v1/leads/stalled" } else { "/api/v1/leads/near" };
    let (mut rows, mut total, mut as_of, mut after) = (Vec::new(), 0, String::new(), None::<String>);
    while rows.len() < arguments.most {
        let mut parameters = vec![("limit", (arguments.most - rows.len()).min(PAGE).to_string())];
        parameters.extend(arguments.definition.clone().map(|id| ("definition", id)));
        parameters.extend(arguments.within.map(|percent| ("within", (f64::from(percent) / 100.0).to_string())));
        parameters.extend(arguments.days.map(|days| ("days", days.to_string())));
        parameters.extend(after.take().map(|after| ("after", after)));
        let mut page = client.get(path, &parameters)?;
        if let Some(found) = page.get_mut("near").and_then(Json::as_array_mut) {
            rows.append(found);
        }
        total = page.get("total").and_then(Json::as_u64).unwrap_or_default();
        page.get("as_of").and_then(Json::as_str).unwrap_or_default().clone_into(&mut as_of);
        after = page.get("next").and_then(Json::as_str).map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    Ok((rows, total, as_of))
}

fn missing(row: &Json) -> String {
    let gaps = row.get("missing").and_then(Json::as_array);
    let words = gaps.into_iter().flatten().filter_map(|gap| gap.get("words")?.as_str());
    words.collect::<Vec<_>>().join("; ")
}

fn table(rows: &[Json]) -> Table {
    let mut table =
        Table::new(&["definition", "who", "account", ">way", "criteria", "fits", "last", "what is missing"]);
    for row in rows {
        let at = |pointer| cell::text(row, pointer);
        let share = row.get("share").and_then(Json::as_f64).unwrap_or_default();
        table.row([
            at("/definition"),
            at("/subject/id"),
            at("/account"),
            format!("{:.0} %", (share * 100.0).floor()),
            format!("{} of {}", at("/met"), at("/of")),
            at("/fits"),
            at("/last_at"),
            missing(row),
        ]);
    }
    table
}

fn csv(row: &Json) -> String {
    let pointers =
        ["/definition", "/subject/kind", "/subject/id", "/account", "/share", "/met", "/of", "/fits", "/last_at"];
    let cells = pointers.iter().map(|pointer| cell::text(row, pointer)).chain([missing(row)]);
    cells.map(|text| cell::csv(&text)).collect::<Vec<_>>().join(",")
}
