//! HTTP to the outside: only where it may go, for no longer than it may take, reading no more than it needs.

use std::error::Error as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use connect::destinations::{Method, Outgoing};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::address::special;
use super::resolve::{Checked, Lookup, Special};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// So much of an answer is read, at most.
const MOST_ANSWER_BYTES: usize = 16 * 1024;

/// How a failure begins before which nothing was sent.
const CANNOT_CONNECT: &str = "cannot connect: ";

/// Whether an attempt that failed for this reason cannot have been heard of at the other end.
pub fn never_arrived(error: &str) -> bool {
    error.starts_with(CANNOT_CONNECT)
}

/// Sends requests.
pub struct Client {
    http: reqwest::Client,
    allow_private: bool,
    timeout: Duration,
}

/// What came back.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub retry_after: Option<String>,
    /// Its beginning; less than that if the connection broke after the status.
    pub body: Vec<u8>,
}

/// Why nothing came back, without address or secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unanswered(String);

/// Why an address is not one for a destination. Does not show it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("is no web address: write it like https://host/path")]
    Unreadable,
    #[error("holds a name or password: take it out")]
    Credentials,
    #[error("is not encrypted: begin it with https://, or set allow_private if it stays inside your own network")]
    Plain,
    #[error("leads to an address that is {0}: if that is meant, set allow_private for this destination")]
    Special(&'static str),
}

/// An address that a destination may have. Hosts are read as browsers read them: `0x7f.1`, `2130706433` and `０１７７.1` are 127.0.0.1.
/// Names are looked at when they are resolved.
pub fn address(text: &str, allow_private: bool) -> Result<Url, BadAddress> {
    let url = Url::parse(text).map_err(|_| BadAddress::Unreadable)?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(BadAddress::Unreadable);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadAddress::Credentials);
    }
    if allow_private {
        return Ok(url);
    }
    // An address in the place of a name is never resolved, so this is where it is checked.
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match host.parse::<IpAddr>().ok().and_then(special) {
        Some(what) => Err(BadAddress::Special(what)),
        None if url.scheme() == "http" => Err(BadAddress::Plain),
        None => Ok(url),
    }
}

impl Client {
    /// A client of its own for each destination: connections are not shared between those that may go to private machines and those
    /// that may not.
    pub fn new(allow_private: bool, lookup: Arc<dyn Lookup>, timeout: Duration) -> Result<Self> {
        // The first one in a process stays, and all are the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .dns_resolver(Checked { lookup, allow_private })
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .user_agent(concat!("Brix/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .pool_idle_timeout(Duration::from_secs(20))
            .build()
            .context("cannot set up HTTPS; see that the system has its certificates (the package ca-certificates)")?;
        Ok(Self { http, allow_private, timeout })
    }

    /// Sends a request.
    pub async fn send(&self, outgoing: &Outgoing) -> Result<Answered, Unanswered> {
        let url = address(outgoing.url.expose(), self.allow_private)
            .map_err(|error| Unanswered(format!("the address {error}")))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &outgoing.headers {
            let mut value = HeaderValue::from_str(value.expose())
                .map_err(|_| Unanswered(format!("the header {name} cannot be sent: set it anew")))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let request = match outgoing.method {
            Method::Post => self.http.post(url),
        };
        let body = outgoing.body.expose().to_owned();
        let mut response =
            request.headers(headers).body(body).send().await.map_err(|error| Unanswered(self.why(&error)))?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut answered = Answered { status: response.status().as_u16(), retry_after, body: Vec::new() };
        // The status is the answer. What comes after it, or does not, changes nothing.
        while let Ok(Some(piece)) = response.chunk().await {
            let room = MOST_ANSWER_BYTES - answered.body.len();
            answered.body.extend(piece.iter().take(room));
            if piece.len() >= room {
                break;
            }
        }
        Ok(answered)
    }

    /// In words that hold no address.
    fn why(&self, error: &reqwest::Error) -> String {
        let mut deepest: &dyn std::error::Error = error;
        while let Some(source) = deepest.source() {
            if let Some(special) = source.downcast_ref::<Special>() {
                return special.to_string();
            }
            deepest = source;
        }
        if error.is_timeout() {
            return format!("no answer within {} s", self.timeout.as_secs());
        }
        if error.source().is_none() {
            return "the request could not be sent".to_owned();
        }
        if error.is_connect() {
            format!("{CANNOT_CONNECT}{deepest}")
        } else {
            format!("the connection broke: {deepest}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_every_disguise_are_refused() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "017700000001",
            "0x7f000001",
            "0x7f.1",
            "127.1",
            "127.0.1",
            "0177.0.0.01",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
            "１２７.0.0.1",
            "127。0。0。1",
            "①②⑦.0.0.1",
            "0",
            "0x0",
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "10.1",
            "192.168.257",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "[::]",
        ] {
            for scheme in ["https", "http", "HTTPS"] {
                let found = address(&format!("{scheme}://{host}:8443/hook"), false);
                assert!(matches!(found, Err(BadAddress::Special(_))), "{host}: {found:?}");
            }
            assert!(address(&format!("http://{host}/"), true).is_ok(), "{host} is allowed when asked for");
        }
    }

    #[test]
    fn other_faults_of_addresses() {
        for (text, expect) in [
            ("https://u:p@hooks.example/", BadAddress::Credentials),
            ("https://127.0.0.1@hooks.example/", BadAddress::Credentials),
            ("http://hooks.example/", BadAddress::Plain),
            ("http://8.8.8.8/", BadAddress::Plain),
            ("file:///etc/passwd", BadAddress::Unreadable),
            ("gopher://127.0.0.1/", BadAddress::Unreadable),
            ("hooks.example", BadAddress::Unreadable),
            ("https://", BadAddress::Unreadable),
            ("https://1.2.3.4.5/", BadAddress::Unreadable),
            ("https://256.1.1.1/", BadAddress::Unreadable),
            ("https://[fe80::1%25eth0]/", BadAddress::Unreadable),
        ] {
            assert_eq!(address(text, false).unwrap_err(), expect, "{text}");
        }
        for text in
            ["https://hooks.example/", "https://8.8.8.8/", "https://[2606:4700::1111]/", "https://bücher.example:444/"]
        {
            assert!(address(text, false).is_ok(), "{text}");
        }
    }
}
