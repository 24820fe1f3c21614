//! People, and the one-time links with which they set a password.

use crate::error::{failed, one_row, refused};
use crate::row::{ImpossibleRow, Place};
use backend::store::{PasswordLinkRecord, PersonRecord, StoreResult};
use domain::{Email, Timestamp, UserId};
use sqlx::{SqliteConnection, SqliteExecutor};

struct PersonRow {
    id: String,
    email: String,
    password_hash: Option<String>,
    created_at: i64,
}

impl TryFrom<PersonRow> for PersonRecord {
    type Error = ImpossibleRow;

    fn try_from(row: PersonRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("person", &row.id);
        Ok(Self {
            id: place.id("id", &row.id)?,
            email: place.email("email", &row.email)?,
            password_hash: row.password_hash,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

struct LinkRow {
    token_digest: Vec<u8>,
    user_id: String,
    expires_at: i64,
}

impl TryFrom<LinkRow> for PasswordLinkRecord {
    type Error = ImpossibleRow;

    fn try_from(row: LinkRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("password_link", &row.user_id);
        Ok(Self {
            token_digest: place.digest("token_digest", &row.token_digest)?,
            user_id: place.id("user_id", &row.user_id)?,
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}

pub(crate) async fn find_by_email(
    executor: impl SqliteExecutor<'_>,
    email: &Email,
) -> StoreResult<Option<PersonRecord>> {
    let email = email.as_str();
    let row = sqlx::query_as!(
        PersonRow,
        "SELECT
            id,
            email,
            password_hash,
            created_at
        FROM person
        WHERE email = ?",
        email,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding a person by address"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn find(executor: impl SqliteExecutor<'_>, user_id: &UserId) -> StoreResult<Option<PersonRecord>> {
    let user_id = user_id.as_str();
    let row = sqlx::query_as!(
        PersonRow,
        "SELECT
            id,
            email,
            password_hash,
            created_at
        FROM person
        WHERE id = ?",
        user_id,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding a person"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn insert(connection: &mut SqliteConnection, person: &PersonRecord) -> StoreResult<()> {
    const DOING: &str = "adding a person";
    let id = person.id.as_str();
    let email = person.email.as_str();
    let created_at = person.created_at.as_millis();
    let result = sqlx::query!(
        "INSERT INTO person (
            id,
            email,
            password_hash,
            created_at
        ) VALUES (?, ?, ?, ?)",
        id,
        email,
        person.password_hash,
        created_at,
    )
    .execute(connection)
    .await
    .map_err(refused(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn set_email(connection: &mut SqliteConnection, user_id: &UserId, email: &Email) -> StoreResult<()> {
    const DOING: &str = "changing an address";
    let user_id = user_id.as_str();
    let email = email.as_str();
    let result = sqlx::query!("UPDATE person SET email = ? WHERE id = ?", email, user_id)
        .execute(connection)
        .await
        .map_err(refused(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn set_password_hash(
    connection: &mut SqliteConnection,
    user_id: &UserId,
    password_hash: &str,
) -> StoreResult<()> {
    const DOING: &str = "setting a password";
    let user_id = user_id.as_str();
    let result = sqlx::query!("UPDATE person SET password_hash = ? WHERE id = ?", password_hash, user_id)
        .execute(connection)
        .await
        .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn insert_link(connection: &mut SqliteConnection, link: &PasswordLinkRecord) -> StoreResult<()> {
    const DOING: &str = "adding a password link";
    let user_id = link.user_id.as_str();
    let token_digest = link.token_digest.as_slice();
    let expires_at = link.expires_at.as_millis();
    let result = sqlx::query!(
        "INSERT INTO password_link (
            user_id,
            token_digest,
            expires_at
        ) VALUES (?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET
            token_digest = excluded.token_digest,
            expires_at = excluded.expires_at",
        user_id,
        token_digest,
        expires_at,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn take_link(
    connection: &mut SqliteConnection,
    token_digest: &[u8; 32],
) -> StoreResult<Option<PasswordLinkRecord>> {
    let token_digest = token_digest.as_slice();
    let row = sqlx::query_as!(
        LinkRow,
        r#"DELETE FROM password_link
        WHERE token_digest = ?
        RETURNING
            token_digest AS "token_digest!",
            user_id AS "user_id!",
            expires_at AS "expires_at!""#,
        token_digest,
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("using a password link up"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn find_link(
    executor: impl SqliteExecutor<'_>,
    token_digest: &[u8; 32],
) -> StoreResult<Option<PasswordLinkRecord>> {
    let token_digest = token_digest.as_slice();
    let row = sqlx::query_as!(
        LinkRow,
        "SELECT
            token_digest,
            user_id,
            expires_at
        FROM password_link
        WHERE token_digest = ?",
        token_digest,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding a password link"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

/// There may be none.
pub(crate) async fn delete_link(connection: &mut SqliteConnection, user_id: &UserId) -> StoreResult<()> {
    let user_id = user_id.as_str();
    sqlx::query!("DELETE FROM password_link WHERE user_id = ?", user_id)
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(failed("removing a password link"))
}
