//! What several tables have in common: closed sets kept as words, times, texts with a limit.

use engine::record::SubjectKind;
use engine::time::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Params, Row, ToSql};

/// A value that is not what a column may hold.
pub(super) fn strange(column: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, format!("`{column}` holds something unknown").into())
}

/// A member of a closed set.
pub(super) fn word<T>(row: &Row<'_>, column: &str, of: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    of(&row.get::<_, String>(column)?).ok_or_else(|| strange(column))
}

/// The kind of subject with this word.
pub(super) fn subject_kind(word: &str) -> Option<SubjectKind> {
    [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace].into_iter().find(|kind| kind.word() == word)
}

/// A time.
pub(super) fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp)
}

/// A time that may be missing.
pub(super) fn some_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}

/// At most so many bytes of a text, whole characters.
pub(super) fn cut(text: &str, most: usize) -> &str {
    (0..=most.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

/// A number of rows for SQL.
pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// The numbers that a statement gives.
pub(super) fn ids(reader: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<Vec<u64>> {
    reader.prepare_cached(sql)?.query_map(values, |row| row.get(0))?.collect()
}

/// A statement put together from its parts, and what goes into it by name.
pub(super) struct Query<'a> {
    pub sql: String,
    values: Vec<(&'static str, Box<dyn ToSql + 'a>)>,
}

impl<'a> Query<'a> {
    pub fn new(start: &str) -> Self {
        Self { sql: start.to_owned(), values: Vec::new() }
    }

    /// Adds a part.
    pub fn part(&mut self, part: &str) -> &mut Self {
        self.sql.push(' ');
        self.sql.push_str(part);
        self
    }

    /// Adds a value.
    pub fn value(&mut self, name: &'static str, value: impl ToSql + 'a) -> &mut Self {
        self.values.push((name, Box::new(value)));
        self
    }

    /// Adds a condition if it is asked for.
    pub fn condition(&mut self, part: &str, name: &'static str, value: Option<impl ToSql + 'a>) -> &mut Self {
        match value {
            Some(value) => self.part(part).value(name, value),
            None => self,
        }
    }

    /// As rusqlite takes it.
    pub fn values(&self) -> Vec<(&'static str, &dyn ToSql)> {
        self.values.iter().map(|(name, value)| (*name, value.as_ref() as &dyn ToSql)).collect()
    }
}
