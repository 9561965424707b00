-- The log, format 1. One row is what one commit brought: its entries packed together (column format: see log/batch.rs).
-- There is no index over single entries: an entry is found by the batch that it is in.
CREATE TABLE batches (
    first INTEGER PRIMARY KEY,
    entries INTEGER NOT NULL CHECK (entries > 0),
    format INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    packed BLOB NOT NULL
);

-- One row. Offsets must go on where they were even when all entries have gone to the lake.
CREATE TABLE forgotten (
    row INTEGER PRIMARY KEY CHECK (row = 1),
    up_to INTEGER NOT NULL
);

INSERT INTO forgotten (row, up_to) VALUES (1, 0);
