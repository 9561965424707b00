-- The ledger, format 2: erasures, and leads of which no more than a mark is left.
ALTER TABLE leads ADD COLUMN is_erased INTEGER NOT NULL DEFAULT 0;

UPDATE leads SET is_erased = 1 WHERE id IN (SELECT lead FROM lead_changes WHERE kind = 'erased');

CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    up_to INTEGER NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    stage TEXT NOT NULL,
    detail TEXT NOT NULL
) WITHOUT ROWID;
