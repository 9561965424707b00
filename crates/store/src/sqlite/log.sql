-- append
INSERT INTO batches (first, entries, format, bytes, checksum, packed) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
-- bounds
SELECT up_to + 1, COALESCE((SELECT first + entries - 1 FROM batches ORDER BY first DESC LIMIT 1), up_to)
FROM forgotten;
-- read
SELECT first, entries, format, bytes, checksum, packed FROM batches
WHERE first >= COALESCE((SELECT MAX(first) FROM batches WHERE first <= ?1), 0)
ORDER BY first;
-- batch of
SELECT first, entries FROM batches WHERE first <= ?1 ORDER BY first DESC LIMIT 1;
-- oldest
SELECT MAX(first) FROM (SELECT first FROM batches WHERE first < ?1 ORDER BY first LIMIT ?2);
-- forget
DELETE FROM batches WHERE first <= ?1;
-- remember forgetting
UPDATE forgotten SET up_to = COALESCE((SELECT MIN(first) - 1 FROM batches), ?1);
-- next batch
SELECT first, entries, format, bytes, checksum, packed FROM batches WHERE first >= ?1 ORDER BY first LIMIT 1;
-- replace
UPDATE batches SET format = ?2, bytes = ?3, checksum = ?4, packed = ?5 WHERE first = ?1;
