//! Looking at a database without changing it: which version its tables have, whose master key it wants, and whether it
//! is a backup.

use crate::error::failed;
use crate::open::{self, MIGRATIONS, OpenError};
use crate::{SqliteStore, installation};
use backend::store::{Installation, StoreError, StoreResult};
use domain::Timestamp;
use sqlx::migrate::Migration;
use sqlx::{Connection, SqliteConnection};
use std::path::{Path, PathBuf};

/// What a look at a database says.
#[derive(Debug)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// How its tables compare with those this program knows.
    pub tables: Tables,
    /// Which master key belongs to it; `None` for a database that was never used.
    pub installation: Option<Installation>,
    /// When it was copied by a backup; `None` for a database in use.
    pub backup_taken_at: Option<Timestamp>,
    /// When the newest audit record was written; `None` if there is none.
    pub newest_record_at: Option<Timestamp>,
}

/// How a database's tables compare with those this program knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tables {
    /// Nothing is left to do.
    UpToDate {
        /// How many migrations made them.
        migrations: usize,
    },
    /// The next start brings them up to date.
    Behind {
        /// How many migrations have run.
        applied: usize,
        /// How many the next start runs.
        missing: usize,
    },
    /// A newer program has used this database.
    Newer {
        /// The first version this program does not know.
        version: i64,
    },
    /// They were made by a migration of the same number and another text, or one that did not finish.
    Strange {
        /// Its number.
        version: i64,
    },
}

/// Looks at a database. `None` if there is no file.
///
/// Nothing is made and nothing is changed: beside a database that nobody has open, not even SQLite's own files.
pub async fn inspect(path_or_url: &str) -> Result<Option<Inspection>, OpenError> {
    let path = match open::existing_file(path_or_url) {
        Err(OpenError::Missing { .. }) => return Ok(None),
        path => path?,
    };
    let mut connection = open::connect_looking(&path).await?;
    let inspection = look(&mut connection, &path).await;
    let _ = connection.close().await;
    inspection.map(Some).map_err(|source| OpenError::Look { path, source })
}

async fn look(connection: &mut SqliteConnection, path: &Path) -> StoreResult<Inspection> {
    // One transaction, so that one instant is seen.
    let mut tx = connection.begin().await.map_err(failed("beginning to look"))?;
    let applied = applied(&mut tx).await.map_err(failed("reading which migrations have run"))?;
    let tables = compare(&applied);
    // Tables of a newer program may look different.
    let known = !applied.is_empty() && !matches!(tables, Tables::Newer { .. } | Tables::Strange { .. });
    Ok(Inspection {
        path: path.to_owned(),
        installation: if known { installation::find(&mut *tx).await? } else { None },
        newest_record_at: if known { newest_record(&mut tx).await? } else { None },
        backup_taken_at: mark(&mut tx).await.map_err(failed("reading whether it is a backup"))?,
        tables,
    })
}

struct Applied {
    version: i64,
    checksum: Vec<u8>,
    success: bool,
}

/// Not checked by the macros: the table belongs to sqlx.
async fn applied(connection: &mut SqliteConnection) -> Result<Vec<Applied>, sqlx::Error> {
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
        .fetch_one(&mut *connection)
        .await?;
    if there == 0 {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, Vec<u8>, bool)> =
        sqlx::query_as("SELECT version, checksum, success FROM _sqlx_migrations ORDER BY version")
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().map(|(version, checksum, success)| Applied { version, checksum, success }).collect())
}

fn compare(applied: &[Applied]) -> Tables {
    let known: Vec<&Migration> = MIGRATIONS.iter().collect();
    for row in applied {
        match known.iter().find(|migration| migration.version == row.version) {
            None => return Tables::Newer { version: row.version },
            Some(migration) if !row.success || *migration.checksum != *row.checksum => {
                return Tables::Strange { version: row.version };
            }
            Some(_) => {}
        }
    }
    match known.len() - applied.len() {
        0 => Tables::UpToDate { migrations: known.len() },
        missing => Tables::Behind { applied: applied.len(), missing },
    }
}

/// The table has been there since the first version; an older file may be without it all the same.
async fn newest_record(connection: &mut SqliteConnection) -> StoreResult<Option<Timestamp>> {
    let at: Result<Option<i64>, _> =
        sqlx::query_scalar("SELECT at FROM audit_event ORDER BY number DESC LIMIT 1").fetch_optional(connection).await;
    match at {
        Ok(at) => Ok(at.map(Timestamp::from_millis)),
        Err(sqlx::Error::Database(error)) if error.message().starts_with("no such table") => Ok(None),
        Err(error) => Err(failed("reading the newest record")(error)),
    }
}

/// A backup carries the minute it was taken, counted from 1970, in the header field SQLite leaves to applications. It is
/// 0 in a database in use. Not a table: the mark has to fit into a copy of any version.
pub(crate) async fn mark_as_backup(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    let minutes = u32::try_from(now.as_millis() / 60_000).unwrap_or(1).max(1);
    // A pragma takes no parameters.
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {minutes}"))).execute(connection).await.map(|_| ())
}

async fn mark(connection: &mut SqliteConnection) -> Result<Option<Timestamp>, sqlx::Error> {
    let minutes: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?;
    Ok((minutes != 0).then(|| Timestamp::from_millis(minutes * 60_000)))
}

impl SqliteStore {
    /// When this database was copied by a backup; `None` for one in use.
    pub async fn backup_taken_at(&self) -> StoreResult<Option<Timestamp>> {
        const DOING: &str = "reading whether this is a backup";
        let mut connection = self.readers.acquire().await.map_err(failed(DOING))?;
        mark(&mut connection).await.map_err(failed(DOING))
    }

    /// Makes a restored backup a database in use.
    pub async fn put_backup_in_use(&self) -> Result<(), StoreError> {
        const DOING: &str = "putting a backup in use";
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed(DOING))?;
        sqlx::query("PRAGMA user_version = 0").execute(&mut *tx).await.map_err(failed(DOING))?;
        tx.commit().await.map_err(failed(DOING))
    }
}
