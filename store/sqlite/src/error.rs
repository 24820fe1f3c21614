//! From what SQLite says to what the port says.

use backend::store::{Conflict, Obstacle, StoreError, StoreResult};
use sqlx::sqlite::SqliteQueryResult;

/// How SQLite begins the message about a row that exists already; the columns of the constraint follow.
const UNIQUE_FAILED: &str = "UNIQUE constraint failed: ";

/// What the two triggers say that keep an owner in every account: `membership_keeps_an_owner_who_goes` and
/// `membership_keeps_an_owner_who_changes`.
const KEEPS_AN_OWNER: &str = "trigger failed: membership_keeps_an_owner_who_";

/// The constraints that have a name in the port, by the columns SQLite names when one of them refuses a row.
///
/// SQLite names columns and not constraints here. Each of these lists belongs to exactly one constraint.
const CONFLICTS: [(&str, Conflict); 7] = [
    ("installation.id", Conflict::InstallationExists),
    ("person.email", Conflict::EmailTaken),
    ("account.external_id", Conflict::ExternalIdTaken),
    // key_pair_one_active_per_account: the only unique index on this column alone.
    ("key_pair.account_id", Conflict::SecondActivePair),
    ("key_roll.account_id, key_roll.submission_id", Conflict::RolledAlready),
    ("key_roll.old_pair_id", Conflict::RolledAlready),
    ("admin.user_id", Conflict::AdminExists),
];

/// A row that ought to be there is not.
#[derive(Debug, thiserror::Error)]
#[error("{rows} rows were changed where exactly one should have been")]
struct NotOneRow {
    rows: u64,
}

/// For a read, or a write that no named constraint can refuse.
pub(crate) fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match obstacle(&error) {
        Some(obstacle) => StoreError::Obstructed { obstacle, doing, source: Box::new(error) },
        None => StoreError::Failed { doing, source: Box::new(error) },
    }
}

/// For a write: a constraint that the port names becomes its conflict, everything else is a failure.
pub(crate) fn refused(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match conflict(&error) {
        Some(conflict) => StoreError::Conflict(conflict),
        None => failed(doing)(error),
    }
}

/// What is in the way, by SQLite's result code: the kind in its lowest byte, the reason above it.
///
/// `SQLITE_IOERR_FSYNC` is deliberately not among them: whether the change is on the disk is then not known.
pub(crate) fn obstacle(error: &sqlx::Error) -> Option<Obstacle> {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const READ_ONLY: i32 = 8;
    const IO_WRITE: i32 = 778;
    const IO_TRUNCATE: i32 = 1_546;
    const IO_SHARED_MEMORY_SIZE: i32 = 4_874;
    const FULL: i32 = 13;
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return Some(Obstacle::Busy);
    }
    let code = code(error)?;
    match (code & 0xff, code) {
        (FULL, _) => Some(Obstacle::Full),
        // SQLite itself tells only "no space left on device" from the other reasons: a quota, a limit on the size of
        // files, a disk that is failing.
        (READ_ONLY, _) | (_, IO_WRITE | IO_TRUNCATE | IO_SHARED_MEMORY_SIZE) => Some(Obstacle::Unwritable),
        (BUSY | LOCKED, _) => Some(Obstacle::Busy),
        _ => None,
    }
}

/// SQLite's extended result code.
fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

fn conflict(error: &sqlx::Error) -> Option<Conflict> {
    let message = error.as_database_error()?.message();
    if message.starts_with(KEEPS_AN_OWNER) {
        return Some(Conflict::LastOwner);
    }
    let columns = message.strip_prefix(UNIQUE_FAILED)?;
    CONFLICTS.iter().find(|(named, _)| *named == columns).map(|(_, conflict)| *conflict)
}

/// Fails unless exactly one row was changed.
pub(crate) fn one_row(result: &SqliteQueryResult, doing: &'static str) -> StoreResult<()> {
    match result.rows_affected() {
        1 => Ok(()),
        rows => Err(StoreError::Failed { doing, source: Box::new(NotOneRow { rows }) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
    use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

    /// A database that cannot be written, and one that may not grow: as SQLite itself says it.
    #[tokio::test]
    async fn what_keeps_the_database_from_writing_is_told_apart() {
        let directory = tempfile::tempdir().expect("a directory");
        let options = SqliteConnectOptions::new().filename(directory.path().join("a.db")).create_if_missing(true);
        let fill = async |connection: &mut SqliteConnection| {
            let outcome = connection.execute("INSERT INTO t SELECT zeroblob(100000)").await;
            outcome.map(|_| ()).map_err(failed("filling"))
        };
        let mut connection = options.connect().await.expect("connects");
        connection.execute("CREATE TABLE t (b BLOB); PRAGMA max_page_count = 10;").await.expect("creates");
        let full = fill(&mut connection).await;
        assert!(matches!(full, Err(StoreError::Obstructed { obstacle: Obstacle::Full, .. })), "{full:?}");
        connection.close().await.expect("closes");

        let mut connection = options.read_only(true).connect().await.expect("connects");
        let unwritable = fill(&mut connection).await;
        let told = matches!(unwritable, Err(StoreError::Obstructed { obstacle: Obstacle::Unwritable, .. }));
        assert!(told, "{unwritable:?}");
        let broken = connection.execute("INSERT INTO nowhere VALUES (1)").await.map(|_| ()).map_err(failed("breaking"));
        assert!(matches!(broken, Err(StoreError::Failed { .. })), "{broken:?}");
    }
}
