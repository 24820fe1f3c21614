//! Invitations: to sign up, and into accounts.

use crate::error::{failed, one_row};
use crate::row::{ImpossibleRow, Place};
use backend::store::{InvitationRecord, InvitedInto, StoreResult};
use domain::{AccountId, Email, InvitationId, Role, Timestamp, UserId};
use sqlx::{SqliteConnection, SqliteExecutor};

struct InvitationRow {
    id: String,
    token_digest: Vec<u8>,
    email: Option<String>,
    created_by: String,
    created_at: i64,
    expires_at: i64,
    account_id: Option<String>,
    role: Option<String>,
    invited_by: Option<String>,
}

impl TryFrom<InvitationRow> for InvitationRecord {
    type Error = ImpossibleRow;

    fn try_from(row: InvitationRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("invitation", &row.id);
        let into = match (row.account_id, row.role) {
            (Some(account_id), Some(role)) => Some(InvitedInto {
                account_id: place.id("account_id", &account_id)?,
                role: Role::parse(&role).ok_or_else(|| place.impossible("role"))?,
                invited_by: row.invited_by.map(|inviter| place.id("invited_by", &inviter)).transpose()?,
            }),
            (None, None) => None,
            _ => return Err(place.impossible("role")),
        };
        Ok(Self {
            id: place.id("id", &row.id)?,
            token_digest: place.digest("token_digest", &row.token_digest)?,
            email: row.email.map(|email| place.email("email", &email)).transpose()?,
            created_by: row.created_by,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            into,
        })
    }
}

pub(crate) async fn find(
    executor: impl SqliteExecutor<'_>,
    token_digest: &[u8; 32],
) -> StoreResult<Option<InvitationRecord>> {
    let token_digest = token_digest.as_slice();
    let row = sqlx::query_as!(
        InvitationRow,
        "SELECT
            id,
            token_digest,
            email,
            created_by,
            created_at,
            expires_at,
            account_id,
            role,
            invited_by
        FROM invitation
        WHERE token_digest = ?",
        token_digest,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding an invitation"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn list(executor: impl SqliteExecutor<'_>) -> StoreResult<Vec<InvitationRecord>> {
    let rows = sqlx::query_as!(
        InvitationRow,
        "SELECT
            id,
            token_digest,
            email,
            created_by,
            created_at,
            expires_at,
            account_id,
            role,
            invited_by
        FROM invitation
        ORDER BY created_at DESC, id DESC",
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing invitations"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

pub(crate) async fn list_into(
    executor: impl SqliteExecutor<'_>,
    account_id: &AccountId,
) -> StoreResult<Vec<InvitationRecord>> {
    let account_id = account_id.as_str();
    let rows = sqlx::query_as!(
        InvitationRow,
        "SELECT
            id,
            token_digest,
            email,
            created_by,
            created_at,
            expires_at,
            account_id,
            role,
            invited_by
        FROM invitation
        WHERE account_id = ?
        ORDER BY created_at DESC, id DESC",
        account_id,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing the invitations into an account"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

pub(crate) async fn insert(connection: &mut SqliteConnection, invitation: &InvitationRecord) -> StoreResult<()> {
    const DOING: &str = "adding an invitation";
    let id = invitation.id.as_str();
    let token_digest = invitation.token_digest.as_slice();
    let email = invitation.email.as_ref().map(Email::as_str);
    let created_at = invitation.created_at.as_millis();
    let expires_at = invitation.expires_at.as_millis();
    let account_id = invitation.into.as_ref().map(|into| into.account_id.as_str());
    let role = invitation.into.as_ref().map(|into| into.role.as_str());
    let invited_by = invitation.into.as_ref().and_then(|into| into.invited_by.as_ref()).map(UserId::as_str);
    let result = sqlx::query!(
        "INSERT INTO invitation (
            id,
            token_digest,
            email,
            created_by,
            created_at,
            expires_at,
            account_id,
            role,
            invited_by
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        token_digest,
        email,
        invitation.created_by,
        created_at,
        expires_at,
        account_id,
        role,
        invited_by,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn take(
    connection: &mut SqliteConnection,
    token_digest: &[u8; 32],
) -> StoreResult<Option<InvitationRecord>> {
    let token_digest = token_digest.as_slice();
    let row = sqlx::query_as!(
        InvitationRow,
        r#"DELETE FROM invitation
        WHERE token_digest = ?
        RETURNING
            id AS "id!",
            token_digest AS "token_digest!",
            email,
            created_by AS "created_by!",
            created_at AS "created_at!",
            expires_at AS "expires_at!",
            account_id,
            role,
            invited_by"#,
        token_digest,
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("using an invitation up"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn delete(
    connection: &mut SqliteConnection,
    invitation_id: &InvitationId,
) -> StoreResult<Option<InvitationRecord>> {
    let invitation_id = invitation_id.as_str();
    let row = sqlx::query_as!(
        InvitationRow,
        r#"DELETE FROM invitation
        WHERE id = ?
        RETURNING
            id AS "id!",
            token_digest AS "token_digest!",
            email,
            created_by AS "created_by!",
            created_at AS "created_at!",
            expires_at AS "expires_at!",
            account_id,
            role,
            invited_by"#,
        invitation_id,
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("revoking an invitation"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}
