//! `brix definitions`: what is in force on a running server, and what was.

use anyhow::Result;
use clap::Args;
use serde_json::Value as Json;

use super::client::{Client, escaped};
use super::place::Place;
use crate::console::Console;
use crate::exit::Exit;
use crate::table::Table;

/// Characters of a version's hash that people see.
const SHOWN: usize = 12;

/// List the definitions of a running server, or all texts that one of them has had
///
/// The key of the API is taken from the variable BRIX_API_KEY.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  brix definitions\n  brix definitions trial-team\n  brix definitions trial-team --revision 2"
)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Only this one: its revisions
    #[arg(value_name = "DEFINITION")]
    definition: Option<String>,
    /// The text of this revision
    #[arg(long, value_name = "NUMBER", requires = "definition")]
    revision: Option<u64>,
}

/// Lists.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let client = Client::new(&arguments.place.address())?;
    let Some(id) = &arguments.definition else { return all(&client, console) };
    let found = client.get(&format!("/api/v1/definitions/{}/revisions", escaped(id)), &[])?;
    let revisions = found.get("revisions").and_then(Json::as_array).cloned().unwrap_or_default();
    if let Some(number) = arguments.revision {
        let wanted = revisions.iter().find(|revision| revision.get("revision").and_then(Json::as_u64) == Some(number));
        let Some(wanted) = wanted else {
            anyhow::bail!("there is no revision {number} of {id}; `brix definitions {id}` lists them")
        };
        console.line(text(wanted, "text").trim_end())?;
    } else if console.json {
        console.value(&found)?;
    } else {
        let mut table = Table::new(&[">revision", "version", "at", "by", "", "note"]);
        for revision in &revisions {
            let is_in_force = revision.get("revision") == found.get("in_force");
            table.row([
                text(revision, "revision"),
                version(revision),
                text(revision, "at"),
                text(revision, "by"),
                if is_in_force { "in force".to_owned() } else { String::new() },
                text(revision, "note"),
            ]);
        }
        table.write(console.out())?;
    }
    Ok(Exit::Done)
}

fn all(client: &Client, console: &mut Console) -> Result<Exit> {
    let found = client.get("/api/v1/definitions", &[])?;
    if console.json {
        console.value(&found)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["definition", ">revision", "version", "since", ">leads", "name"]);
    for definition in found.get("definitions").and_then(Json::as_array).into_iter().flatten() {
        let is_in_force = definition.get("in_force") == Some(&Json::Bool(true));
        table.row([
            text(definition, "id"),
            if is_in_force { text(definition, "revision") } else { "retired".to_owned() },
            version(definition),
            text(definition, "since"),
            text(definition, "leads"),
            text(definition, "name"),
        ]);
    }
    table.write(console.out())?;
    let standing = |pointer: &str| found.pointer(pointer).map(plain).unwrap_or_default();
    if !standing("/standing/activating/edition").is_empty() {
        let (done, total) = (standing("/standing/activating/done"), standing("/standing/activating/total"));
        console.say(format_args!("activating: {done} of {total} records judged"));
    }
    if !standing("/standing/folder").is_empty() {
        console.say(standing("/standing/folder"));
    }
    Ok(Exit::Done)
}

fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn text(of: &Json, name: &str) -> String {
    of.get(name).map(plain).unwrap_or_default()
}

fn version(of: &Json) -> String {
    text(of, "version").chars().take(SHOWN).collect()
}
