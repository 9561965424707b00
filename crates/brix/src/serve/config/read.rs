//! From file, environment and flags to what is in force.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use connect::files::Mapping;
use toml::de::DeTable;

use super::origin::{Given, Origin, Origins};
use super::section::{Said, Section};
use super::{Compaction, Config, Limits, Product, Proxies, Retention, destination, pull, source};
use crate::access::secret::{KeyDigest, LEAST_CHARACTERS, digest_of};
use crate::serve::logs::{Levels, LogFormat};

/// What flags and the environment say.
#[derive(Debug, Default, Clone)]
pub struct Overrides {
    /// Where to listen.
    pub listen: Option<Given<String>>,
    /// The folder of the store.
    pub data: Option<Given<PathBuf>>,
    /// The workspace's settings.
    pub workspace: Option<Given<PathBuf>>,
    /// The folder of the lake.
    pub lake: Option<Given<PathBuf>>,
    /// The folder of definitions.
    pub definitions: Option<Given<PathBuf>>,
    /// How log lines look.
    pub log_format: Option<Given<String>>,
    /// Which log lines are written.
    pub log: Option<Given<String>>,
}

/// Everything that is wrong with a config.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("\n"))
    }
}

/// Reads a config: `path` is the file, if there is one; relative paths in it are meant from its folder.
///
/// # Errors
/// All that is wrong, each with its place, the setting and the cure. No line of the file is shown: it may hold a secret.
pub fn read(
    path: Option<&Path>,
    overrides: &Overrides,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let shown = path.map(|path| path.display().to_string()).unwrap_or_default();
    let text = match path {
        None => String::new(),
        Some(path) => {
            std::fs::read_to_string(path).map_err(|error| ConfigError(vec![format!("cannot read {shown}: {error}")]))?
        }
    };
    let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
    let origins = Origins { file: path.map(Path::to_path_buf), ..Origins::default() };
    let mut reader = Reader { text: &text, folder, environment, faults: Vec::new(), origins };
    let config = match DeTable::parse(&text) {
        Ok(table) => reader.config(Section::file(table.into_inner()), overrides),
        Err(error) => {
            reader.fault(error.span().map(|span| span.start).or(Some(0)), error.message().to_owned());
            None
        }
    };
    match config {
        Some(config) if reader.faults.is_empty() => Ok(Config { origins: reader.origins, ..config }),
        _ => Err(reader.all_faults(&shown)),
    }
}

/// What is read, and what was found wrong with it.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// What paths in the file are relative to.
    folder: &'a Path,
    environment: &'a dyn Fn(&str) -> Option<String>,
    /// Where, in bytes, and what.
    faults: Vec<(Option<usize>, String)>,
    origins: Origins,
}

impl Reader<'_> {
    fn config(&mut self, mut file: Section<'_>, overrides: &Overrides) -> Option<Config> {
        let said = file.text("listen", self);
        let listen = self.or_given("listen", said, overrides.listen.as_ref());
        let default = || Said { value: "127.0.0.1:8473".to_owned(), name: "listen".to_owned(), at: None };
        let listen = self.parsed(&listen.unwrap_or_else(default), "an address with a port, such as 127.0.0.1:8473");
        let networks = file.texts("trusted_proxies", self);
        let network =
            |text: &Said<String>| self.parsed(text, "an address or a network, such as 127.0.0.1 or 10.0.0.0/8");
        let trusted_proxies = Proxies::of(networks.iter().filter_map(network).collect());
        let data = self.path(&mut file, "data", overrides.data.as_ref()).unwrap_or_else(|| self.folder.join("data"));
        let lake = self.path(&mut file, "lake", overrides.lake.as_ref()).unwrap_or_else(|| data.join("lake"));
        let mut there = |key: &'static str, default: &str, given: Option<&Given<PathBuf>>| {
            let said = self.said_path(&mut file, key, given);
            // What nobody named may be missing.
            if let Some(said) = said.as_ref().filter(|said| !said.value.exists()) {
                self.wrong(said, &format!("there is no {}", said.value.display()));
            }
            said.map_or_else(|| self.folder.join(default), |said| said.value)
        };
        let workspace = there("workspace", "brix.yaml", overrides.workspace.as_ref());
        let definitions = there("definitions", "definitions", overrides.definitions.as_ref());
        let said = file.text("log_format", self);
        let said = self.or_given("log_format", said, overrides.log_format.as_ref());
        let words = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        let log_format = said.and_then(|said| self.choice(&said, &words)).unwrap_or(LogFormat::Text);
        let said = file.text("log", self);
        let log = self
            .or_given("log", said, overrides.log.as_ref())
            .and_then(|said| Levels::from_str(&said.value).map_err(|why| self.wrong(&said, &why)).ok());
        let limits = self.limits(&mut file);
        let compaction = self.compaction(&mut file);
        let retention = Retention::read(file.table("retention", self), self);
        let sources: Vec<_> = self.each(&mut file, "sources", source::read);
        let pulls: Vec<_> = self.each(&mut file, "pulls", pull::read);
        let destinations: Vec<_> = self.each(&mut file, "destinations", destination::read);
        let api_keys = self.each(&mut file, "api_keys", source::read_api_key);
        let product = Product::read(file.table("product", self), self);
        file.finish(self);
        let named = sources.iter().map(|source| source.name.as_str());
        self.distinct("sources and pulls", named.chain(pulls.iter().map(|pull| pull.name.as_str())));
        self.distinct("destinations", destinations.iter().map(|one| one.name.as_str()));
        let log = log.unwrap_or_default();
        let listen = listen?;
        Some(Config {
            listen,
            trusted_proxies,
            data,
            lake,
            workspace,
            definitions,
            log_format,
            log,
            limits,
            compaction,
            retention,
            sources,
            pulls,
            destinations,
            api_keys,
            product,
            origins: Origins::default(),
        })
    }

    fn limits(&mut self, file: &mut Section<'_>) -> Limits {
        let mut table = file.table("limits", self);
        let request_timeout = self.duration(&mut table, "request_timeout", 30);
        let mut amount = |key: &'static str, default: usize| {
            let Some(said) = table.amount(key, self) else { return default };
            match usize::try_from(said.value) {
                Ok(0) => self.wrong(&said, "nothing could ever be taken; leave it out"),
                Ok(amount) => return amount,
                Err(_) => self.wrong(&said, "is more than this machine can count"),
            }
            default
        };
        let waiting_entries = amount("waiting_entries", 200_000);
        let connections = amount("connections", 1_000);
        let body_bytes = amount("body_bytes", 256 << 20);
        table.finish(self);
        Limits { request_timeout, waiting_entries, connections, body_bytes }
    }

    fn compaction(&mut self, file: &mut Section<'_>) -> Compaction {
        let mut table = file.table("compaction", self);
        let every = self.duration(&mut table, "every", 60);
        let entries = table.amount("entries", self).map_or(500_000, |said| said.value.max(1));
        table.finish(self);
        Compaction { every, entries }
    }

    fn each<T>(
        &mut self,
        file: &mut Section<'_>,
        key: &'static str,
        read: impl Fn(Section<'_>, &mut Self) -> Option<T>,
    ) -> Vec<T> {
        file.tables(key, self).into_iter().filter_map(|table| read(table, self)).collect()
    }

    /// What an option says, if it says something; else what the file does.
    fn or_given<T: Clone>(&mut self, key: &str, said: Option<Said<T>>, given: Option<&Given<T>>) -> Option<Said<T>> {
        let Some(given) = given else { return said };
        self.note(key.to_owned(), given.origin.clone());
        Some(Said { value: given.value.clone(), name: given.origin.to_string(), at: None })
    }

    /// A path in the file is relative to it, that of an option to where one is.
    fn said_path(
        &mut self,
        file: &mut Section<'_>,
        key: &'static str,
        given: Option<&Given<PathBuf>>,
    ) -> Option<Said<PathBuf>> {
        let said = file.text(key, self);
        let said = said.map(|said| said.with(self.beside(&said.value)));
        self.or_given(key, said, given)
    }

    fn path(&mut self, file: &mut Section<'_>, key: &'static str, given: Option<&Given<PathBuf>>) -> Option<PathBuf> {
        self.said_path(file, key, given).map(|said| said.value)
    }

    /// A path as it is meant: from the file's folder.
    pub fn beside(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }

    fn parsed<T: FromStr>(&mut self, said: &Said<String>, expected: &str) -> Option<T> {
        let parsed = said.value.parse().ok();
        if parsed.is_none() {
            self.wrong(said, &format!("`{}` is not {expected}", said.value));
        }
        parsed
    }

    /// One of some words.
    pub fn choice<T: Clone>(&mut self, said: &Said<String>, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == said.value).map(|(_, meaning)| meaning.clone());
        if found.is_none() {
            let cure = cure(&said.value, words.iter().map(|(word, _)| *word));
            self.wrong(said, &format!("`{}` is not known here; {cure}", said.value));
        }
        found
    }

    /// A length of time.
    pub fn duration(&mut self, table: &mut Section<'_>, key: &'static str, default_seconds: u64) -> Duration {
        let default = Duration::from_secs(default_seconds);
        let Some(said) = table.text(key, self) else { return default };
        let text = said.value.as_str();
        let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
        let scale = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => 0,
        };
        match digits.parse::<u64>().ok().and_then(|amount| amount.checked_mul(scale)).filter(|length| *length > 0) {
            Some(length) => {
                self.origins.lengths.insert(table.path_of(key), said.value);
                Duration::from_millis(length)
            }
            None => {
                self.wrong(&said, &format!("`{text}` is not a length of time; write 500ms, 30s, 5m or 1h"));
                default
            }
        }
    }

    /// What rows mean.
    pub fn mapping(&mut self, said: &Said<String>) -> Option<Arc<Mapping>> {
        let path = self.beside(&said.value);
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"));
        let read = text.and_then(|text| Mapping::parse(&shown, &text).map_err(|error| error.to_string()));
        read.map(Arc::new).map_err(|why| self.wrong(said, &why)).ok()
    }

    /// What stands in the variable that the file names; the secret itself does not stand in the file.
    pub fn secret(&mut self, section: &Section<'_>, key: &str, said: &Said<String>) -> Option<String> {
        let Some(variable) = said.value.strip_prefix("env:") else {
            self.wrong(said, "the secret itself does not stand in the file; write `env:` and a variable's name");
            return None;
        };
        self.variable(section.path_of(key), said, variable)
    }

    /// What a variable of the environment holds.
    pub fn variable(&mut self, setting: String, said: &Said<String>, variable: &str) -> Option<String> {
        let found = (self.environment)(variable).filter(|text| !text.is_empty());
        if found.is_none() {
            self.wrong(said, &format!("the environment has no variable {variable}"));
        }
        self.origins.variables.entry(setting).or_default().push(variable.to_owned());
        found
    }

    /// `sha256:` and 64 hexadecimal digits, or `env:` and the name of a variable that holds the key itself.
    pub fn key(&mut self, setting: String, said: &Said<String>) -> Option<KeyDigest> {
        if let Some(variable) = said.value.strip_prefix("env:") {
            let key = self.variable(setting, said, variable)?;
            if key.chars().count() < LEAST_CHARACTERS {
                let cure = "make one by `brix key` or `openssl rand -hex 32`";
                let why = format!(
                    "the key in {variable} is shorter than {LEAST_CHARACTERS} characters, so that it could be guessed"
                );
                self.wrong(said, &format!("{why}; {cure}"));
            }
            return Some(digest_of(&key));
        }
        let digest = said.value.strip_prefix("sha256:").and_then(from_hexadecimal);
        if digest.is_none() {
            let cure = "write `sha256:` and the key's digest, as `brix key` prints it, or `env:` and a variable's name";
            self.wrong(said, &format!("a key does not stand in the file itself; {cure}"));
        }
        digest
    }

    fn distinct<'b>(&mut self, what: &str, names: impl Iterator<Item = &'b str>) {
        let mut seen = std::collections::BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                self.fault(None, format!("{what}: `{name}` is there twice"));
            }
        }
    }

    /// What was said is wrong.
    pub fn wrong<T>(&mut self, said: &Said<T>, why: &str) {
        self.fault(said.at, format!("{}: {why}", said.name));
    }

    /// Something is wrong at a place, in bytes.
    pub fn fault(&mut self, at: Option<usize>, words: String) {
        self.faults.push((at, words));
    }

    /// Notes where a setting's value comes from.
    pub fn note(&mut self, setting: String, origin: Origin) {
        self.origins.settings.insert(setting, origin);
    }

    /// The line of a place.
    pub fn line(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or_default().matches('\n').count() + 1
    }

    fn all_faults(&mut self, shown: &str) -> ConfigError {
        self.faults.sort_by_key(|(at, _)| *at);
        let told = |(at, words): &(Option<usize>, String)| match at {
            None => words.clone(),
            Some(at) => {
                let before = self.text.get(..*at).unwrap_or_default();
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                format!("{shown}:{}:{column}: {words}", self.line(*at))
            }
        };
        ConfigError(self.faults.iter().map(told).collect())
    }
}

/// The nearest of the known words, or all of them.
fn cure<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    engine::language::nearest(word, known.clone()).map_or_else(
        || format!("there are {}", known.collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    )
}

/// Whether something can be named so.
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
mod tests;
