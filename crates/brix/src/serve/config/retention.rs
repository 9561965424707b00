//! What is old, and goes by itself.

use std::time::Duration;

use engine::Span;
use engine::time::DAY;

use super::read::Reader;
use super::section::Section;
use crate::instant;

/// What goes when.
#[derive(Debug, Clone)]
pub struct Retention {
    /// People and companies of whom nothing has been heard for so long; `None`: nobody.
    pub people: Option<Age>,
    /// Rejected input.
    pub rejects: Option<Age>,
    /// What was told to destinations, or given up.
    pub messages: Option<Age>,
    /// Lines of the audit.
    pub audit: Option<Age>,
    /// How long after one look the next one is.
    pub every: Duration,
}

/// How old something may be.
#[derive(Debug, Clone)]
pub struct Age {
    /// As it is written.
    pub said: String,
    /// The same.
    pub span: Span,
}

impl Retention {
    /// Looks at it as a whole; what is wrong is told to the reader.
    pub(super) fn read(mut table: Section<'_>, reader: &mut Reader<'_>) -> Self {
        let mut age = |key: &'static str| {
            let said = table.text(key, reader)?;
            // One cure is enough: lengths of seconds, which definitions have, make no sense here.
            let without_cure = |why: String| why.split("; write ").next().unwrap_or(&why).to_owned();
            let span = instant::span(&said.value).map_err(without_cure).and_then(|span| match doubt(key, span) {
                Some(doubt) => Err(format!("`{}` {doubt}", said.value)),
                None => Ok(span),
            });
            let span = span.map_err(|why| reader.wrong(&said, &format!("{why}; write 400d or 24 months"))).ok()?;
            Some(Age { said: said.value, span })
        };
        let [people, rejects, messages, audit] = ["people", "rejects", "messages", "audit"].map(&mut age);
        let every = reader.duration(&mut table, "every", 24 * 60 * 60);
        table.finish(reader);
        Self { people, rejects, messages, audit, every }
    }
}

/// What is plainly a mistake: with it everything would go at the start, and nobody asks.
fn doubt(key: &str, span: Span) -> Option<&'static str> {
    match span {
        Span::Exact(..=0) | Span::Months(0) => Some("would remove everything at once; leave it out to keep everything"),
        Span::Exact(..DAY) if key == "people" => {
            Some("is shorter than a day, so that people would go as soon as they are silent")
        }
        Span::Exact(_) | Span::Months(_) => None,
    }
}
