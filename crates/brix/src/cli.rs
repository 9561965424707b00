//! What all commands share on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of all commands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of all commands")]
pub struct Shared {
    /// The settings shared by all definitions [default: brix.yaml next to the lake or the definition, else here]
    #[arg(long, global = true, value_name = "FILE")]
    pub workspace: Option<PathBuf>,
    /// The folder of the event lake [default: ./lake]
    #[arg(long, global = true, value_name = "FOLDER", env = "BRIX_LAKE", hide_env_values = true)]
    pub lake: Option<PathBuf>,
    /// Give the data as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing on standard error but errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colours,
}

impl Shared {
    /// Where the lake is.
    pub fn lake(&self) -> PathBuf {
        self.lake.clone().unwrap_or_else(|| PathBuf::from("lake"))
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Colours {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also in files and pipes.
    Always,
    /// Never.
    Never,
}
