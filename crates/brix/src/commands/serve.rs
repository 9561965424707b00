//! `brix serve` and `brix config`: the server and its settings.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::cli::Shared;
use crate::console::Console;
use crate::exit::Exit;
use crate::serve::config::{self, Config, FILE, Overrides};
use crate::{serve, workspace};

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

/// Where a server's settings come from.
#[derive(Debug, Args)]
pub struct ConfigArguments {
    /// The server's settings [default: server.toml here, if it is there]
    #[arg(long, value_name = "FILE", env = "BRIX_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", env = "BRIX_LISTEN", hide_env_values = true)]
    listen: Option<String>,
    /// The folder of everything that must survive
    #[arg(long, value_name = "FOLDER", env = "BRIX_DATA", hide_env_values = true)]
    data: Option<PathBuf>,
    /// The folder of definitions
    #[arg(long, value_name = "FOLDER", env = "BRIX_DEFINITIONS", hide_env_values = true)]
    definitions: Option<PathBuf>,
    /// How log lines look: text or json
    #[arg(long, value_name = "FORMAT", env = "BRIX_LOG_FORMAT", hide_env_values = true)]
    log_format: Option<String>,
}

impl ConfigArguments {
    /// What is in force.
    pub fn read(&self, shared: &Shared) -> Result<Config> {
        let here = Path::new(FILE);
        let path = self.config.as_deref().or_else(|| here.is_file().then_some(here));
        let overrides = Overrides {
            listen: self.listen.clone(),
            data: self.data.clone(),
            workspace: shared.workspace.clone(),
            lake: shared.lake.clone(),
            definitions: self.definitions.clone(),
            log_format: self.log_format.clone(),
        };
        Ok(config::read(path, &overrides, &|name| std::env::var(name).ok())?)
    }
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

/// Show the server's settings that are in force, wherever they come from
#[derive(Debug, Args)]
pub struct ShowArguments {
    #[command(flatten)]
    config: ConfigArguments,
}

/// Shows them.
pub fn show(arguments: &ShowArguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let config = arguments.config.read(shared)?;
    console.line(config.shown().trim_end())?;
    Ok(Exit::Done)
}
