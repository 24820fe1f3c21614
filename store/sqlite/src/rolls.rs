//! Rolls that happened.

use crate::error::{failed, one_row, refused};
use crate::row::{ImpossibleRow, Place};
use backend::store::{RollRecord, StoreResult};
use domain::{AccountId, SubmissionId, Timestamp, UserId};
use sqlx::{SqliteConnection, SqliteExecutor};

struct RollRow {
    account_id: String,
    submission_id: String,
    old_pair_id: String,
    new_pair_id: String,
    rolled_at: i64,
    rolled_by: String,
    rolled_by_user: Option<String>,
    reason: Option<String>,
    message: Option<String>,
}

impl TryFrom<RollRow> for RollRecord {
    type Error = ImpossibleRow;

    fn try_from(row: RollRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("key_roll", &row.submission_id);
        let user = row.rolled_by_user.map(|id| place.id("rolled_by_user", &id)).transpose()?;
        Ok(Self {
            account_id: place.id("account_id", &row.account_id)?,
            submission_id: place.id("submission_id", &row.submission_id)?,
            old_pair_id: place.id("old_pair_id", &row.old_pair_id)?,
            new_pair_id: place.id("new_pair_id", &row.new_pair_id)?,
            rolled_at: Timestamp::from_millis(row.rolled_at),
            rolled_by: row.rolled_by,
            rolled_by_user: user,
            reason: row.reason,
            message: row.message,
        })
    }
}

pub(crate) async fn find_latest(
    executor: impl SqliteExecutor<'_>,
    account_id: &AccountId,
) -> StoreResult<Option<RollRecord>> {
    let account_id = account_id.as_str();
    let row = sqlx::query_as!(
        RollRow,
        "SELECT
            account_id,
            submission_id,
            old_pair_id,
            new_pair_id,
            rolled_at,
            rolled_by,
            rolled_by_user,
            reason,
            message
        FROM key_roll
        WHERE account_id = ?
        ORDER BY number DESC
        LIMIT 1",
        account_id,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding the latest roll"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn find(
    connection: &mut SqliteConnection,
    account_id: &AccountId,
    submission_id: &SubmissionId,
) -> StoreResult<Option<RollRecord>> {
    let account_id = account_id.as_str();
    let submission_id = submission_id.as_str();
    let row = sqlx::query_as!(
        RollRow,
        "SELECT
            account_id,
            submission_id,
            old_pair_id,
            new_pair_id,
            rolled_at,
            rolled_by,
            rolled_by_user,
            reason,
            message
        FROM key_roll
        WHERE account_id = ? AND submission_id = ?",
        account_id,
        submission_id,
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("finding a roll"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn insert(connection: &mut SqliteConnection, roll: &RollRecord) -> StoreResult<()> {
    const DOING: &str = "recording a roll";
    let account_id = roll.account_id.as_str();
    let submission_id = roll.submission_id.as_str();
    let old_pair_id = roll.old_pair_id.as_str();
    let new_pair_id = roll.new_pair_id.as_str();
    let rolled_at = roll.rolled_at.as_millis();
    let rolled_by_user = roll.rolled_by_user.as_ref().map(UserId::as_str);
    let result = sqlx::query!(
        "INSERT INTO key_roll (
            account_id,
            submission_id,
            old_pair_id,
            new_pair_id,
            rolled_at,
            rolled_by,
            rolled_by_user,
            reason,
            message
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        account_id,
        submission_id,
        old_pair_id,
        new_pair_id,
        rolled_at,
        roll.rolled_by,
        rolled_by_user,
        roll.reason,
        roll.message,
    )
    .execute(connection)
    .await
    .map_err(refused(DOING))?;
    one_row(&result, DOING)
}
