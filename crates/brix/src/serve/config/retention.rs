//! What is old, and goes by itself.

use std::time::Duration;

use engine::Span;
use serde::Deserialize;

use super::read::Reader;
use crate::instant;

/// What goes when.
#[derive(Debug, Clone)]
pub struct Retention {
    /// The same as it is written.
    said: Option<String>,
    /// People and companies of whom nothing has been heard for so long; `None`: nobody.
    pub people: Option<Span>,
    /// How long after one look for them the next one is.
    pub every: Duration,
}

/// As it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileRetention {
    people: Option<String>,
    every: Option<String>,
}

impl FileRetention {
    /// What it says.
    pub fn read(self, reader: &mut Reader<'_>) -> Retention {
        let said = self.people.clone();
        let people = self.people.and_then(|text| match instant::span(&text) {
            Ok(span) => Some(span),
            Err(why) => {
                reader.errors.push(format!("retention.people: {why}; write 400d or 24 months"));
                None
            }
        });
        let every = reader.duration("retention.every", self.every.as_deref(), 24 * 60 * 60);
        Retention { said, people, every }
    }
}

impl Retention {
    /// As a file says it.
    pub fn shown(&self) -> Vec<String> {
        let people = match &self.said {
            None => "# people: everybody is kept".to_owned(),
            Some(said) => format!("people = {said:?}"),
        };
        vec![String::new(), "[retention]".to_owned(), people, format!("every = \"{}s\"", self.every.as_secs())]
    }
}
