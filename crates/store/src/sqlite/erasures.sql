-- keep
INSERT INTO erasures (id, up_to, at, by, stage, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, detail = excluded.detail;
-- all
SELECT * FROM erasures ORDER BY up_to DESC, id;
-- one
SELECT * FROM erasures WHERE id = ?1;
-- evidence texts
SELECT lead, evidence FROM evidence;
-- forget evidence
DELETE FROM evidence WHERE lead = ?1;
-- note texts
SELECT id, text FROM notes;
-- forget note
DELETE FROM notes WHERE id = ?1;
-- lead texts
SELECT id, COALESCE(reason, '') || ' ' || COALESCE(stage, '') FROM leads WHERE reason IS NOT NULL OR stage IS NOT NULL;
-- forget lead
UPDATE leads SET reason = NULL, stage = NULL WHERE id = ?1;
-- change texts
SELECT number, detail FROM lead_changes;
-- forget change
UPDATE lead_changes SET detail = '{}' WHERE number = ?1;
-- action texts
SELECT id, payload || ' ' || COALESCE(last_error, '') || ' ' || COALESCE(remote_id, '') FROM actions;
-- forget action
UPDATE actions SET
    payload = '{}', last_error = NULL, remote_id = NULL, state = CASE WHEN state = 'delivered' THEN state ELSE 'cancelled' END
WHERE id = ?1;
-- attempt texts
SELECT id, error FROM attempts WHERE error IS NOT NULL;
-- forget attempt
UPDATE attempts SET error = NULL WHERE id = ?1;
-- reject texts
SELECT id, text || ' ' || place || ' ' || sample FROM rejects;
-- forget reject
DELETE FROM rejects WHERE id = ?1;
