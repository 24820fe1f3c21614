//! The admins of the installation.

use crate::error::{failed, one_row, refused};
use crate::row::{ImpossibleRow, Place};
use backend::store::{AdminRecord, StoreResult};
use domain::{Timestamp, UserId};
use sqlx::{SqliteConnection, SqliteExecutor};

struct AdminRow {
    user_id: String,
    email: String,
    created_at: i64,
    created_by: String,
}

impl TryFrom<AdminRow> for AdminRecord {
    type Error = ImpossibleRow;

    fn try_from(row: AdminRow) -> Result<Self, ImpossibleRow> {
        Ok(Self {
            user_id: Place::new("admin", &row.user_id).id("user_id", &row.user_id)?,
            email: Place::new("person", &row.user_id).email("email", &row.email)?,
            created_at: Timestamp::from_millis(row.created_at),
            created_by: row.created_by,
        })
    }
}

pub(crate) async fn list(executor: impl SqliteExecutor<'_>) -> StoreResult<Vec<AdminRecord>> {
    let rows = sqlx::query_as!(
        AdminRow,
        "SELECT
            admin.user_id,
            person.email,
            admin.created_at,
            admin.created_by
        FROM admin
        JOIN person ON person.id = admin.user_id
        ORDER BY admin.number"
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing admins"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

pub(crate) async fn insert(connection: &mut SqliteConnection, admin: &AdminRecord) -> StoreResult<()> {
    const DOING: &str = "making a person an admin";
    let user_id = admin.user_id.as_str();
    let created_at = admin.created_at.as_millis();
    let result = sqlx::query!(
        "INSERT INTO admin (
            user_id,
            created_at,
            created_by
        ) VALUES (?, ?, ?)",
        user_id,
        created_at,
        admin.created_by,
    )
    .execute(connection)
    .await
    .map_err(refused(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn delete(connection: &mut SqliteConnection, user_id: &UserId) -> StoreResult<bool> {
    let user_id = user_id.as_str();
    let result = sqlx::query!("DELETE FROM admin WHERE user_id = ?", user_id)
        .execute(connection)
        .await
        .map_err(failed("making a person no admin any more"))?;
    Ok(result.rows_affected() == 1)
}
