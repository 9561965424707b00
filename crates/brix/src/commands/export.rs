//! `brix export`: everything that a running server knows of somebody.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use super::client::Client;
use super::place::Place;
use super::suppress::Kind;
use crate::console::{Console, GOOD};
use crate::exit::Exit;

/// Export everything that is known of a person, of a company and its people, or of a workspace
///
/// A zip of JSON lines: ids, records, traits, memberships, leads with their evidence and notes, and what was sent of them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix export ann@example.com --out ann.zip\n  \
    brix export acme --kind account")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// One of the ids, as it is sent
    #[arg(value_name = "ID")]
    id: String,
    /// What it is
    #[arg(long, value_enum, default_value = "user")]
    kind: Kind,
    /// The file to be made
    #[arg(long, value_name = "FILE", default_value = "export.zip")]
    out: PathBuf,
}

/// Exports.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let body = json!({ "kind": arguments.kind.word(), "id": arguments.id });
    let bytes = Client::new(&arguments.place.address())?.file("/api/v1/privacy/exports", &body)?;
    let path = &arguments.out;
    std::fs::write(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    if console.json {
        console.value(&json!({ "file": path, "bytes": bytes.len() }))?;
    } else {
        console.say(format_args!("{GOOD}Written{GOOD:#}: {}; it holds personal data", path.display()));
    }
    Ok(Exit::Done)
}
