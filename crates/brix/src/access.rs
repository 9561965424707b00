//! Who may come in, as the catalog keeps it: keys of programs, and people. Every change writes its line of the audit in the same
//! transaction. The server's API and the command line, on a folder that no server has open, both come here.

pub mod keys;
pub mod kinds;
pub mod people;
pub mod scope;
pub mod secret;

use engine::Timestamp;
use serde_json::Value;
use store::catalog::audit::AuditEntry;
use store::catalog::{Catalog, CatalogChange};

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is none of this name.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// A key or a person.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// There is one of this name.
    #[error("there is already a {what} `{name}`")]
    Taken {
        /// A key or a person.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It makes no sense.
    #[error("{0}")]
    Senseless(String),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] std::io::Error),
    /// The catalog cannot be read or written.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Who changes something, and when.
#[derive(Debug, Clone)]
pub struct By {
    /// The name that the audit keeps.
    pub who: String,
    /// The instant.
    pub at: Timestamp,
}

impl By {
    /// Makes changes with their line of the audit.
    fn change(
        &self,
        catalog: &dyn Catalog,
        changes: &[CatalogChange],
        what: &str,
        target: &str,
        detail: &Value,
    ) -> Result<(), Refusal> {
        Ok(catalog.change(changes, &[self.line(what, target, detail)])?)
    }

    /// A line of the audit.
    pub fn line(&self, what: &str, target: &str, detail: &Value) -> AuditEntry {
        AuditEntry {
            at: self.at,
            who: self.who.clone(),
            what: what.to_owned(),
            target: target.to_owned(),
            detail: detail.to_string(),
        }
    }
}
