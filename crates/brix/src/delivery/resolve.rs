//! Names to addresses, with the check in between. The client connects to what comes out of here and asks nobody else, so that a name
//! that means another machine a moment later (rebinding) gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::special;

/// The addresses of a name, on their way.
pub type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync + 'static {
    /// All of them.
    fn lookup(&self, host: &str) -> Found;
}

/// The system's way.
pub struct System;

impl Lookup for System {
    fn lookup(&self, host: &str) -> Found {
        let host = host.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// A name leads to nothing that may be called.
#[derive(Debug, thiserror::Error)]
#[error("its host is {0}: if that is meant, set allow_private for this destination")]
pub struct Special(pub &'static str);

/// Gives the public addresses of a name only, unless all are allowed.
pub struct Checked {
    pub lookup: Arc<dyn Lookup>,
    pub allow_private: bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, allow_private) = (self.lookup.lookup(name.as_str()), self.allow_private);
        Box::pin(async move { Ok(allowed(found.await?, allow_private)?) })
    }
}

/// Those that may be called. One public address beside private ones is enough: only it is called.
fn allowed(found: Vec<IpAddr>, allow_private: bool) -> Result<Addrs, Special> {
    let (mut addresses, mut refused) = (Vec::new(), "without an address");
    for address in found {
        match special(address) {
            Some(why) if !allow_private => refused = why,
            _ => addresses.push(SocketAddr::new(address, 0)),
        }
    }
    if addresses.is_empty() { Err(Special(refused)) } else { Ok(Box::new(addresses.into_iter())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(found: &[&str], allow_private: bool) -> Result<Vec<String>, String> {
        let found = found.iter().map(|address| address.parse().unwrap()).collect();
        let kept = allowed(found, allow_private).map_err(|special| special.0.to_owned())?;
        Ok(kept.map(|address| address.ip().to_string()).collect())
    }

    #[test]
    fn only_public_addresses_come_out() {
        assert_eq!(kept(&["8.8.8.8", "127.0.0.1", "::ffff:10.0.0.1"], false), Ok(vec!["8.8.8.8".to_owned()]));
        assert_eq!(kept(&["127.0.0.1"], false), Err("this machine".to_owned()));
        assert_eq!(kept(&[], false), Err("without an address".to_owned()));
        assert_eq!(kept(&["127.0.0.1"], true), Ok(vec!["127.0.0.1".to_owned()]));
    }
}
