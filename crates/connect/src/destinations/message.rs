//! What destinations are told of a lead, as it stands in the outbox.
//!
//! The JSON is written by the processor together with the lead; `docs/destinations.md` has its shape, to which keys may be added.

use serde::Deserialize;
use serde_json::Value as Json;

use super::destination::Unsendable;

/// What to tell.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Message {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The lead's number.
    pub lead: u64,
    /// The how-manyth entry of this subject into this definition; what earlier versions wrote has none.
    pub entry: Option<u32>,
    /// Of which definition.
    pub definition: Definition,
    /// Who.
    pub subject: Subject,
    /// When the line was crossed, as in RFC 3339.
    pub qualified_at: String,
    /// When Brix knew, as in RFC 3339.
    pub detected_at: String,
    /// How strong it is.
    pub score: Option<Score>,
    /// The score's band.
    pub band: Option<String>,
    /// What it may be worth.
    pub value: Option<Money>,
    /// Why, in words.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Where to read more.
    pub link: Option<String>,
    /// All of it, also what this version does not know.
    #[serde(skip)]
    pub whole: Json,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Kind {
    /// Somebody is a lead. Of those who are not (yet) ready to buy, too.
    #[serde(rename = "lead.qualified")]
    Qualified,
    /// Who was qualified to use is now ready to buy.
    #[serde(rename = "lead.qualified_to_buy")]
    QualifiedToBuy,
    /// It was a mistake: later data says otherwise.
    #[serde(rename = "lead.retracted")]
    Retracted,
    /// It was snoozed, and is to be looked at again.
    #[serde(rename = "lead.woken")]
    Woken,
}

/// A definition, as destinations see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Definition {
    /// Its id.
    pub id: Option<String>,
    /// The name that people gave it.
    pub name: Option<String>,
    /// The hash of what it means.
    pub version: Option<String>,
}

/// Who a lead is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Subject {
    /// `user`, `account` or `workspace`.
    pub kind: String,
    /// The id in the product.
    pub id: String,
    /// The account of a user.
    pub account: Option<String>,
}

/// A score with its parts. Numbers are texts, so that none is rounded on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Score {
    /// 0 to 100.
    pub total: String,
    /// Points by the part's name.
    #[serde(default)]
    pub parts: std::collections::BTreeMap<String, String>,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Money {
    /// How much.
    pub amount: String,
    /// Of which currency, as in ISO 4217.
    pub currency: String,
}

impl Message {
    /// Reads the payload of an action.
    ///
    /// # Errors
    /// If it is not as written by this version.
    pub fn read(payload: &str) -> Result<Self, Unsendable> {
        // The error's own words could show what the payload holds.
        let unreadable = |error: serde_json::Error| {
            Unsendable::Unreadable(format!("{:?} error at {}", error.classify(), error.column()))
        };
        let whole: Json = serde_json::from_str(payload).map_err(unreadable)?;
        let message: Self = serde_json::from_str(payload).map_err(unreadable)?;
        Ok(Self { whole, ..message })
    }

    /// Whether it tells of somebody whose time was over before they were to be looked at again.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.whole.get("over").and_then(Json::as_bool) == Some(true)
    }

    /// Whether it tells of somebody who is ready to buy.
    #[must_use]
    pub fn is_to_buy(&self) -> bool {
        self.whole.get("qualification").and_then(Json::as_str) == Some("to_buy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_do_not_show_what_was_read() {
        let error = Message::read(r#"{"type":"lead.qualified","lead":"ada@example.com"}"#).unwrap_err().to_string();
        assert!(!error.contains("ada"), "{error}");
        assert!(Message::read("").is_err());
    }
}
