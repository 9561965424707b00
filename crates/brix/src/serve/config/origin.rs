//! Where each value that is in force comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// Where a value comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nobody has said anything.
    #[default]
    Default,
    /// A line of the file.
    File(usize),
    /// A variable of the environment that stands for an option.
    Variable(&'static str),
    /// An option of the command.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(line) => write!(formatter, "line {line}"),
            Self::Variable(name) | Self::Flag(name) => formatter.write_str(name),
        }
    }
}

/// A value that an option or its variable gives.
#[derive(Debug, Clone)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Which of the two.
    pub origin: Origin,
}

/// Where all values come from.
#[derive(Debug, Default)]
pub struct Origins {
    /// The file, if there is one.
    pub file: Option<PathBuf>,
    /// By the setting's name; the others are defaults.
    pub(super) settings: BTreeMap<String, Origin>,
    /// By the setting's name: variables that the file names.
    pub(super) variables: BTreeMap<String, Vec<String>>,
    /// By the setting's name: lengths of time as they are written in the file.
    pub(super) lengths: BTreeMap<String, String>,
}

impl Origins {
    /// Where a setting's value comes from.
    pub fn of(&self, setting: &str) -> Origin {
        self.settings.get(setting).cloned().unwrap_or_default()
    }

    /// The variables that the file names for it, which hold the value.
    pub fn variables(&self, setting: &str) -> &[String] {
        self.variables.get(setting).map_or(&[], Vec::as_slice)
    }
}
