//! What a key allows.

use store::catalog::access::ApiKey;

/// What a key of the API allows.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// To send records, and nothing else.
    Ingest,
    /// To look at leads, rejected input and the server's state.
    Read,
    /// Also to change leads.
    Manage,
}

impl Scope {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Manage => "manage",
        }
    }

    /// That of a key in the catalog. What is not known allows the least.
    pub fn of(key: &ApiKey) -> Self {
        let word = key.scopes.first().map_or("", String::as_str);
        [Self::Read, Self::Manage].into_iter().find(|scope| scope.word() == word).unwrap_or(Self::Ingest)
    }
}
