-- Accounts after a name and an id, by name; of equal names the newest first.
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
FROM account INDEXED BY account_by_name
WHERE account.name >= ?1 COLLATE NOCASE
    AND (account.name > ?1 COLLATE NOCASE OR account.id < ?2)
    AND (?3 IS NULL OR (account.disabled_at IS NOT NULL) = ?3)
ORDER BY account.name COLLATE NOCASE, account.id DESC
LIMIT ?4
