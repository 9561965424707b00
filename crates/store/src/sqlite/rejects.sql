-- keep
INSERT INTO rejects (at, source, reason, text, place, sample) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
-- count
INSERT INTO reject_totals (source, reason, total, last_at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (source, reason) DO UPDATE SET total = total + excluded.total, last_at = MAX(last_at, excluded.last_at);
-- trim
DELETE FROM rejects WHERE source = ?1 AND id <= (SELECT id FROM rejects WHERE source = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2);
-- old
SELECT id FROM rejects WHERE at < ?1 ORDER BY id LIMIT ?2;
-- forget
DELETE FROM rejects WHERE id = ?1;
-- of source
SELECT at, source, reason, text, place, sample FROM rejects WHERE source = ?1 ORDER BY id DESC LIMIT ?2;
-- of all
SELECT at, source, reason, text, place, sample FROM rejects ORDER BY id DESC LIMIT ?1;
-- totals
SELECT source, reason, total, last_at FROM reject_totals ORDER BY source, reason;
