//! The catalog in one SQLite file.

mod change;
mod rows;

use std::path::Path;

use engine::time::Timestamp;
use rusqlite::{OptionalExtension as _, Params, Row, ToSql, params};

use super::database::{Database, Kind};
use super::row::{Query, ids, limit};
use super::statement::statement;
use crate::catalog::access::{ApiKey, Digest, Person, Session};
use crate::catalog::audit::{AuditEntry, AuditFilter, AuditLine};
use crate::catalog::connections::{Circuit, Destination, Source};
use crate::catalog::definitions::{Activation, DefinitionState, Revision};
use crate::catalog::requests::{KeptAnswer, KnownRequest, NewRequest};
use crate::catalog::{Catalog, CatalogChange, Suppression};
use crate::error::{Error, Result};

pub(super) const KIND: Kind = Kind {
    what: "a catalog",
    mark: 0x4272_7863,
    formats: &[include_str!("catalog_0001.sql"), include_str!("catalog_0002.sql")],
};
const SQL: &str = include_str!("catalog.sql");
const KEEP_AUDIT: &str = statement(SQL, "keep audit");
const LATEST_REVISIONS: &str = statement(SQL, "latest revisions");
const REVISIONS: &str = statement(SQL, "revisions");
const ACTIVATIONS: &str = statement(SQL, "activations");
const LATEST_ACTIVATION: &str = statement(SQL, "latest activation");
const KEY: &str = statement(SQL, "key");
const KEYS: &str = statement(SQL, "keys");
const USE_KEY: &str = statement(SQL, "use key");
const PEOPLE: &str = statement(SQL, "people");
const PERSON_BY_EMAIL: &str = statement(SQL, "person by email");
const BEGIN_SESSION: &str = statement(SQL, "begin session");
const SESSION: &str = statement(SQL, "session");
const EXTEND_SESSION: &str = statement(SQL, "extend session");
const END_SESSION: &str = statement(SQL, "end session");
const SWEEP_SESSIONS: &str = statement(SQL, "sweep sessions");
const DESTINATIONS: &str = statement(SQL, "destinations");
const SET_CIRCUIT: &str = statement(SQL, "set circuit");
const SOURCES: &str = statement(SQL, "sources");
const SUPPRESSIONS: &str = statement(SQL, "suppressions");
const AUDIT: &str = statement(SQL, "audit");
const OLD_AUDIT: &str = statement(SQL, "old audit");
const OPEN_AUDIT: &str = statement(SQL, "open audit");
const FORGET_AUDIT: &str = statement(SQL, "forget audit");
const CLOSE_AUDIT: &str = statement(SQL, "close audit");
const WHERE_WHO: &str = statement(SQL, "where who");
const WHERE_TARGET: &str = statement(SQL, "where target");
const WHERE_WHAT: &str = statement(SQL, "where what");
const WHERE_FROM: &str = statement(SQL, "where from");
const WHERE_UNTIL: &str = statement(SQL, "where until");
const AUDIT_PAGE: &str = statement(SQL, "audit page");
const BEGIN_REQUEST: &str = statement(SQL, "begin request");
const REQUEST: &str = statement(SQL, "request");
const ANSWER_REQUEST: &str = statement(SQL, "answer request");
const FORGET_REQUEST: &str = statement(SQL, "forget request");
const SWEEP_REQUESTS: &str = statement(SQL, "sweep requests");
const FORGET_ANSWERS: &str = statement(SQL, "forget answers");

/// The embedded catalog.
pub struct SqliteCatalog {
    database: Database,
}

impl SqliteCatalog {
    /// Opens the catalog in this file, or makes one.
    ///
    /// # Errors
    /// If the file cannot be opened or written, is something else, or was made by a later Brix.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { database: Database::open(path, &KIND)? })
    }

    fn all<T>(&self, sql: &str, values: impl Params, of: fn(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        self.database.read(|reader| reader.prepare_cached(sql)?.query_map(values, of)?.collect())
    }

    fn one<T>(&self, sql: &str, values: impl Params, of: fn(&Row<'_>) -> rusqlite::Result<T>) -> Result<Option<T>> {
        self.database.read(|reader| reader.prepare_cached(sql)?.query_row(values, of).optional())
    }

    fn execute(&self, sql: &str, values: &[&dyn ToSql]) -> Result<usize> {
        self.database.write("write to", |transaction| Ok(transaction.prepare_cached(sql)?.execute(values)?))
    }
}

impl Catalog for SqliteCatalog {
    fn change(&self, changes: &[CatalogChange], audit: &[AuditEntry]) -> Result<()> {
        self.database.write("change", |transaction| {
            changes.iter().try_for_each(|change| change::apply(transaction, change))?;
            let mut statement = transaction.prepare_cached(KEEP_AUDIT)?;
            for AuditEntry { at, who, what, target, detail } in audit {
                statement.execute(params![at.0, who, what, target, detail])?;
            }
            Ok(())
        })
    }

    fn definitions(&self) -> Result<Vec<DefinitionState>> {
        self.database.read(|reader| {
            let mut activation = reader.prepare_cached(LATEST_ACTIVATION)?;
            let mut statement = reader.prepare_cached(LATEST_REVISIONS)?;
            let latest = statement.query_map([], rows::revision)?;
            let states = latest.map(|latest| {
                let latest = latest?;
                let activation = activation.query_row([&latest.definition], rows::activation).optional()?;
                Ok(DefinitionState { latest, activation })
            });
            states.collect()
        })
    }

    fn revisions(&self, definition: &str) -> Result<Vec<Revision>> {
        self.all(REVISIONS, [definition], rows::revision)
    }

    fn activations(&self) -> Result<Vec<Activation>> {
        self.all(ACTIVATIONS, [], rows::activation)
    }

    fn key(&self, digest: &Digest) -> Result<Option<ApiKey>> {
        self.one(KEY, [digest.0], rows::key)
    }

    fn keys(&self) -> Result<Vec<ApiKey>> {
        self.all(KEYS, [], rows::key)
    }

    fn used_keys(&self, used: &[(String, Timestamp)]) -> Result<()> {
        self.database.write("write to", |transaction| {
            let mut statement = transaction.prepare_cached(USE_KEY)?;
            for (id, at) in used {
                statement.execute(params![id, at.0])?;
            }
            Ok(())
        })
    }

    fn people(&self) -> Result<Vec<Person>> {
        self.all(PEOPLE, [], rows::person)
    }

    fn person_by_email(&self, email: &str) -> Result<Option<Person>> {
        self.one(PERSON_BY_EMAIL, [email], rows::person)
    }

    fn begin_session(&self, session: &Session) -> Result<()> {
        let Session { digest, person, csrf, created_at, expires_at } = session;
        self.execute(BEGIN_SESSION, params![digest.0, person, csrf, created_at.0, expires_at.0]).map(drop)
    }

    fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<(Session, Person)>> {
        self.one(SESSION, params![digest.0, now.0], rows::session)
    }

    fn extend_session(&self, digest: &Digest, expires_at: Timestamp) -> Result<()> {
        self.execute(EXTEND_SESSION, params![digest.0, expires_at.0]).map(drop)
    }

    fn end_session(&self, digest: &Digest) -> Result<()> {
        self.execute(END_SESSION, params![digest.0]).map(drop)
    }

    fn sweep_sessions(&self, now: Timestamp) -> Result<u64> {
        self.execute(SWEEP_SESSIONS, params![now.0]).map(|rows| rows as u64)
    }

    fn destinations(&self) -> Result<Vec<Destination>> {
        self.all(DESTINATIONS, [], rows::destination)
    }

    fn set_circuit(&self, destination: &str, circuit: &Circuit) -> Result<()> {
        let open_until = circuit.open_until.map(|at| at.0);
        match self.execute(SET_CIRCUIT, params![destination, circuit.failures, open_until, circuit.last_error])? {
            0 => Err(Error::Missing { what: "destination", id: destination.to_owned() }),
            _ => Ok(()),
        }
    }

    fn sources(&self) -> Result<Vec<Source>> {
        self.all(SOURCES, [], rows::source)
    }

    fn suppressions(&self) -> Result<Vec<Suppression>> {
        self.all(SUPPRESSIONS, [], rows::suppression)
    }

    fn audit(&self, filter: &AuditFilter, most: usize) -> Result<Vec<AuditLine>> {
        let mut query = Query::new(AUDIT);
        query
            .value(":before", filter.before.unwrap_or(i64::MAX.cast_unsigned()))
            .condition(WHERE_WHO, ":who", filter.who.as_ref())
            .condition(WHERE_TARGET, ":target", filter.target.as_ref())
            .condition(WHERE_WHAT, ":what", filter.what.as_ref())
            .condition(WHERE_FROM, ":from", filter.from.map(|at| at.0))
            .condition(WHERE_UNTIL, ":until", filter.until.map(|at| at.0))
            .part(AUDIT_PAGE)
            .value(":most", limit(most));
        self.all(&query.sql, query.values().as_slice(), rows::audit_line)
    }

    fn shorten_audit(&self, before: Timestamp, most: usize) -> Result<u64> {
        let old = self.database.read(|reader| ids(reader, OLD_AUDIT, params![before.0, limit(most)]))?;
        if old.is_empty() {
            return Ok(0);
        }
        self.database.write("shorten the audit in", |transaction| {
            // Nothing else takes lines away: the trigger is gone within this transaction only.
            transaction.execute_batch(OPEN_AUDIT)?;
            let mut statement = transaction.prepare(FORGET_AUDIT)?;
            let mut forgotten = 0;
            for number in &old {
                forgotten += statement.execute([number])? as u64;
            }
            drop(statement);
            transaction.execute_batch(CLOSE_AUDIT)?;
            Ok(forgotten)
        })
    }

    fn begin_request(&self, new: &NewRequest) -> Result<Option<KnownRequest>> {
        self.database.write("write to", |transaction| {
            let known = transaction.prepare_cached(REQUEST)?.query_row([new.digest.0], rows::request).optional()?;
            if known.is_none() {
                transaction.prepare_cached(BEGIN_REQUEST)?.execute(params![new.digest.0, new.asked.0, new.at.0])?;
            }
            Ok(known)
        })
    }

    fn answer_request(&self, digest: &Digest, answer: &KeptAnswer) -> Result<()> {
        let (kind, body) = answer.body.as_ref().map(|body| (&body.kind, &body.bytes)).unzip();
        self.execute(ANSWER_REQUEST, params![digest.0, answer.status, kind, body]).map(drop)
    }

    fn forget_request(&self, digest: &Digest) -> Result<()> {
        self.execute(FORGET_REQUEST, params![digest.0]).map(drop)
    }

    fn sweep_requests(&self, before: Timestamp, most: usize) -> Result<u64> {
        self.execute(SWEEP_REQUESTS, params![before.0, limit(most)]).map(|rows| rows as u64)
    }

    fn scrub(&self) -> Result<()> {
        self.execute(FORGET_ANSWERS, params![])?;
        self.database.rewrite()
    }
}
