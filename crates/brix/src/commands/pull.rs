//! `brix pull`: what a pull would bring, or one pull by hand.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Args;
use store::Store;

use super::serve::ConfigArguments;
use crate::cli::Shared;
use crate::console::{BAD, Console, GOOD, count};
use crate::exit::{Exit, Failure};
use crate::live::Suppressed;
use crate::serve::pulls::{self, Cursors, Keeper, Pull};
use crate::serve::rejects::RejectWriter;

/// Try a pull of server.toml: show what its query would bring
///
/// Reads the first rows behind the cursor, and shows what becomes of them. Nothing is kept and the cursor stays, unless --once
/// is given: then all rows go into the log, which a server that runs does by itself.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix pull subscriptions\n  \
    brix pull subscriptions --once")]
pub struct Arguments {
    /// The pull's name in server.toml
    name: String,
    /// Keep the rows and move the cursor; the server must not run meanwhile
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    config: ConfigArguments,
}

/// How many records are shown.
const SHOWN: usize = 5;

/// Pulls.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let config = arguments.config.read(shared)?;
    let Some(pull) = config.pulls.iter().find(|pull| pull.name == arguments.name) else {
        let names: Vec<&str> = config.pulls.iter().map(|pull| pull.name.as_str()).collect();
        let known = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
        return Err(Failure::usage(format!("server.toml has no pull `{}`; {known}", arguments.name)));
    };
    let cursors = Cursors::of(&config.data);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    if arguments.once {
        let store = Store::open(&config.data, store::log::LogLimits::default()).context("cannot open the store")?;
        let (log, rejects) = (store.log(), RejectWriter::start(store.ledger())?);
        let suppressed = Suppressed::of(store.catalog()).context("cannot read who is suppressed")?;
        let keeper = Keeper { log: Arc::as_ref(&log), rejects: &rejects, suppressed: &suppressed };
        let done = runtime.block_on(pulls::pull(pull, &cursors, &keeper));
        rejects.stop();
        let brought = done?;
        if console.json {
            console.value(
                &serde_json::json!({ "rows": brought.rows, "records": brought.records, "rejected": brought.rejected }),
            )?;
        } else {
            console.say(format_args!(
                "{GOOD}Pulled{GOOD:#} {}: {}, {} rejected",
                count(brought.rows, "row", "rows"),
                count(brought.records, "record", "records"),
                brought.rejected
            ));
        }
        return Ok(Exit::Done);
    }
    let taken = runtime.block_on(pulls::look(pull, &cursors))?;
    tell(pull, &taken, console)?;
    Ok(Exit::Done)
}

fn tell(pull: &Pull, taken: &pulls::Taken, console: &mut Console) -> Result<()> {
    let outcome = &taken.outcome;
    if console.json {
        let rejects: Vec<String> = outcome.rejects.iter().map(ToString::to_string).collect();
        let records: Vec<_> = outcome.records.iter().take(SHOWN).collect();
        return console.value(&serde_json::json!({ "rows": taken.rows, "records": records, "rejects": rejects }));
    }
    let page = if taken.rows < usize::from(pull.rows) { "all there are" } else { "the first" };
    console.say(format_args!(
        "{} ({page}), {} of them",
        count(taken.rows as u64, "row", "rows"),
        count(outcome.records.len() as u64, "record", "records")
    ));
    for record in outcome.records.iter().take(SHOWN) {
        console.line(serde_json::to_string(record)?)?;
    }
    for reject in outcome.rejects.iter().take(SHOWN) {
        console.say(format_args!("{BAD}rejected{BAD:#} {reject}"));
    }
    if outcome.passed_over > 0 {
        console
            .say(format_args!("{} by the mapping", count(outcome.passed_over as u64, "row left out", "rows left out")));
    }
    console.say("Nothing was kept, and the cursor stays where it is");
    Ok(())
}
