-- Accounts before an id, the newest first: ids begin with the time.
SELECT
    account.id,
    account.name,
    account.external_id AS "external_id?",
    account.created_at,
    account.disabled_at AS "disabled_at?",
    (
        SELECT person.email
        FROM membership
        JOIN person ON person.id = membership.user_id
        WHERE membership.account_id = account.id AND membership.role = 'owner'
        ORDER BY membership.number
        LIMIT 1
    ) AS "owner?"
FROM account INDEXED BY account_by_id
WHERE account.id < ?1
    AND (?2 IS NULL OR (account.disabled_at IS NOT NULL) = ?2)
ORDER BY account.id DESC
LIMIT ?3
