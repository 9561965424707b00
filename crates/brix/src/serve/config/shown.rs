//! What is in force, as `brix config` prints it: each setting with its value and where that comes from. Secrets are `(set)`.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;
use toml::Value;

use super::{Config, Origin};
use crate::serve::logs::LogFormat;

/// In the place of a secret.
const SET: &str = "(set)";

/// One setting.
struct Setting {
    /// Its table as the file begins it; nothing at the top.
    header: String,
    /// Its name in full, such as `sources.app.vendor`.
    path: String,
    key: String,
    /// `None`: it is not set, and nothing stands in its place.
    value: Option<Value>,
}

/// Settings of a table, in the order in which they are told.
struct Page {
    header: String,
    path: String,
    settings: Vec<Setting>,
}

impl Page {
    fn table(&mut self, name: &str) {
        self.header = format!("[{name}]");
        name.clone_into(&mut self.path);
    }

    fn element(&mut self, list: &str, name: &str) {
        self.header = format!("[[{list}]]");
        self.path = format!("{list}.{name}");
        self.set("name", name);
    }

    fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.maybe(key, Some(value));
    }

    fn maybe(&mut self, key: &str, value: Option<impl Into<Value>>) {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        let value = value.map(Into::into);
        self.settings.push(Setting { header: self.header.clone(), path, key: key.to_owned(), value });
    }

    fn secret(&mut self, key: &str, is_set: bool) {
        self.maybe(key, is_set.then_some(SET));
    }

    fn secrets(&mut self, key: &str, how_many: usize) {
        self.set(key, vec![SET; how_many]);
    }
}

fn length(length: Duration) -> String {
    let milliseconds = length.as_millis();
    let units = [(3_600_000, "h"), (1_000, "s"), (1, "ms")];
    let (scale, unit) = units.into_iter().find(|(scale, _)| milliseconds.is_multiple_of(*scale)).unwrap_or((1, "ms"));
    format!("{}{unit}", milliseconds / scale)
}

fn amount(number: impl TryInto<i64>) -> Value {
    Value::Integer(number.try_into().unwrap_or(i64::MAX))
}

impl Config {
    /// What is in force, in the form of the file, with where each value comes from.
    pub fn shown(&self) -> String {
        let settings = self.settings();
        let lines: Vec<_> = settings.iter().map(|setting| (setting, written(setting))).collect();
        // Long values stand alone; the others have their origins in one column.
        let width = lines.iter().map(|(_, line)| line.chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
        let mut text = match &self.origins.file {
            Some(file) => format!("# Lines are those of {}.\n", file.display()),
            None => "# There is no file.\n".to_owned(),
        };
        let mut before: Option<(&str, &str)> = None;
        for (setting, line) in &lines {
            let element = setting.path.rsplit_once('.').map_or("", |(table, _)| table);
            if before.is_some_and(|before| before != (&setting.header, element)) {
                // Writing to a text cannot fail.
                let _ = write!(text, "\n{}\n", setting.header);
            }
            before = Some((&setting.header, element));
            let _ = writeln!(text, "{line:width$}  # {}", self.told(&setting.path));
        }
        text
    }

    /// The same as data.
    pub fn shown_as_json(&self) -> serde_json::Value {
        let one = |setting: &Setting| {
            let mut from = match self.origins.of(&setting.path) {
                Origin::Default => json!({"kind": "default"}),
                Origin::File(line) => json!({"kind": "file", "line": line}),
                Origin::Variable(name) => json!({"kind": "variable", "variable": name}),
                Origin::Flag(name) => json!({"kind": "flag", "flag": name}),
            };
            let variables = self.origins.variables(&setting.path);
            if !variables.is_empty() {
                from["holds"] = json!(variables);
            }
            json!({"setting": setting.path, "value": setting.value, "from": from})
        };
        let settings: Vec<_> = self.settings().iter().map(one).collect();
        json!({"file": self.origins.file, "settings": settings})
    }

    fn told(&self, path: &str) -> String {
        let variables = self.origins.variables(path);
        let origin = self.origins.of(path).to_string();
        if variables.is_empty() { origin } else { format!("{origin}, from {}", variables.join(", ")) }
    }

    fn settings(&self) -> Vec<Setting> {
        let mut page = Page { header: String::new(), path: String::new(), settings: Vec::new() };
        page.set("listen", self.listen.to_string());
        page.set("trusted_proxies", self.trusted_proxies.networks().collect::<Vec<_>>());
        page.set("data", self.data.display().to_string());
        page.set("lake", self.lake.display().to_string());
        page.set("workspace", self.workspace.display().to_string());
        page.set("definitions", self.definitions.display().to_string());
        page.set("log_format", if self.log_format == LogFormat::Json { "json" } else { "text" });
        page.set("log", self.log.to_string());
        page.table("limits");
        page.set("request_timeout", length(self.limits.request_timeout));
        page.set("waiting_entries", amount(self.limits.waiting_entries));
        page.set("connections", amount(self.limits.connections));
        page.set("body_bytes", amount(self.limits.body_bytes));
        page.table("compaction");
        page.set("every", length(self.compaction.every));
        page.set("entries", amount(self.compaction.entries));
        page.table("retention");
        let retention = &self.retention;
        let ages = [&retention.people, &retention.rejects, &retention.messages, &retention.audit];
        for (key, age) in ["people", "rejects", "messages", "audit"].into_iter().zip(ages) {
            page.maybe(key, age.as_ref().map(|age| age.said.clone()));
        }
        page.set("every", length(self.retention.every));
        page.table("product");
        page.secret("token_secret", self.product.token_secret.is_some());
        self.what_comes_and_goes(&mut page);
        // A length of time has many forms; whoever has written one looks for theirs.
        for setting in &mut page.settings {
            if let Some(said) = self.origins.lengths.get(&setting.path) {
                setting.value = Some(Value::String(said.clone()));
            }
        }
        page.settings
    }

    fn what_comes_and_goes(&self, page: &mut Page) {
        for source in &self.sources {
            page.element("sources", &source.name);
            page.set("vendor", source.vendor.id);
            page.set("strict", source.settings.strict);
            page.secrets("keys", source.keys.len());
            page.secret("signing_secret", source.settings.signing_secret.is_some());
        }
        for pull in &self.pulls {
            page.element("pulls", &pull.name);
            page.secret("url", true);
            page.set("query", pull.query.as_str());
            page.set("cursor", pull.cursor.as_str());
            page.set("start", pull.start.as_str());
            page.set("every", length(pull.every));
            page.set("timeout", length(pull.timeout));
            page.set("rows", i64::from(pull.rows));
        }
        for destination in &self.destinations {
            page.element("destinations", &destination.name);
            page.set("kind", destination.configured.kind.id);
            page.set("definitions", destination.definitions.clone());
            page.set("to_use", destination.to_use);
            page.set("woken", destination.woken);
            page.set("allow_private", destination.configured.allow_private);
            for (setting, values) in &destination.secrets {
                match values {
                    1 => page.secret(setting, true),
                    several => page.secrets(setting, *several),
                }
            }
        }
        for key in &self.api_keys {
            page.element("api_keys", &key.name);
            page.set("scope", key.scope.word());
            page.secret("key", true);
        }
    }
}

/// As it stands in a file. What is not set cannot stand there.
fn written(setting: &Setting) -> String {
    match &setting.value {
        Some(value) => format!("{} = {value}", setting.key),
        None => format!("# {} is not set", setting.key),
    }
}
