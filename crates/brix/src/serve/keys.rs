//! Which programs may come in: keys, known by their SHA-256 only. They have enough randomness of their own, so that no slow hash is needed.
//!
//! Some stand in server.toml, others in the catalog, of which all are kept in memory: they change only by way of this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use engine::Timestamp;
use store::catalog::Catalog;
use store::catalog::access::ApiKey;

use super::clock;
use super::config::Config;
use crate::access::scope::Scope;
use crate::access::secret::{KeyDigest, digest_of};

/// The keys in force.
pub struct Keys {
    /// By digest: the places of the sources that a key writes to.
    sources: HashMap<KeyDigest, Vec<usize>>,
    /// By digest: who it is, and what it allows.
    api: HashMap<KeyDigest, (String, Scope)>,
    catalog: Arc<dyn Catalog>,
    /// By digest: the catalog's, valid or not.
    kept: RwLock<HashMap<KeyDigest, ApiKey>>,
    /// When the catalog's keys were last used, by id, as far as not yet noted there.
    used: Mutex<HashMap<String, Timestamp>>,
}

impl Keys {
    /// Those of a config and of the catalog.
    pub fn of(config: &Config, catalog: Arc<dyn Catalog>) -> store::Result<Self> {
        let mut sources: HashMap<KeyDigest, Vec<usize>> = HashMap::new();
        for (place, source) in config.sources.iter().enumerate() {
            for key in &source.keys {
                sources.entry(*key).or_default().push(place);
            }
        }
        let api = config.api_keys.iter().map(|key| (key.key, (key.name.clone(), key.scope))).collect();
        let keys = Self { sources, api, catalog, kept: RwLock::default(), used: Mutex::default() };
        keys.read()?;
        Ok(keys)
    }

    /// Takes up what has changed in the catalog.
    pub fn read(&self) -> store::Result<()> {
        let kept = self.catalog.keys()?.into_iter().map(|key| (key.digest.0, key)).collect();
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = kept;
        Ok(())
    }

    /// The catalog's key, if it is valid now; and notes that it is used.
    fn valid<T>(&self, digest: &KeyDigest, of: impl FnOnce(&ApiKey) -> Option<T>) -> Option<T> {
        let now = clock::now();
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let key = kept.get(digest).filter(|key| key.is_valid(now))?;
        let found = of(key)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        match used.get_mut(&key.id) {
            Some(at) => *at = now,
            None => drop(used.insert(key.id.clone(), now)),
        }
        Some(found)
    }

    /// Whether a key may write to the source at this place and of this name. What is compared are digests, whose bytes tell nothing
    /// of the key, so the time it takes does not either.
    pub fn opens(&self, key: &str, place: usize, name: &str) -> bool {
        let digest = digest_of(key);
        let is_its =
            |key: &ApiKey| Scope::of(key) == Scope::Ingest && key.source.as_deref().is_none_or(|its| its == name);
        self.sources.get(&digest).is_some_and(|places| places.contains(&place))
            || self.valid(&digest, |key| is_its(key).then_some(())).is_some()
    }

    /// The name and the scope of a key that is valid.
    pub fn who(&self, key: &str) -> Option<(String, Scope)> {
        let digest = digest_of(key);
        if let Some((name, scope)) = self.api.get(&digest) {
            return Some((name.clone(), *scope));
        }
        if self.sources.contains_key(&digest) {
            return Some(("a source's key".to_owned(), Scope::Ingest));
        }
        self.valid(&digest, |key| Some((key.name.clone(), Scope::of(key))))
    }

    /// Notes in the catalog which keys were used.
    pub fn note_used(&self) -> store::Result<()> {
        let used: Vec<_> = self.used.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        if used.is_empty() { Ok(()) } else { self.catalog.used_keys(&used) }
    }
}
