-- The ledger, format 1. Times are microseconds since 1970, UTC. Scores are hundredths.
CREATE TABLE processed (
    row INTEGER PRIMARY KEY CHECK (row = 1),
    up_to INTEGER NOT NULL,
    next_lead INTEGER NOT NULL
);

INSERT INTO processed (row, up_to, next_lead) VALUES (1, 0, 1);

CREATE TABLE leads (
    id INTEGER PRIMARY KEY,
    definition TEXT NOT NULL,
    entry INTEGER NOT NULL,
    detected_at INTEGER NOT NULL,
    version TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT,
    qualification TEXT NOT NULL,
    qualified_at INTEGER NOT NULL,
    knowable_at INTEGER,
    exit_at INTEGER,
    score INTEGER,
    score_parts TEXT,
    value TEXT,
    currency TEXT,
    -- Millionths, to order by; the exact amount is in value.
    value_rank INTEGER NOT NULL,
    band TEXT,
    is_corrected INTEGER NOT NULL DEFAULT 0,
    is_retracted INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'new',
    reason TEXT,
    until INTEGER,
    owner TEXT,
    stage TEXT,
    changed INTEGER NOT NULL
);

CREATE INDEX leads_by_qualified_at ON leads (qualified_at, id);
CREATE INDEX leads_by_score ON leads (COALESCE(score, -1), id);
CREATE INDEX leads_by_value ON leads (value_rank, id);
CREATE INDEX leads_by_subject ON leads (subject);
CREATE INDEX leads_by_account ON leads (account) WHERE account IS NOT NULL;

-- Apart from the leads, so that lists of leads read less.
CREATE TABLE evidence (
    lead INTEGER PRIMARY KEY REFERENCES leads (id),
    evidence TEXT NOT NULL
);

CREATE TABLE notes (
    id INTEGER PRIMARY KEY,
    lead INTEGER NOT NULL REFERENCES leads (id),
    at INTEGER NOT NULL,
    by TEXT,
    text TEXT NOT NULL
);

CREATE INDEX notes_by_lead ON notes (lead);

CREATE TABLE lead_changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    lead INTEGER NOT NULL REFERENCES leads (id),
    at INTEGER NOT NULL,
    up_to INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    by TEXT
);

CREATE INDEX lead_changes_by_lead ON lead_changes (lead);

CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lead INTEGER NOT NULL REFERENCES leads (id),
    action TEXT NOT NULL,
    destination TEXT NOT NULL,
    payload TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Attempts before the last replay.
    forgiven INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    remote_id TEXT,
    UNIQUE (lead, action)
);

CREATE INDEX actions_due ON actions (destination, priority DESC, due_at, id) WHERE state IN ('waiting', 'leased');
CREATE INDEX actions_by_state ON actions (destination, state);

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    action INTEGER NOT NULL REFERENCES actions (id),
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    status INTEGER,
    duration_ms INTEGER NOT NULL,
    error TEXT
);

CREATE INDEX attempts_by_action ON attempts (action);

-- The latest of each source; the totals count for ever.
CREATE TABLE rejects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    place TEXT NOT NULL,
    sample TEXT NOT NULL
);

CREATE INDEX rejects_by_source ON rejects (source, id);

CREATE TABLE reject_totals (
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    total INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (source, reason)
) WITHOUT ROWID;
