//! From what SQLite says to what the port says.

use backend::store::{Conflict, StoreError, StoreResult};
use sqlx::sqlite::SqliteQueryResult;

/// How SQLite begins the message about a row that exists already; the columns of the constraint follow.
const UNIQUE_FAILED: &str = "UNIQUE constraint failed: ";

/// The constraints that have a name in the port, by the columns SQLite names when one of them refuses a row.
///
/// SQLite names columns and not constraints here. Each of these lists belongs to exactly one constraint.
const CONFLICTS: [(&str, Conflict); 6] = [
    ("installation.id", Conflict::InstallationExists),
    ("person.email", Conflict::EmailTaken),
    ("account.external_id", Conflict::ExternalIdTaken),
    // key_pair_one_active_per_account: the only unique index on this column alone.
    ("key_pair.account_id", Conflict::SecondActivePair),
    ("key_roll.account_id, key_roll.submission_id", Conflict::RolledAlready),
    ("key_roll.old_pair_id", Conflict::RolledAlready),
];

/// A row that ought to be there is not.
#[derive(Debug, thiserror::Error)]
#[error("{rows} rows were changed where exactly one should have been")]
struct NotOneRow {
    rows: u64,
}

/// For a read, or a write that no named constraint can refuse.
pub(crate) fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| StoreError::Failed { doing, source: Box::new(error) }
}

/// For a write: a constraint that the port names becomes its conflict, everything else is a failure.
pub(crate) fn refused(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match conflict(&error) {
        Some(conflict) => StoreError::Conflict(conflict),
        None => failed(doing)(error),
    }
}

fn conflict(error: &sqlx::Error) -> Option<Conflict> {
    let columns = error.as_database_error()?.message().strip_prefix(UNIQUE_FAILED)?;
    CONFLICTS.iter().find(|(named, _)| *named == columns).map(|(_, conflict)| *conflict)
}

/// Fails unless exactly one row was changed.
pub(crate) fn one_row(result: &SqliteQueryResult, doing: &'static str) -> StoreResult<()> {
    match result.rows_affected() {
        1 => Ok(()),
        rows => Err(StoreError::Failed { doing, source: Box::new(NotOneRow { rows }) }),
    }
}
