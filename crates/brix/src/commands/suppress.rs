//! `brix suppress` and `brix unsuppress`: of whom a running server takes in and tells nothing.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::client::Client;
use super::place::Place;
use crate::console::Console;
use crate::exit::Exit;

/// What somebody is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    /// A person: an id of a user, or of a device
    User,
    /// A company
    Account,
    /// A workspace
    Workspace,
}

impl Kind {
    /// Its word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Account => "account",
            Self::Workspace => "workspace",
        }
    }
}

/// Take in and tell nothing of somebody any more, on a running server
///
/// From now on what names the id is counted and nothing of it kept, and no destination is told. What is there stays. Whoever has
/// several ids, such as those of devices, is suppressed under each by a command of its own.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix suppress u1 --reason 'asked for it on 3 May'\n  \
    brix suppress acme --kind account")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The id, as it is sent
    #[arg(value_name = "ID")]
    id: String,
    /// What it is
    #[arg(long, value_enum, default_value = "user")]
    kind: Kind,
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

/// Take in and tell again what is said of somebody who was suppressed
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  brix unsuppress u1")]
pub struct LiftArguments {
    #[command(flatten)]
    place: Place,
    /// The id, as it is sent
    #[arg(value_name = "ID")]
    id: String,
    /// What it is
    #[arg(long, value_enum, default_value = "user")]
    kind: Kind,
}

/// Suppresses.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let body = json!({ "kind": arguments.kind.word(), "id": arguments.id, "reason": arguments.reason });
    let answer = Client::new(&arguments.place.address())?.post("/api/v1/privacy/suppressions", &body)?;
    if console.json {
        console.value(&answer)?;
    } else {
        console.say("nothing is taken in or told of this id any more; what is there stays");
    }
    Ok(Exit::Done)
}

/// Suppresses no more.
pub fn lift(arguments: &LiftArguments, console: &mut Console) -> Result<Exit> {
    let body = json!({ "kind": arguments.kind.word(), "id": arguments.id });
    let answer = Client::new(&arguments.place.address())?.post("/api/v1/privacy/suppressions/lift", &body)?;
    if console.json {
        console.value(&answer)?;
    } else {
        console.say("what is sent of this id is taken in again");
    }
    Ok(Exit::Done)
}
