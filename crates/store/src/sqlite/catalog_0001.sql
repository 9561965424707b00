-- The catalog, format 1. Times are microseconds since 1970, UTC.
CREATE TABLE revisions (
    definition TEXT NOT NULL,
    number INTEGER NOT NULL,
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    note TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (definition, number)
) WITHOUT ROWID;

CREATE TABLE activations (
    id INTEGER PRIMARY KEY,
    definition TEXT NOT NULL,
    revision INTEGER,
    up_from INTEGER NOT NULL,
    at INTEGER NOT NULL,
    FOREIGN KEY (definition, revision) REFERENCES revisions (definition, number)
);

CREATE INDEX activations_by_definition ON activations (definition, id);

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    source TEXT,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER,
    rotated_until INTEGER
) WITHOUT ROWID;

CREATE TABLE people (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    password TEXT,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) WITHOUT ROWID;

CREATE TABLE sessions (
    digest BLOB PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    csrf TEXT NOT NULL,
    session_created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sessions_by_person ON sessions (person);

CREATE TABLE destinations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    settings TEXT NOT NULL,
    secret BLOB,
    is_enabled INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    open_until INTEGER,
    last_error TEXT
) WITHOUT ROWID;

CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    vendor TEXT NOT NULL,
    is_strict INTEGER NOT NULL,
    settings TEXT NOT NULL,
    secret BLOB,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE suppressions (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (kind, subject)
) WITHOUT ROWID;

CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX audit_by_target ON audit (target, number);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never shortened'); END;
