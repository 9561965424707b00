//! What can be set: in a file (TOML), by the environment, by flags; the later wins. Every error is told, not only the first, and of each value
//! is known where it comes from.

mod destination;
mod origin;
mod product;
mod proxies;
mod pull;
mod read;
mod retention;
mod section;
mod shown;
mod source;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use connect::secret::Secret;
use connect::sources::{Settings, Source as Vendor};

use super::logs::{Levels, LogFormat};
use super::pulls::Pull;
use crate::access::scope::Scope;
use crate::access::secret::KeyDigest;
use crate::delivery::Configured;
use crate::live::Route;

pub use origin::{Given, Origin, Origins};
pub use proxies::Proxies;
pub use read::{Overrides, read};
pub use retention::{Age, Retention};

/// The usual name of the file.
pub const FILE: &str = "server.toml";

/// What is in force.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Proxies that are believed from whom a request is.
    pub trusted_proxies: Proxies,
    /// The folder of the store.
    pub data: PathBuf,
    /// The folder of the lake.
    pub lake: PathBuf,
    /// The workspace's settings.
    pub workspace: PathBuf,
    /// The folder of definitions.
    pub definitions: PathBuf,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written.
    pub log: Levels,
    /// Limits.
    pub limits: Limits,
    /// When the log goes into the lake.
    pub compaction: Compaction,
    /// What is old, and goes.
    pub retention: Retention,
    /// Where records come from.
    pub sources: Vec<Source>,
    /// Queries whose rows are records.
    pub pulls: Vec<Pull>,
    /// Where leads go.
    pub destinations: Vec<Destination>,
    /// Who may use the API.
    pub api_keys: Vec<ApiKey>,
    /// What the product itself may ask.
    pub product: Product,
    /// Where each of these comes from.
    pub origins: Origins,
}

/// What the product itself may ask.
#[derive(Debug, Default)]
pub struct Product {
    /// What users' tokens are signed with; without it there are none.
    pub token_secret: Option<Secret>,
}

/// Limits of the server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a request may take to come in and be answered.
    pub request_timeout: Duration,
    /// How many entries may wait for the log before senders are told to come again.
    pub waiting_entries: usize,
    /// How many connections may be open; others wait to be accepted.
    pub connections: usize,
    /// How many bytes all bodies may have together that are being read, before senders are told to come again.
    pub body_bytes: usize,
}

/// When the log goes into the lake.
#[derive(Debug, Clone, Copy)]
pub struct Compaction {
    /// At least so long after the last time.
    pub every: Duration,
    /// Sooner, if so many entries have come together.
    pub entries: u64,
}

/// A source of records.
#[derive(Debug)]
pub struct Source {
    /// Its name: part of each record's identity.
    pub name: String,
    /// Whose format it speaks.
    pub vendor: &'static Vendor,
    /// How what it sends is read.
    pub settings: Settings,
    /// Digests of the keys that write to it.
    pub keys: Vec<KeyDigest>,
}

/// A destination of leads.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Its name.
    pub name: String,
    /// Leads of these definitions only; empty: of all.
    pub definitions: Vec<String>,
    /// Also leads that are qualified to use.
    pub to_use: bool,
    /// Again, when a lead that was snoozed wakes.
    pub woken: bool,
    /// Which settings of its kind are set, and how many values each has; none is shown.
    pub secrets: Vec<(String, usize)>,
    /// The connector with its address and its secrets.
    pub configured: Arc<Configured>,
}

/// A key of the API.
#[derive(Clone)]
pub struct ApiKey {
    /// Who has it.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// Its digest.
    pub key: KeyDigest,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiKey").field("name", &self.name).field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Config {
    /// Which leads each destination is told of.
    pub fn routes(&self) -> Vec<Route> {
        self.destinations
            .iter()
            .map(|destination| Route {
                destination: destination.name.clone(),
                definitions: destination.definitions.clone(),
                to_use: destination.to_use,
                woken: destination.woken,
            })
            .collect()
    }
}
