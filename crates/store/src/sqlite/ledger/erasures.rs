//! Erasures as rows, and texts that go with them.

use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::SqliteLedger;
use crate::error::Result;
use crate::ledger::erasures::{Erasure, Erasures, Mentions, Stage};
use crate::sqlite::row::{time, word};
use crate::sqlite::statement::statement;

const SQL: &str = include_str!("../erasures.sql");
const KEEP: &str = statement(SQL, "keep");
const ALL: &str = statement(SQL, "all");
const ONE: &str = statement(SQL, "one");

/// Where texts stand: how they are read, how one goes, and where it is counted.
type Place = (&'static str, &'static str, fn(&mut Mentions) -> &mut u64);

const PLACES: [Place; 7] = [
    (statement(SQL, "evidence texts"), statement(SQL, "forget evidence"), |mentions| &mut mentions.evidence),
    (statement(SQL, "note texts"), statement(SQL, "forget note"), |mentions| &mut mentions.notes),
    (statement(SQL, "lead texts"), statement(SQL, "forget lead"), |mentions| &mut mentions.notes),
    (statement(SQL, "change texts"), statement(SQL, "forget change"), |mentions| &mut mentions.changes),
    (statement(SQL, "action texts"), statement(SQL, "forget action"), |mentions| &mut mentions.actions),
    (statement(SQL, "attempt texts"), statement(SQL, "forget attempt"), |mentions| &mut mentions.actions),
    (statement(SQL, "reject texts"), statement(SQL, "forget reject"), |mentions| &mut mentions.rejects),
];

/// Puts an erasure in the place of what was known of it.
pub(super) fn keep(transaction: &Transaction<'_>, erasure: &Erasure) -> rusqlite::Result<()> {
    let Erasure { id, offset, at, by, stage, detail } = erasure;
    transaction.prepare_cached(KEEP)?.execute(params![id, offset, at.0, by, stage.word(), detail])?;
    Ok(())
}

fn erasure(row: &Row<'_>) -> rusqlite::Result<Erasure> {
    Ok(Erasure {
        id: row.get("id")?,
        offset: row.get("up_to")?,
        at: time(row, "at")?,
        by: row.get("by")?,
        stage: word(row, "stage", Stage::of)?,
        detail: row.get("detail")?,
    })
}

impl Erasures for SqliteLedger {
    fn erasures(&self) -> Result<Vec<Erasure>> {
        self.database.read(|reader| reader.prepare_cached(ALL)?.query_map([], erasure)?.collect())
    }

    fn erasure(&self, id: &str) -> Result<Option<Erasure>> {
        self.database.read(|reader| reader.prepare_cached(ONE)?.query_row([id], erasure).optional())
    }

    fn keep_erasure(&self, erasure: &Erasure) -> Result<()> {
        self.database.write("keep an erasure in", |transaction| Ok(keep(transaction, erasure)?))
    }

    fn forget_mentions(&self, is_mentioned: &dyn Fn(&str) -> bool) -> Result<Mentions> {
        self.database.write("take texts out of", |transaction| {
            let mut mentions = Mentions::default();
            for (read, forget, counted) in PLACES {
                let mut found: Vec<i64> = Vec::new();
                let mut statement = transaction.prepare_cached(read)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
                    if is_mentioned(text) {
                        found.push(row.get(0)?);
                    }
                }
                drop(rows);
                let mut statement = transaction.prepare_cached(forget)?;
                for id in &found {
                    statement.execute([id])?;
                }
                *counted(&mut mentions) += found.len() as u64;
            }
            Ok(mentions)
        })
    }
}
