//! Where a server's settings come from: its file, the environment, options. Which of the last two it was is kept, to be told.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::cli::Shared;
use crate::serve::config::{self, Config, FILE, Given, Origin, Overrides};

/// The options, their names, and the variables that stand for them.
const OPTIONS: [(&str, &str, &str); 6] = [
    ("listen", "--listen", "BRIX_LISTEN"),
    ("data", "--data", "BRIX_DATA"),
    ("definitions", "--definitions", "BRIX_DEFINITIONS"),
    ("log_format", "--log-format", "BRIX_LOG_FORMAT"),
    ("log", "--log", "BRIX_LOG"),
    ("lake", "--lake", "BRIX_LAKE"),
];

/// Where a server's settings come from.
#[derive(Debug, Args)]
struct Options {
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
    /// Which log lines are written: a level, and others for parts, such as warn,delivery=info [default: info]
    #[arg(long, value_name = "LEVELS", env = "BRIX_LOG", hide_env_values = true)]
    log: Option<String>,
}

/// The same, with those that the environment gives.
#[derive(Debug)]
pub struct ConfigArguments {
    options: Options,
    /// By the option's place in [`OPTIONS`].
    is_variable: [bool; OPTIONS.len()],
}

impl FromArgMatches for ConfigArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let is_variable = OPTIONS.map(|(id, ..)| matches.value_source(id) == Some(ValueSource::EnvVariable));
        Ok(Self { options: Options::from_arg_matches_mut(matches)?, is_variable })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for ConfigArguments {
    fn augment_args(command: Command) -> Command {
        Options::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Options::augment_args_for_update(command)
    }
}

impl ConfigArguments {
    /// What is in force.
    pub fn read(&self, shared: &Shared) -> Result<Config> {
        let options = &self.options;
        let here = Path::new(FILE);
        let path = options.config.as_deref().or_else(|| here.is_file().then_some(here));
        let overrides = Overrides {
            listen: self.given("listen", options.listen.clone()),
            data: self.given("data", options.data.clone()),
            workspace: shared.workspace.clone().map(|value| Given { value, origin: Origin::Flag("--workspace") }),
            lake: self.given("lake", shared.lake.clone()),
            definitions: self.given("definitions", options.definitions.clone()),
            log_format: self.given("log_format", options.log_format.clone()),
            log: self.given("log", options.log.clone()),
        };
        Ok(config::read(path, &overrides, &|name| std::env::var(name).ok())?)
    }

    fn given<T>(&self, option: &str, value: Option<T>) -> Option<Given<T>> {
        let place = OPTIONS.iter().position(|(id, ..)| *id == option)?;
        let (_, flag, variable) = OPTIONS[place];
        let origin = if self.is_variable[place] { Origin::Variable(variable) } else { Origin::Flag(flag) };
        value.map(|value| Given { value, origin })
    }
}
