-- Accounts before an id whose name, external id or member's address lies between two texts, the newest first.
--
-- The joins are CROSS, which SQLite does as they are written: first what was found, then its rows. Left to itself it may
-- walk all accounts in the order asked for. The page is cut before owners are looked up.
WITH found AS MATERIALIZED (
    SELECT id
    FROM account INDEXED BY account_by_name
    WHERE name >= ?1 COLLATE NOCASE AND name < ?2 COLLATE NOCASE
    UNION
    SELECT id
    FROM account INDEXED BY account_by_external_id
    WHERE external_id >= ?1 COLLATE NOCASE AND external_id < ?2 COLLATE NOCASE
    UNION
    SELECT membership.account_id AS id
    FROM person
    CROSS JOIN membership INDEXED BY membership_of_person ON membership.user_id = person.id
    WHERE person.email >= ?1 AND person.email < ?2
),
page AS MATERIALIZED (
    SELECT account.id
    FROM found
    CROSS JOIN account INDEXED BY account_by_id ON account.id = found.id
    WHERE account.id < ?3
        AND (?4 IS NULL OR (account.disabled_at IS NOT NULL) = ?4)
    ORDER BY account.id DESC
    LIMIT ?5
)
SELECT
    account.id AS "id!",
    account.name AS "name!",
    account.external_id AS "external_id?",
    account.created_at AS "created_at!",
    account.disabled_at AS "disabled_at?",
    (
        SELECT person.email
        FROM membership
        JOIN person ON person.id = membership.user_id
        WHERE membership.account_id = account.id AND membership.role = 'owner'
        ORDER BY membership.number
        LIMIT 1
    ) AS "owner?"
FROM page
CROSS JOIN account ON account.id = page.id
ORDER BY account.id DESC
