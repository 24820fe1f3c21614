//! Audit records as they lie in the database: rows of earlier versions, and how filters find theirs.

use backend::store::Store as _;
use domain::audit::Detail;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::Path;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

async fn opened() -> (SqliteStore, SqliteConnection, TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("latchkey.db");
    let store = SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens");
    let options = SqliteConnectOptions::new().filename(&path).foreign_keys(true);
    (store, options.connect().await.expect("connects"), directory)
}

/// Details were free text once. Such rows cannot be rewritten, and must not break the list they are in.
#[tokio::test]
async fn a_detail_of_an_earlier_version_reads_as_a_note() {
    let (store, mut connection, _directory) = opened().await;
    let row = "INSERT INTO audit_event (id, at, actor_kind, act, targets, detail, request_id)
        VALUES ('evt_00000000000000000000000001', 0, 'system', 'key.roll', '[]', ?, 'req_1')";
    let text = "old keys expire: immediately; reason: \"somebody left\"";
    sqlx::query(row).bind(text).execute(&mut connection).await.expect("written");
    let events = store.list_events(None, 10).await.expect("read");
    assert_eq!(events[0].detail, Some(Detail::Note { text: text.to_owned() }));
}

/// The trail moved to a new table once: with every row as it was, in its order, gaps and all, and under the same guards.
#[tokio::test]
async fn a_trail_that_moves_to_a_new_table_stays_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("latchkey.db");
    let options = SqliteConnectOptions::new().filename(&path).foreign_keys(true);
    let mut connection = options.clone().create_if_missing(true).connect().await.expect("connects");
    let all = Migrator::new(Path::new("../../migrations/sqlite")).await.expect("reads the migrations");
    let earlier = all.iter().filter(|migration| migration.version < 8).cloned().collect::<Vec<_>>();
    let earlier = Migrator { migrations: earlier.into(), ..Migrator::DEFAULT };
    earlier.run_direct(None, &mut connection, false).await.expect("migrates");
    // Not in the order of their ids or their times.
    let rows = "
        INSERT INTO account VALUES ('acct_00000000000000000000000001', '', NULL, 0, NULL);
        INSERT INTO audit_event VALUES
            (3, 'evt_00000000000000000000000009', 5, 'person', 'user_00000000000000000000000001', 'ada@example.org', 'key.roll',
                'acct_00000000000000000000000001', '[]', 'a note', '192.0.2.1', 'a browser', 'req_1'),
            (4, 'evt_00000000000000000000000001', 9, 'pair', 'pair_00000000000000000000000001', NULL, 'key.expire',
                'acct_00000000000000000000000001', '[{\"kind\":\"account\",\"id\":\"acct_00000000000000000000000001\"}]',
                NULL, NULL, NULL, 'req_2'),
            (7, 'evt_00000000000000000000000005', 1, 'operator', NULL, 'root', 'account.create', NULL, '[]', NULL, NULL, NULL,
                'req_3');";
    sqlx::raw_sql(rows).execute(&mut connection).await.expect("written");
    let dump =
        "SELECT json_array(number, id, at, actor_kind, actor_id, actor_name, act, account_id, targets, detail, address,
        user_agent, request_id) FROM audit_event ORDER BY number";
    let before: Vec<String> = sqlx::query_scalar(dump).fetch_all(&mut connection).await.expect("read");
    connection.close().await.expect("closes");

    let store = SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens");
    let mut connection = options.connect().await.expect("connects");
    let after: Vec<String> = sqlx::query_scalar(dump).fetch_all(&mut connection).await.expect("read");
    assert_eq!((before.len(), &after), (3, &before));
    let listed = store.list_events(None, 10).await.expect("read");
    let ids: Vec<_> = listed.iter().map(|event| event.id.as_str().chars().last()).collect();
    assert_eq!(ids, [Some('5'), Some('1'), Some('9')]);
    for forbidden in ["UPDATE audit_event SET at = 0", "DELETE FROM audit_event"] {
        let refused = sqlx::raw_sql(forbidden).execute(&mut connection).await.expect_err("refused").to_string();
        assert!(refused.contains("trigger failed: audit_event_never_"), "{refused}");
    }
}

/// Both directions read the one index that holds the order and everything a filter looks at, and sort nothing.
#[tokio::test]
async fn activity_is_read_in_order_from_its_index() {
    let (_store, mut connection, _directory) = opened().await;
    for (query, bound) in [
        (include_str!("../queries/older_events.sql"), "number<?"),
        (include_str!("../queries/newer_events.sql"), "number>?"),
    ] {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
        let steps: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(&mut connection).await.expect("plans");
        let steps: Vec<String> = steps.into_iter().map(|(_, _, _, step)| step).collect();
        let search = format!("SEARCH audit_event USING INDEX audit_event_trail (account_id=? AND {bound})");
        assert_eq!(steps[0], search);
        assert!(
            steps.iter().all(|step| !step.contains("TEMP B-TREE") && !step.contains("SCAN audit_event")),
            "{steps:?}"
        );
    }
}
