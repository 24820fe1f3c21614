//! Audit records as they lie in the database: rows of earlier versions.

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
