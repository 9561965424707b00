//! What can be set: in a file (TOML), by the environment, by flags; the later wins. Every error is told, not only the first.

mod destination;
mod product;
mod proxies;
mod pull;
mod read;
mod retention;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use connect::secret::Secret;
use connect::sources::{Settings, Source as Vendor};

use super::keys::{KeyDigest, Scope};
use super::logs::LogFormat;
use super::pulls::Pull;
use crate::delivery::Configured;
use crate::live::Route;

pub use proxies::Proxies;
pub use read::{Overrides, read};
pub use retention::Retention;

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

    /// What is in force, as a file that could be read again; keys are not among it.
    pub fn shown(&self) -> String {
        let seconds = |length: Duration| format!("{}s", length.as_secs());
        let mut lines = vec![
            format!("listen = {:?}", self.listen.to_string()),
            format!("trusted_proxies = {:?}", self.trusted_proxies.networks().collect::<Vec<_>>()),
            format!("data = {:?}", self.data.display().to_string()),
            format!("lake = {:?}", self.lake.display().to_string()),
            format!("workspace = {:?}", self.workspace.display().to_string()),
            format!("definitions = {:?}", self.definitions.display().to_string()),
            format!("log_format = {:?}", if self.log_format == LogFormat::Json { "json" } else { "text" }),
            String::new(),
            "[limits]".to_owned(),
            format!("request_timeout = {:?}", seconds(self.limits.request_timeout)),
            format!("waiting_entries = {}", self.limits.waiting_entries),
            format!("connections = {}", self.limits.connections),
            format!("body_bytes = {}", self.limits.body_bytes),
            String::new(),
            "[compaction]".to_owned(),
            format!("every = {:?}", seconds(self.compaction.every)),
            format!("entries = {}", self.compaction.entries),
        ];
        lines.extend(self.retention.shown());
        if self.product.token_secret.is_some() {
            let lines_of_product = ["", "[product]", "# token_secret is set, and not shown"];
            lines.extend(lines_of_product.map(str::to_owned));
        }
        for source in &self.sources {
            lines.extend([
                String::new(),
                "[[sources]]".to_owned(),
                format!("name = {:?}", source.name),
                format!("vendor = {:?}", source.vendor.id),
                format!("strict = {}", source.settings.strict),
                format!("# {} keys, not shown", source.keys.len()),
            ]);
        }
        for pull in &self.pulls {
            lines.extend([
                String::new(),
                "[[pulls]]".to_owned(),
                format!("name = {:?}", pull.name),
                format!("query = {:?}", pull.query),
                format!("cursor = {:?}", pull.cursor),
                format!("start = {:?}", pull.start),
                format!("every = {:?}", seconds(pull.every)),
                format!("timeout = {:?}", seconds(pull.timeout)),
                format!("rows = {}", pull.rows),
                "# the address is not shown".to_owned(),
            ]);
        }
        for destination in &self.destinations {
            lines.extend([
                String::new(),
                "[[destinations]]".to_owned(),
                format!("name = {:?}", destination.name),
                format!("definitions = {:?}", destination.definitions),
                format!("to_use = {}", destination.to_use),
                format!("woken = {}", destination.woken),
                format!("kind = {:?}", destination.configured.kind.id),
                format!("allow_private = {}", destination.configured.allow_private),
                "# address and secrets are not shown".to_owned(),
            ]);
        }
        for key in &self.api_keys {
            let scope = if key.scope == Scope::Manage { "manage" } else { "read" };
            lines.extend([
                String::new(),
                "[[api_keys]]".to_owned(),
                format!("name = {:?}", key.name),
                format!("scope = {scope:?}"),
                "# the key is not shown".to_owned(),
            ]);
        }
        lines.join("\n") + "\n"
    }
}
