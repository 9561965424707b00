//! Keys of programs: shown once, kept as digests, each with one scope.

use engine::Timestamp;
use serde_json::json;
use store::catalog::access::{ApiKey, Digest};
use store::catalog::{Catalog, CatalogChange};

use super::scope::Scope;
use super::secret::digest_of;
use super::{By, Refusal, secret};

/// Bytes of randomness in a key.
const BYTES: usize = 24;
/// So many characters of a key are shown for ever.
const PREFIX: usize = 9;
/// The longest name.
const LONGEST: usize = 100;

/// A key that is to be made.
#[derive(Debug)]
pub struct New {
    /// What it is for: unique among those that are valid.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// With the scope `ingest`: the only source that it writes to.
    pub source: Option<String>,
}

/// A key, and what is kept of it: the only time that it can be read.
pub struct Made {
    /// The key itself.
    pub key: String,
    /// What is kept.
    pub kept: ApiKey,
}

/// Makes a key.
///
/// # Errors
/// There is a valid one of this name, or it makes no sense.
pub fn add(catalog: &dyn Catalog, by: &By, new: New) -> Result<Made, Refusal> {
    if new.name.trim().is_empty() || new.name.chars().count() > LONGEST || new.name.chars().any(char::is_control) {
        return Err(Refusal::Senseless(format!("a key's name has 1 to {LONGEST} characters, and says what it is for")));
    }
    if new.source.is_some() && new.scope != Scope::Ingest {
        return Err(Refusal::Senseless("only a key with the scope `ingest` writes to a source".to_owned()));
    }
    if !valid(catalog, by.at, &new.name)?.is_empty() {
        return Err(Refusal::Taken { what: "key", name: new.name });
    }
    let made = made(by.at, new)?;
    let detail = json!({ "id": made.kept.id, "scopes": made.kept.scopes, "source": made.kept.source });
    by.change(catalog, &[CatalogChange::AddKey(made.kept.clone())], "key.add", &made.kept.name, &detail)?;
    Ok(made)
}

/// Makes a successor of a key, which goes on being valid until an instant.
///
/// # Errors
/// There is no valid key of this name.
pub fn rotate(catalog: &dyn Catalog, by: &By, name: &str, until: Timestamp) -> Result<Made, Refusal> {
    let before = valid(catalog, by.at, name)?;
    let Some(last) = before.last() else { return Err(Refusal::Unknown { what: "valid key", name: name.to_owned() }) };
    let scope = Scope::of(last);
    let made = made(by.at, New { name: name.to_owned(), scope, source: last.source.clone() })?;
    let ending = before.iter().filter(|key| key.rotated_until.is_none_or(|already| until < already));
    let mut changes: Vec<_> = ending.map(|key| CatalogChange::RotateKey { id: key.id.clone(), until }).collect();
    changes.push(CatalogChange::AddKey(made.kept.clone()));
    let detail = json!({ "id": made.kept.id, "before": last.id, "until": until.to_string() });
    by.change(catalog, &changes, "key.rotate", name, &detail)?;
    Ok(made)
}

/// Makes all keys of a name invalid at once.
///
/// # Errors
/// There is no valid key of this name.
pub fn revoke(catalog: &dyn Catalog, by: &By, name: &str) -> Result<(), Refusal> {
    let found = valid(catalog, by.at, name)?;
    if found.is_empty() {
        return Err(Refusal::Unknown { what: "valid key", name: name.to_owned() });
    }
    let changes: Vec<_> = found.iter().map(|key| CatalogChange::RevokeKey { id: key.id.clone(), at: by.at }).collect();
    let ids: Vec<_> = found.iter().map(|key| &key.id).collect();
    by.change(catalog, &changes, "key.revoke", name, &json!({ "ids": ids }))
}

/// The valid keys of a name, by creation.
fn valid(catalog: &dyn Catalog, now: Timestamp, name: &str) -> Result<Vec<ApiKey>, Refusal> {
    let mut keys = catalog.keys()?;
    keys.retain(|key| key.name == name && key.is_valid(now));
    Ok(keys)
}

fn made(at: Timestamp, new: New) -> Result<Made, Refusal> {
    let key = format!("brix_{}", secret::random::<BYTES>()?);
    let kept = ApiKey {
        id: format!("key_{}", secret::random::<8>()?),
        name: new.name,
        prefix: key.chars().take(PREFIX).collect(),
        digest: Digest(digest_of(&key)),
        scopes: vec![new.scope.word().to_owned()],
        source: new.source,
        created_at: at,
        last_used_at: None,
        revoked_at: None,
        rotated_until: None,
    };
    Ok(Made { key, kept })
}
