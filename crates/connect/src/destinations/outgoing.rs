//! A request to be sent.

use crate::secret::Secret;

/// How.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Tells something new.
    Post,
}

/// A request to be sent. What could open a door (the address, for some, and headers) is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// How.
    pub method: Method,
    /// Where to.
    pub url: Secret,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, Secret)>,
    /// The body. It tells of people: `Debug` would show them.
    pub body: Secret,
}

impl Outgoing {
    /// JSON to be posted.
    pub(super) fn json(url: &Secret, body: String) -> Self {
        let headers = vec![("content-type", Secret::new("application/json"))];
        Self { method: Method::Post, url: url.clone(), headers, body: Secret::new(body) }
    }

    /// With one more header.
    #[must_use]
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, Secret::new(value)));
        self
    }
}
