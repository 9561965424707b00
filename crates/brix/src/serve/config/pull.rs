//! A pull as it stands in the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use connect::secret::Secret;
use connect::sources::Settings;
use serde::Deserialize;

use super::read::{Reader, is_name};
use crate::serve::pulls::Pull;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilePull {
    name: String,
    /// `env:` and the variable with the address and its password.
    url: String,
    query: String,
    cursor: String,
    start: String,
    mapping: PathBuf,
    /// A file with the certificates of those who vouch for the database.
    ca: Option<PathBuf>,
    every: Option<String>,
    timeout: Option<String>,
    rows: Option<u16>,
    currency: Option<String>,
}

impl FilePull {
    /// Looks at it as a whole; what is wrong is added to the errors.
    pub fn read(self, reader: &mut Reader<'_>, folder: &Path) -> Option<Pull> {
        let at = format!("pulls `{}`", self.name);
        if !is_name(&self.name) {
            reader.errors.push(format!("{at}: a name is of letters, digits, `-`, `_` and `.`"));
        }
        if !self.query.contains("$1") {
            reader.errors.push(format!("{at}: the query must use the cursor as $1: where {} > $1", self.cursor));
        }
        if self.rows == Some(0) {
            reader.errors.push(format!("{at}: rows: nothing could ever be taken; leave it out"));
        }
        let every = reader.duration(&format!("{at}: every"), self.every.as_deref(), 60);
        let timeout = reader.duration(&format!("{at}: timeout"), self.timeout.as_deref(), 60);
        let url = reader.secret(&at, "url", &self.url)?;
        let mut settings = Settings::of(&self.name);
        settings.mapping = Some(reader.mapping(&at, &folder.join(self.mapping))?);
        if let Some(currency) = self.currency {
            settings.currency = Arc::from(currency);
        }
        Some(Pull {
            name: self.name,
            url: Secret::new(url),
            authorities: self.ca.map(|path| folder.join(path)),
            query: self.query,
            cursor: self.cursor,
            start: self.start,
            every,
            timeout,
            rows: self.rows.unwrap_or(5_000),
            settings,
        })
    }
}
