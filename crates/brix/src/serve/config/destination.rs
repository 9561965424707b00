//! A destination as it stands in the file: its connector's settings beside those that all have.

use std::sync::Arc;

use connect::destinations::Settings;
use serde::Deserialize;

use super::Destination;
use super::read::is_name;
use crate::delivery::Configured;

#[derive(Debug, Deserialize)]
pub(super) struct FileDestination {
    pub name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    definitions: Vec<String>,
    #[serde(default)]
    to_use: bool,
    #[serde(default)]
    woken: bool,
    #[serde(default)]
    allow_private: bool,
    #[serde(flatten)]
    settings: toml::Table,
}

impl FileDestination {
    /// Looks at it as a whole; what is wrong is added to the errors.
    pub fn read(self, environment: &dyn Fn(&str) -> Option<String>, errors: &mut Vec<String>) -> Option<Destination> {
        let at = format!("destinations `{}`", self.name);
        let before = errors.len();
        if !is_name(&self.name) {
            errors.push(format!("{at}: a name is of letters, digits, `-`, `_` and `.`"));
        }
        let mut settings = Settings::default();
        for (name, value) in &self.settings {
            let values = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            for value in values {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let text = match text.strip_prefix("env:") {
                    None => Some(text),
                    Some(variable) => {
                        let found = environment(variable).filter(|text| !text.is_empty());
                        if found.is_none() {
                            errors.push(format!("{at}: the environment has no variable {variable}, for {name}"));
                        }
                        found
                    }
                };
                settings = text.into_iter().fold(settings, |settings, text| settings.with(name, text));
            }
        }
        // A variable that is missing would be told a second time, as a setting that is.
        if errors.len() > before {
            return None;
        }
        match Configured::new(&self.name, &self.kind, &settings, self.allow_private) {
            Ok(configured) => Some(Destination {
                name: self.name,
                definitions: self.definitions,
                to_use: self.to_use,
                woken: self.woken,
                configured: Arc::new(configured),
            }),
            Err(faults) => {
                errors.extend(faults.iter().map(|fault| format!("{at}: {fault}")));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Destination, Vec<String>> {
        let mut errors = Vec::new();
        let environment = |name: &str| (name == "HOOK").then(|| "https://hooks.example/hush".to_owned());
        let read = toml::from_str::<FileDestination>(text).unwrap().read(&environment, &mut errors);
        read.ok_or(errors)
    }

    #[test]
    fn several_secrets_and_the_environment() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let text = format!("name = 'crm'\nkind = 'webhook'\nurl = 'env:HOOK'\nsecret = ['{secret}', '{secret}']\n");
        let destination = read(&text).unwrap();
        assert!(!destination.to_use && !destination.configured.allow_private);
        let shown = format!("{destination:?}");
        assert!(!shown.contains("hush") && !shown.contains("MfKQ"), "{shown}");
    }

    #[test]
    fn all_faults_are_told_without_secrets() {
        let errors = read("name = 'a'\nkind = 'slack'\nurl = 'http://10.0.0.1/hush'\ncolour = 3\n").unwrap_err();
        let told = errors.join("\n");
        assert!(told.contains("destinations `a`: `colour`") && !told.contains("hush"), "{told}");
        assert!(read("name = 'a'\nurl = 'x'\n").unwrap_err()[0].contains("these are: webhook, slack"));
        let missing = read("name = 'a b'\nkind = 'slack'\nurl = 'env:NONE'\n").unwrap_err();
        assert_eq!(missing.len(), 2, "{missing:?}");
    }
}
