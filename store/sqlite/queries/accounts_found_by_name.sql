-- Accounts after a name and an id whose name, external id or member's address lies between two texts, by name; of equal
-- names the newest first.
--
-- Of each of the three as many as a page has are taken, and the page is cut from those. The index of names is read no
-- further than that. The joins are CROSS for the reason given in newest_accounts_found.sql.
WITH by_name AS MATERIALIZED (
    SELECT id, name
    FROM account INDEXED BY account_by_name
    WHERE name >= ?1 COLLATE NOCASE AND name < ?2 COLLATE NOCASE
        AND name >= ?3 COLLATE NOCASE
        AND (name > ?3 COLLATE NOCASE OR id < ?4)
        AND (?5 IS NULL OR (disabled_at IS NOT NULL) = ?5)
    ORDER BY name COLLATE NOCASE, id DESC
    LIMIT ?6
),
by_external_id AS MATERIALIZED (
    SELECT id, name
    FROM account INDEXED BY account_by_external_id
    WHERE external_id >= ?1 COLLATE NOCASE AND external_id < ?2 COLLATE NOCASE
        AND name >= ?3 COLLATE NOCASE
        AND (name > ?3 COLLATE NOCASE OR id < ?4)
        AND (?5 IS NULL OR (disabled_at IS NOT NULL) = ?5)
    ORDER BY name COLLATE NOCASE, id DESC
    LIMIT ?6
),
by_address AS MATERIALIZED (
    SELECT DISTINCT account.id, account.name
    FROM person
    CROSS JOIN membership INDEXED BY membership_of_person ON membership.user_id = person.id
    CROSS JOIN account ON account.id = membership.account_id
    WHERE person.email >= ?1 AND person.email < ?2
        AND account.name >= ?3 COLLATE NOCASE
        AND (account.name > ?3 COLLATE NOCASE OR account.id < ?4)
        AND (?5 IS NULL OR (account.disabled_at IS NOT NULL) = ?5)
    ORDER BY account.name COLLATE NOCASE, account.id DESC
    LIMIT ?6
),
page AS MATERIALIZED (
    SELECT id, name FROM by_name
    UNION
    SELECT id, name FROM by_external_id
    UNION
    SELECT id, name FROM by_address
    ORDER BY name COLLATE NOCASE, id DESC
    LIMIT ?6
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
ORDER BY account.name COLLATE NOCASE, account.id DESC
