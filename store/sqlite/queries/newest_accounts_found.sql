-- Accounts before an id whose name, external id or member's address lies between two texts, the newest first.
--
-- Of each of the three the newest are taken, as many as a page has, and the page is cut from those: what one letter finds in
-- a large installation is read, but neither kept nor looked up. The joins are CROSS, which SQLite does as they are written:
-- first what was found, then its rows. Left to itself it may walk all accounts in the order asked for.
WITH by_name AS MATERIALIZED (
    SELECT id
    FROM account INDEXED BY account_by_name
    WHERE name >= ?1 COLLATE NOCASE AND name < ?2 COLLATE NOCASE
        AND id < ?3
        AND (?4 IS NULL OR (disabled_at IS NOT NULL) = ?4)
    ORDER BY id DESC
    LIMIT ?5
),
by_external_id AS MATERIALIZED (
    SELECT id
    FROM account INDEXED BY account_by_external_id
    WHERE external_id >= ?1 COLLATE NOCASE AND external_id < ?2 COLLATE NOCASE
        AND id < ?3
        AND (?4 IS NULL OR (disabled_at IS NOT NULL) = ?4)
    ORDER BY id DESC
    LIMIT ?5
),
by_address AS MATERIALIZED (
    SELECT DISTINCT membership.account_id AS id
    FROM person
    CROSS JOIN membership INDEXED BY membership_of_person ON membership.user_id = person.id
    WHERE person.email >= ?1 AND person.email < ?2
        AND membership.account_id < ?3
        AND (
            ?4 IS NULL
            OR (SELECT account.disabled_at IS NOT NULL FROM account WHERE account.id = membership.account_id) = ?4
        )
    ORDER BY membership.account_id DESC
    LIMIT ?5
),
page AS MATERIALIZED (
    SELECT id FROM by_name
    UNION
    SELECT id FROM by_external_id
    UNION
    SELECT id FROM by_address
    ORDER BY id DESC
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
