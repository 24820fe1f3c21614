//! Looks into a database file for what no use case can see: damage, and halves of changes.
//!
//! Tests ask it after they have killed the process or filled its disk. It knows the tables and nothing else of Latchkey,
//! so that a mistake there is not repeated here. What it deliberately does not do is write.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use std::path::Path;

/// A sentence, and a query that counts what contradicts it.
type Rule = (&'static str, &'static str);

/// What one transaction does together, and what therefore is never there by halves.
const RULES: [Rule; 14] = [
    (
        "an account has exactly one active pair",
        "SELECT count(*) FROM account WHERE 1 <> (
            SELECT count(*) FROM key_pair
            WHERE account_id = account.id AND rolled_at IS NULL AND revoked_at IS NULL
        )",
    ),
    (
        "an account has an owner",
        "SELECT count(*) FROM account WHERE id NOT IN (SELECT account_id FROM membership WHERE role = 'owner')",
    ),
    // Or was: whoever is an admin no more, or was removed from their last account, stays.
    (
        "a person is in an account or an admin",
        "SELECT count(*) FROM person WHERE id NOT IN (SELECT user_id FROM membership)
            AND id NOT IN (SELECT user_id FROM admin)
            AND id NOT IN (
                SELECT value ->> 'id' FROM audit_event, json_each(audit_event.targets) WHERE act IN ('admin.create', 'member.remove')
            )",
    ),
    (
        "an account has one record of its making",
        "SELECT count(*) FROM account WHERE 1 <> (
            SELECT count(*) FROM audit_event WHERE act = 'account.create' AND account_id = account.id
        )",
    ),
    (
        "a record of an account's making names its person and its first pair",
        "SELECT count(*) FROM audit_event AS event WHERE act = 'account.create' AND (
            NOT EXISTS (SELECT 1 FROM json_each(event.targets) WHERE value ->> 'id' IN (SELECT id FROM person))
            OR NOT EXISTS (SELECT 1 FROM json_each(event.targets) WHERE value ->> 'id' IN (SELECT id FROM key_pair))
        )",
    ),
    (
        "a pair is its account's first, or was made by one roll",
        "SELECT count(*) FROM key_pair AS pair WHERE
            (SELECT count(*) FROM key_roll WHERE new_pair_id = pair.id)
            <> (SELECT count(*) > 0 FROM key_pair WHERE account_id = pair.account_id AND number < pair.number)",
    ),
    (
        "a pair has an end when it was rolled, and only then",
        "SELECT count(*) FROM key_pair AS pair WHERE
            (rolled_at IS NOT NULL OR revoked_at IS NOT NULL)
            <> EXISTS (SELECT 1 FROM key_roll WHERE old_pair_id = pair.id)",
    ),
    (
        "a roll has one record, which names both pairs",
        "SELECT count(*) FROM key_roll AS roll WHERE 1 <> (
            SELECT count(*) FROM audit_event AS event WHERE act = 'key.roll'
            AND EXISTS (SELECT 1 FROM json_each(event.targets) WHERE value ->> 'id' = roll.old_pair_id)
            AND EXISTS (SELECT 1 FROM json_each(event.targets) WHERE value ->> 'id' = roll.new_pair_id)
        )",
    ),
    (
        "a record of a roll belongs to one",
        "SELECT abs((SELECT count(*) FROM audit_event WHERE act = 'key.roll') - (SELECT count(*) FROM key_roll))",
    ),
    (
        "a pair that was ended at once has one record of that: its own, or that of the roll that ended it",
        "SELECT count(*) FROM key_pair AS pair WHERE (revoked_at IS NOT NULL) <> (
            SELECT count(*) FROM audit_event AS event
            WHERE (act = 'key.revoke' OR act = 'key.roll' AND detail ->> '$.expireOld' = 'immediately')
            AND event.targets ->> '$[0].id' = pair.id
        )",
    ),
    (
        "a scheduled end that was seen to pass has one record",
        "SELECT count(*) FROM key_pair AS pair WHERE end_passed <> (
            SELECT count(*) FROM audit_event AS event
            WHERE act = 'key.expire' AND event.targets ->> '$[0].id' = pair.id
        )",
    ),
    // Of the oldest day some hours may be forgotten already.
    (
        "no pair was used more often in the hours of a day than on that day",
        "SELECT count(*) FROM (
            SELECT caller.pair, use_by_hour.hour / 24 AS day, sum(use_by_hour.count) AS uses
            FROM use_by_hour JOIN caller ON caller.number = use_by_hour.caller
            GROUP BY 1, 2
        ) AS hours
        LEFT JOIN use_by_day ON use_by_day.pair = hours.pair AND use_by_day.day = hours.day
        WHERE hours.uses > coalesce(use_by_day.accepted + use_by_day.refused, 0)",
    ),
    (
        "of a pair that was used it is known when",
        "SELECT count(*) FROM use_by_day WHERE pair NOT IN (SELECT pair FROM use_of_pair)",
    ),
    (
        "a session belongs to somebody who has signed in or signed up",
        "SELECT count(*) FROM session WHERE user_id NOT IN (
            SELECT actor_id FROM audit_event WHERE act IN ('session.sign_in', 'account.create')
        )",
    ),
];

/// Everything that is wrong with the database, each as a sentence. Empty if it is whole.
///
/// Works beside a process that has the database open.
pub async fn violations(path: &Path) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = open(path).await?;
    let mut found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await?;
    found.retain(|said| said != "ok");
    let dangling: Vec<String> = sqlx::query_scalar("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")
        .fetch_all(&mut connection)
        .await?;
    found.extend(dangling.into_iter().map(|table| format!("rows of {table} refer to nothing")));
    for (rule, query) in RULES {
        let against: i64 = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
        if against != 0 {
            found.push(format!("{rule}: {against} times not so"));
        }
    }
    connection.close().await?;
    Ok(found)
}

/// How many rows there are, table by table: the same before and after means that nothing was added or removed.
pub async fn rows(path: &Path) -> Result<Vec<(String, i64)>, sqlx::Error> {
    const TABLES: &str =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut connection = open(path).await?;
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut connection).await?;
    let mut counted = Vec::new();
    for table in tables {
        let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM \"{table}\""));
        let rows = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
        counted.push((table, rows));
    }
    connection.close().await?;
    Ok(counted)
}

async fn open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new().filename(path).create_if_missing(false).read_only(true).connect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Executor as _;
    use std::path::PathBuf;
    use store_sqlite::SqliteStore;

    async fn database(directory: &Path, rows: &'static str) -> PathBuf {
        let path = directory.join("latchkey.db");
        SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens").close().await;
        let options = SqliteConnectOptions::new().filename(&path).foreign_keys(false);
        let mut connection = options.connect().await.expect("connects");
        connection.execute(rows).await.expect("writes");
        connection.close().await.expect("closes");
        path
    }

    #[tokio::test]
    async fn a_new_database_is_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = database(directory.path(), "").await;
        assert_eq!(violations(&path).await.expect("looks"), Vec::<String>::new());
        let rows = rows(&path).await.expect("counts");
        assert!(rows.contains(&("key_pair".to_owned(), 0)), "{rows:?}");
    }

    #[tokio::test]
    async fn halves_and_rows_that_refer_to_nothing_are_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = database(
            directory.path(),
            "INSERT INTO account (id, name, created_at) VALUES ('acct_00000000000000000000000000', 'a', 1);
             INSERT INTO membership (account_id, user_id, role, joined_at)
                 VALUES ('acct_00000000000000000000000000', 'nobody', 'owner', 1);
             INSERT INTO caller VALUES (1, 7, 0, '', '', 0, 9);
             INSERT INTO use_by_hour VALUES (1, 0, 'accepted', 3, 0, 9, ''), (1, 0, 'revoked', 1, 0, 9, '');
             INSERT INTO use_by_day VALUES (7, 0, 3, 0);",
        )
        .await;
        let found = violations(&path).await.expect("looks");
        for expected in [
            "rows of membership refer to nothing",
            "an account has exactly one active pair: 1 times not so",
            "an account has one record of its making: 1 times not so",
            "rows of caller refer to nothing",
            "no pair was used more often in the hours of a day than on that day: 1 times not so",
            "of a pair that was used it is known when: 1 times not so",
        ] {
            assert!(found.iter().any(|found| found == expected), "{expected}: {found:?}");
        }
    }

    #[tokio::test]
    async fn damage_is_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = database(directory.path(), "").await;
        let mut bytes = std::fs::read(&path).expect("reads");
        // Whatever lies on the last page is not there any more.
        let last = bytes.len() - 4_096;
        bytes[last..].fill(0xff);
        std::fs::write(&path, bytes).expect("writes");
        assert!(!violations(&path).await.is_ok_and(|found| found.is_empty()));
    }
}
