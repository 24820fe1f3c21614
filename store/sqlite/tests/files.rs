//! What is particular to a database that is a file: making it, opening it twice, and what is left in it.

use backend::store::{Obstacle, Store, StoreError, StoreResult, WriteTx};
use domain::key_pair::End;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store_contract::world::{NOW, World, at, revoked};
use store_sqlite::{OpenError, SqliteStore};
use tempfile::TempDir;

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens")
}

#[tokio::test]
async fn what_was_committed_is_there_when_the_file_is_opened_again() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    let first = open(&path).await;
    let world = World::new(Arc::new(first.clone()));
    let account = world.account().await;
    let pair = world.active_pair(&account).await.pair;

    let beside = open(&path).await;
    assert_eq!(beside.list_pairs(&account.id).await.expect("read"), std::slice::from_ref(&pair));

    first.close().await;
    beside.close().await;
    let again = open(&path).await;
    assert_eq!(again.find_account(&account.id).await.expect("read"), Some(account.clone()));
    assert_eq!(again.list_pairs(&account.id).await.expect("read"), [pair]);
}

/// The files are copied while the store is open, as a power cut would leave them.
#[tokio::test]
async fn what_was_committed_survives_a_crash() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    let store = open(&path).await;
    let world = World::new(Arc::new(store));
    let account = world.account().await;
    let mut tx = world.store.begin_write().await.expect("begins");
    let uncommitted = world.new_account();
    tx.insert_account(&uncommitted).await.expect("written");

    let crashed = directory.path().join("crashed.db");
    for suffix in ["", "-wal"] {
        let copy = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        std::fs::copy(copy(&path), copy(&crashed)).expect("copied");
    }
    let recovered = open(&crashed).await;
    assert_eq!(recovered.find_account(&account.id).await.expect("read"), Some(account));
    assert_eq!(recovered.find_account(&uncommitted.id).await.expect("read"), None);
}

#[tokio::test]
async fn every_spelling_of_a_path_names_the_same_file() {
    let directory = directory();
    let path = directory.path().join("data/latchkey.db");
    let path = path.to_str().expect("UTF-8");
    let world = World::new(Arc::new(SqliteStore::open(path).await.expect("opens")));
    let account = world.account().await;
    for url in [format!("sqlite:{path}"), format!("sqlite://{path}")] {
        let store = SqliteStore::open(&url).await.expect("opens");
        assert!(store.find_account(&account.id).await.expect("read").is_some(), "{url}");
    }
}

#[tokio::test]
async fn what_names_no_file_is_refused() {
    for text in [
        "",
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        ":memory:",
        "sqlite:data.db?mode=memory",
        "file:data.db",
        "sqlite:file:data.db",
        "postgres://localhost/latchkey",
        "sqlite:data/",
    ] {
        let refused = SqliteStore::open(text).await;
        assert!(matches!(&refused, Err(OpenError::NotAFile(named)) if named == text), "{text:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = directory();
    let path = directory.path().join("notes.txt");
    let notes = "nothing to do with a database\n".repeat(100);
    std::fs::write(&path, &notes).expect("written");
    let refused = SqliteStore::open(path.to_str().expect("UTF-8")).await;
    assert!(matches!(refused, Err(OpenError::Connect { .. })), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("read"), notes);

    let refused = SqliteStore::open(directory.path().to_str().expect("UTF-8")).await;
    assert!(matches!(refused, Err(OpenError::Connect { .. })), "{refused:?}");
    let under_a_file = path.join("latchkey.db");
    let refused = SqliteStore::open(under_a_file.to_str().expect("UTF-8")).await;
    assert!(matches!(refused, Err(OpenError::Create { .. })), "{refused:?}");
}

/// An older Latchkey must not write into tables it does not know.
#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    open(&path).await.close().await;
    let mut connection = connect(&path).await;
    sqlx::raw_sql("INSERT INTO _sqlx_migrations VALUES (9999, 'later', '', 1, x'00', 0)")
        .execute(&mut connection)
        .await
        .expect("written");
    let refused = SqliteStore::open(path.to_str().expect("UTF-8")).await;
    assert!(matches!(refused, Err(OpenError::Newer { version: 9999, .. })), "{refused:?}");
    assert!(refused.expect_err("refused").to_string().contains("has been used by a newer Latchkey"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_database_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let directory = directory();
    let path = directory.path().join("data/latchkey.db");
    let world = World::new(Arc::new(open(&path).await));
    world.account().await;
    let mode = |name: &str| {
        let file = path.with_file_name(name);
        std::fs::metadata(file).expect("there").permissions().mode() & 0o777
    };
    assert_eq!(["latchkey.db", "latchkey.db-wal", "latchkey.db-shm", ""].map(mode), [0o600, 0o600, 0o600, 0o700]);
}

/// Server and command line started at the same moment on a new machine. Often, because the moment in which the switch to
/// a write-ahead log is refused and not waited for is short.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_file_opened_many_times_at_once_is_migrated_once() {
    for _ in 0..40 {
        let directory = directory();
        open_many_times_at_once(&directory.path().join("latchkey.db")).await;
    }
}

/// Somebody has the new file for themselves for a moment, as whoever gives it its write-ahead log does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn opening_waits_for_whoever_has_the_file_to_themselves() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    drop(std::fs::File::create(&path).expect("created"));
    let mut connection = connect(&path).await;
    sqlx::raw_sql("BEGIN EXCLUSIVE; CREATE TABLE other (id INTEGER)").execute(&mut connection).await.expect("begun");
    let opening = tokio::spawn({
        let path = path.clone();
        async move { SqliteStore::open(path.to_str().expect("UTF-8")).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!opening.is_finished());
    sqlx::raw_sql("COMMIT").execute(&mut connection).await.expect("committed");
    drop(connection);
    opening.await.expect("no panic").expect("opens").ping().await.expect("answers");
}

/// The same after an update, when the tables are there and some are missing: whoever only looked first would be lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_older_file_opened_many_times_at_once_is_migrated_once() {
    for _ in 0..5 {
        let directory = directory();
        let path = directory.path().join("latchkey.db");
        drop(std::fs::File::create(&path).expect("created"));
        let mut connection = connect(&path).await;
        sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut connection).await.expect("set");
        sqlx::migrate!("../../migrations/sqlite").run_to(1, &mut connection).await.expect("migrated");
        open_many_times_at_once(&path).await;
    }
}

async fn open_many_times_at_once(path: &Path) {
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let path = path.to_owned();
            tokio::spawn(async move { SqliteStore::open(path.to_str().expect("UTF-8")).await })
        })
        .collect();
    for store in opening {
        store.await.expect("no panic").expect("opens").ping().await.expect("answers");
    }
}

/// A second process writes beside the first: each waits for the other, and sees what it wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_on_one_file_take_turns() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    let stores = [open(&path).await, open(&path).await];
    let account = Arc::new(World::new(Arc::new(stores[0].clone())).account().await.id);
    let writers: Vec<_> = (0..40)
        .map(|turn| {
            let (store, account) = (stores[turn % 2].clone(), Arc::clone(&account));
            tokio::spawn(async move {
                let mut tx = store.begin_write().await?;
                // Reads first, as every use case does: the point at which a deferred transaction would be lost.
                tx.lock_account(&account).await?;
                tokio::task::yield_now().await;
                let count = tx.count_attempt("bucket", NOW, at(-1)).await?;
                tx.commit().await.map(|()| count)
            })
        })
        .collect();
    let mut counts = Vec::new();
    for writer in writers {
        let count: StoreResult<u32> = writer.await.expect("no panic");
        counts.push(count.expect("written"));
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=40).collect::<Vec<_>>());
}

/// Readers go on while somebody writes.
#[tokio::test]
async fn reads_do_not_wait_for_a_writer() {
    let directory = directory();
    let world = World::new(Arc::new(open(&directory.path().join("latchkey.db")).await));
    let account = world.account().await;
    let mut tx = world.store.begin_write().await.expect("begins");
    tx.set_account_disabled(&account.id, Some(NOW)).await.expect("written");
    for _ in 0..20 {
        let found = world.store.find_account(&account.id).await.expect("read");
        assert_eq!(found.as_ref(), Some(&account));
    }
    tx.commit().await.expect("committed");
}

/// Waiting is bounded: a writer that never ends is a failure of the next one, and no reason to hang.
#[tokio::test]
async fn waiting_for_a_writer_that_never_ends_fails() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    let (store, beside) = (open(&path).await, open(&path).await);
    let _held = store.begin_write().await.expect("begins");
    for waiting in [&store, &beside] {
        let outcome = waiting.begin_write().await.map(|_| ());
        let busy = matches!(outcome, Err(StoreError::Obstructed { obstacle: Obstacle::Busy, .. }));
        assert!(busy, "{outcome:?}");
    }
}

/// Neither the database nor the log beside it holds a key once it is destroyed. A long one, because what lies in pages
/// of its own is left there unless SQLite is told to overwrite it.
#[tokio::test]
async fn a_destroyed_key_is_in_no_file() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    let world = World::new(Arc::new(open(&path).await));
    let account = world.account().await;
    let secret = b"what was sealed here once, and must be gone";
    for times in [1, 500] {
        let mut minted = world.new_pair(&account.id, NOW);
        minted.sealed.bytes = secret.repeat(times);
        minted.pair.end = revoked();
        world.insert(&minted).await.expect("stored");
    }
    assert!(lies_in(directory.path(), secret), "the test looks in the right place");

    let destroyed = world.write(async |tx: &mut dyn WriteTx| tx.destroy_ended_keys().await).await;
    assert_eq!(destroyed.expect("destroyed"), 2);
    assert!(!lies_in(directory.path(), secret));
}

/// While somebody reads from the log it cannot be emptied. The commit stands, and the next one empties it.
#[tokio::test]
async fn a_destroyed_key_leaves_the_log_as_soon_as_nobody_reads_it() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    let world = World::new(Arc::new(open(&path).await));
    let account = world.account().await;
    let mut minted = world.new_pair(&account.id, NOW);
    minted.sealed.bytes = b"what was sealed here once, and must be gone".to_vec();
    world.insert(&minted).await.expect("stored");
    world.end(&minted.pair, End::Revoked { revoked_at: NOW }).await.expect("stored");

    let mut reader = connect(&path).await;
    sqlx::raw_sql("BEGIN; SELECT * FROM account;").execute(&mut reader).await.expect("reading");
    let destroyed = world.write(async |tx: &mut dyn WriteTx| tx.destroy_ended_keys().await).await;
    assert_eq!(destroyed.expect("committed all the same"), 1);
    assert!(lies_in(directory.path(), &minted.sealed.bytes), "the reader keeps it");

    sqlx::raw_sql("COMMIT").execute(&mut reader).await.expect("read");
    world.account().await;
    assert!(!lies_in(directory.path(), &minted.sealed.bytes));
}

/// A key left in the log, as by a crash between a commit and what follows it, is gone once the database is opened again.
#[tokio::test]
async fn opening_a_database_empties_the_log() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    let world = World::new(Arc::new(open(&path).await));
    let account = world.account().await;
    let mut minted = world.new_pair(&account.id, NOW);
    minted.sealed.bytes = b"what was sealed here once, and must be gone".to_vec();
    minted.pair.end = revoked();
    world.insert(&minted).await.expect("stored");
    let destroy = "PRAGMA secure_delete = ON; UPDATE key_pair SET ciphertext = NULL, ciphertext_master_key_id = NULL";
    sqlx::raw_sql(destroy).execute(&mut connect(&path).await).await.expect("destroyed");
    assert!(lies_in(directory.path(), &minted.sealed.bytes), "the log still has it");

    open(&path).await;
    assert!(!lies_in(directory.path(), &minted.sealed.bytes));
}

/// A value no constraint should have let in is a failure that says where, and never what.
#[tokio::test]
async fn an_impossible_row_fails_and_says_where() {
    let directory = directory();
    let path = directory.path().join("latchkey.db");
    let world = World::new(Arc::new(open(&path).await));
    let person = world.person().await;
    let mut connection = connect(&path).await;
    sqlx::raw_sql("UPDATE person SET email = 'a@b@c'").execute(&mut connection).await.expect("written");
    let error = world.store.find_person(&person.id).await.expect_err("no address");
    let source = std::error::Error::source(&error).expect("a source").to_string();
    assert_eq!(source, format!("person.email of the row {} holds a value that cannot be", person.id));
}

async fn connect(path: &Path) -> sqlx::SqliteConnection {
    use sqlx::ConnectOptions;
    sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.expect("connects")
}

fn lies_in(directory: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(directory).expect("read").any(|entry| {
        let content = std::fs::read(entry.expect("read").path()).expect("read");
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}
