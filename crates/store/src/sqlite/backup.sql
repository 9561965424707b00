-- next lead
SELECT next_lead FROM processed;
-- offset
SELECT up_to FROM processed;
-- skip
UPDATE processed SET next_lead = next_lead + ?1;
-- hold
UPDATE actions SET state = 'dead', last_error = ?1 WHERE state IN ('waiting', 'leased');
-- log bounds
SELECT up_to + 1, COALESCE((SELECT first + entries - 1 FROM batches ORDER BY first DESC LIMIT 1), up_to) FROM forgotten;
-- cut
DELETE FROM batches WHERE first > ?1;
