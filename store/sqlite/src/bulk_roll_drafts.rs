//! What dry runs of bulk rolls found, until they are confirmed.

use crate::error::{failed, one_row};
use crate::row::{ImpossibleRow, Place};
use backend::bulk_roll::{BadLine, LineProblem};
use backend::store::{BulkRollDraft, BulkRollDraftAccount, BulkRollDraftRow, StoreError, StoreResult};
use domain::{BulkRollDraftId, Timestamp};
use serde_json::json;
use sqlx::{SqliteConnection, SqliteExecutor};

struct DraftRow {
    id: String,
    made_at: i64,
    made_by_user: String,
    bad_lines: String,
    repeated: i64,
    reason: String,
    message: String,
}

impl TryFrom<DraftRow> for BulkRollDraft {
    type Error = ImpossibleRow;

    fn try_from(row: DraftRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("bulk_roll_draft", &row.id);
        let listed: Vec<(u32, String)> =
            serde_json::from_str(&row.bad_lines).map_err(|_| place.impossible("bad_lines"))?;
        let bad_line = |(line, word): (u32, String)| {
            let problem = LineProblem::parse(&word).ok_or_else(|| place.impossible("bad_lines"))?;
            Ok(BadLine { line, problem })
        };
        Ok(Self {
            id: place.id("id", &row.id)?,
            made_at: Timestamp::from_millis(row.made_at),
            made_by_user: place.id("made_by_user", &row.made_by_user)?,
            bad_lines: listed.into_iter().map(bad_line).collect::<Result<_, _>>()?,
            repeated: u32::try_from(row.repeated).map_err(|_| place.impossible("repeated"))?,
            reason: row.reason,
            message: row.message,
        })
    }
}

struct NamedRow {
    line: i64,
    account_id: String,
    pair_id: String,
    name: String,
    external_id: Option<String>,
    owner: Option<String>,
    disabled: bool,
    active: bool,
    expiring: i64,
}

impl TryFrom<NamedRow> for BulkRollDraftRow {
    type Error = ImpossibleRow;

    fn try_from(row: NamedRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("bulk_roll_draft_account", &row.account_id);
        Ok(Self {
            named: BulkRollDraftAccount {
                line: u32::try_from(row.line).map_err(|_| place.impossible("line"))?,
                account_id: place.id("account_id", &row.account_id)?,
                pair_id: place.id("pair_id", &row.pair_id)?,
            },
            name: row.name,
            external_id: row.external_id,
            owner: row.owner.map(|owner| place.email("owner", &owner)).transpose()?,
            disabled: row.disabled,
            active: row.active,
            expiring: u32::try_from(row.expiring).map_err(|_| place.impossible("expiring"))?,
        })
    }
}

pub(crate) async fn find(
    executor: impl SqliteExecutor<'_>,
    draft_id: &BulkRollDraftId,
) -> StoreResult<Option<BulkRollDraft>> {
    let draft_id = draft_id.as_str();
    let row = sqlx::query_as!(
        DraftRow,
        "SELECT
            id,
            made_at,
            made_by_user,
            bad_lines,
            repeated,
            reason,
            message
        FROM bulk_roll_draft
        WHERE id = ?",
        draft_id,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding a dry run"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn list_rows(
    executor: impl SqliteExecutor<'_>,
    draft_id: &BulkRollDraftId,
    now: Timestamp,
) -> StoreResult<Vec<BulkRollDraftRow>> {
    let (draft_id, now) = (draft_id.as_str(), now.as_millis());
    let rows = sqlx::query_as!(
        NamedRow,
        r#"SELECT
            named.line,
            named.account_id,
            named.pair_id,
            account.name,
            account.external_id,
            (
                SELECT person.email
                FROM membership
                JOIN person ON person.id = membership.user_id
                WHERE membership.account_id = account.id AND membership.role = 'owner'
                ORDER BY membership.number
                LIMIT 1
            ) AS "owner: String",
            account.disabled_at IS NOT NULL AS "disabled!: bool",
            pair.rolled_at IS NULL AND pair.revoked_at IS NULL AS "active!: bool",
            (
                SELECT count(*)
                FROM key_pair AS other
                WHERE
                    other.account_id = account.id
                    AND other.id <> pair.id
                    AND other.revoked_at IS NULL
                    AND other.end_passed = 0
                    AND (other.expires_at IS NULL OR other.expires_at > ?)
            ) AS "expiring!: i64"
        FROM bulk_roll_draft_account AS named
        JOIN account ON account.id = named.account_id
        JOIN key_pair AS pair ON pair.id = named.pair_id
        WHERE named.draft_id = ?
        ORDER BY named.line"#,
        now,
        draft_id,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing the accounts of a dry run"))?;
    rows.into_iter().map(|row| BulkRollDraftRow::try_from(row).map_err(StoreError::from)).collect()
}

/// The accounts travel as one JSON text, as those of a bulk roll do.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    draft: &BulkRollDraft,
    accounts: &[BulkRollDraftAccount],
) -> StoreResult<()> {
    const DOING: &str = "adding a dry run";
    let (id, made_by_user) = (draft.id.as_str(), draft.made_by_user.as_str());
    let made_at = draft.made_at.as_millis();
    let bad_lines: Vec<_> = draft.bad_lines.iter().map(|bad| json!([bad.line, bad.problem.word()])).collect();
    let bad_lines = serde_json::Value::Array(bad_lines).to_string();
    let result = sqlx::query!(
        "INSERT INTO bulk_roll_draft (
            id,
            made_at,
            made_by_user,
            bad_lines,
            repeated,
            reason,
            message
        ) VALUES (?, ?, ?, ?, ?, ?, ?)",
        id,
        made_at,
        made_by_user,
        bad_lines,
        draft.repeated,
        draft.reason,
        draft.message,
    )
    .execute(&mut *connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)?;
    let listed = accounts.iter().map(|named| json!([named.line, named.account_id.as_str(), named.pair_id.as_str()]));
    let listed = serde_json::Value::Array(listed.collect()).to_string();
    sqlx::query!(
        "INSERT INTO bulk_roll_draft_account (
            draft_id,
            line,
            account_id,
            pair_id
        )
        SELECT
            ?,
            value ->> 0,
            value ->> 1,
            value ->> 2
        FROM json_each(?)",
        id,
        listed,
    )
    .execute(&mut *connection)
    .await
    .map_err(failed(DOING))?;
    Ok(())
}

pub(crate) async fn set_words(
    connection: &mut SqliteConnection,
    draft_id: &BulkRollDraftId,
    reason: &str,
    message: &str,
) -> StoreResult<()> {
    let draft_id = draft_id.as_str();
    sqlx::query!("UPDATE bulk_roll_draft SET reason = ?, message = ? WHERE id = ?", reason, message, draft_id)
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(failed("keeping what was entered into a confirmation"))
}

pub(crate) async fn delete(connection: &mut SqliteConnection, draft_id: &BulkRollDraftId) -> StoreResult<bool> {
    let draft_id = draft_id.as_str();
    let result = sqlx::query!("DELETE FROM bulk_roll_draft WHERE id = ?", draft_id)
        .execute(connection)
        .await
        .map_err(failed("removing a dry run"))?;
    Ok(result.rows_affected() == 1)
}
