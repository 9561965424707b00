//! Rejected input: rows of the latest, totals of all.

use std::collections::BTreeMap;

use engine::time::Timestamp;
use rusqlite::{Row, Transaction, params};

use super::SqliteLedger;
use crate::error::Result;
use crate::ledger::rejects::{MOST_KEPT, MOST_TEXT_BYTES, Reject, RejectTotal, Rejects};
use crate::sqlite::row::{cut, ids, limit, time};
use crate::sqlite::statement::statement;

const SQL: &str = include_str!("../rejects.sql");
const KEEP: &str = statement(SQL, "keep");
const COUNT: &str = statement(SQL, "count");
const TRIM: &str = statement(SQL, "trim");
const OLD: &str = statement(SQL, "old");
const FORGET: &str = statement(SQL, "forget");
const OF_SOURCE: &str = statement(SQL, "of source");
const OF_ALL: &str = statement(SQL, "of all");
const TOTALS: &str = statement(SQL, "totals");

/// Keeps the latest and counts all.
pub(super) fn keep(transaction: &Transaction<'_>, rejects: &[Reject]) -> rusqlite::Result<()> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, (u64, i64)>> = BTreeMap::new();
    let mut statement = transaction.prepare_cached(KEEP)?;
    for Reject { at, source, reason, text, place, sample } in rejects {
        let [text, place, sample] = [text, place, sample].map(|text| cut(text, MOST_TEXT_BYTES));
        if !(text.is_empty() && place.is_empty() && sample.is_empty()) {
            statement.execute(params![at.0, source, reason, text, place, sample])?;
        }
        let (count, last) = counts.entry(source).or_default().entry(reason).or_insert((0, at.0));
        (*count, *last) = (*count + 1, at.0.max(*last));
    }
    for (source, reasons) in counts {
        for (reason, (count, last)) in reasons {
            transaction.prepare_cached(COUNT)?.execute(params![source, reason, count, last])?;
        }
        transaction.prepare_cached(TRIM)?.execute(params![source, MOST_KEPT])?;
    }
    Ok(())
}

fn reject(row: &Row<'_>) -> rusqlite::Result<Reject> {
    Ok(Reject {
        at: time(row, "at")?,
        source: row.get("source")?,
        reason: row.get("reason")?,
        text: row.get("text")?,
        place: row.get("place")?,
        sample: row.get("sample")?,
    })
}

impl Rejects for SqliteLedger {
    fn reject(&self, rejects: &[Reject]) -> Result<()> {
        self.database.write("keep rejected input in", |transaction| Ok(keep(transaction, rejects)?))
    }

    fn rejects(&self, source: Option<&str>, most: usize) -> Result<Vec<Reject>> {
        self.database.read(|reader| match source {
            Some(source) => {
                reader.prepare_cached(OF_SOURCE)?.query_map(params![source, limit(most)], reject)?.collect()
            }
            None => reader.prepare_cached(OF_ALL)?.query_map([limit(most)], reject)?.collect(),
        })
    }

    fn forget_rejects(&self, before: Timestamp, most: usize) -> Result<u64> {
        let old = self.database.read(|reader| ids(reader, OLD, params![before.0, limit(most)]))?;
        if old.is_empty() {
            return Ok(0);
        }
        self.database.write("forget rejected input in", |transaction| {
            let mut statement = transaction.prepare_cached(FORGET)?;
            let mut forgotten = 0;
            for id in &old {
                forgotten += statement.execute([id])? as u64;
            }
            Ok(forgotten)
        })
    }

    fn reject_totals(&self) -> Result<Vec<RejectTotal>> {
        self.database.read(|reader| {
            let mut statement = reader.prepare_cached(TOTALS)?;
            let totals = statement.query_map([], |row| {
                Ok(RejectTotal {
                    source: row.get("source")?,
                    reason: row.get("reason")?,
                    total: row.get("total")?,
                    last_at: time(row, "last_at")?,
                })
            })?;
            totals.collect()
        })
    }
}
