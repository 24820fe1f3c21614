//! The installation row.

use crate::error::{failed, one_row, refused};
use crate::row::{ImpossibleRow, Place};
use backend::store::{Installation, StoreResult};
use domain::Timestamp;
use sqlx::{SqliteConnection, SqliteExecutor};

struct InstallationRow {
    created_at: i64,
    master_key_id: String,
    master_key_check: Vec<u8>,
}

impl TryFrom<InstallationRow> for Installation {
    type Error = ImpossibleRow;

    fn try_from(row: InstallationRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("installation", "1");
        Ok(Self {
            created_at: Timestamp::from_millis(row.created_at),
            master_key_check: place.digest("master_key_check", &row.master_key_check)?,
            master_key_id: row.master_key_id,
        })
    }
}

pub(crate) async fn ping(executor: impl SqliteExecutor<'_>) -> StoreResult<()> {
    // Reads a table and not a constant, so that a file which has gone away or been damaged is noticed.
    let query = sqlx::query_scalar!("SELECT count(*) FROM installation");
    query.fetch_one(executor).await.map(|_| ()).map_err(failed("asking whether the database answers"))
}

pub(crate) async fn find(executor: impl SqliteExecutor<'_>) -> StoreResult<Option<Installation>> {
    let row = sqlx::query_as!(
        InstallationRow,
        "SELECT
            created_at,
            master_key_id,
            master_key_check
        FROM installation"
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("reading the installation"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn insert(connection: &mut SqliteConnection, installation: &Installation) -> StoreResult<()> {
    const DOING: &str = "writing the installation";
    let created_at = installation.created_at.as_millis();
    let master_key_check = installation.master_key_check.as_slice();
    let result = sqlx::query!(
        "INSERT INTO installation (
            id,
            created_at,
            master_key_id,
            master_key_check
        ) VALUES (1, ?, ?, ?)",
        created_at,
        installation.master_key_id,
        master_key_check,
    )
    .execute(connection)
    .await
    .map_err(refused(DOING))?;
    one_row(&result, DOING)
}
