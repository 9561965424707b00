//! The outbox's rows.

use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::SqliteLedger;
use crate::error::Result;
use crate::ledger::action::{
    Action, ActionFilter, ActionState, Attempt, Ending, Failing, MOST_ERROR_BYTES, NewAction, Outbox, Settled,
};
use crate::sqlite::row::{Query, cut, ids, limit, time, word};
use crate::sqlite::statement::statement;

const SQL: &str = include_str!("../outbox.sql");
const PUT: &str = statement(SQL, "put");
const LEASE: &str = statement(SQL, "lease");
const NEXT_DUE: &str = statement(SQL, "next due");
const KEEP_ATTEMPT: &str = statement(SQL, "keep attempt");
const DELIVERED: &str = statement(SQL, "delivered");
const FAILED: &str = statement(SQL, "failed");
const DEAD: &str = statement(SQL, "dead");
const CANCEL: &str = statement(SQL, "cancel");
const REPLAY: &str = statement(SQL, "replay");
const TOLD_LONG_AGO: &str = statement(SQL, "told long ago");
const FORGET: &str = statement(SQL, "forget");
const FORGET_ATTEMPTS: &str = statement(SQL, "forget attempts");
const ATTEMPTS: &str = statement(SQL, "attempts");
const FAILING: &str = statement(SQL, "failing");
const COUNTS: &str = statement(SQL, "counts");
const LIST: &str = statement(SQL, "list");
const DESTINATION: &str = statement(SQL, "where destination");
const STATE: &str = statement(SQL, "where state");
const LEAD: &str = statement(SQL, "where lead");
const PAGE: &str = statement(SQL, "page");

/// Puts actions in that are not there yet.
pub(super) fn put(transaction: &Transaction<'_>, actions: &[NewAction]) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(PUT)?;
    for action in actions {
        let NewAction { lead, action, destination, payload, not_before, priority } = action;
        statement.execute(params![lead, action, destination, payload, not_before.0, priority])?;
    }
    Ok(())
}

/// What has not been sent for a lead is not to be sent any more.
pub(super) fn cancel(transaction: &Transaction<'_>, lead: u64) -> rusqlite::Result<usize> {
    transaction.prepare_cached(CANCEL)?.execute([lead])
}

fn action(row: &Row<'_>) -> rusqlite::Result<Action> {
    let (attempts, forgiven): (u32, u32) = (row.get("attempts")?, row.get("forgiven")?);
    Ok(Action {
        id: row.get("id")?,
        lead: row.get("lead")?,
        action: row.get("action")?,
        destination: row.get("destination")?,
        payload: row.get("payload")?,
        due_at: time(row, "due_at")?,
        priority: row.get("priority")?,
        state: word(row, "state", ActionState::of)?,
        attempts,
        tries: attempts.saturating_sub(forgiven),
        last_error: row.get("last_error")?,
        remote_id: row.get("remote_id")?,
    })
}

fn next_due(reader: &Connection, destination: &str) -> rusqlite::Result<Option<Timestamp>> {
    let due: Option<i64> = reader.prepare_cached(NEXT_DUE)?.query_row([destination], |row| row.get(0))?;
    Ok(due.map(Timestamp))
}

fn settle(transaction: &Transaction<'_>, settled: &Settled) -> rusqlite::Result<()> {
    let Settled { action, attempt, at, status, duration_ms, ending } = settled;
    let error = match ending {
        Ending::Delivered { .. } => None,
        Ending::Failed { error, .. } | Ending::Dead { error } => Some(cut(error, MOST_ERROR_BYTES)),
    };
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| transaction.prepare_cached(sql)?.execute(values);
    run(KEEP_ATTEMPT, params![action, attempt, at.0, status, duration_ms, error])?;
    match ending {
        Ending::Delivered { remote_id } => run(DELIVERED, params![action, remote_id]),
        Ending::Failed { retry_at, .. } => run(FAILED, params![action, attempt, retry_at.0, error]),
        Ending::Dead { .. } => run(DEAD, params![action, attempt, error]),
    }?;
    Ok(())
}

impl Outbox for SqliteLedger {
    fn lease(&self, destination: &str, now: Timestamp, most: usize, lease_us: i64) -> Result<Vec<Action>> {
        // An idle worker asks often, and must not cost a sync.
        if self.next_due(destination)?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let mut leased: Vec<Action> = self.database.write("lease actions of", |transaction| {
            let mut statement = transaction.prepare_cached(LEASE)?;
            let actions = statement.query_map(params![destination, now.0, limit(most), lease_us], action)?;
            Ok(actions.collect::<rusqlite::Result<_>>()?)
        })?;
        leased.sort_by_key(|action| (std::cmp::Reverse(action.priority), action.id));
        Ok(leased)
    }

    fn next_due(&self, destination: &str) -> Result<Option<Timestamp>> {
        self.database.read(|reader| next_due(reader, destination))
    }

    fn settle(&self, attempts: &[Settled]) -> Result<()> {
        self.database.write("keep attempts in", |transaction| {
            attempts.iter().try_for_each(|settled| settle(transaction, settled))?;
            Ok(())
        })
    }

    fn cancel(&self, lead: u64) -> Result<u64> {
        self.database.write("cancel actions of", |transaction| Ok(cancel(transaction, lead)? as u64))
    }

    fn replay(&self, actions: &[u64], now: Timestamp) -> Result<u64> {
        self.database.write("replay actions of", |transaction| {
            let mut statement = transaction.prepare_cached(REPLAY)?;
            let mut replayed = 0;
            for action in actions {
                replayed += statement.execute(params![action, now.0])? as u64;
            }
            Ok(replayed)
        })
    }

    fn forget_told(&self, before: Timestamp, above: u64, most: usize) -> Result<Vec<u64>> {
        let old = self.database.read(|reader| ids(reader, TOLD_LONG_AGO, params![before.0, above, limit(most)]))?;
        if !old.is_empty() {
            self.database.write("forget what was told in", |transaction| {
                for id in &old {
                    // Unless it is to be sent again since.
                    if transaction.prepare_cached(FORGET)?.execute([id])? > 0 {
                        transaction.prepare_cached(FORGET_ATTEMPTS)?.execute([id])?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(old)
    }

    fn actions(&self, filter: &ActionFilter, most: usize) -> Result<Vec<Action>> {
        let mut query = Query::new(LIST);
        query
            .value(":before", filter.before.unwrap_or(i64::MAX.cast_unsigned()))
            .condition(DESTINATION, ":destination", filter.destination.as_ref())
            .condition(STATE, ":state", filter.state.map(ActionState::word))
            .condition(LEAD, ":lead", filter.lead)
            .part(PAGE)
            .value(":most", limit(most));
        self.database
            .read(|reader| reader.prepare_cached(&query.sql)?.query_map(query.values().as_slice(), action)?.collect())
    }

    fn attempts(&self, action: u64) -> Result<Vec<Attempt>> {
        self.database.read(|reader| {
            let mut statement = reader.prepare_cached(ATTEMPTS)?;
            let attempts = statement.query_map([action], |row| {
                Ok(Attempt {
                    attempt: row.get("attempt")?,
                    at: time(row, "at")?,
                    status: row.get("status")?,
                    duration_ms: row.get("duration_ms")?,
                    error: row.get("error")?,
                })
            })?;
            attempts.collect()
        })
    }

    fn failing(&self, destination: &str) -> Result<Option<Failing>> {
        self.database.read(|reader| {
            let mut statement = reader.prepare_cached(FAILING)?;
            let failing = |row: &Row<'_>| Ok(Failing { since: time(row, "at")?, last_error: row.get("error")? });
            statement.query_row([destination], failing).optional()
        })
    }

    fn action_counts(&self) -> Result<Vec<(String, ActionState, u64)>> {
        self.database.read(|reader| {
            let mut statement = reader.prepare_cached(COUNTS)?;
            let counts =
                statement.query_map([], |row| Ok((row.get(0)?, word(row, "state", ActionState::of)?, row.get(2)?)))?;
            counts.collect()
        })
    }
}
