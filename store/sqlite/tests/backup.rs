//! Copying a database that is in use, and looking at one without touching it.

use backend::store::Store as _;
use domain::{KeyPairState, Timestamp};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store_contract::world::{NOW, World, revoked};
use store_sqlite::{BackupError, OpenError, SqliteStore, Tables, back_up, inspect};
use tempfile::TempDir;

struct Place {
    directory: TempDir,
    database: PathBuf,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let database = directory.path().join("latchkey.db");
        Self { directory, database }
    }

    async fn open(&self) -> SqliteStore {
        SqliteStore::open(&text(&self.database)).await.expect("opens")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Every file with what is in it.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = std::fs::read_dir(self.directory.path()).expect("lists");
        let file = |entry: std::fs::DirEntry| {
            (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).expect("reads"))
        };
        entries.map(|entry| file(entry.expect("an entry"))).collect()
    }

    fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

async fn execute(path: &Path, sql: &'static str) {
    use sqlx::ConnectOptions as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.expect("connects");
    sqlx::raw_sql(sql).execute(&mut connection).await.expect("executed");
}

/// Two processes roll as fast as they can, each its own account. Whatever instant a copy shows, every account has its one
/// active pair in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_taken_while_two_writers_roll_is_whole() {
    let place = Place::new();
    let stop = Arc::new(AtomicBool::new(false));
    let (mut writers, mut accounts) = (Vec::new(), Vec::new());
    let first = World::new(Arc::new(place.open().await));
    for _ in 0..2 {
        let mut world = first.clone();
        world.store = Arc::new(place.open().await);
        let account = world.account().await;
        let mut active = world.active_pair(&account).await.pair;
        accounts.push(account.id.clone());
        let stop = Arc::clone(&stop);
        writers.push(tokio::spawn(async move {
            let mut rolls = 0_u32;
            while !stop.load(Ordering::SeqCst) {
                let mut tx = world.store.begin_write().await.expect("begins");
                let new = world.new_pair(&account.id, NOW);
                active.end = revoked();
                tx.update_pair_end(&active).await.expect("ended");
                tx.insert_pair(&new.pair, &new.digest, &new.sealed).await.expect("issued");
                tx.commit().await.expect("rolled");
                active = new.pair;
                rolls += 1;
            }
            rolls
        }));
    }
    let mut seen = Vec::new();
    for number in 0..10 {
        let copy = place.path(&format!("copy-{number}.db"));
        back_up(&text(&place.database), &copy, NOW).await.expect("copied").finish().expect("put in place");
        let restored = SqliteStore::open(&text(&copy)).await.expect("opens");
        let mut pairs = 0;
        for account in &accounts {
            let listed = restored.list_pairs(account).await.expect("read");
            let active = listed.iter().filter(|pair| pair.state(NOW) == KeyPairState::Active).count();
            assert_eq!(active, 1, "copy {number}: {listed:?}");
            pairs += listed.len();
        }
        seen.push(pairs);
        restored.close().await;
    }
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        assert!(writer.await.expect("no writer was disturbed") > 0);
    }
    assert!(seen.first() < seen.last(), "the writers wrote while the copies were made: {seen:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_one_file_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let world = World::new(Arc::new(place.open().await));
    world.account().await;
    let before = place.names();
    let draft = back_up(&text(&place.database), &place.path("copy.db"), NOW).await.expect("copied");
    assert!(!place.path("copy.db").exists(), "nothing looks finished before it is");
    let bytes = draft.bytes;
    draft.finish().expect("put in place");
    let mut expected = before;
    expected.insert(0, "copy.db".to_owned());
    assert_eq!(place.names(), expected);
    let metadata = std::fs::metadata(place.path("copy.db")).expect("there");
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, bytes));
}

#[tokio::test]
async fn a_backup_never_overwrites_a_file() {
    let place = Place::new();
    place.open().await;
    std::fs::write(place.path("copy.db"), "yesterday's").expect("written");
    let refused = back_up(&text(&place.database), &place.path("copy.db"), NOW).await;
    assert!(matches!(refused, Err(BackupError::Exists(_))), "{refused:?}");

    // The same when it comes there while the copy is made.
    let draft = back_up(&text(&place.database), &place.path("late.db"), NOW).await.expect("copied");
    std::fs::write(place.path("late.db"), "somebody else's").expect("written");
    let refused = draft.finish();
    assert!(matches!(refused, Err(BackupError::Exists(_))), "{refused:?}");
    let read = |name: &str| std::fs::read_to_string(place.path(name)).expect("read");
    assert_eq!((read("copy.db"), read("late.db")), ("yesterday's".to_owned(), "somebody else's".to_owned()));
    assert!(place.names().iter().all(|name| !name.contains("unfinished")), "{:?}", place.names());
}

#[tokio::test]
async fn a_backup_that_is_given_up_leaves_nothing() {
    let place = Place::new();
    place.open().await.close().await;
    drop(back_up(&text(&place.database), &place.path("copy.db"), NOW).await.expect("copied"));
    assert!(place.names().iter().all(|name| !name.contains("copy")), "{:?}", place.names());
    let refused = back_up(&text(&place.database), &place.path("gone/copy.db"), NOW).await;
    assert!(matches!(refused, Err(BackupError::Write { .. })), "{refused:?}");
}

/// A copy of a damaged database is worse than none: it takes the place of the last good one.
#[tokio::test]
async fn a_damaged_database_makes_no_backup() {
    let place = Place::new();
    let store = place.open().await;
    let world = World::new(Arc::new(store.clone()));
    world.active_pair(&world.account().await).await;
    store.close().await;
    let whole = std::fs::read(&place.database).expect("read");

    // Every page can be read, and what they say together cannot be true.
    execute(&place.database, "PRAGMA foreign_keys = OFF; DELETE FROM key_change; DELETE FROM account").await;
    let refused = back_up(&text(&place.database), &place.path("copy.db"), NOW).await;
    assert!(
        matches!(&refused, Err(BackupError::Damaged { finding, .. }) if finding.contains("key_pair")),
        "{refused:?}"
    );

    // Pages that are no pages. All but the first, because a copy mends an index that is damaged alone.
    let mut damaged = whole;
    damaged[4096..].fill(0xA5);
    std::fs::write(&place.database, damaged).expect("written");
    let refused = back_up(&text(&place.database), &place.path("copy.db"), NOW).await;
    assert!(matches!(refused, Err(BackupError::Copy { .. } | BackupError::Damaged { .. })), "{refused:?}");
    assert!(place.names().iter().all(|name| !name.contains("copy")), "{:?}", place.names());
}

#[tokio::test]
async fn a_copy_says_that_it_is_one_until_it_is_put_in_use() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.backup_taken_at().await.expect("read"), None);
    let copy = place.path("copy.db");
    back_up(&text(&place.database), &copy, NOW).await.expect("copied").finish().expect("put in place");
    assert_eq!(store.backup_taken_at().await.expect("read"), None, "the database itself is no copy");

    let minute = Timestamp::from_millis(NOW.as_millis() / 60_000 * 60_000);
    assert_eq!(inspect(&text(&copy)).await.expect("looks").expect("there").backup_taken_at, Some(minute));
    let restored = SqliteStore::open(&text(&copy)).await.expect("opens");
    assert_eq!(restored.backup_taken_at().await.expect("read"), Some(minute));
    restored.put_backup_in_use().await.expect("written");
    assert_eq!(restored.backup_taken_at().await.expect("read"), None);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let place = Place::new();
    assert!(inspect(&text(&place.path("none/latchkey.db"))).await.expect("looks").is_none());
    assert!(place.files().is_empty());

    // Nobody has it open.
    let store = place.open().await;
    let mut world = World::new(Arc::new(store.clone()));
    world.account().await;
    store.close().await;
    let before = place.files();
    let seen = inspect(&text(&place.database)).await.expect("looks").expect("there");
    assert!(matches!(seen.tables, Tables::UpToDate { .. }), "{seen:?}");
    assert_eq!(place.files(), before);

    // Somebody has, and what they have just written is in the log. The index of the log is SQLite's scratch memory.
    world.store = Arc::new(place.open().await);
    world.account().await;
    let without_index = || {
        let mut files = place.files();
        files.remove("latchkey.db-shm").expect("in use");
        files
    };
    let before = without_index();
    assert!(!before["latchkey.db-wal"].is_empty());
    inspect(&text(&place.database)).await.expect("looks").expect("there");
    assert_eq!(without_index(), before);
}

#[tokio::test]
async fn a_look_says_which_version_the_tables_have() {
    let place = Place::new();
    drop(std::fs::File::create(&place.database).expect("created"));
    let tables = async || inspect(&text(&place.database)).await.expect("looks").expect("there").tables;
    let all = sqlx::migrate!("../../migrations/sqlite").iter().count();
    assert_eq!(tables().await, Tables::Behind { applied: 0, missing: all });
    {
        use sqlx::ConnectOptions as _;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&place.database);
        let mut connection = options.connect().await.expect("connects");
        sqlx::migrate!("../../migrations/sqlite").run_to(2, &mut connection).await.expect("migrated");
    }
    assert_eq!(tables().await, Tables::Behind { applied: 2, missing: all - 2 });
    place.open().await.close().await;
    assert_eq!(tables().await, Tables::UpToDate { migrations: all });
    execute(&place.database, "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 2").await;
    assert_eq!(tables().await, Tables::Strange { version: 2 });
    execute(&place.database, "INSERT INTO _sqlx_migrations VALUES (9999, 'later', '', 1, x'00', 0)").await;
    execute(&place.database, "DELETE FROM _sqlx_migrations WHERE version = 2").await;
    assert_eq!(tables().await, Tables::Newer { version: 9999 });

    std::fs::write(place.path("notes.txt"), "no database ".repeat(100)).expect("written");
    let refused = inspect(&text(&place.path("notes.txt"))).await;
    assert!(matches!(refused, Err(OpenError::Connect { .. } | OpenError::Look { .. })), "{refused:?}");
}

#[tokio::test]
async fn opening_what_has_to_be_there_makes_nothing() {
    let place = Place::new();
    let refused = SqliteStore::open_existing(&text(&place.path("data/latchkey.db"))).await;
    assert!(matches!(refused, Err(OpenError::Missing { .. })), "{refused:?}");
    assert!(place.files().is_empty());
}

/// The mistake of whoever restores in a hurry. SQLite itself would write the old log's pages over the backup.
#[tokio::test]
async fn a_backup_beside_the_log_of_the_database_before_it_is_refused() {
    let place = Place::new();
    let store = place.open().await;
    let world = World::new(Arc::new(store.clone()));
    let copy = place.path("copy.db");
    back_up(&text(&place.database), &copy, NOW).await.expect("copied").finish().expect("put in place");
    let account = world.account().await;
    // As a crash leaves it: the log is there, and nobody has it open.
    let log = std::fs::read(place.path("latchkey.db-wal")).expect("read");
    store.close().await;
    std::fs::write(place.path("latchkey.db-wal"), log).expect("written");
    std::fs::copy(&copy, &place.database).expect("copied");

    let before = place.files();
    for refused in [
        SqliteStore::open(&text(&place.database)).await.map(|_| ()),
        SqliteStore::open_existing(&text(&place.database)).await.map(|_| ()),
        inspect(&text(&place.database)).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(OpenError::ForeignLog { .. })), "{refused:?}");
    }
    assert_eq!(place.files(), before);
    std::fs::remove_file(place.path("latchkey.db-wal")).expect("removed");
    let restored = place.open().await;
    assert_eq!(restored.find_account(&account.id).await.expect("read"), None, "it is the backup");
}
