//! Copying a database that is in use into one file, and telling a copy from the database it was made from.

use crate::open::{self, OpenError};
use crate::{inspect, installation};
use backend::store::{Installation, StoreError};
use domain::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no backup. Nothing was left behind.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database that was to be copied.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something is there already.
    #[error("{} exists. A backup never overwrites a file: choose another name", .0.display())]
    Exists(PathBuf),
    /// The file cannot be made or put in its place.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The copy could not be written: the disk is full, or the database is damaged.
    #[error("the copy in {} could not be finished, and was removed", path.display())]
    Copy {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: sqlx::Error,
    },
    /// The copy was written and is damaged, because the database is, or the disk.
    #[error("the copy in {} is damaged, and was removed. SQLite says: {finding}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first thing SQLite found.
        finding: String,
    },
    /// The copy could not be read back.
    #[error("the copy cannot be read back")]
    ReadBack(#[from] StoreError),
}

/// A copy that was written, checked, and is not yet in its place. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    /// Its size in bytes.
    pub bytes: u64,
    /// Which master key belongs to it; `None` for a database that was never used.
    pub installation: Option<Installation>,
    written: PathBuf,
    place: PathBuf,
}

/// Copies the database, as it is at one instant, to a new file beside `place`, and checks the copy.
///
/// The database may be in use; nobody waits for the copy, and its tables are taken as they are, whatever version they
/// have. The copy holds no remains of what was deleted. It says of itself that it is a backup and when it was taken (see
/// [`crate::Inspection::backup_taken_at`]). [`Draft::finish`] puts it in its place.
pub async fn back_up(path_or_url: &str, place: &Path, now: Timestamp) -> Result<Draft, BackupError> {
    let source = open::existing_file(path_or_url)?;
    if fs::symlink_metadata(place).is_ok() {
        return Err(BackupError::Exists(place.to_owned()));
    }
    let write = |source| BackupError::Write { path: place.to_owned(), source };
    let mut name = place.file_name().ok_or_else(|| write(io::ErrorKind::InvalidInput.into()))?.to_owned();
    name.push(format!(".unfinished-{}", std::process::id()));
    let draft = place.with_file_name(name);
    private_file(&draft).map_err(write)?;
    let mut made = Draft { bytes: 0, installation: None, written: draft, place: place.to_owned() };

    let mut connection = open::connect_reading(&source).await?;
    let copied = copy(&mut connection, &made.written).await;
    let _ = connection.close().await;
    copied.map_err(|source| made.not_copied(source))?;

    made.check(now).await?;
    let file = File::open(&made.written).map_err(write)?;
    // SQLite does not wait for the disk here.
    file.sync_all().map_err(write)?;
    made.bytes = file.metadata().map_err(write)?.len();
    Ok(made)
}

/// `VACUUM INTO` reads one snapshot in one transaction and writes a file without free pages. The online backup interface
/// would start again whenever another process writes.
async fn copy(connection: &mut SqliteConnection, draft: &Path) -> Result<(), sqlx::Error> {
    let draft = draft.to_str().ok_or_else(|| sqlx::Error::Configuration("the file name is not UTF-8".into()))?;
    sqlx::query("VACUUM INTO ?").bind(draft).execute(connection).await.map(|_| ())
}

/// Databases of older programs have no table for them.
async fn forget_instances(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let query = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'instance'");
    let tables: i64 = query.fetch_one(&mut *connection).await?;
    if tables > 0 {
        sqlx::query("DELETE FROM instance").execute(connection).await?;
    }
    Ok(())
}

impl Draft {
    /// Marks the copy and checks every page of it.
    async fn check(&mut self, now: Timestamp) -> Result<(), BackupError> {
        let options = SqliteConnectOptions::new()
            .filename(&self.written)
            .create_if_missing(false)
            // Whatever a crash leaves behind is no backup: it needs no journal, and no file beside it.
            .journal_mode(SqliteJournalMode::Memory)
            .pragma("trusted_schema", "OFF")
            .pragma("cell_size_check", "ON");
        let mut connection = options.connect().await.map_err(|source| self.not_copied(source))?;
        // Who serves from the original does not serve from the copy, and nobody is to wait for them.
        forget_instances(&mut connection).await.map_err(|source| self.not_copied(source))?;
        let findings = findings(&mut connection, now).await.map_err(|source| self.not_copied(source))?;
        self.installation = installation::find(&mut connection).await?;
        connection.close().await.map_err(|source| self.not_copied(source))?;
        match findings.into_iter().next() {
            Some(finding) => Err(BackupError::Damaged { path: self.place.clone(), finding }),
            None => Ok(()),
        }
    }

    fn not_copied(&self, source: sqlx::Error) -> BackupError {
        BackupError::Copy { path: self.place.clone(), source }
    }

    /// Puts the copy in its place, durably. Whatever has come there in the meantime is not replaced.
    pub fn finish(self) -> Result<(), BackupError> {
        let write = |source| BackupError::Write { path: self.place.clone(), source };
        match put(&self.written, &self.place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(BackupError::Exists(self.place.clone())),
            Err(error) => Err(write(error)),
            Ok(()) => {
                let directory = self.place.parent().filter(|parent| !parent.as_os_str().is_empty());
                let directory = File::open(directory.unwrap_or(Path::new("."))).map_err(write)?;
                directory.sync_all().map_err(write)
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already once it has been put in its place.
        let _ = fs::remove_file(&self.written);
    }
}

/// A link fails where a rename would replace. Some file systems (FAT, some network shares) have no links.
fn put(draft: &Path, place: &Path) -> io::Result<()> {
    match fs::hard_link(draft, place) {
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
            if fs::symlink_metadata(place).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(draft, place)
        }
        outcome => outcome,
    }
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Marks the copy as a backup, and answers what is wrong with it.
async fn findings(connection: &mut SqliteConnection, now: Timestamp) -> Result<Vec<String>, sqlx::Error> {
    inspect::mark_as_backup(connection, now).await?;
    let mut findings: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_all(&mut *connection).await?;
    findings.retain(|finding| finding != "ok");
    let dangling: Option<String> =
        sqlx::query_scalar("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1").fetch_optional(connection).await?;
    findings.extend(dangling.map(|table| format!("a row of {table} refers to nothing")));
    Ok(findings)
}
