//! What the owner says of a destination, looked at as a whole: all faults at once.

use std::collections::BTreeMap;

use super::destination::Field;
use crate::secret::Secret;

/// What the owner said, by key. Any of it may be secret, so all of it is kept as such.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, Vec<Secret>>);

/// Something wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` {cure}")]
pub struct Fault {
    /// The key.
    pub name: String,
    /// What is wrong and what to do.
    pub cure: String,
}

impl Fault {
    /// A fault of this key.
    #[must_use]
    pub fn of(name: &str, cure: impl Into<String>) -> Self {
        Self { name: name.to_owned(), cure: cure.into() }
    }
}

impl Settings {
    /// With one more value for a key.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.entry(name.to_owned()).or_default().push(Secret::new(value));
        self
    }

    /// The values of a key.
    #[must_use]
    pub fn all(&self, name: &str) -> &[Secret] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// All keys with their values, in order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Secret])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// What is missing, unknown or there too often.
    pub(super) fn faults(&self, fields: &[Field]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for field in fields {
            let values = self.all(field.name);
            if values.iter().any(|value| value.expose().trim().is_empty()) || (field.is_needed && values.is_empty()) {
                faults.push(Fault::of(field.name, format!("is missing: {}", field.about)));
            }
            if values.len() > 1 && !field.is_many {
                faults.push(Fault::of(field.name, "is there more than once: keep one"));
            }
        }
        for name in self.0.keys().filter(|name| !fields.iter().any(|field| field.name == name.as_str())) {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            faults.push(Fault::of(name, format!("is not a setting here; these are: {}", known.join(", "))));
        }
        faults
    }

    /// The address of a key that was found to be there.
    pub(super) fn url(&self, faults: &mut Vec<Fault>) -> Secret {
        let url = self.all("url").first().cloned().unwrap_or_else(|| Secret::new(""));
        let is_web = ["https://", "http://"].iter().any(|scheme| url.expose().starts_with(scheme));
        if !is_web && !url.expose().trim().is_empty() {
            faults.push(Fault::of("url", "is no web address: it begins with https://"));
        }
        url
    }
}
