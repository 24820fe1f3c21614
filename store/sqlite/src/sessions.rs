//! Sessions.

use crate::accounts::MembershipRow;
use crate::error::{failed, one_row};
use crate::row::{ImpossibleRow, Place};
use backend::store::{SessionRecord, SessionView, StoreResult};
use domain::{AccountId, SessionId, Timestamp, UserId};
use sqlx::{SqliteConnection, SqliteExecutor};

struct SessionViewRow {
    id: String,
    token_digest: Vec<u8>,
    user_id: String,
    created_at: i64,
    last_used_at: i64,
    password_at: i64,
    address: Option<String>,
    user_agent: Option<String>,
    email: String,
    account_id: Option<String>,
    role: Option<String>,
    admin: bool,
}

struct SessionRow {
    id: String,
    token_digest: Vec<u8>,
    user_id: String,
    created_at: i64,
    last_used_at: i64,
    password_at: i64,
    address: Option<String>,
    user_agent: Option<String>,
}

impl TryFrom<SessionRow> for SessionRecord {
    type Error = ImpossibleRow;

    fn try_from(row: SessionRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("session", &row.id);
        Ok(Self {
            id: place.id("id", &row.id)?,
            token_digest: place.digest("token_digest", &row.token_digest)?,
            user_id: place.id("user_id", &row.user_id)?,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: Timestamp::from_millis(row.last_used_at),
            password_at: Timestamp::from_millis(row.password_at),
            address: row.address,
            user_agent: row.user_agent,
        })
    }
}

impl TryFrom<SessionViewRow> for SessionView {
    type Error = ImpossibleRow;

    fn try_from(row: SessionViewRow) -> Result<Self, ImpossibleRow> {
        let person = Place::new("person", &row.user_id);
        let membership = match (row.account_id, row.role) {
            (Some(account_id), Some(role)) => {
                Some(MembershipRow { account_id, user_id: row.user_id.clone(), role }.try_into()?)
            }
            (None, None) => None,
            _ => return Err(Place::new("membership", &row.user_id).impossible("role")),
        };
        Ok(Self {
            email: person.email("email", &row.email)?,
            membership,
            admin: row.admin,
            session: SessionRow {
                id: row.id,
                token_digest: row.token_digest,
                user_id: row.user_id,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
                password_at: row.password_at,
                address: row.address,
                user_agent: row.user_agent,
            }
            .try_into()?,
        })
    }
}

pub(crate) async fn find(
    executor: impl SqliteExecutor<'_>,
    token_digest: &[u8; 32],
) -> StoreResult<Option<SessionView>> {
    let token_digest = token_digest.as_slice();
    let row = sqlx::query_as!(
        SessionViewRow,
        r#"SELECT
            session.id,
            session.token_digest,
            session.user_id,
            session.created_at,
            session.last_used_at,
            session.password_at,
            session.address,
            session.user_agent,
            person.email,
            membership.account_id AS "account_id?",
            membership.role AS "role?",
            admin.user_id IS NOT NULL AS "admin!: bool"
        FROM session
        JOIN person ON person.id = session.user_id
        LEFT JOIN membership ON membership.number = COALESCE(
            (
                SELECT chosen.number
                FROM membership AS chosen
                WHERE chosen.account_id = session.account_id AND chosen.user_id = session.user_id
            ),
            (
                SELECT joined.number
                FROM membership AS joined
                WHERE joined.user_id = session.user_id
                ORDER BY joined.number
                LIMIT 1
            )
        )
        LEFT JOIN admin ON admin.user_id = session.user_id
        WHERE session.token_digest = ?"#,
        token_digest,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding a session"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn list(executor: impl SqliteExecutor<'_>, user_id: &UserId) -> StoreResult<Vec<SessionRecord>> {
    let user_id = user_id.as_str();
    let rows = sqlx::query_as!(
        SessionRow,
        "SELECT
            id,
            token_digest,
            user_id,
            created_at,
            last_used_at,
            password_at,
            address,
            user_agent
        FROM session
        WHERE user_id = ?
        ORDER BY last_used_at DESC, id DESC",
        user_id,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing sessions"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

pub(crate) async fn insert(connection: &mut SqliteConnection, session: &SessionRecord) -> StoreResult<()> {
    const DOING: &str = "adding a session";
    let id = session.id.as_str();
    let token_digest = session.token_digest.as_slice();
    let user_id = session.user_id.as_str();
    let created_at = session.created_at.as_millis();
    let last_used_at = session.last_used_at.as_millis();
    let password_at = session.password_at.as_millis();
    let result = sqlx::query!(
        "INSERT INTO session (
            id,
            token_digest,
            user_id,
            created_at,
            last_used_at,
            password_at,
            address,
            user_agent
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        token_digest,
        user_id,
        created_at,
        last_used_at,
        password_at,
        session.address,
        session.user_agent,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

/// The session may be gone: it was ended while the request that used it was under way.
pub(crate) async fn touch(
    connection: &mut SqliteConnection,
    session_id: &SessionId,
    last_used_at: Timestamp,
) -> StoreResult<bool> {
    let session_id = session_id.as_str();
    let last_used_at = last_used_at.as_millis();
    let result = sqlx::query!("UPDATE session SET last_used_at = ? WHERE id = ?", last_used_at, session_id)
        .execute(connection)
        .await
        .map_err(failed("noting that a session was used"))?;
    Ok(result.rows_affected() == 1)
}

/// The session may be gone, as in [`touch`].
pub(crate) async fn set_password_at(
    connection: &mut SqliteConnection,
    session_id: &SessionId,
    password_at: Timestamp,
) -> StoreResult<bool> {
    let session_id = session_id.as_str();
    let password_at = password_at.as_millis();
    let result = sqlx::query!("UPDATE session SET password_at = ? WHERE id = ?", password_at, session_id)
        .execute(connection)
        .await
        .map_err(failed("noting that a password was given in a session"))?;
    Ok(result.rows_affected() == 1)
}

/// The session may be gone, as in [`touch`].
pub(crate) async fn set_account(
    connection: &mut SqliteConnection,
    session_id: &SessionId,
    account_id: &AccountId,
) -> StoreResult<bool> {
    let session_id = session_id.as_str();
    let account_id = account_id.as_str();
    let result = sqlx::query!("UPDATE session SET account_id = ? WHERE id = ?", account_id, session_id)
        .execute(connection)
        .await
        .map_err(failed("noting the account a session acts in"))?;
    Ok(result.rows_affected() == 1)
}

pub(crate) async fn delete(connection: &mut SqliteConnection, session_id: &SessionId) -> StoreResult<bool> {
    let session_id = session_id.as_str();
    let result = sqlx::query!("DELETE FROM session WHERE id = ?", session_id)
        .execute(connection)
        .await
        .map_err(failed("ending a session"))?;
    Ok(result.rows_affected() == 1)
}

pub(crate) async fn delete_of(connection: &mut SqliteConnection, user_id: &UserId) -> StoreResult<u64> {
    let user_id = user_id.as_str();
    let result = sqlx::query!("DELETE FROM session WHERE user_id = ?", user_id)
        .execute(connection)
        .await
        .map_err(failed("ending the sessions of a person"))?;
    Ok(result.rows_affected())
}

pub(crate) async fn delete_one_of(
    connection: &mut SqliteConnection,
    user_id: &UserId,
    session_id: &SessionId,
) -> StoreResult<bool> {
    let user_id = user_id.as_str();
    let session_id = session_id.as_str();
    let result = sqlx::query!("DELETE FROM session WHERE id = ? AND user_id = ?", session_id, user_id)
        .execute(connection)
        .await
        .map_err(failed("ending a session of a person"))?;
    Ok(result.rows_affected() == 1)
}

pub(crate) async fn delete_others(
    connection: &mut SqliteConnection,
    user_id: &UserId,
    kept: &SessionId,
) -> StoreResult<Vec<SessionId>> {
    let user_id = user_id.as_str();
    let kept = kept.as_str();
    let ended = sqlx::query_scalar!(
        r#"DELETE FROM session WHERE user_id = ? AND id <> ? RETURNING id AS "id!""#,
        user_id,
        kept,
    )
    .fetch_all(connection)
    .await
    .map_err(failed("ending the other sessions of a person"))?;
    let ids = ended.iter().map(|id| Place::new("session", id).id("id", id));
    Ok(ids.collect::<Result<_, ImpossibleRow>>()?)
}
