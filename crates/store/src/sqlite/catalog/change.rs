//! One change of the catalog.

use rusqlite::{ToSql, Transaction, params};

use super::SQL;
use crate::catalog::CatalogChange;
use crate::catalog::access::ApiKey;
use crate::error::Error;
use crate::sqlite::database::Trouble;
use crate::sqlite::statement::statement;

const SAVE_REVISION: &str = statement(SQL, "save revision");
const ACTIVATE: &str = statement(SQL, "activate");
const ADD_KEY: &str = statement(SQL, "add key");
const ROTATE_KEY: &str = statement(SQL, "rotate key");
const REVOKE_KEY: &str = statement(SQL, "revoke key");
const ADD_PERSON: &str = statement(SQL, "add person");
const SET_PASSWORD: &str = statement(SQL, "set password");
const SET_ROLE: &str = statement(SQL, "set role");
const SET_DISABLED: &str = statement(SQL, "set disabled");
const END_SESSIONS: &str = statement(SQL, "end sessions");
const PUT_DESTINATION: &str = statement(SQL, "put destination");
const REMOVE_DESTINATION: &str = statement(SQL, "remove destination");
const PUT_SOURCE: &str = statement(SQL, "put source");
const REMOVE_SOURCE: &str = statement(SQL, "remove source");
const SUPPRESS: &str = statement(SQL, "suppress");
const UNSUPPRESS: &str = statement(SQL, "unsuppress");

/// Runs a statement; an error about the thing if it touches no row.
struct Run<'a>(&'a Transaction<'a>);

impl Run<'_> {
    fn execute(&self, sql: &str, values: &[&dyn ToSql]) -> rusqlite::Result<usize> {
        self.0.prepare_cached(sql)?.execute(values)
    }

    fn add(&self, sql: &str, what: &'static str, id: &str, values: &[&dyn ToSql]) -> Result<(), Trouble> {
        match self.execute(sql, values)? {
            0 => Err(Error::Taken { what, id: id.to_owned() }.into()),
            _ => Ok(()),
        }
    }

    fn set(&self, sql: &str, what: &'static str, id: &str, values: &[&dyn ToSql]) -> Result<(), Trouble> {
        match self.execute(sql, values)? {
            0 => Err(Error::Missing { what, id: id.to_owned() }.into()),
            _ => Ok(()),
        }
    }
}

/// Makes the change.
pub(super) fn apply(transaction: &Transaction<'_>, change: &CatalogChange) -> Result<(), Trouble> {
    let run = Run(transaction);
    match change {
        CatalogChange::SaveRevision(new) => {
            let values = params![new.definition, new.number, new.version, new.text, new.note, new.by, new.at.0];
            run.add(SAVE_REVISION, "newer text of definition", &new.definition, values)
        }
        CatalogChange::Activate(new) => {
            let values = params![new.definition, new.revision, new.offset, new.at.0];
            run.set(ACTIVATE, "such text of definition", &new.definition, values)
        }
        CatalogChange::AddKey(key) => add_key(&run, key),
        CatalogChange::RotateKey { id, until } => run.set(ROTATE_KEY, "key", id, params![id, until.0]),
        CatalogChange::RevokeKey { id, at } => run.set(REVOKE_KEY, "key", id, params![id, at.0]),
        CatalogChange::AddPerson(new) => {
            let disabled_at = new.disabled_at.map(|at| at.0);
            let values = params![new.id, new.email, new.name, new.password, new.role, new.created_at.0, disabled_at];
            run.add(ADD_PERSON, "person", &new.id, values)
        }
        CatalogChange::SetPassword { person, hash } => {
            run.execute(END_SESSIONS, params![person])?;
            run.set(SET_PASSWORD, "person", person, params![person, hash])
        }
        CatalogChange::SetRole { person, role } => run.set(SET_ROLE, "person", person, params![person, role]),
        CatalogChange::SetDisabled { person, at } => {
            run.execute(END_SESSIONS, params![person])?;
            run.set(SET_DISABLED, "person", person, params![person, at.map(|at| at.0)])
        }
        CatalogChange::PutDestination(new) => {
            let secret = new.secret.as_ref().map(|secret| &secret.0);
            let values = params![new.id, new.name, new.kind, new.settings, secret, new.is_enabled];
            run.set(PUT_DESTINATION, "destination", &new.id, values)
        }
        CatalogChange::RemoveDestination { id } => run.set(REMOVE_DESTINATION, "destination", id, params![id]),
        CatalogChange::PutSource(new) => {
            let secret = new.secret.as_ref().map(|secret| &secret.0);
            let values = params![new.name, new.vendor, new.is_strict, new.settings, secret, new.created_at.0];
            run.set(PUT_SOURCE, "source", &new.name, values)
        }
        CatalogChange::RemoveSource { name } => run.set(REMOVE_SOURCE, "source", name, params![name]),
        CatalogChange::Suppress(new) => {
            run.execute(SUPPRESS, params![new.kind.word(), new.subject, new.at.0, new.reason])?;
            Ok(())
        }
        CatalogChange::Unsuppress { kind, subject } => {
            run.set(UNSUPPRESS, "suppressed subject", subject, params![kind.word(), subject])
        }
    }
}

fn add_key(run: &Run<'_>, key: &ApiKey) -> Result<(), Trouble> {
    let scopes = serde_json::json!(key.scopes).to_string();
    let [last_used_at, revoked_at, rotated_until] =
        [key.last_used_at, key.revoked_at, key.rotated_until].map(|at| at.map(|at| at.0));
    let values = params![
        key.id,
        key.name,
        key.prefix,
        key.digest.0,
        scopes,
        key.source,
        key.created_at.0,
        last_used_at,
        revoked_at,
        rotated_until
    ];
    run.add(ADD_KEY, "key", &key.id, values)
}
