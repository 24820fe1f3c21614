WITH page AS MATERIALIZED (
    SELECT
        caller.number,
        caller.others,
        caller.address,
        caller.user_agent,
        caller.first_at,
        caller.last_at
    FROM key_pair
    CROSS JOIN caller ON caller.pair = key_pair.number
    WHERE key_pair.account_id = ? AND key_pair.id = ?
    ORDER BY caller.last_at DESC, caller.number DESC
    LIMIT ? OFFSET ?
)
SELECT
    page.number AS "number!",
    page.others AS "others!",
    page.address AS "address!",
    page.user_agent AS "user_agent!",
    page.first_at AS "first_at!",
    page.last_at AS "last_at!",
    (
        SELECT coalesce(sum(count), 0)
        FROM use_by_hour
        WHERE use_by_hour.caller = page.number AND outcome = 'accepted'
    ) AS "accepted!: i64",
    (
        SELECT coalesce(sum(count), 0)
        FROM use_by_hour
        WHERE use_by_hour.caller = page.number AND outcome <> 'accepted'
    ) AS "refused!: i64",
    (
        SELECT outcome
        FROM use_by_hour
        WHERE use_by_hour.caller = page.number
        ORDER BY hour DESC, use_by_hour.last_at DESC
        LIMIT 1
    ) AS "last_outcome!: String",
    (
        SELECT route
        FROM use_by_hour
        WHERE use_by_hour.caller = page.number
        ORDER BY hour DESC, use_by_hour.last_at DESC
        LIMIT 1
    ) AS "last_route!: String"
FROM page
-- One whose hours have just been forgotten is about to be.
WHERE EXISTS (SELECT 1 FROM use_by_hour WHERE use_by_hour.caller = page.number)
ORDER BY page.last_at DESC, page.number DESC
