//! `brix erase`: somebody out of everything that holds something of them, on a running server or in a lake alone.

use std::io::{BufRead as _, IsTerminal as _, stdin};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use engine::erasure::Leaving;
use engine::household::Needs;
use engine::record::SubjectKind;
use history::{Lake, LakeLock, SentReader};
use serde_json::{Value as Json, json};

use super::client::Client;
use super::place::Place;
use super::suppress::Kind;
use crate::cli::Shared;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::workspace;

/// Erase a person, a company or a workspace
///
/// All other ids are found by the one that is given. Nobody is shown it any more when this ends, and soon nothing holds it: the
/// receipt tells how far it is. With --lake, a lake that no server uses is written anew at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix erase ann@example.com --reason 'asked for it on 3 May'\n  \
    brix erase acme --kind account --yes\n  \
    brix erase --receipt 3f0c6d2e91ab47d5a0b1c2d3e4f50617\n  \
    brix erase ann@example.com --lake ./lake")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// One of the ids, as it is sent
    #[arg(value_name = "ID", required_unless_present = "receipt")]
    id: Option<String>,
    /// What it is
    #[arg(long, value_enum, default_value = "user")]
    kind: Kind,
    /// Why, for the receipt
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Take in again what is sent of it from now on
    #[arg(long)]
    no_suppress: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Show how far an erasure is, and what it has done
    #[arg(long, value_name = "ERASURE", conflicts_with_all = ["id", "yes", "no_suppress"])]
    receipt: Option<String>,
}

/// Erases, or tells of it.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    if let Some(receipt) = &arguments.receipt {
        let path = format!("/api/v1/privacy/erasures/{receipt}");
        return told(&Client::new(&arguments.place.address())?.get(&path, &[])?, console);
    }
    let Some(id) = &arguments.id else { return Ok(Exit::Usage) };
    if !arguments.yes && !is_sure(&format!("{id} and everything that is known of them"))? {
        console.say("nothing is erased");
        return Ok(Exit::Done);
    }
    if shared.lake.is_some() {
        return in_lake(arguments, id, shared, console);
    }
    let body = json!({
        "kind": arguments.kind.word(),
        "id": id,
        "reason": arguments.reason,
        "suppress": !arguments.no_suppress,
    });
    told(&Client::new(&arguments.place.address())?.post("/api/v1/privacy/erasures", &body)?, console)
}

/// Asks whoever sits there.
///
/// # Errors
/// Nobody does.
pub fn is_sure(what: &str) -> Result<bool> {
    if !stdin().is_terminal() {
        return Err(Failure::usage("this cannot be undone, and there is nobody to ask; say --yes"));
    }
    anstream::eprint!("Remove {what}? This cannot be undone. [y/N] ");
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).context("cannot read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn told(state: &Json, console: &mut Console) -> Result<Exit> {
    if state.get("known") == Some(&Json::Bool(false)) {
        let suppressed = state.get("suppressed") == Some(&Json::Bool(true));
        let from_now_on = if suppressed { "; it is suppressed from now on" } else { "" };
        console.warn(format_args!("nothing was known by this id, so nothing was erased{from_now_on}"));
    }
    if console.json {
        console.value(state)?;
        return Ok(Exit::Done);
    }
    let text = |name: &str| state.get(name).and_then(Json::as_str).unwrap_or_default();
    console.line(format_args!("Erasure {}: {}", text("id"), text("state")))?;
    for name in ["ids", "shared_devices"] {
        let ids = state.get(name).and_then(Json::as_array).into_iter().flatten();
        let ids: Vec<&str> = ids.filter_map(|id| id.get("id").unwrap_or(id).as_str()).collect();
        if !ids.is_empty() {
            let what = if name == "ids" { "Known by" } else { "On devices of others, too" };
            console.line(format_args!("{what}: {}", ids.join(", ")))?;
        }
    }
    for words in state.get("words").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
        console.line(words)?;
    }
    Ok(Exit::Done)
}

/// Out of a lake that no server uses.
fn in_lake(arguments: &Arguments, id: &str, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let folder = shared.lake();
    let workspace = workspace::read(shared, &[], console)?;
    // The lock would make the folder where there is none.
    Lake::open(&folder)?;
    let lock =
        LakeLock::take(&folder).context("the lake is in use: erase by the server that has it, without --lake")?;
    let lake = Lake::open(&folder)?;
    if lake.manifest().log > 0 {
        bail!(
            "{} is the lake of a server, which holds more than the lake does: start the server and erase without --lake",
            folder.display()
        );
    }
    let kind = match arguments.kind {
        Kind::User => SubjectKind::User,
        Kind::Account => SubjectKind::Account,
        Kind::Workspace => SubjectKind::Workspace,
    };
    let needs = Needs { accounts: true, workspaces: true, ..Needs::default() };
    let reader = SentReader::new(&lake, &needs, &workspace);
    let mut records = Vec::new();
    if let Some(place) = reader.place_of(kind, id)? {
        reader.read(place, place, &mut |_, record| records.push(record))?;
    }
    let leaving = Leaving::find(&records, kind, id, &workspace);
    let is_known = !leaving.shared.is_empty() || records.iter().any(|record| leaving.is_named_by(record));
    if !is_known {
        console.warn(format_args!("{} knows nothing by this id", folder.display()));
    }
    let erased = history::erase(&lock, &workspace, &leaving.ids)?;
    lock.sweep()?;
    let rows = crate::live::forget_put_aside(&folder, &leaving.ids)?;
    let ids: Vec<&str> = leaving.ids.iter().map(|(_, id)| id.as_str()).collect();
    if console.json {
        console.value(&json!({
            "known": is_known,
            "ids": ids,
            "shared_devices": leaving.shared,
            "removed": { "events": erased.events, "facts": erased.facts, "ids": erased.ids, "rejects": rows },
        }))?;
        return Ok(Exit::Done);
    }
    console.line(format_args!("Known by: {}", ids.join(", ")))?;
    if !leaving.shared.is_empty() {
        let shared: Vec<&str> = leaving.shared.iter().map(String::as_str).collect();
        console.line(format_args!("On devices of others, too: {}", shared.join(", ")))?;
    }
    console.line(format_args!(
        "From the lake went {} events, {} traits, aliases and leaves, and {rows} rows that imports had put aside.",
        erased.events, erased.facts
    ))?;
    if is_known {
        console
            .line("The files that were imported, and copies of the lake, still hold it: Brix does not reach them.")?;
    }
    Ok(Exit::Done)
}
