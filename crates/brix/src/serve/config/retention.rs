//! What is old, and goes by itself.

use std::time::Duration;

use engine::Span;

use super::read::Reader;
use super::section::Section;
use crate::instant;

/// What goes when.
#[derive(Debug, Clone)]
pub struct Retention {
    /// As it is written: how long people of whom nothing is heard are kept.
    pub said: Option<String>,
    /// People and companies of whom nothing has been heard for so long; `None`: nobody.
    pub people: Option<Span>,
    /// How long after one look for them the next one is.
    pub every: Duration,
}

impl Retention {
    /// Looks at it as a whole; what is wrong is told to the reader.
    pub(super) fn read(mut table: Section<'_>, reader: &mut Reader<'_>) -> Self {
        let said = table.text("people", reader);
        let people = said.as_ref().and_then(|said| {
            let span = instant::span(&said.value);
            span.map_err(|why| reader.wrong(said, &format!("{why}; write 400d or 24 months"))).ok()
        });
        let every = reader.duration(&mut table, "every", 24 * 60 * 60);
        table.finish(reader);
        Self { said: said.map(|said| said.value), people, every }
    }
}
