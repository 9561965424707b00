//! Rows of the catalog.

use rusqlite::Row;

use crate::catalog::Suppression;
use crate::catalog::access::{ApiKey, Digest, Person, Session};
use crate::catalog::audit::{AuditEntry, AuditLine};
use crate::catalog::connections::{Circuit, Destination, Sealed, Source};
use crate::catalog::definitions::{Activation, Revision};
use crate::catalog::requests::{KeptAnswer, KeptBody, KnownRequest};
use crate::sqlite::row::{some_time, strange, subject_kind, time, word};

pub(super) fn revision(row: &Row<'_>) -> rusqlite::Result<Revision> {
    Ok(Revision {
        definition: row.get("definition")?,
        number: row.get("number")?,
        version: row.get("version")?,
        text: row.get("text")?,
        note: row.get("note")?,
        by: row.get("by")?,
        at: time(row, "at")?,
    })
}

pub(super) fn activation(row: &Row<'_>) -> rusqlite::Result<Activation> {
    Ok(Activation {
        definition: row.get("definition")?,
        revision: row.get("revision")?,
        offset: row.get("up_from")?,
        at: time(row, "at")?,
    })
}

pub(super) fn key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    let scopes: String = row.get("scopes")?;
    Ok(ApiKey {
        id: row.get("id")?,
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        digest: Digest(row.get("digest")?),
        scopes: serde_json::from_str(&scopes).map_err(|_| strange("scopes"))?,
        source: row.get("source")?,
        created_at: time(row, "created_at")?,
        last_used_at: some_time(row, "last_used_at")?,
        revoked_at: some_time(row, "revoked_at")?,
        rotated_until: some_time(row, "rotated_until")?,
    })
}

pub(super) fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: row.get("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        password: row.get("password")?,
        role: row.get("role")?,
        created_at: time(row, "created_at")?,
        disabled_at: some_time(row, "disabled_at")?,
    })
}

/// A session, whose row has its person's too.
pub(super) fn session(row: &Row<'_>) -> rusqlite::Result<(Session, Person)> {
    let session = Session {
        digest: Digest(row.get("digest")?),
        person: row.get("person")?,
        csrf: row.get("csrf")?,
        created_at: time(row, "session_created_at")?,
        expires_at: time(row, "expires_at")?,
    };
    Ok((session, person(row)?))
}

pub(super) fn destination(row: &Row<'_>) -> rusqlite::Result<Destination> {
    Ok(Destination {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        settings: row.get("settings")?,
        secret: row.get::<_, Option<Vec<u8>>>("secret")?.map(Sealed),
        is_enabled: row.get("is_enabled")?,
        circuit: Circuit {
            failures: row.get("failures")?,
            open_until: some_time(row, "open_until")?,
            last_error: row.get("last_error")?,
        },
    })
}

pub(super) fn source(row: &Row<'_>) -> rusqlite::Result<Source> {
    Ok(Source {
        name: row.get("name")?,
        vendor: row.get("vendor")?,
        is_strict: row.get("is_strict")?,
        settings: row.get("settings")?,
        secret: row.get::<_, Option<Vec<u8>>>("secret")?.map(Sealed),
        created_at: time(row, "created_at")?,
    })
}

pub(super) fn suppression(row: &Row<'_>) -> rusqlite::Result<Suppression> {
    Ok(Suppression {
        kind: word(row, "kind", subject_kind)?,
        subject: row.get("subject")?,
        at: time(row, "at")?,
        reason: row.get("reason")?,
    })
}

pub(super) fn audit_line(row: &Row<'_>) -> rusqlite::Result<AuditLine> {
    Ok(AuditLine {
        number: row.get("number")?,
        entry: AuditEntry {
            at: time(row, "at")?,
            who: row.get("who")?,
            what: row.get("what")?,
            target: row.get("target")?,
            detail: row.get("detail")?,
        },
    })
}

pub(super) fn request(row: &Row<'_>) -> rusqlite::Result<KnownRequest> {
    let body = match row.get::<_, Option<String>>("kind")? {
        None => None,
        Some(kind) => Some(KeptBody { kind, bytes: row.get("body")? }),
    };
    let status: Option<u16> = row.get("status")?;
    Ok(KnownRequest {
        asked: Digest(row.get("asked")?),
        at: time(row, "at")?,
        answer: status.map(|status| KeptAnswer { status, body }),
    })
}
