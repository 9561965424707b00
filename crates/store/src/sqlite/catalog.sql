-- save revision
INSERT INTO revisions (definition, number, version, text, note, by, at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
WHERE ?2 = 1 + COALESCE((SELECT MAX(number) FROM revisions WHERE definition = ?1), 0);
-- activate
INSERT INTO activations (definition, revision, up_from, at) SELECT ?1, ?2, ?3, ?4
WHERE EXISTS (SELECT 1 FROM revisions WHERE definition = ?1 AND number = COALESCE(?2, number));
-- add key
INSERT INTO keys (id, name, prefix, digest, scopes, source, created_at, last_used_at, revoked_at, rotated_until)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING;
-- rotate key
UPDATE keys SET rotated_until = ?2 WHERE id = ?1;
-- revoke key
UPDATE keys SET revoked_at = COALESCE(revoked_at, ?2) WHERE id = ?1;
-- use key
UPDATE keys SET last_used_at = MAX(COALESCE(last_used_at, ?2), ?2) WHERE id = ?1;
-- add person
INSERT INTO people (id, email, name, password, role, created_at, disabled_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING;
-- set password
UPDATE people SET password = ?2 WHERE id = ?1;
-- set role
UPDATE people SET role = ?2 WHERE id = ?1;
-- set disabled
UPDATE people SET disabled_at = ?2 WHERE id = ?1;
-- end sessions
DELETE FROM sessions WHERE person = ?1;
-- put destination
INSERT INTO destinations (id, name, kind, settings, secret, is_enabled) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, kind = excluded.kind, settings = excluded.settings,
    secret = COALESCE(excluded.secret, secret), is_enabled = excluded.is_enabled;
-- remove destination
DELETE FROM destinations WHERE id = ?1;
-- put source
INSERT INTO sources (name, vendor, is_strict, settings, secret, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (name) DO UPDATE SET
    vendor = excluded.vendor, is_strict = excluded.is_strict, settings = excluded.settings,
    secret = COALESCE(excluded.secret, secret);
-- remove source
DELETE FROM sources WHERE name = ?1;
-- suppress
INSERT INTO suppressions (kind, subject, at, reason) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING;
-- unsuppress
DELETE FROM suppressions WHERE kind = ?1 AND subject = ?2;
-- keep audit
INSERT INTO audit (at, who, what, target, detail) VALUES (?1, ?2, ?3, ?4, ?5);
-- old audit
SELECT number FROM audit WHERE at < ?1 ORDER BY number LIMIT ?2;
-- open audit
DROP TRIGGER audit_is_never_shortened;
-- forget audit
DELETE FROM audit WHERE number = ?1;
-- close audit
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never shortened'); END;
-- latest revisions
SELECT definition, MAX(number) AS number, version, text, note, by, at FROM revisions GROUP BY definition ORDER BY definition;
-- revisions
SELECT definition, number, version, text, note, by, at FROM revisions WHERE definition = ?1 ORDER BY number DESC;
-- activations
SELECT definition, revision, up_from, at FROM activations ORDER BY up_from, id;
-- latest activation
SELECT definition, revision, up_from, at FROM activations WHERE definition = ?1 ORDER BY id DESC LIMIT 1;
-- key
SELECT * FROM keys WHERE digest = ?1;
-- keys
SELECT * FROM keys ORDER BY created_at, id;
-- people
SELECT * FROM people ORDER BY email;
-- person by email
SELECT * FROM people WHERE email = ?1;
-- begin session
INSERT INTO sessions (digest, person, csrf, session_created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5);
-- session
SELECT * FROM sessions JOIN people ON people.id = sessions.person
WHERE digest = ?1 AND expires_at > ?2 AND disabled_at IS NULL;
-- extend session
UPDATE sessions SET expires_at = ?2 WHERE digest = ?1;
-- end session
DELETE FROM sessions WHERE digest = ?1;
-- sweep sessions
DELETE FROM sessions WHERE expires_at <= ?1;
-- destinations
SELECT * FROM destinations ORDER BY id;
-- set circuit
UPDATE destinations SET failures = ?2, open_until = ?3, last_error = ?4 WHERE id = ?1;
-- sources
SELECT * FROM sources ORDER BY name;
-- suppressions
SELECT * FROM suppressions ORDER BY kind, subject;
-- audit
SELECT number, at, who, what, target, detail FROM audit WHERE number < :before
-- where who
AND who = :who
-- where target
AND target = :target
-- where what
AND what = :what
-- where from
AND at >= :from
-- where until
AND at < :until
-- audit page
ORDER BY number DESC LIMIT :most
-- begin request
INSERT INTO requests (digest, asked, at) VALUES (?1, ?2, ?3);
-- request
SELECT * FROM requests WHERE digest = ?1;
-- answer request
UPDATE requests SET status = ?2, kind = ?3, body = ?4 WHERE digest = ?1;
-- forget request
DELETE FROM requests WHERE digest = ?1;
-- sweep requests
DELETE FROM requests WHERE at < ?1 OR digest IN (SELECT digest FROM requests ORDER BY at DESC LIMIT -1 OFFSET ?2);
-- forget answers
UPDATE requests SET kind = NULL, body = NULL WHERE body IS NOT NULL OR kind IS NOT NULL;
