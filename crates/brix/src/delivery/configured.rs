//! A destination as its owner set it up, checked as a whole before anything is sent.

use std::fmt::Write as _;
use std::sync::Arc;

use connect::destinations::{Connector, Destination, Fault, Settings, all, find};
use sha2::{Digest as _, Sha256};

use super::client::address;

/// Ids are part of keys, which receivers store.
const LONGEST_ID: usize = 64;

/// A destination that can be sent to.
#[derive(Debug)]
pub struct Configured {
    /// Its id: what the processor routes to.
    pub id: String,
    /// What to call it.
    pub name: String,
    /// The connector's declaration.
    pub kind: &'static Destination,
    /// The connector with its settings.
    pub connector: Arc<dyn Connector>,
    /// Whether it may lie on a private network.
    pub allow_private: bool,
    /// Changes when any setting does, and tells none.
    pub fingerprint: String,
}

impl Configured {
    /// From what the owner said.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn new(id: &str, kind: &str, settings: &Settings, allow_private: bool) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(is_plain) {
            faults.push(Fault::of("name", format!("may have letters, digits, `-`, `_` and `.`, at most {LONGEST_ID}")));
        }
        let Some(kind) = find(kind) else {
            let known: Vec<&str> = all().iter().map(|kind| kind.id).collect();
            faults.push(Fault::of("kind", format!("is not known; these are: {}", known.join(", "))));
            return Err(faults);
        };
        let connector = (kind.configure)(settings).map_err(|more| faults.extend(more)).ok();
        // The rest of a wrong address is the connector's to tell.
        let url = settings.all("url").first().filter(|_| connector.is_some());
        if let Some(Err(error)) = url.map(|url| address(url.expose(), allow_private)) {
            faults.push(Fault::of("url", error.to_string()));
        }
        match connector {
            Some(connector) if faults.is_empty() => Ok(Self {
                id: id.to_owned(),
                name: id.to_owned(),
                kind,
                connector: Arc::from(connector),
                allow_private,
                fingerprint: fingerprint(kind, settings, allow_private),
            }),
            _ => Err(faults),
        }
    }
}

/// Of all settings, with their lengths, so that none can pass for another.
fn fingerprint(kind: &Destination, settings: &Settings, allow_private: bool) -> String {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update(text.len().to_le_bytes());
        digest.update(text.as_bytes());
    };
    add(kind.id);
    add(if allow_private { "private" } else { "public" });
    for (name, values) in settings.iter() {
        add(name);
        add(&values.len().to_string());
        values.iter().for_each(|value| add(value.expose()));
    }
    digest.finalize().iter().take(12).fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(id: &str, kind: &str, settings: &Settings) -> Vec<String> {
        Configured::new(id, kind, settings, false).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_faults_at_once() {
        let slack = |url: &str| Settings::default().with("url", url);
        assert_eq!(faults("sales", "slack", &slack("https://hooks.slack.com/services/a")), [""; 0]);
        let found = faults("no blanks", "slack", &slack("http://127.1/secret"));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].contains("this machine") && !found[1].contains("secret"), "{found:?}");
        assert!(faults("a", "pigeon", &slack("x"))[0].contains("webhook, slack"));
        assert_eq!(faults("a", "webhook", &Settings::default()).len(), 2);
    }

    #[test]
    fn fingerprints_differ_with_the_settings() {
        let of = |url: &str, allow_private| {
            let settings = Settings::default().with("url", url);
            Configured::new("a", "slack", &settings, allow_private).ok().unwrap().fingerprint
        };
        assert_eq!(of("https://a.example/", false), of("https://a.example/", false));
        assert_ne!(of("https://a.example/", false), of("https://b.example/", false));
        assert_ne!(of("https://a.example/", false), of("https://a.example/", true));
    }
}
