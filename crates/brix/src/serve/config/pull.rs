//! A pull as it stands in the file.

use std::sync::Arc;

use connect::secret::Secret;
use connect::sources::Settings;

use super::read::{Reader, is_name};
use super::section::Section;
use crate::serve::pulls::Pull;

/// Looks at it as a whole; what is wrong is told to the reader.
pub(super) fn read(mut table: Section<'_>, reader: &mut Reader<'_>) -> Option<Pull> {
    let name = table.needed("name", reader);
    if let Some(name) = name.as_ref().filter(|name| !is_name(&name.value)) {
        reader.wrong(name, "a name is of letters, digits, `-`, `_` and `.`");
    }
    // The address with its password.
    let url = table.needed("url", reader).and_then(|said| reader.secret(&table, "url", &said));
    let query = table.needed("query", reader);
    let cursor = table.needed("cursor", reader);
    if let (Some(query), Some(cursor)) = (&query, &cursor)
        && !query.value.contains("$1")
    {
        reader.wrong(query, &format!("the query must use the cursor as $1: where {} > $1", cursor.value));
    }
    let start = table.needed("start", reader);
    let mapping = table.needed("mapping", reader).and_then(|said| reader.mapping(&said));
    // A file with the certificates of those who vouch for the database.
    let authorities = table.text("ca", reader).map(|said| reader.beside(said.value));
    let every = reader.duration(&mut table, "every", 60);
    let timeout = reader.duration(&mut table, "timeout", 60);
    let rows = table.amount("rows", reader).map_or(Some(5_000), |said| {
        let rows = u16::try_from(said.value).ok().filter(|rows| *rows > 0);
        if rows.is_none() {
            reader.wrong(&said, &format!("from 1 to {} can be taken at a time", u16::MAX));
        }
        rows
    });
    let currency = table.text("currency", reader);
    table.finish(reader);
    let name = name?.value;
    let mut settings = Settings::of(&name);
    settings.mapping = Some(mapping?);
    if let Some(currency) = currency {
        settings.currency = Arc::from(currency.value);
    }
    Some(Pull {
        name,
        url: Secret::new(url?),
        authorities,
        query: query?.value,
        cursor: cursor?.value,
        start: start?.value,
        every,
        timeout,
        rows: rows?,
        settings,
    })
}
