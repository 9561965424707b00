//! What a source declares of itself: its name, the paths its clients call, and the pure functions behind them.

use std::sync::Arc;

use engine::record::SubjectKind;

use super::answer::Answer;
use super::groups::Groups;
use super::intake::Received;
use super::request::{Method, Request};
use crate::files::Mapping;
use crate::secret::Secret;

/// A source: a declaration and a pure mapping.
#[derive(Debug)]
pub struct Source {
    /// The word in paths, settings and commands.
    pub id: &'static str,
    /// The name that people know.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// How a sender proves that it may send.
    pub proof: Proof,
    /// What the clients call.
    pub routes: &'static [Route],
    /// Turns a request into records.
    pub receive: fn(&Request<'_>, &Settings) -> Received,
    /// What a client is told whose key is missing or unknown.
    pub unauthorized: fn(&Request<'_>) -> Answer,
    /// What a client is told that is to come again after so many seconds.
    pub too_busy: fn(&Request<'_>, u32) -> Answer,
    /// What a client is told whose body is larger than its route takes.
    pub too_large: fn(&Request<'_>) -> Answer,
}

impl Source {
    /// The route that a request takes.
    #[must_use]
    pub fn route(&self, method: Method, path: &str) -> Option<&'static Route> {
        self.routes.iter().find(|route| route.takes(method, path))
    }
}

/// How a sender proves that it may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By a key, which the caller looks up ([`Received::key`]).
    Key,
    /// By a signature over the body, which [`Source::receive`] has checked; without, it takes nothing.
    Signature,
}

/// A path that a client calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// How.
    pub method: Method,
    /// Where, below the source's mount. A `*` stands for any one piece.
    pub path: &'static str,
    /// The largest body that is taken, unpacked, in bytes.
    pub max_body_bytes: usize,
}

impl Route {
    /// A path for GET, whose message stands in the query.
    pub(crate) const fn get(path: &'static str) -> Self {
        Self { method: Method::Get, path, max_body_bytes: 0 }
    }

    /// A path for POST.
    pub(crate) const fn post(path: &'static str, max_body_bytes: usize) -> Self {
        Self { method: Method::Post, path, max_body_bytes }
    }

    /// Whether a request is this route's. A slash at the end does not matter.
    #[must_use]
    pub fn takes(&self, method: Method, path: &str) -> bool {
        let wanted = self.path.trim_matches('/').split('/');
        let mut given = path.trim_matches('/').split('/');
        let fits = wanted
            .into_iter()
            .all(|wanted| given.next().is_some_and(|given| wanted == given || (wanted == "*" && !given.is_empty())));
        fits && given.next().is_none() && method == self.method
    }
}

/// What the owner of Brix has said of one source.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name the source was given: part of each record's identity.
    pub source: Arc<str>,
    /// Whether a request with faults is answered with what is wrong instead of as the vendor does.
    pub strict: bool,
    /// The currency of amounts that state none.
    pub currency: Arc<str>,
    /// Which kinds of groups are accounts and workspaces.
    pub groups: Groups,
    /// The secret that webhooks are signed with.
    pub signing_secret: Option<Secret>,
    /// Whom a billing customer is.
    pub customer: Customer,
    /// What rows mean, for the source that takes rows of any form.
    pub mapping: Option<Arc<Mapping>>,
}

impl Settings {
    /// Settings with a name and nothing else said.
    #[must_use]
    pub fn of(source: &str) -> Self {
        Self {
            source: Arc::from(source),
            strict: false,
            currency: Arc::from("USD"),
            groups: Groups::default(),
            signing_secret: None,
            customer: Customer::default(),
            mapping: None,
        }
    }
}

/// Whom a billing customer is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Customer {
    /// Whether customers are companies or people.
    pub is: CustomerIs,
    /// The key of the metadata that holds the product's own id. Without it, or where it is not there, the customer's
    /// id at the vendor is used.
    pub metadata_key: Option<String>,
}

/// Whether customers are companies or people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CustomerIs {
    /// Companies.
    #[default]
    Account,
    /// People.
    User,
}

impl CustomerIs {
    /// Whose traits a customer's are.
    pub(crate) const fn subject(self) -> SubjectKind {
        match self {
            Self::Account => SubjectKind::Account,
            Self::User => SubjectKind::User,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_match_whole_paths() {
        let takes = |pattern, path| Route::post(pattern, 1).takes(Method::Post, path);
        assert!(takes("/v1/track", "/v1/track"));
        assert!(takes("/v1/track", "v1/track/"));
        assert!(!takes("/v1/track", "/v1"));
        assert!(!takes("/v1/track", "/v1/track/more"));
        assert!(takes("/api/s/*", "/api/s/track"));
        assert!(!takes("/api/s/*", "/api/s/"));
        assert!(!takes("/api/s/*", "/api/s/a/b"));
        assert!(!Route::post("/track", 1).takes(Method::Get, "/track"));
    }
}
