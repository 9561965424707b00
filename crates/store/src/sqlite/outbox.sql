-- put
INSERT INTO actions (lead, action, destination, payload, due_at, priority) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (lead, action) DO NOTHING;
-- lease
UPDATE actions SET state = 'leased', due_at = ?2 + ?4, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM actions
    WHERE destination = ?1 AND due_at <= ?2 AND state IN ('waiting', 'leased')
    ORDER BY priority DESC, due_at, id LIMIT ?3
)
RETURNING *;
-- next due
SELECT MIN(due_at) FROM actions WHERE destination = ?1 AND state IN ('waiting', 'leased');
-- keep attempt
INSERT INTO attempts (action, attempt, at, status, duration_ms, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
-- delivered
UPDATE actions SET state = 'delivered', remote_id = ?2, last_error = NULL WHERE id = ?1;
-- failed
UPDATE actions SET state = 'waiting', due_at = ?3, last_error = ?4 WHERE id = ?1 AND state = 'leased' AND attempts = ?2;
-- dead
UPDATE actions SET state = 'dead', last_error = ?3 WHERE id = ?1 AND state = 'leased' AND attempts = ?2;
-- cancel
UPDATE actions SET state = 'cancelled' WHERE lead = ?1 AND state IN ('waiting', 'leased');
-- replay
UPDATE actions SET state = 'waiting', due_at = ?2, forgiven = attempts WHERE id = ?1 AND state = 'dead';
-- told long ago
SELECT id FROM actions
WHERE id > ?2 AND due_at < ?1 AND state IN ('delivered', 'dead', 'cancelled') AND payload <> '{}' ORDER BY id LIMIT ?3;
-- forget
UPDATE actions SET
    payload = '{}', last_error = NULL, remote_id = NULL, state = CASE WHEN state = 'dead' THEN 'cancelled' ELSE state END
WHERE id = ?1 AND state IN ('delivered', 'dead', 'cancelled');
-- forget attempts
DELETE FROM attempts WHERE action = ?1;
-- attempts
SELECT attempt, at, status, duration_ms, error FROM attempts WHERE action = ?1 ORDER BY id;
-- failing
WITH failed AS (
    SELECT attempts.id, attempts.at, attempts.error FROM attempts JOIN actions ON actions.id = attempts.action
    WHERE actions.destination = ?1 AND attempts.id > COALESCE((
        SELECT attempts.id FROM attempts JOIN actions ON actions.id = attempts.action
        WHERE actions.destination = ?1 AND attempts.error IS NULL ORDER BY attempts.id DESC LIMIT 1
    ), 0)
)
SELECT since.at AS at, latest.error AS error
FROM (SELECT at FROM failed ORDER BY id LIMIT 1) AS since, (SELECT error FROM failed ORDER BY id DESC LIMIT 1) AS latest;
-- counts
SELECT destination, state, COUNT(*) FROM actions GROUP BY destination, state ORDER BY destination, state;
-- list
SELECT * FROM actions WHERE id < :before
-- where destination
AND destination = :destination
-- where state
AND state = :state
-- where lead
AND lead = :lead
-- page
ORDER BY id DESC LIMIT :most
