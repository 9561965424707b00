-- processed
SELECT up_to, next_lead FROM processed;
-- process
UPDATE processed SET up_to = ?1, next_lead = ?2;
-- detect
INSERT INTO leads (
    id, definition, entry, detected_at, changed, version, subject_kind, subject, account, qualification, qualified_at,
    knowable_at, exit_at, score, score_parts, value, currency, value_rank, band, may_contact
) VALUES (
    :id, :definition, :entry, :at, :changed, :version, :subject_kind, :subject, :account, :qualification, :qualified_at,
    :knowable_at, :exit_at, :score, :score_parts, :value, :currency, :value_rank, :band, :may_contact
);
-- set facts
UPDATE leads SET
    version = :version, subject_kind = :subject_kind, subject = :subject, account = :account, qualification = :qualification,
    qualified_at = :qualified_at, knowable_at = :knowable_at, exit_at = :exit_at, score = :score, score_parts = :score_parts,
    value = :value, currency = :currency, value_rank = :value_rank, band = :band, may_contact = :may_contact,
    is_corrected = MAX(is_corrected, :is_corrected), changed = :changed
WHERE id = :id;
-- set evidence
INSERT INTO evidence (lead, evidence) VALUES (?1, ?2) ON CONFLICT (lead) DO UPDATE SET evidence = excluded.evidence;
-- set retracted
UPDATE leads SET is_retracted = ?2, changed = ?3 WHERE id = ?1;
-- set state
UPDATE leads SET state = ?2, reason = ?3, until = ?4, changed = ?5 WHERE id = ?1;
-- set owner
UPDATE leads SET owner = ?2, changed = ?3 WHERE id = ?1;
-- set stage
UPDATE leads SET stage = ?2, changed = ?3 WHERE id = ?1;
-- touch
UPDATE leads SET changed = ?2 WHERE id = ?1;
-- note
INSERT INTO notes (lead, at, by, text) VALUES (?1, ?2, ?3, ?4);
-- erase lead
UPDATE leads SET
    subject = ?2, account = NULL, score_parts = NULL, reason = NULL, owner = NULL, stage = NULL, is_erased = 1, changed = ?3
WHERE id = ?1;
-- erase evidence
DELETE FROM evidence WHERE lead = ?1;
-- erase notes
DELETE FROM notes WHERE lead = ?1;
-- erase changes
UPDATE lead_changes SET detail = '{}' WHERE lead = ?1;
-- erase attempts
UPDATE attempts SET error = NULL WHERE action IN (SELECT id FROM actions WHERE lead = ?1);
-- erase actions
UPDATE actions SET
    payload = '{}', last_error = NULL, remote_id = NULL, state = CASE WHEN state = 'dead' THEN 'cancelled' ELSE state END
WHERE lead = ?1;
-- keep change
INSERT INTO lead_changes (lead, at, up_to, kind, detail, by) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
-- last change
SELECT coalesce(max(number), 0) FROM lead_changes;
-- changes
SELECT number, lead, at, up_to, kind, detail, by FROM lead_changes WHERE number > ?1 ORDER BY number LIMIT ?2;
-- history
SELECT number, lead, at, up_to, kind, detail, by FROM lead_changes WHERE lead = ?1 ORDER BY number;
-- notes
SELECT at, by, text FROM notes WHERE lead = ?1 ORDER BY id;
-- evidence
SELECT evidence FROM evidence WHERE lead = ?1;
-- briefs
SELECT id, definition, subject_kind, subject, account IS NOT NULL AS has_account, entry, qualification, qualified_at, exit_at, score, value, currency, band,
    may_contact, is_corrected, is_retracted, state, reason, until
FROM leads WHERE is_erased = 0 ORDER BY id;
-- lead
SELECT * FROM leads WHERE id = ?1 AND is_erased = 0;
-- list
SELECT * FROM leads WHERE
-- totals
SELECT state, leads FROM lead_totals WHERE is_retracted = ?1 AND leads > 0 ORDER BY state;
-- count
SELECT state, COUNT(*) FROM leads WHERE
-- by state
GROUP BY state ORDER BY state
-- where retracted
is_erased = 0 AND is_retracted = :retracted
-- where lead
AND id = :lead
-- where definition
AND definition = :definition
-- where subject kind
AND subject_kind = :subject_kind
-- where state
AND state = :state
-- where qualification
AND qualification = :qualification
-- where band
AND band = :band
-- where subject text
AND (instr(lower(subject), :subject_text) > 0 OR instr(lower(account), :subject_text) > 0)
-- where account
AND account = :account
-- where owner
AND owner = :owner
-- where qualified from
AND qualified_at >= :qualified_from
-- where qualified before
AND qualified_at < :qualified_before
-- where score at least
AND score >= :score_at_least
-- where may contact
AND may_contact = :may_contact
-- page by qualified_at
AND (qualified_at, id) < (:key, :last) ORDER BY qualified_at DESC, id DESC LIMIT :most
-- page by score
AND (COALESCE(score, -1), id) < (:key, :last) ORDER BY COALESCE(score, -1) DESC, id DESC LIMIT :most
-- page by value
AND (value_rank, id) < (:key, :last) ORDER BY value_rank DESC, id DESC LIMIT :most
