//! From file, environment and flags to what is in force.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use connect::files::Mapping;
use connect::secret::Secret;
use connect::sources::{self, Customer, CustomerIs, Groups, Proof, Settings};
use serde::Deserialize;

use super::destination::FileDestination;
use super::product::FileProduct;
use super::pull::FilePull;
use super::retention::FileRetention;
use super::{ApiKey, Compaction, Config, Destination, Limits, Proxies, Source};
use crate::serve::keys::{KeyDigest, Scope, digest_of};
use crate::serve::logs::LogFormat;

/// What flags and the environment say.
#[derive(Debug, Default, Clone)]
pub struct Overrides {
    /// Where to listen.
    pub listen: Option<String>,
    /// The folder of the store.
    pub data: Option<PathBuf>,
    /// The workspace's settings.
    pub workspace: Option<PathBuf>,
    /// The folder of the lake.
    pub lake: Option<PathBuf>,
    /// The folder of definitions.
    pub definitions: Option<PathBuf>,
    /// How log lines look.
    pub log_format: Option<String>,
}

/// Everything that is wrong with a config.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("\n"))
    }
}

/// The file, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    listen: Option<String>,
    trusted_proxies: Vec<String>,
    data: Option<PathBuf>,
    lake: Option<PathBuf>,
    workspace: Option<PathBuf>,
    definitions: Option<PathBuf>,
    log_format: Option<String>,
    limits: FileLimits,
    compaction: FileCompaction,
    retention: FileRetention,
    sources: Vec<FileSource>,
    pulls: Vec<FilePull>,
    destinations: Vec<FileDestination>,
    api_keys: Vec<FileKey>,
    product: FileProduct,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileLimits {
    request_timeout: Option<String>,
    waiting_entries: Option<usize>,
    connections: Option<usize>,
    body_bytes: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileCompaction {
    every: Option<String>,
    entries: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSource {
    name: String,
    vendor: String,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    keys: Vec<String>,
    /// What amounts without a currency are in.
    currency: Option<String>,
    /// The kinds of groups that are accounts and workspaces.
    account_group: Option<String>,
    workspace_group: Option<String>,
    /// `env:` and the variable with the secret that webhooks are signed with.
    signing_secret: Option<String>,
    /// Whether customers of a billing system are companies or people, and which of their metadata holds the product's id.
    customers: Option<Customers>,
    customer_key: Option<String>,
    /// What rows mean: a mapping as for imports.
    mapping: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Customers {
    Accounts,
    Users,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKey {
    name: String,
    scope: Scope,
    key: String,
}

/// Reads a config: `path` is the file, if there is one; relative paths in it are meant from its folder.
///
/// # Errors
/// All that is wrong, each with the setting and the cure.
pub fn read(
    path: Option<&Path>,
    overrides: &Overrides,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let (file, folder) = match path {
        None => (File::default(), PathBuf::new()),
        Some(path) => {
            let shown = path.display();
            let text = std::fs::read_to_string(path)
                .map_err(|error| ConfigError(vec![format!("cannot read {shown}: {error}")]))?;
            let file = toml::from_str(&text)
                .map_err(|error| ConfigError(vec![format!("{shown}, {}", unreadable(&text, &error))]))?;
            (file, path.parent().map(Path::to_path_buf).unwrap_or_default())
        }
    };
    let mut reader = Reader { environment, errors: Vec::new() };
    let config = reader.config(file, &folder, overrides);
    match config {
        Some(config) if reader.errors.is_empty() => Ok(config),
        _ => Err(ConfigError(reader.errors)),
    }
}

/// Where the file cannot be read, and why. Neither the line nor a text in it is shown: it may hold a secret.
fn unreadable(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let message = error.message();
    let message = match (message.split_once(" \""), message.rsplit_once("\", expected")) {
        (Some((begin, _)), Some((_, end))) => format!("{begin}, expected{end}"),
        _ => message.to_owned(),
    };
    format!("line {line}: {message}")
}

pub(super) struct Reader<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    pub(super) errors: Vec<String>,
}

impl Reader<'_> {
    fn config(&mut self, file: File, folder: &Path, overrides: &Overrides) -> Option<Config> {
        let inside = |path: Option<PathBuf>| path.map(|path| folder.join(path));
        let data = overrides.data.clone().or(inside(file.data)).unwrap_or_else(|| folder.join("data"));
        let listen = overrides.listen.clone().or(file.listen).unwrap_or_else(|| "127.0.0.1:8473".to_owned());
        let listen = self.parsed("listen", &listen, "an address with a port, such as 127.0.0.1:8473");
        let network = |text: &String| {
            self.parsed("trusted_proxies", text, "an address or a network, such as 127.0.0.1 or 10.0.0.0/8")
        };
        let trusted_proxies = Proxies::of(file.trusted_proxies.iter().filter_map(network).collect());
        let log_format = match overrides.log_format.clone().or(file.log_format).as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                self.errors.push(format!("log_format: `{other}` is neither text nor json"));
                LogFormat::Text
            }
        };
        let limits = Limits {
            request_timeout: self.duration("limits.request_timeout", file.limits.request_timeout.as_deref(), 30),
            waiting_entries: file.limits.waiting_entries.unwrap_or(200_000),
            connections: file.limits.connections.unwrap_or(1_000),
            body_bytes: file.limits.body_bytes.unwrap_or(256 << 20),
        };
        for (setting, value) in [
            ("waiting_entries", limits.waiting_entries),
            ("connections", limits.connections),
            ("body_bytes", limits.body_bytes),
        ] {
            if value == 0 {
                self.errors.push(format!("limits.{setting}: nothing could ever be taken; leave it out"));
            }
        }
        let compaction = Compaction {
            every: self.duration("compaction.every", file.compaction.every.as_deref(), 60),
            entries: file.compaction.entries.unwrap_or(500_000).max(1),
        };
        let retention = file.retention.read(self);
        let sources: Vec<Source> = file.sources.into_iter().filter_map(|source| self.source(source, folder)).collect();
        let pulls: Vec<_> = file.pulls.into_iter().filter_map(|pull| pull.read(self, folder)).collect();
        let read = |one: FileDestination| one.read(self.environment, &mut self.errors);
        let destinations: Vec<Destination> = file.destinations.into_iter().filter_map(read).collect();
        let api_keys = file.api_keys.into_iter().filter_map(|key| self.api_key(key)).collect();
        let named = sources.iter().map(|source| source.name.as_str());
        self.distinct("sources and pulls", named.chain(pulls.iter().map(|pull| pull.name.as_str())));
        let product = file.product.read(self);
        self.distinct("destinations", destinations.iter().map(|one| one.name.as_str()));
        Some(Config {
            listen: listen?,
            trusted_proxies,
            lake: overrides.lake.clone().or(inside(file.lake)).unwrap_or_else(|| data.join("lake")),
            workspace: overrides
                .workspace
                .clone()
                .or(inside(file.workspace))
                .unwrap_or_else(|| folder.join("brix.yaml")),
            definitions: overrides
                .definitions
                .clone()
                .or(inside(file.definitions))
                .unwrap_or_else(|| folder.join("definitions")),
            data,
            log_format,
            limits,
            compaction,
            retention,
            sources,
            pulls,
            destinations,
            api_keys,
            product,
        })
    }

    fn parsed<T: std::str::FromStr>(&mut self, setting: &str, text: &str, expected: &str) -> Option<T> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.errors.push(format!("{setting}: `{text}` is not {expected}"));
        }
        parsed
    }

    pub(super) fn duration(&mut self, setting: &str, text: Option<&str>, default_seconds: u64) -> Duration {
        let Some(text) = text else { return Duration::from_secs(default_seconds) };
        let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
        let scale = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => 0,
        };
        match digits.parse::<u64>().ok().and_then(|amount| amount.checked_mul(scale)).filter(|length| *length > 0) {
            Some(length) => Duration::from_millis(length),
            None => {
                self.errors.push(format!("{setting}: `{text}` is not a length of time; write 500ms, 30s, 5m or 1h"));
                Duration::from_secs(default_seconds)
            }
        }
    }

    fn source(&mut self, source: FileSource, folder: &Path) -> Option<Source> {
        let at = format!("sources `{}`", source.name);
        if !is_name(&source.name) {
            self.errors.push(format!("{at}: a name is of letters, digits, `-`, `_` and `.`"));
        }
        let Some(vendor) = sources::find(&source.vendor) else {
            let known: Vec<&str> = sources::all().iter().map(|vendor| vendor.id).collect();
            let near = engine::language::nearest(&source.vendor, known.iter().copied());
            let cure = near
                .map_or_else(|| format!("there are {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
            self.errors.push(format!("{at}: there is no vendor `{}`; {cure}", source.vendor));
            return None;
        };
        if source.keys.is_empty() && vendor.proof == Proof::Key {
            self.errors.push(format!("{at}: without a key nobody can write to it; `brix key` makes one"));
        }
        if source.signing_secret.is_none() && vendor.proof == Proof::Signature {
            self.errors.push(format!("{at}: {} signs what it sends: set `signing_secret`", vendor.name));
        }
        let keys = source.keys.iter().filter_map(|key| self.key(&at, key)).collect();
        let mut settings = Settings::of(&source.name);
        settings.strict = source.strict;
        settings.groups = Groups { account: source.account_group, workspace: source.workspace_group };
        let is = match source.customers {
            None | Some(Customers::Accounts) => CustomerIs::Account,
            Some(Customers::Users) => CustomerIs::User,
        };
        settings.customer = Customer { is, metadata_key: source.customer_key };
        if let Some(currency) = source.currency {
            settings.currency = Arc::from(currency);
        }
        let secret = source.signing_secret.and_then(|text| self.secret(&at, "signing_secret", &text));
        settings.signing_secret = secret.map(Secret::new);
        settings.mapping = source.mapping.and_then(|path| self.mapping(&at, &folder.join(path)));
        Some(Source { name: source.name, vendor, settings, keys })
    }

    pub(super) fn mapping(&mut self, at: &str, path: &Path) -> Option<Arc<Mapping>> {
        let shown = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                self.errors.push(format!("{at}: cannot read {shown}: {error}"));
                return None;
            }
        };
        match Mapping::parse(&shown, &text) {
            Ok(mapping) => Some(Arc::new(mapping)),
            Err(error) => {
                self.errors.push(format!("{at}: {error}"));
                None
            }
        }
    }

    /// What stands in the file, or in the variable that the file names.
    pub(super) fn secret(&mut self, at: &str, setting: &str, text: &str) -> Option<String> {
        let Some(variable) = text.strip_prefix("env:") else {
            self.errors
                .push(format!("{at}: {setting} does not stand in the file itself; write `env:` and a variable's name"));
            return None;
        };
        let found = (self.environment)(variable).filter(|secret| !secret.is_empty());
        if found.is_none() {
            self.errors.push(format!("{at}: the environment has no variable {variable}, for {setting}"));
        }
        found
    }

    fn api_key(&mut self, key: FileKey) -> Option<ApiKey> {
        if key.scope == Scope::Ingest {
            let name = &key.name;
            self.errors.push(format!("api_keys `{name}`: a key that only sends belongs to a source, in its `keys`"));
            return None;
        }
        let digest = self.key(&format!("api_keys `{}`", key.name), &key.key)?;
        Some(ApiKey { name: key.name, scope: key.scope, key: digest })
    }

    /// `sha256:` and 64 hexadecimal digits, or `env:` and the name of a variable that holds the key itself.
    fn key(&mut self, at: &str, text: &str) -> Option<KeyDigest> {
        if let Some(name) = text.strip_prefix("env:") {
            let found = (self.environment)(name).filter(|key| !key.is_empty());
            if found.is_none() {
                self.errors.push(format!("{at}: the environment has no variable {name}, which holds a key"));
            }
            return found.map(|key| digest_of(&key));
        }
        let digest = text.strip_prefix("sha256:").and_then(from_hexadecimal);
        if digest.is_none() {
            let cure = "write `sha256:` and the key's digest, as `brix key` prints it, or `env:` and a variable's name";
            self.errors.push(format!("{at}: a key does not stand in the file itself; {cure}"));
        }
        digest
    }

    fn distinct<'b>(&mut self, what: &str, names: impl Iterator<Item = &'b str>) {
        let mut seen = std::collections::BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                self.errors.push(format!("{what}: `{name}` is there twice"));
            }
        }
    }
}

pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

fn from_hexadecimal(text: &str) -> Option<KeyDigest> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        std::fs::write(&path, text).unwrap();
        let environment = |name: &str| (name == "APP_KEY").then(|| "hush".to_owned());
        read(Some(&path), &Overrides::default(), &environment)
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let error = read_text(
            "listen = \"here\"\ntrusted_proxies = [\"proxy\"]\nlog_format = \"xml\"\n[limits]\nrequest_timeout = \"soon\"\n\
             [retention]\npeople = \"old\"\n\
             [[sources]]\nname = \"my app\"\nvendor = \"segmnt\"\nkeys = []\n\
             [[sources]]\nname = \"b\"\nvendor = \"segment\"\nkeys = [\"plain\", \"env:NONE\"]\n",
        )
        .unwrap_err()
        .to_string();
        for part in [
            "listen: `here` is not an address",
            "trusted_proxies: `proxy` is not an address or a network",
            "log_format: `xml`",
            "limits.request_timeout: `soon`",
            "retention.people: ",
            "sources `my app`: a name is of letters",
            "did you mean `segment`?",
            "sources `b`: a key does not stand in the file itself",
            "the environment has no variable NONE",
        ] {
            assert!(error.contains(part), "{part}\n{error}");
        }
    }

    #[test]
    fn unknown_settings_are_refused_with_their_place() {
        let error = read_text("listn = \"127.0.0.1:1\"\n").unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains("listn"), "{error}");
    }

    #[test]
    fn what_stands_in_a_line_that_cannot_be_read_is_not_shown() {
        for (line, expected) in [
            ("url = \"https://hooks.example/hush", "line 3: "),
            ("kind = hush", "line 3: "),
            ("definitions = \"hush\"", "line 3: invalid type: string, expected a sequence"),
            ("to_use = \"hu\\\"sh\"", "line 3: invalid type: string, expected a boolean"),
        ] {
            let error = read_text(&format!("[[destinations]]\nname = \"a\"\n{line}\n")).unwrap_err().to_string();
            assert!(
                error.contains(expected) && !error.contains("hush") && !error.contains("sh\\\""),
                "{line}: {error}"
            );
        }
    }

    #[test]
    fn a_key_of_the_api_does_more_than_send() {
        let error = read_text("[[api_keys]]\nname = \"me\"\nscope = \"ingest\"\nkey = \"env:APP_KEY\"\n").unwrap_err();
        assert!(error.to_string().contains("belongs to a source"), "{error}");
    }

    #[test]
    fn what_is_in_force_can_be_shown_and_has_no_secret() {
        let config = read_text(
            "data = \"d\"\n[[sources]]\nname = \"app\"\nvendor = \"segment\"\nkeys = [\"env:APP_KEY\"]\n\
             [[api_keys]]\nname = \"me\"\nscope = \"read\"\nkey = \"env:APP_KEY\"\n",
        )
        .unwrap();
        let shown = config.shown();
        assert!(!shown.contains("hush") && shown.contains("vendor = \"segment\""), "{shown}");
        assert_eq!(config.sources[0].keys, [digest_of("hush")]);
        assert!(!format!("{config:?}").contains("hush"));
    }
}
