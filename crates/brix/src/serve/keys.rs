//! Who may come in: keys, known by their SHA-256 only. They have enough randomness of their own, so that no slow hash is needed.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::config::Config;

/// The SHA-256 of a key.
pub type KeyDigest = [u8; 32];

/// What a key of the API allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// To look at leads, rejected input and the server's state.
    Read,
    /// Also to change leads.
    Manage,
}

impl Scope {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Manage => "manage",
        }
    }
}

/// The keys in force.
pub struct Keys {
    /// By digest: the places of the sources that a key writes to.
    sources: HashMap<KeyDigest, Vec<usize>>,
    /// By digest: who it is, and what it allows.
    api: HashMap<KeyDigest, (String, Scope)>,
}

impl Keys {
    /// Those of a config.
    pub fn of(config: &Config) -> Self {
        let mut sources: HashMap<KeyDigest, Vec<usize>> = HashMap::new();
        for (place, source) in config.sources.iter().enumerate() {
            for key in &source.keys {
                sources.entry(*key).or_default().push(place);
            }
        }
        let api = config.api_keys.iter().map(|key| (key.key, (key.name.clone(), key.scope))).collect();
        Self { sources, api }
    }

    /// Whether a key may write to the source at this place. What is compared are digests, whose bytes tell nothing of the key, so
    /// the time it takes does not either.
    pub fn opens(&self, key: &str, source: usize) -> bool {
        self.sources.get(&digest_of(key)).is_some_and(|places| places.contains(&source))
    }

    /// The name of an API key that allows as much.
    pub fn allows(&self, key: &str, scope: Scope) -> Option<&str> {
        self.api.get(&digest_of(key)).filter(|(_, has)| *has >= scope).map(|(name, _)| name.as_str())
    }

    /// Whether there is such an API key at all.
    pub fn knows(&self, key: &str) -> bool {
        self.api.contains_key(&digest_of(key))
    }
}

/// The digest of a key.
pub fn digest_of(key: &str) -> KeyDigest {
    Sha256::digest(key.as_bytes()).into()
}
