//! The keys of the company's own systems.

use crate::error::{failed, one_row};
use crate::row::{ImpossibleRow, Place};
use backend::store::{InstallationKeyRecord, KeyDigest, StoreResult};
use domain::installation_key::Life;
use domain::{InstallationKeyId, Scope, Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

struct KeyRow {
    id: String,
    name: String,
    scopes: String,
    created_by: String,
    created_at: i64,
    last_used_at: Option<i64>,
    expires_at: Option<i64>,
    ended_at: Option<i64>,
}

impl TryFrom<KeyRow> for InstallationKeyRecord {
    type Error = ImpossibleRow;

    fn try_from(row: KeyRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("installation_key", &row.id);
        let scopes: Option<Vec<Scope>> = row.scopes.split(',').map(Scope::parse).collect();
        Ok(Self {
            id: place.id("id", &row.id)?,
            name: row.name,
            scopes: scopes.ok_or_else(|| place.impossible("scopes"))?,
            created_by: row.created_by,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
            life: Life {
                expires_at: row.expires_at.map(Timestamp::from_millis),
                ended_at: row.ended_at.map(Timestamp::from_millis),
            },
        })
    }
}

/// Looks for one digest after the other, most likely first. There are as many as master keys, which is one or two.
pub(crate) async fn find_by_digest(
    pool: &SqlitePool,
    digests: &[KeyDigest],
) -> StoreResult<Option<InstallationKeyRecord>> {
    for digest in digests {
        let bytes = digest.bytes.as_slice();
        let row = sqlx::query_as!(
            KeyRow,
            "SELECT
                id,
                name,
                scopes,
                created_by,
                created_at,
                last_used_at,
                expires_at,
                ended_at
            FROM installation_key
            WHERE digest = ? AND digest_master_key_id = ?",
            bytes,
            digest.master_key_id,
        )
        .fetch_optional(pool)
        .await
        .map_err(failed("finding an installation key by its digest"))?;
        if let Some(row) = row {
            return Ok(Some(row.try_into()?));
        }
    }
    Ok(None)
}

pub(crate) async fn list(executor: impl SqliteExecutor<'_>) -> StoreResult<Vec<InstallationKeyRecord>> {
    let rows = sqlx::query_as!(
        KeyRow,
        "SELECT
            id,
            name,
            scopes,
            created_by,
            created_at,
            last_used_at,
            expires_at,
            ended_at
        FROM installation_key
        ORDER BY number DESC"
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing installation keys"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

pub(crate) async fn find(
    connection: &mut SqliteConnection,
    key_id: &InstallationKeyId,
) -> StoreResult<Option<InstallationKeyRecord>> {
    let key_id = key_id.as_str();
    let row = sqlx::query_as!(
        KeyRow,
        "SELECT
            id,
            name,
            scopes,
            created_by,
            created_at,
            last_used_at,
            expires_at,
            ended_at
        FROM installation_key
        WHERE id = ?",
        key_id,
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("finding an installation key"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    key: &InstallationKeyRecord,
    digest: &KeyDigest,
) -> StoreResult<()> {
    const DOING: &str = "adding an installation key";
    let id = key.id.as_str();
    let scopes = key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",");
    let bytes = digest.bytes.as_slice();
    let created_at = key.created_at.as_millis();
    let last_used_at = key.last_used_at.map(Timestamp::as_millis);
    let expires_at = key.life.expires_at.map(Timestamp::as_millis);
    let ended_at = key.life.ended_at.map(Timestamp::as_millis);
    let result = sqlx::query!(
        "INSERT INTO installation_key (
            id,
            name,
            scopes,
            digest,
            digest_master_key_id,
            created_by,
            created_at,
            last_used_at,
            expires_at,
            ended_at
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        key.name,
        scopes,
        bytes,
        digest.master_key_id,
        key.created_by,
        created_at,
        last_used_at,
        expires_at,
        ended_at,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn update_life(
    connection: &mut SqliteConnection,
    key_id: &InstallationKeyId,
    life: Life,
) -> StoreResult<()> {
    const DOING: &str = "ending an installation key";
    let key_id = key_id.as_str();
    let expires_at = life.expires_at.map(Timestamp::as_millis);
    let ended_at = life.ended_at.map(Timestamp::as_millis);
    let result = sqlx::query!(
        "UPDATE installation_key
        SET
            expires_at = ?,
            ended_at = ?
        WHERE id = ?",
        expires_at,
        ended_at,
        key_id,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn touch(
    connection: &mut SqliteConnection,
    key_id: &InstallationKeyId,
    last_used_at: Timestamp,
) -> StoreResult<()> {
    const DOING: &str = "noting that an installation key was used";
    let key_id = key_id.as_str();
    let last_used_at = last_used_at.as_millis();
    let result = sqlx::query!("UPDATE installation_key SET last_used_at = ? WHERE id = ?", last_used_at, key_id)
        .execute(connection)
        .await
        .map_err(failed(DOING))?;
    one_row(&result, DOING)
}
