//! Where the server is that a command asks: where it is told, else where one that is started here listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::serve::config::FILE;

/// Where a server listens unless it is told otherwise.
const USUAL: &str = "http://127.0.0.1:8473";

/// Where the server is.
#[derive(Debug, Args)]
pub struct Place {
    /// Where the server is [default: where one that is started here listens: `listen` in server.toml, else http://127.0.0.1:8473]
    #[arg(long, value_name = "URL", env = "BRIX_URL", hide_env_values = true)]
    server: Option<String>,
}

/// An address, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Without a path.
    pub url: String,
    /// It was not named, and stands in settings.
    pub is_of_settings: bool,
}

impl Place {
    /// Where the server is.
    pub fn address(&self) -> Address {
        let listens = || {
            let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
            let file = || listen_of(&variable("BRIX_CONFIG").map_or_else(|| PathBuf::from(FILE), PathBuf::from));
            variable("BRIX_LISTEN").or_else(file)?.parse().ok()
        };
        self.address_or(listens)
    }

    /// The same where the settings were read.
    pub fn address_or(&self, listens: impl FnOnce() -> Option<SocketAddr>) -> Address {
        let url = |url: &str| url.trim_end_matches('/').to_owned();
        match &self.server {
            Some(server) => Address { url: url(server), is_of_settings: false },
            None => match listens().and_then(reached) {
                Some(at) => Address { url: format!("http://{at}"), is_of_settings: true },
                None => Address { url: url(USUAL), is_of_settings: false },
            },
        }
    }
}

/// What settings say of where to listen. Whether the rest of them can be used matters to the server only.
fn listen_of(settings: &Path) -> Option<String> {
    let table: toml::Table = std::fs::read_to_string(settings).ok()?.parse().ok()?;
    table.get("listen")?.as_str().map(str::to_owned)
}

/// Where one that listens there is reached from this machine; one that takes any free port, nobody knows where.
fn reached(listens: SocketAddr) -> Option<SocketAddr> {
    let here = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    (listens.port() != 0).then(|| SocketAddr::new(here, listens.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_goes_before_what_stands_in_settings() {
        let named = |server: Option<&str>, listens: &str| {
            Place { server: server.map(str::to_owned) }.address_or(|| listens.parse().ok()).url
        };
        for (server, listens, expected) in [
            (Some("http://far:1/"), "127.0.0.1:18473", "http://far:1"),
            (None, "127.0.0.1:18473", "http://127.0.0.1:18473"),
            (None, "0.0.0.0:9", "http://127.0.0.1:9"),
            (None, "[::]:9", "http://[::1]:9"),
            (None, "10.0.0.7:9", "http://10.0.0.7:9"),
            (None, "127.0.0.1:0", USUAL),
            (None, "nonsense", USUAL),
        ] {
            assert_eq!(named(server, listens), expected, "{listens}");
        }
    }
}
