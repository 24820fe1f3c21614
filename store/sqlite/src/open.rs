//! Opening a database: which file, with which settings, brought up to date.

use crate::SqliteStore;
use crate::error::obstacle;
use crate::statistics;
use crate::wal::{self, WalError};
use backend::store::{Obstacle, StoreError};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// How long a connection waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a process waits to say that it lives. Who cannot say so in time asks the database for every key.
const BEAT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long it waits while another process may be migrating.
const MIGRATION_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a caller waits for a connection of the pool to come free.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The text names no file.
    #[error("`{0}` is not a SQLite database file: write sqlite:relative/path.db or sqlite:///absolute/path.db")]
    NotAFile(String),
    /// The file, or the directory it is to lie in, could not be made.
    #[error("{} could not be created", path.display())]
    Create {
        /// What was to be made.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// There is no such file, and this is not the moment to make one.
    #[error(
        "there is no database at {}. Paths begin where the command is run: is this the right directory, and are these \
         the server's settings? `latchkey settings` shows them",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The log beside it was written for another database.
    #[error(
        "{} is the log of another database than {}: of the one that was there before. Move it away, and the file that \
         ends in -shm with it",
        log.display(),
        path.display()
    )]
    ForeignLog {
        /// The database.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// SQLite refused the file: no database, no permission, a damaged disk.
    #[error("{} could not be opened as a SQLite database", path.display())]
    Connect {
        /// The file.
        path: PathBuf,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// The file is a database, and cannot be read.
    #[error("{} could not be read", path.display())]
    Look {
        /// The file.
        path: PathBuf,
        /// What was being read, and what the driver said.
        #[source]
        source: StoreError,
    },
    /// The tables were made by a newer program. Nothing was changed.
    #[error(
        "{} has been used by a newer Latchkey: this one does not know version {version} of its tables. Use that program, \
         or restore the backup made before the upgrade",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The first version this program does not know.
        version: i64,
    },
    /// The tables could not be brought up to date; nothing was changed.
    #[error("the tables in {} could not be brought up to date", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: MigrateError,
    },
}

impl SqliteStore {
    /// Opens the database, makes it if it is not there, and brings its tables up to date.
    ///
    /// Understood are `sqlite:relative/path.db` (or `sqlite://relative/path.db`), `sqlite:/absolute/path.db` (or
    /// `sqlite:///absolute/path.db`) and a bare path. The rest of the text is the path as it stands: nothing in it is
    /// decoded, and there are no options. A database in memory is refused, since nothing would survive a restart.
    ///
    /// A new file can be read by its owner only, and so can a directory made for it.
    ///
    /// Several processes may have the same file open. It must not lie on a network file system: the write-ahead log
    /// needs memory that all of them share.
    pub async fn open(path_or_url: &str) -> Result<Self, OpenError> {
        let path = file_path(path_or_url)?;
        create_file(&path)?;
        Self::open_file(path).await
    }

    /// The same for a database that has to be there: nothing is made.
    pub async fn open_existing(path_or_url: &str) -> Result<Self, OpenError> {
        Self::open_file(existing_file(path_or_url)?).await
    }

    async fn open_file(path: PathBuf) -> Result<Self, OpenError> {
        refuse_foreign_log(&path)?;
        let connect = |source| OpenError::Connect { path: path.clone(), source };
        migrate(&path).await?;
        let writer = writers().connect_with(writing(&path, BUSY_TIMEOUT)).await.map_err(connect)?;
        let connect = |source| OpenError::Connect { path: path.clone(), source };
        let readers = open_readers(&path).await.map_err(connect)?;
        let beats = pool(1).min_connections(0).connect_lazy_with(beating(&path));
        let counts = writers().min_connections(0).connect_lazy_with(counting(&path));
        Ok(Self { writer, readers, beats, counts, scrub_due: Arc::default(), failed_writes: Arc::default() })
    }
}

/// The file that a database's name stands for; see [`SqliteStore::open`].
pub fn file_path(text: &str) -> Result<PathBuf, OpenError> {
    let path = match text.strip_prefix("sqlite:") {
        // Exactly what the two slashes of a URL leave: the third one, if there, begins an absolute path.
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        None => text,
    };
    // SQLite itself would take `file:` for a URL with options.
    let other_scheme = path.contains("://") || path.starts_with("file:");
    let no_name = path.is_empty() || path.ends_with('/');
    if other_scheme || no_name || path.contains(":memory:") || path.contains(['?', '\0']) {
        return Err(OpenError::NotAFile(text.to_owned()));
    }
    Ok(PathBuf::from(path))
}

/// The path, if a file is there and has no other database's log beside it.
pub(crate) fn existing_file(path_or_url: &str) -> Result<PathBuf, OpenError> {
    let path = file_path(path_or_url)?;
    if !path.exists() {
        return Err(OpenError::Missing { path });
    }
    refuse_foreign_log(&path)?;
    Ok(path)
}

fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// A backup put in the place of a database whose write-ahead log was left beside it: SQLite would take that log for the
/// backup's own and write its pages over it.
///
/// A database that has a log says so in its header (bytes 18 and 19: 2; a backup's are 1) before it has one. The log is
/// looked at first, because another process may be giving a new database its log right now.
fn refuse_foreign_log(path: &Path) -> Result<(), OpenError> {
    let log = log_of(path);
    let lies_there = std::fs::metadata(&log).is_ok_and(|metadata| metadata.len() > 0);
    let mut header = [0; 20];
    let read = std::fs::File::open(path).and_then(|mut file| io::Read::read_exact(&mut file, &mut header));
    if lies_there && read.is_ok() && header[18..] == [1, 1] {
        return Err(OpenError::ForeignLog { path: path.to_owned(), log });
    }
    Ok(())
}

/// One connection that cannot write.
pub(crate) async fn connect_reading(path: &Path) -> Result<SqliteConnection, OpenError> {
    reading(path).connect().await.map_err(|source| OpenError::Connect { path: path.to_owned(), source })
}

/// One connection that cannot write, and leaves no traces.
///
/// A database with a write-ahead log cannot be read without making the files that go with it. If they are not there,
/// nobody has the database open, nothing is outside the one file, and it can be read as a file that never changes.
pub(crate) async fn connect_looking(path: &Path) -> Result<SqliteConnection, OpenError> {
    let options = reading(path).immutable(!log_of(path).exists());
    options.connect().await.map_err(|source| OpenError::Connect { path: path.to_owned(), source })
}

fn create_file(path: &Path) -> Result<(), OpenError> {
    let failed = |path: &Path, source| Err(OpenError::Create { path: path.to_owned(), source });
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        if let Err(error) = builder.create(parent) {
            return failed(parent, error);
        }
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    // SQLite gives the write-ahead log and the shared memory beside the file the same mode.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => failed(path, error),
    }
}

/// What holds for every connection.
fn settings(path: &Path, busy_timeout: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(busy_timeout)
        .foreign_keys(true)
        // Whoever can write the file must not be able to make it run functions by way of its schema.
        .pragma("trusted_schema", "OFF")
        // A damaged page is noticed when it is read, and not when it has been copied around.
        .pragma("cell_size_check", "ON")
        // Sorting spills into memory and not into files outside the database.
        .pragma("temp_store", "MEMORY")
}

/// What holds for every connection that writes more than a row.
fn changing(path: &Path, busy_timeout: Duration) -> SqliteConnectOptions {
    settings(path, busy_timeout)
        // What is deleted or replaced is overwritten with zeros: destroyed ciphertext must be gone, and forgotten addresses.
        .pragma("secure_delete", "ON")
        // A log that once grew large does not stay large.
        .pragma("journal_size_limit", "16777216")
}

fn writing(path: &Path, busy_timeout: Duration) -> SqliteConnectOptions {
    // With NORMAL, a committed revocation could be lost in a power cut.
    changing(path, busy_timeout).synchronous(SqliteSynchronous::Full).optimize_on_close(true, 400)
}

/// What is written about processes may be lost in a power cut, which ends them too: the commit is not synced. It still comes
/// after every commit that was, and takes back none of them.
fn beating(path: &Path) -> SqliteConnectOptions {
    settings(path, BEAT_TIMEOUT).synchronous(SqliteSynchronous::Normal)
}

/// Counts of use may be lost in a power cut, those since the last commit that was synced. They take back none that was.
fn counting(path: &Path) -> SqliteConnectOptions {
    changing(path, BUSY_TIMEOUT).synchronous(SqliteSynchronous::Normal)
}

fn reading(path: &Path) -> SqliteConnectOptions {
    settings(path, BUSY_TIMEOUT).read_only(true)
}

/// Connections to a file do not go stale, so none is tested before use or closed for its age.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// One writing connection.
///
/// When the disk is full, SQLite rolls the transaction back by itself. The driver's own rollback then finds none, takes
/// the transaction for still open and never begins another one. Such a connection is replaced.
fn writers() -> SqlitePoolOptions {
    pool(1).after_release(|connection, _| {
        Box::pin(async move {
            // Answered only after the rollback that a dropped transaction has sent ahead.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

async fn open_readers(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let cores = std::thread::available_parallelism().map_or(4, std::num::NonZero::get);
    pool(u32::try_from(cores).unwrap_or(u32::MAX).max(4)).connect_with(reading(path)).await
}

/// Brings the tables up to date, all of it or nothing.
///
/// The migrations run inside one immediate transaction: a second process that opens the database at the same moment
/// waits, and then finds nothing left to do.
async fn migrate(path: &Path) -> Result<(), OpenError> {
    let connect = |source| OpenError::Connect { path: path.to_owned(), source };
    let failed = |source| match source {
        MigrateError::VersionMissing(version) => OpenError::Newer { path: path.to_owned(), version },
        source => OpenError::Migrate { path: path.to_owned(), source },
    };
    let mut connection = connect_in_wal_mode(path).await.map_err(connect)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(connect)?;
    MIGRATIONS.run_direct(None, &mut *transaction, false).await.map_err(failed)?;
    transaction.commit().await.map_err(connect)?;
    match statistics::renew(&mut connection).await {
        // Without it statements take longer. Nothing that a command with `--json` says on standard error beside its refusal.
        Err(error) if obstacle(&error).is_some() => {
            tracing::info!(%error, "the tables could not be measured at the start");
        }
        measured => measured.map_err(connect)?,
    }
    // A crash may have left destroyed ciphertext in the log. Whoever is reading from it now will be followed by others.
    match wal::truncate(&mut connection).await {
        Ok(()) => {}
        Err(WalError::InUse) => tracing::info!("the write-ahead log is in use and was not emptied at the start"),
        // On a full disk keys can still be checked, so the process starts.
        Err(WalError::Database(error)) if obstacle(&error).is_some() => {
            tracing::warn!(%error, "the write-ahead log could not be emptied at the start");
        }
        Err(WalError::Database(source)) => return Err(connect(source)),
    }
    match connection.close().await {
        // Nothing was left to do but to gather statistics.
        Err(error) if obstacle(&error).is_some() => Ok(()),
        closed => closed.map_err(connect),
    }
}

/// Connects, and switches the file to a write-ahead log if it has none yet. The file remembers that.
///
/// The switch needs the file for itself and is refused at once, whatever the busy timeout, while another process
/// makes it: so it is tried again.
async fn connect_in_wal_mode(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = writing(path, MIGRATION_TIMEOUT).journal_mode(SqliteJournalMode::Wal);
    let started = Instant::now();
    loop {
        match options.connect().await {
            Err(error) if obstacle(&error) == Some(Obstacle::Busy) && started.elapsed() < BUSY_TIMEOUT => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What makes "acknowledged means durable" hold in a power cut, which no test here can cause: SQLite syncs the log
    /// at every commit (`synchronous=FULL` is 2).
    #[tokio::test]
    async fn every_commit_is_synced_before_it_is_acknowledged() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("latchkey.db");
        let store = SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens");
        let pragma = async |query: &'static str| {
            sqlx::query_scalar::<_, i64>(query).fetch_one(&store.writer).await.expect("answers")
        };
        assert_eq!(pragma("PRAGMA synchronous").await, 2);
        assert_eq!(pragma("PRAGMA foreign_keys").await, 1);
        assert_eq!(pragma("PRAGMA secure_delete").await, 1);
        let journal: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&store.writer).await.expect("answers");
        assert_eq!(journal, "wal");
    }
}
