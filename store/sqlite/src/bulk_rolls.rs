//! Rolls of many accounts at once: what was confirmed, and how far it is.

use crate::error::{failed, one_row};
use crate::row::{ImpossibleRow, Place};
use backend::store::{
    BulkRollAccount, BulkRollOutcome, BulkRollProgress, BulkRollRecord, BulkRollRow, BulkRollStop, StoreError,
    StoreResult,
};
use domain::{AccountId, BulkRollDraftId, BulkRollId, PairId, Refusal, Timestamp, UserId};
use serde_json::json;
use sqlx::{SqliteConnection, SqliteExecutor};

/// What stands for a refusal where there was none: it broke.
const FAULT: &str = "FAULT";

struct RecordRow {
    id: String,
    begun_at: i64,
    begun_by: String,
    begun_by_user: Option<String>,
    reason: String,
    message: Option<String>,
    expire_old: String,
    draft_id: Option<String>,
    stopped_at: Option<i64>,
    stopped_by: Option<String>,
}

impl TryFrom<RecordRow> for BulkRollRecord {
    type Error = ImpossibleRow;

    fn try_from(row: RecordRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("bulk_roll", &row.id);
        Ok(Self {
            id: place.id("id", &row.id)?,
            begun_at: Timestamp::from_millis(row.begun_at),
            begun_by: row.begun_by,
            begun_by_user: row.begun_by_user.map(|id| place.id("begun_by_user", &id)).transpose()?,
            reason: row.reason,
            message: row.message,
            expire_old: place.id("expire_old", &row.expire_old)?,
            draft_id: row.draft_id.map(|id| place.id("draft_id", &id)).transpose()?,
            stopped: row
                .stopped_at
                .zip(row.stopped_by)
                .map(|(at, by)| BulkRollStop { at: Timestamp::from_millis(at), by }),
        })
    }
}

struct ProgressRow {
    id: String,
    begun_at: i64,
    begun_by: String,
    begun_by_user: Option<String>,
    reason: String,
    message: Option<String>,
    expire_old: String,
    draft_id: Option<String>,
    stopped_at: Option<i64>,
    stopped_by: Option<String>,
    accounts: i64,
    rolled: i64,
    refused: i64,
    faulted: i64,
    waiting: i64,
}

impl TryFrom<ProgressRow> for BulkRollProgress {
    type Error = ImpossibleRow;

    fn try_from(row: ProgressRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("bulk_roll", &row.id);
        let count = |column, count| u32::try_from(count).map_err(|_| place.impossible(column));
        let (accounts, rolled) = (count("accounts", row.accounts)?, count("rolled", row.rolled)?);
        let (refused, faulted) = (count("refused", row.refused)?, count("faulted", row.faulted)?);
        let waiting = count("waiting", row.waiting)?;
        let record = RecordRow {
            id: row.id,
            begun_at: row.begun_at,
            begun_by: row.begun_by,
            begun_by_user: row.begun_by_user,
            reason: row.reason,
            message: row.message,
            expire_old: row.expire_old,
            draft_id: row.draft_id,
            stopped_at: row.stopped_at,
            stopped_by: row.stopped_by,
        };
        Ok(Self { record: record.try_into()?, accounts, rolled, refused, faulted, waiting })
    }
}

struct AccountRow {
    account_id: String,
    pair_id: String,
    submission_id: String,
    faults: i64,
}

impl TryFrom<AccountRow> for BulkRollAccount {
    type Error = ImpossibleRow;

    fn try_from(row: AccountRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("bulk_roll_account", &row.submission_id);
        Ok(Self {
            account_id: place.id("account_id", &row.account_id)?,
            pair_id: place.id("pair_id", &row.pair_id)?,
            submission_id: place.id("submission_id", &row.submission_id)?,
            faults: u32::try_from(row.faults).map_err(|_| place.impossible("faults"))?,
        })
    }
}

struct ReportRow {
    account_id: String,
    external_id: Option<String>,
    owner: Option<String>,
    pair_id: String,
    done_at: Option<i64>,
    new_pair_id: Option<String>,
    refused: Option<String>,
    new_public_key: Option<String>,
}

impl TryFrom<ReportRow> for BulkRollRow {
    type Error = ImpossibleRow;

    fn try_from(row: ReportRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("bulk_roll_account", &row.account_id);
        let outcome = match (row.done_at, row.new_pair_id, row.refused) {
            (None, None, None) => None,
            (Some(at), Some(pair), None) => Some((BulkRollOutcome::Rolled(place.id("new_pair_id", &pair)?), at)),
            (Some(at), None, Some(code)) if code == FAULT => Some((BulkRollOutcome::Faulted, at)),
            (Some(at), None, Some(code)) => {
                let refusal = Refusal::try_from(code).map_err(|_| place.impossible("refused"))?;
                Some((BulkRollOutcome::Refused(refusal), at))
            }
            _ => return Err(place.impossible("done_at")),
        };
        Ok(Self {
            account_id: place.id("account_id", &row.account_id)?,
            external_id: row.external_id,
            owner: row.owner.map(|owner| place.email("owner", &owner)).transpose()?,
            pair_id: place.id("pair_id", &row.pair_id)?,
            outcome: outcome.map(|(outcome, at)| (outcome, Timestamp::from_millis(at))),
            new_public_key: row.new_public_key.map(|key| place.public_key("public_key", &key)).transpose()?,
        })
    }
}

pub(crate) async fn find(
    executor: impl SqliteExecutor<'_>,
    bulk_roll_id: &BulkRollId,
) -> StoreResult<Option<BulkRollProgress>> {
    let bulk_roll_id = bulk_roll_id.as_str();
    let row = sqlx::query_as!(
        ProgressRow,
        r#"SELECT
            bulk_roll.id,
            bulk_roll.begun_at,
            bulk_roll.begun_by,
            bulk_roll.begun_by_user,
            bulk_roll.reason,
            bulk_roll.message,
            bulk_roll.expire_old,
            bulk_roll.draft_id,
            bulk_roll.stopped_at,
            bulk_roll.stopped_by,
            count(bulk_roll_account.number) AS "accounts!: i64",
            count(bulk_roll_account.new_pair_id) AS "rolled!: i64",
            count(*) FILTER (WHERE bulk_roll_account.refused <> 'FAULT') AS "refused!: i64",
            count(*) FILTER (WHERE bulk_roll_account.refused = 'FAULT') AS "faulted!: i64",
            count(bulk_roll_account.retry_at) AS "waiting!: i64"
        FROM bulk_roll
        LEFT JOIN bulk_roll_account ON bulk_roll_account.bulk_roll_id = bulk_roll.id
        WHERE bulk_roll.id = ?
        GROUP BY bulk_roll.number"#,
        bulk_roll_id,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding a bulk roll"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn list(executor: impl SqliteExecutor<'_>, limit: u32) -> StoreResult<Vec<BulkRollProgress>> {
    let rows = sqlx::query_as!(
        ProgressRow,
        r#"SELECT
            bulk_roll.id,
            bulk_roll.begun_at,
            bulk_roll.begun_by,
            bulk_roll.begun_by_user,
            bulk_roll.reason,
            bulk_roll.message,
            bulk_roll.expire_old,
            bulk_roll.draft_id,
            bulk_roll.stopped_at,
            bulk_roll.stopped_by,
            count(bulk_roll_account.number) AS "accounts!: i64",
            count(bulk_roll_account.new_pair_id) AS "rolled!: i64",
            count(*) FILTER (WHERE bulk_roll_account.refused <> 'FAULT') AS "refused!: i64",
            count(*) FILTER (WHERE bulk_roll_account.refused = 'FAULT') AS "faulted!: i64",
            count(bulk_roll_account.retry_at) AS "waiting!: i64"
        FROM bulk_roll
        LEFT JOIN bulk_roll_account ON bulk_roll_account.bulk_roll_id = bulk_roll.id
        GROUP BY bulk_roll.number
        ORDER BY bulk_roll.number DESC
        LIMIT ?"#,
        limit,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing bulk rolls"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

pub(crate) async fn find_unfinished(
    executor: impl SqliteExecutor<'_>,
    now: Timestamp,
) -> StoreResult<Option<BulkRollRecord>> {
    let now = now.as_millis();
    let row = sqlx::query_as!(
        RecordRow,
        "SELECT
            id,
            begun_at,
            begun_by,
            begun_by_user,
            reason,
            message,
            expire_old,
            draft_id,
            stopped_at,
            stopped_by
        FROM bulk_roll
        WHERE stopped_at IS NULL AND EXISTS (
            SELECT 1
            FROM bulk_roll_account
            WHERE
                bulk_roll_account.bulk_roll_id = bulk_roll.id
                AND bulk_roll_account.done_at IS NULL
                AND (bulk_roll_account.retry_at IS NULL OR bulk_roll_account.retry_at <= ?)
        )
        ORDER BY number
        LIMIT 1",
        now,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding an unfinished bulk roll"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn find_of_draft(
    executor: impl SqliteExecutor<'_>,
    draft_id: &BulkRollDraftId,
) -> StoreResult<Option<BulkRollRecord>> {
    let draft_id = draft_id.as_str();
    let row = sqlx::query_as!(
        RecordRow,
        "SELECT
            id,
            begun_at,
            begun_by,
            begun_by_user,
            reason,
            message,
            expire_old,
            draft_id,
            stopped_at,
            stopped_by
        FROM bulk_roll
        WHERE draft_id = ?",
        draft_id,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding the bulk roll of a dry run"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn count_done(
    executor: impl SqliteExecutor<'_>,
    bulk_roll_id: &BulkRollId,
    since: Timestamp,
) -> StoreResult<u32> {
    let (id, since) = (bulk_roll_id.as_str(), since.as_millis());
    let count = sqlx::query_scalar!(
        "SELECT count(*) FROM bulk_roll_account WHERE bulk_roll_id = ? AND done_at >= ?",
        id,
        since,
    )
    .fetch_one(executor)
    .await
    .map_err(failed("counting what is done of a bulk roll"))?;
    u32::try_from(count).map_err(|_| Place::new("bulk_roll", id).impossible("done_at").into())
}

pub(crate) async fn list_rows(
    executor: impl SqliteExecutor<'_>,
    bulk_roll_id: &BulkRollId,
) -> StoreResult<Vec<BulkRollRow>> {
    let bulk_roll_id = bulk_roll_id.as_str();
    let rows = sqlx::query_as!(
        ReportRow,
        r#"SELECT
            bulk_roll_account.account_id,
            account.external_id,
            (
                SELECT person.email
                FROM membership
                JOIN person ON person.id = membership.user_id
                WHERE membership.account_id = account.id AND membership.role = 'owner'
                ORDER BY membership.number
                LIMIT 1
            ) AS "owner: String",
            bulk_roll_account.pair_id,
            bulk_roll_account.done_at,
            bulk_roll_account.new_pair_id,
            bulk_roll_account.refused,
            key_pair.public_key AS "new_public_key?"
        FROM bulk_roll_account
        JOIN account ON account.id = bulk_roll_account.account_id
        LEFT JOIN key_pair ON key_pair.id = bulk_roll_account.new_pair_id
        WHERE bulk_roll_account.bulk_roll_id = ?
        ORDER BY bulk_roll_account.number"#,
        bulk_roll_id,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing the accounts of a bulk roll"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

/// The accounts travel as one JSON text: ten thousand statements would keep other writers waiting for seconds.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    bulk_roll: &BulkRollRecord,
    accounts: &[BulkRollAccount],
) -> StoreResult<()> {
    const DOING: &str = "adding a bulk roll";
    let id = bulk_roll.id.as_str();
    let begun_at = bulk_roll.begun_at.as_millis();
    let begun_by_user = bulk_roll.begun_by_user.as_ref().map(UserId::as_str);
    let expire_old = bulk_roll.expire_old.to_string();
    let draft_id = bulk_roll.draft_id.as_ref().map(BulkRollDraftId::as_str);
    let result = sqlx::query!(
        "INSERT INTO bulk_roll (
            id,
            begun_at,
            begun_by,
            begun_by_user,
            reason,
            message,
            expire_old,
            draft_id
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        begun_at,
        bulk_roll.begun_by,
        begun_by_user,
        bulk_roll.reason,
        bulk_roll.message,
        expire_old,
        draft_id,
    )
    .execute(&mut *connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)?;
    let listed = accounts
        .iter()
        .map(|account| json!([account.account_id.as_str(), account.pair_id.as_str(), account.submission_id.as_str()]));
    let listed = serde_json::Value::Array(listed.collect()).to_string();
    sqlx::query!(
        "INSERT INTO bulk_roll_account (
            bulk_roll_id,
            account_id,
            pair_id,
            submission_id
        )
        SELECT
            ?,
            value ->> 0,
            value ->> 1,
            value ->> 2
        FROM json_each(?)
        ORDER BY key",
        id,
        listed,
    )
    .execute(&mut *connection)
    .await
    .map_err(failed(DOING))?;
    Ok(())
}

pub(crate) async fn list_pending(
    connection: &mut SqliteConnection,
    bulk_roll_id: &BulkRollId,
    now: Timestamp,
    limit: u32,
) -> StoreResult<Vec<BulkRollAccount>> {
    let (bulk_roll_id, now) = (bulk_roll_id.as_str(), now.as_millis());
    let rows = sqlx::query_as!(
        AccountRow,
        "SELECT
            account_id,
            pair_id,
            submission_id,
            faults
        FROM bulk_roll_account
        WHERE
            bulk_roll_id = ?
            AND done_at IS NULL
            AND (retry_at IS NULL OR retry_at <= ?)
            AND NOT EXISTS (
                SELECT 1
                FROM bulk_roll
                WHERE bulk_roll.id = bulk_roll_account.bulk_roll_id AND bulk_roll.stopped_at IS NOT NULL
            )
        ORDER BY number
        LIMIT ?",
        bulk_roll_id,
        now,
        limit,
    )
    .fetch_all(connection)
    .await
    .map_err(failed("listing what is pending of a bulk roll"))?;
    rows.into_iter().map(|row| BulkRollAccount::try_from(row).map_err(StoreError::from)).collect()
}

pub(crate) async fn finish(
    connection: &mut SqliteConnection,
    bulk_roll_id: &BulkRollId,
    account_id: &AccountId,
    outcome: &BulkRollOutcome,
    done_at: Timestamp,
) -> StoreResult<()> {
    const DOING: &str = "noting what came of an account of a bulk roll";
    let bulk_roll_id = bulk_roll_id.as_str();
    let account_id = account_id.as_str();
    let done_at = done_at.as_millis();
    let (new_pair_id, refused) = match outcome {
        BulkRollOutcome::Rolled(pair) => (Some(PairId::as_str(pair)), None),
        BulkRollOutcome::Refused(refusal) => (None, Some(refusal.code())),
        BulkRollOutcome::Faulted => (None, Some(FAULT)),
    };
    let result = sqlx::query!(
        "UPDATE bulk_roll_account
        SET
            done_at = ?,
            new_pair_id = ?,
            refused = ?,
            retry_at = NULL
        WHERE bulk_roll_id = ? AND account_id = ? AND done_at IS NULL",
        done_at,
        new_pair_id,
        refused,
        bulk_roll_id,
        account_id,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn note_fault(
    connection: &mut SqliteConnection,
    bulk_roll_id: &BulkRollId,
    account_id: &AccountId,
    retry_at: Timestamp,
) -> StoreResult<()> {
    const DOING: &str = "noting that an account of a bulk roll broke";
    let (bulk_roll_id, account_id) = (bulk_roll_id.as_str(), account_id.as_str());
    let retry_at = retry_at.as_millis();
    let result = sqlx::query!(
        "UPDATE bulk_roll_account
        SET
            faults = faults + 1,
            retry_at = ?
        WHERE bulk_roll_id = ? AND account_id = ? AND done_at IS NULL",
        retry_at,
        bulk_roll_id,
        account_id,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn stop(
    connection: &mut SqliteConnection,
    bulk_roll_id: &BulkRollId,
    stop: &BulkRollStop,
) -> StoreResult<()> {
    const DOING: &str = "stopping a bulk roll";
    let (bulk_roll_id, stopped_at) = (bulk_roll_id.as_str(), stop.at.as_millis());
    let result = sqlx::query!(
        "UPDATE bulk_roll
        SET
            stopped_at = ?,
            stopped_by = ?
        WHERE id = ? AND stopped_at IS NULL",
        stopped_at,
        stop.by,
        bulk_roll_id,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}
