-- The catalog, format 2: requests that must count once however often they are sent.
CREATE TABLE requests (
    digest BLOB PRIMARY KEY,
    asked BLOB NOT NULL,
    at INTEGER NOT NULL,
    status INTEGER,
    kind TEXT,
    body BLOB
) WITHOUT ROWID;

CREATE INDEX requests_by_time ON requests (at);
