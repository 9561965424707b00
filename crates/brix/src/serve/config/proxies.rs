//! Proxies that stand before the server: whom they say they speak for is believed of them, and of nobody else.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use axum::http::HeaderMap;

/// In it each proxy adds from whom it has a request, at the end.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The networks of proxies; none unless they are set.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<Network>);

/// A network: an address, and how many of its first bits all of it have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = if bits.is_empty() && !text.contains('/') { most } else { bits.parse().map_err(|_| ())? };
        if bits > most { Err(()) } else { Ok(Self { address, bits }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(32 - self.bits).is_none_or(|rest| rest == 0)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(128 - self.bits).is_none_or(|rest| rest == 0)
            }
            _ => false,
        }
    }
}

impl Proxies {
    /// Those in these networks.
    pub const fn of(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// The networks.
    pub fn networks(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// From whom a request is that came from this address: the last one that a proxy names and that is no proxy itself. What stands
    /// before it was written by whoever asks.
    pub fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
        let named: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut sender = peer;
        for name in named.into_iter().rev() {
            if !self.trusts(sender) {
                break;
            }
            match name.parse() {
                Ok(address) => sender = address,
                Err(_) => break,
            }
        }
        sender
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies = Proxies::of(proxies.iter().map(|network| network.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        proxies.sender(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_proxies_are_believed() {
        assert_eq!(sender(&[], "127.0.0.1", &["198.51.100.7"]), "127.0.0.1");
        let own = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        assert_eq!(sender(&own, "127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(sender(&own, "::ffff:127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(sender(&own, "fd00::9", &["1.2.3.4, 198.51.100.7", "10.1.2.3"]), "198.51.100.7", "from the end");
        assert_eq!(sender(&own, "198.51.100.9", &["198.51.100.7"]), "198.51.100.9", "no proxy");
        assert_eq!(sender(&own, "127.0.0.1", &["unknown"]), "127.0.0.1");
        assert_eq!(sender(&["0.0.0.0/0"], "9.9.9.9", &["8.8.8.8"]), "8.8.8.8");
        for wrong in ["", "10.0.0.0/33", "10.0.0.0/", "proxy", "10.0.0.0/x"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
