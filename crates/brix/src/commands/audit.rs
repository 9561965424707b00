//! `brix audit`: who changed what.

use anyhow::Result;
use clap::Args;
use serde_json::{Value as Json, json};

use super::client::Client;
use super::place::Place;
use crate::console::Console;
use crate::exit::Exit;
use crate::instant;
use crate::table::Table;

/// Lines that are asked for at a time.
const PAGE: usize = 200;

/// Show who changed keys, people, definitions and suppressions on a running server, the newest first
///
/// The key of the API (scope manage) is taken from the variable BRIX_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix audit\n  \
    brix audit --since 2026-05-01 --by ann@example.com\n  \
    brix audit --what key.add --limit 1000 --json")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// From this instant on: 2026-05-01, or 2026-05-01T09:00:00Z
    #[arg(long, value_name = "INSTANT")]
    since: Option<String>,
    /// Before this instant
    #[arg(long, value_name = "INSTANT")]
    before: Option<String>,
    /// By whom: a person's e-mail address or a key's name
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
    /// What was done: key.add, person.role and so on
    #[arg(long, value_name = "WHAT")]
    what: Option<String>,
    /// To what: a key's name, a person's id, `definitions`
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// At most so many lines
    #[arg(long, value_name = "LINES", default_value_t = 100)]
    limit: usize,
}

impl Arguments {
    fn parameters(&self) -> Result<Vec<(&'static str, String)>> {
        let mut parameters = Vec::new();
        for (name, text) in [("who", &self.by), ("what", &self.what), ("target", &self.target)] {
            parameters.extend(text.clone().map(|text| (name, text)));
        }
        for (name, text) in [("since", &self.since), ("before", &self.before)] {
            let Some(text) = text else { continue };
            parameters.push((name, instant::of_server(name, text)?));
        }
        Ok(parameters)
    }
}

/// Shows it.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let parameters = arguments.parameters()?;
    let client = Client::new(&arguments.place.address())?;
    let mut lines: Vec<Json> = Vec::new();
    let mut after = None;
    while lines.len() < arguments.limit {
        let mut asked = parameters.clone();
        asked.push(("limit", PAGE.min(arguments.limit - lines.len()).to_string()));
        asked.extend(after.map(|after: u64| ("after", after.to_string())));
        let page = client.get("/api/v1/audit", &asked)?;
        lines.extend(page.get("lines").and_then(Json::as_array).cloned().unwrap_or_default());
        after = page.get("next").and_then(Json::as_u64);
        if after.is_none() {
            break;
        }
    }
    if console.json {
        console.value(&json!(lines))?;
        return Ok(Exit::Done);
    }
    let text = |line: &Json, name: &str| line.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let mut table = Table::new(&["at", "who", "what", "target", "detail"]);
    for line in &lines {
        let [at, who, what, target] = ["at", "who", "what", "target"].map(|name| text(line, name));
        table.row([at, who, what, target, line.get("detail").map(Json::to_string).unwrap_or_default()]);
    }
    table.write(console.out())?;
    if after.is_some() {
        console.say(format_args!("there are more: --limit {} shows as many", arguments.limit * 10));
    }
    Ok(Exit::Done)
}
