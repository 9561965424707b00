//! `brix apply` and `brix rollback`: other definitions come into force on a running server.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value as Json, json};

use super::client::{Client, escaped};
use super::place::Place;
use super::plan;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::progress;

/// How often it is asked how far the server is.
const LOOK: Duration = Duration::from_millis(100);

/// Bring definitions into force on a running server, with all of its history, and wait until they are
///
/// First what would change is shown, and you are asked. Events are taken and leads told meanwhile. Of what was before nobody is
/// alerted; definitions that are not in the folder any more are retired, and their leads stay as they are.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix apply definitions\n  \
    brix apply definitions --yes --note 'fewer students'")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The folder of all definitions that are to be in force
    #[arg(value_name = "FOLDER", default_value = "definitions")]
    folder: PathBuf,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Why, for whoever looks at the revisions later
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

/// Bring an older text of a definition into force again
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  brix rollback trial-team\n  brix rollback trial-team --to 3 --yes")]
pub struct BackArguments {
    #[command(flatten)]
    place: Place,
    /// The definition's id
    #[arg(value_name = "DEFINITION")]
    definition: String,
    /// The number of the text, see `brix definitions DEFINITION` [default: the one that was in force before]
    #[arg(long, value_name = "REVISION")]
    to: Option<u32>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Applies.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let client = Client::new(&arguments.place.address())?;
    let texts = plan::texts(&arguments.folder)?;
    let plan = plan::ask(&client, &texts, console)?;
    if !console.json {
        plan::tell(&plan, console)?;
        console.finish()?;
    }
    if plan::changes(&plan) && !arguments.yes && !is_agreed("Bring this into force?", console)? {
        console.say("nothing has changed");
        return Ok(Exit::Done);
    }
    let body = json!({ "files": texts, "expect": plan.edition, "note": arguments.note });
    let applied = client.post("/api/v1/definitions/apply", &body).map_err(|error| plan::refused(error, console))?;
    let done = wait(&client, &applied, console)?;
    if console.json {
        console.value(&json!({ "plan": plan, "applied": done }))?;
    }
    Ok(Exit::Done)
}

/// Rolls back.
pub fn roll_back(arguments: &BackArguments, console: &mut Console) -> Result<Exit> {
    let client = Client::new(&arguments.place.address())?;
    let to = arguments.to.map_or_else(|| "the revision before".to_owned(), |number| format!("revision {number}"));
    if !arguments.yes && !is_agreed(&format!("Bring {to} of {} into force again?", arguments.definition), console)? {
        console.say("nothing has changed");
        return Ok(Exit::Done);
    }
    let path = format!("/api/v1/definitions/{}/rollback", escaped(&arguments.definition));
    let applied = client.post(&path, &json!({ "to": arguments.to })).map_err(|error| plan::refused(error, console))?;
    let mut done = wait(&client, &applied, console)?;
    for member in ["revision", "revision_before"] {
        done[member] = applied.get(member).cloned().unwrap_or_default();
    }
    if console.json {
        console.value(&done)?;
    } else {
        console.say(gone_back(&arguments.definition, &done));
    }
    Ok(Exit::Done)
}

/// To which text it went back, and how that is undone: without a number, the next one would go forward again.
fn gone_back(definition: &str, done: &Json) -> String {
    let number = |member: &str| done.get(member).and_then(Json::as_u64);
    let to = number("revision").unwrap_or_default();
    match number("revision_before") {
        Some(before) if before == to => format!("revision {to} of {definition} was in force already"),
        Some(before) => format!(
            "{definition} is back at revision {to}, from {before}; the same command again goes to {before}, --to NUMBER further back"
        ),
        None => format!("{definition} is in force again, with revision {to}"),
    }
}

fn is_agreed(question: &str, console: &mut Console) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("nobody can be asked here: look at `brix plan`, then add --yes"));
    }
    console.warn(format_args!("{question} [y/N]"));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("the answer cannot be read")?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Waits until what was applied is in force.
fn wait(client: &Client, applied: &Json, console: &mut Console) -> Result<Json> {
    let edition =
        applied.get("edition").and_then(Json::as_u64).context("the server does not say what it has applied")?;
    let begun = Instant::now();
    let bar = progress::parts(console, 0, "activating");
    let mut complaint = None;
    loop {
        let status = client.get("/api/v1/status", &[])?;
        let number = |pointer: &str| status.pointer(pointer).and_then(Json::as_u64);
        if number("/definitions/edition").is_some_and(|in_force| in_force >= edition) {
            break;
        }
        bar.set_length(number("/definitions/activating/total").unwrap_or(0));
        bar.set_position(number("/definitions/activating/done").unwrap_or(0));
        let found = status.pointer("/definitions/complaint").and_then(Json::as_str).map(str::to_owned);
        if found.is_some() && found != complaint {
            console
                .warn(format_args!("the server complains, and tries again: {}", found.as_deref().unwrap_or_default()));
        }
        complaint = found;
        sleep(LOOK);
    }
    bar.finish_and_clear();
    let seconds = begun.elapsed().as_secs_f64();
    if applied.get("changed") == Some(&Json::Bool(false)) {
        console.say("nothing has changed: they were in force");
    } else {
        console.say(format_args!("in force after {seconds:.1} s"));
    }
    Ok(json!({ "edition": edition, "changed": applied.get("changed"), "seconds": seconds }))
}
