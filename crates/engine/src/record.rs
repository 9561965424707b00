//! Records: what a source says happened, before anyone asks what it means.

use std::sync::Arc;

use litemap::LiteMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::{Number, Timestamp, Value};

/// One accepted statement of a source. It counts once per identity (`source`, `sender`, `message`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which source said it (a file mapping's name, an API key's source).
    pub source: Arc<str>,
    /// The sender's own id within the source (a device, a project), empty where there is none.
    pub sender: Arc<str>,
    /// The message id within source and sender; empty where the record is known to count.
    pub message: Arc<str>,
    /// When it happened, after the vendor's clock correction and never later than receipt.
    pub timestamp: Timestamp,
    /// When it was received; `None` where the history does not say.
    pub received_at: Option<Timestamp>,
    /// Whom it is about, as sent.
    pub who: Who,
    /// What it says.
    pub body: Body,
}

/// The ids a record carries, as sent. A record with both `user` and `anonymous` ties the two; a record with
/// a user (or anonymous) id and an account makes the one a member of the other from its timestamp on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// A known user.
    pub user: Option<Arc<str>>,
    /// A device or visitor not yet known.
    pub anonymous: Option<Arc<str>>,
    /// The company.
    pub account: Option<Arc<str>>,
    /// The workspace, project or team inside a company.
    pub workspace: Option<Arc<str>>,
}

impl Who {
    /// Whether an id stands in it that is somebody's own.
    #[must_use]
    pub fn names_somebody(&self) -> bool {
        let ids = [&self.user, &self.anonymous, &self.account, &self.workspace];
        ids.into_iter().flatten().any(|id| !is_generic(id))
    }
}

/// Named values, sorted by name: a handful mostly, so that one piece of memory beats a tree's nodes of eleven.
pub type Properties = LiteMap<Arc<str>, Value>;

/// As a map also where there are none: by itself an empty one is written as a list where people may read it.
fn by_name<S: Serializer>(properties: &Properties, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(properties)
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Something was done.
    Event {
        /// The event's name, as sent.
        name: Arc<str>,
        /// The kind the source states, else the workspace decides by the name.
        kind: Option<EventKind>,
        /// Its details.
        #[serde(serialize_with = "by_name")]
        properties: Properties,
        /// The money it moved, for conversions.
        amount: Option<Money>,
    },
    /// Something is so of the user, account or workspace named in `who`, from the timestamp on.
    Traits {
        /// Whose traits.
        of: SubjectKind,
        /// The values.
        #[serde(serialize_with = "by_name")]
        traits: Properties,
        /// Held to be so always: declared by the import, counted in every report.
        constant: bool,
    },
    /// `previous` and the record's user are one person.
    Alias {
        /// The other id, a user's or an anonymous one.
        previous: Arc<str>,
    },
    /// The user leaves the account.
    Leave,
}

/// An amount in an ISO 4217 currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// How much.
    pub amount: Number,
    /// Three capital letters.
    pub currency: Arc<str>,
}

/// What an event is about. `any`, first seen and activity mean product events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// Use of the product.
    #[default]
    Product,
    /// Campaigns, visits, e-mails opened.
    Marketing,
    /// Calls, meetings, deals.
    Sales,
    /// Subscriptions, invoices, payments.
    Billing,
    /// Tickets, chats.
    Support,
    /// What Brix itself did.
    Brix,
}

impl EventKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 6] = [Self::Product, Self::Marketing, Self::Sales, Self::Billing, Self::Support, Self::Brix];

    /// The kind's word in files and on pages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Marketing => "marketing",
            Self::Sales => "sales",
            Self::Billing => "billing",
            Self::Support => "support",
            Self::Brix => "brix",
        }
    }
}

/// What a definition qualifies and what a trait belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A person.
    User,
    /// A company.
    Account,
    /// A workspace, project or team inside a company.
    Workspace,
}

impl SubjectKind {
    /// The kind's word in files and on pages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Account => "account",
            Self::Workspace => "workspace",
        }
    }
}

/// Ids that many senders share and that therefore name nobody; compared in lower case.
pub const GENERIC_IDS: [&str; 18] = [
    "",
    "0",
    "-1",
    "null",
    "nil",
    "none",
    "undefined",
    "nan",
    "anonymous",
    "anon",
    "guest",
    "unknown",
    "user",
    "test",
    "n/a",
    "[object object]",
    "00000000-0000-0000-0000-000000000000",
    "true",
];

/// Whether an id names nobody, so that it neither ties nor makes a subject.
#[must_use]
pub fn is_generic(id: &str) -> bool {
    let id = id.trim();
    id.len() <= 40 && GENERIC_IDS.contains(&id.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn properties_are_written_as_a_map() {
        let written = |properties: Properties| {
            let body = Body::Event { name: "Used".into(), kind: None, properties, amount: None };
            (
                serde_json::to_value(&body).unwrap()["Event"]["properties"].to_string(),
                postcard::to_stdvec(&body).unwrap(),
            )
        };
        let (text, bytes) = written(Properties::default());
        assert_eq!((text.as_str(), bytes.as_slice()), ("{}", &b"\0\x04Used\0\0\0"[..]));
        let some =
            [("b", Value::Boolean(true)), ("a", Value::Boolean(false))].map(|(name, value)| (Arc::from(name), value));
        let (text, bytes) = written(Properties::from_iter(some.clone()));
        assert_eq!(text, r#"{"a":{"Boolean":false},"b":{"Boolean":true}}"#);
        let map = postcard::to_stdvec(&BTreeMap::<Arc<str>, Value>::from(some)).unwrap();
        assert!(bytes.windows(map.len()).any(|part| part == map), "{bytes:?} has no {map:?}");
    }
}
