//! `brix serve` and `brix config`: the server and its settings.

mod settings;

use anyhow::Result;
use clap::Args;

use crate::cli::Shared;
use crate::console::Console;
use crate::exit::Exit;
use crate::{serve, workspace};

pub use settings::ConfigArguments;

/// Serve: take events over HTTP, and qualify people as they come
///
/// Everything is in one folder. What sources send is durable before they are answered; leads follow within a moment.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix serve\n  \
    brix serve --config /etc/brix/server.toml --listen 0.0.0.0:8473")]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
}

/// Serves.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let config = arguments.config.read(shared)?;
    let settings = Shared { workspace: config.workspace.is_file().then(|| config.workspace.clone()), ..shared.clone() };
    let workspace = workspace::read(&settings, &[], console)?;
    if config.sources.is_empty() {
        console.say("no sources are set up, so nothing can come in; `brix key` tells how to");
    }
    serve::run(config, workspace, console)?;
    Ok(Exit::Done)
}

/// Show the server's settings that are in force, each with where it comes from
///
/// Behind each value stands the file's line, the option or variable that gives it, or `default`. Secrets are not shown.
#[derive(Debug, Args)]
pub struct ShowArguments {
    #[command(flatten)]
    config: ConfigArguments,
}

/// Shows them.
pub fn show(arguments: &ShowArguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let config = arguments.config.read(shared)?;
    match console.json {
        true => console.value(&config.shown_as_json())?,
        false => console.line(config.shown().trim_end())?,
    }
    Ok(Exit::Done)
}
