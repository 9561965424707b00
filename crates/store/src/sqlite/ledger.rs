//! The ledger in one SQLite file.

mod change;
mod erasures;
mod lead_row;
mod listing;
mod outbox;
mod rejects;

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::database::{Database, Kind};
use super::row::{limit, time, word};
use super::statement::statement;
use crate::error::Result;
use crate::ledger::lead::{Brief, Change, ChangeKind, Lead, Note};
use crate::ledger::listing::{LeadFilter, LeadPage, PageRequest};
use crate::ledger::{Commit, Committed, Ledger};

pub(super) const KIND: Kind = Kind { what: "a ledger", mark: 0x4272_786C, formats: FORMATS };
const FORMATS: &[&str] = &[
    include_str!("ledger_0001.sql"),
    include_str!("ledger_0002.sql"),
    include_str!("ledger_0003.sql"),
    include_str!("ledger_0004.sql"),
];
const SQL: &str = include_str!("leads.sql");
const PROCESSED: &str = statement(SQL, "processed");
const PROCESS: &str = statement(SQL, "process");
const LEAD: &str = statement(SQL, "lead");
const EVIDENCE: &str = statement(SQL, "evidence");
const BRIEFS: &str = statement(SQL, "briefs");
const NOTES: &str = statement(SQL, "notes");
const LAST_CHANGE: &str = statement(SQL, "last change");
const CHANGES: &str = statement(SQL, "changes");
const HISTORY: &str = statement(SQL, "history");

/// The embedded ledger.
pub struct SqliteLedger {
    database: Database,
}

impl SqliteLedger {
    /// Opens the ledger in this file, or makes one.
    ///
    /// # Errors
    /// If the file cannot be opened or written, is something else, or was made by a later Brix.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { database: Database::open(path, &KIND)? })
    }
}

/// Up to which offset the log was processed, and the next lead's number.
fn processed(connection: &Connection) -> rusqlite::Result<(u64, u64)> {
    connection.prepare_cached(PROCESSED)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn read_changes(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<Vec<Change>> {
    let mut statement = connection.prepare_cached(sql)?;
    let changes = statement.query_map(values, |row| {
        Ok(Change {
            number: row.get("number")?,
            lead: row.get("lead")?,
            at: time(row, "at")?,
            offset: row.get("up_to")?,
            kind: word(row, "kind", ChangeKind::of)?,
            detail: row.get("detail")?,
            by: row.get("by")?,
        })
    })?;
    changes.collect()
}

impl Ledger for SqliteLedger {
    fn commit(&self, commit: &Commit) -> Result<Committed> {
        self.database.write("commit to", |transaction| {
            let (offset, mut next_lead) = processed(transaction)?;
            if commit.offset <= offset {
                return Ok(Committed::Before);
            }
            for change in &commit.leads {
                change::apply(transaction, commit.offset, change, &mut next_lead)?;
            }
            for lead in &commit.cancelled {
                outbox::cancel(transaction, *lead)?;
            }
            outbox::put(transaction, &commit.actions)?;
            rejects::keep(transaction, &commit.rejects)?;
            commit.erasures.iter().try_for_each(|erasure| erasures::keep(transaction, erasure))?;
            transaction.prepare_cached(PROCESS)?.execute(params![commit.offset, next_lead])?;
            Ok(Committed::Now)
        })
    }

    fn offset(&self) -> Result<u64> {
        Ok(self.database.read(processed)?.0)
    }

    fn next_lead(&self) -> Result<u64> {
        Ok(self.database.read(processed)?.1)
    }

    fn lead(&self, id: u64) -> Result<Option<Lead>> {
        self.database.read(|reader| reader.prepare_cached(LEAD)?.query_row([id], lead_row::lead).optional())
    }

    fn evidence(&self, lead: u64) -> Result<Option<String>> {
        self.database.read(|reader| reader.prepare_cached(EVIDENCE)?.query_row([lead], |row| row.get(0)).optional())
    }

    fn leads(&self, filter: &LeadFilter, page: &PageRequest) -> Result<LeadPage> {
        self.database.read(|reader| listing::page(reader, filter, page))
    }

    fn counts(&self, filter: &LeadFilter) -> Result<Vec<(String, u64)>> {
        self.database.read(|reader| listing::counts(reader, filter))
    }

    fn briefs(&self) -> Result<Vec<Brief>> {
        self.database.read(|reader| reader.prepare_cached(BRIEFS)?.query_map([], lead_row::brief)?.collect())
    }

    fn notes(&self, lead: u64) -> Result<Vec<Note>> {
        self.database.read(|reader| {
            let mut statement = reader.prepare_cached(NOTES)?;
            let notes = statement.query_map([lead], |row| {
                Ok(Note { at: time(row, "at")?, by: row.get("by")?, text: row.get("text")? })
            })?;
            notes.collect()
        })
    }

    fn changes(&self, after: u64, most: usize) -> Result<Vec<Change>> {
        self.database.read(|reader| read_changes(reader, CHANGES, params![after, limit(most)]))
    }

    fn last_change(&self) -> Result<u64> {
        self.database.read(|reader| reader.prepare_cached(LAST_CHANGE)?.query_row([], |row| row.get(0)))
    }

    fn history(&self, lead: u64) -> Result<Vec<Change>> {
        self.database.read(|reader| read_changes(reader, HISTORY, [lead]))
    }

    fn scrub(&self) -> Result<()> {
        self.database.rewrite()
    }
}
