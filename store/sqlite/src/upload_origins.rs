//! The origins whose pages may upload.

use crate::error::{failed, one_row};
use crate::row::{ImpossibleRow, Place};
use backend::store::{StoreResult, UploadOriginRecord};
use domain::upload::Origin;
use domain::{AccountId, Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor};

struct UploadOriginRow {
    number: i64,
    origin: String,
    added_at: i64,
}

impl TryFrom<UploadOriginRow> for UploadOriginRecord {
    type Error = ImpossibleRow;

    fn try_from(row: UploadOriginRow) -> Result<Self, ImpossibleRow> {
        let place = || Place::new("upload_origin", &row.number.to_string());
        Ok(Self {
            origin: Origin::parse_stored(&row.origin).ok_or_else(|| place().impossible("origin"))?,
            added_at: Timestamp::from_millis(row.added_at),
        })
    }
}

pub(crate) async fn list(
    executor: impl SqliteExecutor<'_>,
    account_id: &AccountId,
) -> StoreResult<Vec<UploadOriginRecord>> {
    let account_id = account_id.as_str();
    let rows = sqlx::query_as!(
        UploadOriginRow,
        "SELECT
            number,
            origin,
            added_at
        FROM upload_origin
        WHERE account_id = ?
        ORDER BY number",
        account_id,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing the origins that may upload"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    account_id: &AccountId,
    added: &UploadOriginRecord,
) -> StoreResult<()> {
    const DOING: &str = "adding an origin that may upload";
    let (account_id, origin, added_at) = (account_id.as_str(), added.origin.as_str(), added.added_at.as_millis());
    let result = sqlx::query!(
        "INSERT INTO upload_origin (
            account_id,
            origin,
            added_at
        ) VALUES (?, ?, ?)",
        account_id,
        origin,
        added_at,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn delete(
    connection: &mut SqliteConnection,
    account_id: &AccountId,
    origin: &Origin,
) -> StoreResult<bool> {
    let (account_id, origin) = (account_id.as_str(), origin.as_str());
    let result = sqlx::query!(
        "DELETE FROM upload_origin
        WHERE account_id = ?
            AND origin = ?",
        account_id,
        origin,
    )
    .execute(connection)
    .await
    .map_err(failed("removing an origin that may upload"))?;
    Ok(result.rows_affected() == 1)
}
