//! Audit records as they lie in the database: rows of earlier versions, and how filters find theirs.

use backend::store::Store as _;
use domain::audit::Detail;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
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
