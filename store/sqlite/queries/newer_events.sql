-- The records after a place in an account's trail, oldest first.
SELECT
    id,
    at,
    actor_kind,
    actor_id,
    actor_name,
    act,
    account_id,
    targets,
    detail,
    address,
    user_agent,
    request_id
FROM audit_event
WHERE account_id = ?1
    AND number > ?2
    AND (?3 IS NULL OR act IN (SELECT value FROM json_each(?3)))
    AND (?4 IS NULL OR actor_kind = ?4)
    AND (?5 IS NULL OR actor_id = ?5 OR actor_name = ?5 COLLATE NOCASE)
    AND (?6 IS NULL OR at >= ?6)
    AND (?7 IS NULL OR at < ?7)
ORDER BY number ASC
LIMIT ?8
