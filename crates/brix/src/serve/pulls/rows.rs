//! The query's rows behind the cursor: a page at a time, in the cursor's order.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Portal, Transaction};

use super::Pull;
use super::connection::connect;
use super::fault::told;

const DOING: &str = "cannot read rows";

/// A connection that reads.
pub struct Reading {
    client: Client,
}

/// Pages of one query, all of one moment of the database.
pub struct Pages<'reading> {
    transaction: Transaction<'reading>,
    portal: Portal,
    most: i32,
    timeout: Duration,
    /// The cursor of the last row so far, and the one before that differs from it: rows of the last may come yet.
    last: Option<String>,
    before: Option<String>,
    ended: bool,
}

/// Rows as JSON objects.
#[derive(Debug, Default)]
pub struct Page {
    pub rows: Vec<String>,
    /// Where to go on once these are kept.
    pub behind: Option<String>,
}

/// The cursor as its text: PostgreSQL knows of what type it is.
#[derive(Debug)]
struct CursorText<'a>(&'a str);

impl ToSql for CursorText<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

impl Reading {
    pub async fn open(pull: &Pull) -> Result<Self> {
        let client = connect(pull).await?;
        let settings = format!(
            "set statement_timeout = {}; set datestyle = 'ISO'; set timezone = 'UTC'",
            pull.timeout.as_millis()
        );
        client.batch_execute(&settings).await.map_err(|error| told("cannot set up the session", &error))?;
        Ok(Self { client })
    }

    /// Asks for what lies behind the cursor.
    pub async fn begin(&mut self, pull: &Pull, cursor: &str) -> Result<Pages<'_>> {
        within(pull.timeout, self.begin_patiently(pull, cursor)).await
    }

    async fn begin_patiently(&mut self, pull: &Pull, cursor: &str) -> Result<Pages<'_>> {
        let wrong = |error| told(DOING, &error);
        let transaction = self.client.build_transaction().read_only(true).start().await.map_err(wrong)?;
        let statement = transaction.prepare(&statement_of(pull)).await.map_err(wrong)?;
        if statement.params().len() != 1 {
            bail!("{DOING}: the query must use the cursor as $1, and no other parameter: where updated_at > $1");
        }
        let portal = transaction.bind(&statement, &[&CursorText(cursor)]).await.map_err(wrong)?;
        Ok(Pages {
            transaction,
            portal,
            most: i32::from(pull.rows),
            timeout: pull.timeout,
            last: None,
            before: None,
            ended: false,
        })
    }
}

/// The rows as JSON, each with its cursor as text, in the cursor's order.
fn statement_of(pull: &Pull) -> String {
    let column = format!("pulled.\"{}\"", pull.cursor.replace('"', "\"\""));
    let query = pull.query.trim().trim_end_matches(';');
    format!("select to_jsonb(pulled)::text, {column}::text from (\n{query}\n) pulled order by {column}")
}

impl Pages<'_> {
    /// The next; `None` if there is none.
    pub async fn next(&mut self) -> Result<Option<Page>> {
        if self.ended {
            return Ok(None);
        }
        let got = within(self.timeout, async {
            self.transaction.query_portal(&self.portal, self.most).await.map_err(|error| told(DOING, &error))
        });
        let got = got.await?;
        self.ended = got.len() < usize::try_from(self.most).unwrap_or(0);
        let mut page = Page::default();
        for row in &got {
            let json: Option<String> = row.try_get(0).map_err(|error| told(DOING, &error))?;
            let cursor: Option<String> = row.try_get(1).map_err(|error| told(DOING, &error))?;
            page.rows.extend(json);
            if cursor.is_some() && cursor != self.last {
                self.before = std::mem::replace(&mut self.last, cursor);
            }
        }
        page.behind = if self.ended { self.last.clone() } else { self.before.clone() };
        // The last page may be empty: only now it is known that no row of the last cursor comes any more.
        Ok((!page.rows.is_empty() || page.behind.is_some()).then_some(page))
    }
}

async fn within<T>(timeout: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    // The database itself gives up by then; this is for one that does not answer at all.
    let most = timeout + Duration::from_secs(5);
    tokio::time::timeout(most, work).await.map_err(|_| anyhow!("{DOING}: no answer within {most:?}"))?
}

#[cfg(test)]
mod tests {
    use connect::secret::Secret;
    use connect::sources::Settings;

    use super::*;

    #[test]
    fn the_query_is_wrapped_whatever_it_ends_with() {
        let pull = Pull {
            name: "p".into(),
            url: Secret::new(""),
            authorities: None,
            query: "select * from t where u > $1 -- new ones\n;".into(),
            cursor: "odd\"name".into(),
            start: "0".into(),
            every: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            rows: 10,
            settings: Settings::of("p"),
        };
        assert_eq!(
            statement_of(&pull),
            "select to_jsonb(pulled)::text, pulled.\"odd\"\"name\"::text from (\nselect * from t where u > $1 -- new ones\n\n) pulled \
             order by pulled.\"odd\"\"name\""
        );
    }
}
