//! Attempts, known devices, and the removal of what is too old.

use crate::error::{failed, one_row};
use crate::row::Place;
use crate::statistics;
use backend::store::{PurgeLimits, StoreResult};
use domain::{Email, Timestamp, UserId};
use sqlx::{SqliteConnection, SqliteExecutor};

pub(crate) async fn count_attempt(
    connection: &mut SqliteConnection,
    bucket: &str,
    now: Timestamp,
    window_start: Timestamp,
) -> StoreResult<u32> {
    let now = now.as_millis();
    let window_start = window_start.as_millis();
    let seen = sqlx::query_scalar!(
        r#"INSERT INTO attempt (
            bucket,
            began_at,
            seen
        ) VALUES (?1, ?2, 1)
        ON CONFLICT (bucket) DO UPDATE SET
            seen = CASE WHEN began_at <= ?3 OR began_at > ?2 THEN 1 ELSE min(seen + 1, 4294967295) END,
            began_at = CASE WHEN began_at <= ?3 OR began_at > ?2 THEN ?2 ELSE began_at END
        RETURNING seen AS "seen!: i64""#,
        bucket,
        now,
        window_start,
    )
    .fetch_one(connection)
    .await
    .map_err(failed("counting an attempt"))?;
    u32::try_from(seen).map_err(|_| Place::new("attempt", bucket).impossible("seen").into())
}

pub(crate) async fn clear_attempts(connection: &mut SqliteConnection, bucket: &str) -> StoreResult<()> {
    sqlx::query!("DELETE FROM attempt WHERE bucket = ?", bucket)
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(failed("forgetting attempts"))
}

pub(crate) async fn remember_device(
    connection: &mut SqliteConnection,
    token_digest: &[u8; 32],
    user_id: &UserId,
    now: Timestamp,
) -> StoreResult<()> {
    const DOING: &str = "remembering a device";
    let token_digest = token_digest.as_slice();
    let user_id = user_id.as_str();
    let now = now.as_millis();
    let result = sqlx::query!(
        "INSERT INTO device (
            token_digest,
            user_id,
            signed_in_at
        ) VALUES (?, ?, ?)
        ON CONFLICT (token_digest, user_id) DO UPDATE SET
            signed_in_at = excluded.signed_in_at",
        token_digest,
        user_id,
        now,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn knows_device(
    executor: impl SqliteExecutor<'_>,
    token_digest: &[u8; 32],
    email: &Email,
) -> StoreResult<bool> {
    let token_digest = token_digest.as_slice();
    let email = email.as_str();
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT 1
            FROM person
            JOIN device ON device.user_id = person.id
            WHERE person.email = ? AND device.token_digest = ?
        ) AS "known!: i64""#,
        email,
        token_digest,
    )
    .fetch_one(executor)
    .await
    .map_err(failed("looking a device up"))?;
    Ok(known == 1)
}

pub(crate) async fn forget_devices(
    connection: &mut SqliteConnection,
    user_id: &UserId,
    kept: Option<&[u8; 32]>,
) -> StoreResult<()> {
    let user_id = user_id.as_str();
    let kept = kept.map(<[u8; 32]>::as_slice);
    // `IS NOT`, because nothing is different from null by `<>`.
    sqlx::query!("DELETE FROM device WHERE user_id = ? AND token_digest IS NOT ?", user_id, kept)
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(failed("forgetting devices"))
}

pub(crate) async fn purge(connection: &mut SqliteConnection, limits: PurgeLimits) -> StoreResult<()> {
    let used_before = limits.sessions_used_before.as_millis();
    let opened_before = limits.sessions_opened_before.as_millis();
    sqlx::query!("DELETE FROM session WHERE last_used_at < ? OR created_at < ?", used_before, opened_before)
        .execute(&mut *connection)
        .await
        .map_err(failed("removing old sessions"))?;

    let now = limits.now.as_millis();
    sqlx::query!("DELETE FROM password_link WHERE expires_at <= ?", now)
        .execute(&mut *connection)
        .await
        .map_err(failed("removing expired password links"))?;

    sqlx::query!("DELETE FROM invitation WHERE expires_at <= ?", now)
        .execute(&mut *connection)
        .await
        .map_err(failed("removing expired invitations"))?;

    let attempts_before = limits.attempts_before.as_millis();
    sqlx::query!("DELETE FROM attempt WHERE began_at < ?", attempts_before)
        .execute(&mut *connection)
        .await
        .map_err(failed("removing old attempts"))?;

    let devices_before = limits.devices_before.as_millis();
    sqlx::query!("DELETE FROM device WHERE signed_in_at < ?", devices_before)
        .execute(&mut *connection)
        .await
        .map_err(failed("forgetting old devices"))?;

    let drafts_before = limits.drafts_before.as_millis();
    sqlx::query!("DELETE FROM bulk_roll_draft WHERE made_at < ?", drafts_before)
        .execute(&mut *connection)
        .await
        .map_err(failed("forgetting old dry runs"))?;

    statistics::renew(connection).await.map_err(failed("measuring the tables"))
}
