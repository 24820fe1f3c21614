//! Key pairs: their facts, their digests, and their sealed private keys.

use crate::accounts::AccountRow;
use crate::error::{failed, one_row, refused};
use crate::row::{ImpossibleRow, Place};
use backend::store::{KeyDigest, PairWithAccount, SealedKey, StoreError, StoreResult};
use domain::key_pair::End;
use domain::{AccountId, KeyPair, PairId, PublicKey, Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

pub(crate) struct PairRow {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) public_key: String,
    pub(crate) created_at: i64,
    pub(crate) rolled_at: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) end_passed: i64,
    pub(crate) revoked_at: Option<i64>,
}

impl TryFrom<PairRow> for KeyPair {
    type Error = ImpossibleRow;

    fn try_from(row: PairRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("key_pair", &row.id);
        let at = Timestamp::from_millis;
        let end = match (row.rolled_at, row.expires_at, row.end_passed, row.revoked_at) {
            (None, None, 0, None) => End::None,
            (Some(rolled), Some(expires), 0, None) => End::Scheduled { rolled_at: at(rolled), expires_at: at(expires) },
            (Some(rolled), Some(expires), 1, None) => End::Passed { rolled_at: at(rolled), expires_at: at(expires) },
            (None, None, 0, Some(revoked)) => End::Revoked { revoked_at: at(revoked) },
            _ => return Err(place.impossible("end_passed")),
        };
        Ok(Self {
            id: place.id("id", &row.id)?,
            account_id: place.id("account_id", &row.account_id)?,
            public_key: place.public_key("public_key", &row.public_key)?,
            created_at: at(row.created_at),
            end,
        })
    }
}

/// The four columns that hold an end. Which combinations exist is held by `key_pair_end_is_one_of_four`.
struct EndColumns {
    rolled_at: Option<i64>,
    expires_at: Option<i64>,
    end_passed: i64,
    revoked_at: Option<i64>,
}

impl From<End> for EndColumns {
    fn from(end: End) -> Self {
        let (rolled_at, expires_at, end_passed, revoked_at) = match end {
            End::None => (None, None, 0, None),
            End::Scheduled { rolled_at, expires_at } => (Some(rolled_at), Some(expires_at), 0, None),
            End::Passed { rolled_at, expires_at } => (Some(rolled_at), Some(expires_at), 1, None),
            End::Revoked { revoked_at } => (None, None, 0, Some(revoked_at)),
        };
        Self {
            rolled_at: rolled_at.map(Timestamp::as_millis),
            expires_at: expires_at.map(Timestamp::as_millis),
            end_passed,
            revoked_at: revoked_at.map(Timestamp::as_millis),
        }
    }
}

struct PairAndAccountRow {
    id: String,
    account_id: String,
    public_key: String,
    created_at: i64,
    rolled_at: Option<i64>,
    expires_at: Option<i64>,
    end_passed: i64,
    revoked_at: Option<i64>,
    account_name: String,
    account_external_id: Option<String>,
    account_created_at: i64,
    account_disabled_at: Option<i64>,
}

impl TryFrom<PairAndAccountRow> for PairWithAccount {
    type Error = ImpossibleRow;

    fn try_from(row: PairAndAccountRow) -> Result<Self, ImpossibleRow> {
        let account = AccountRow {
            id: row.account_id.clone(),
            name: row.account_name,
            external_id: row.account_external_id,
            created_at: row.account_created_at,
            disabled_at: row.account_disabled_at,
        };
        let pair = PairRow {
            id: row.id,
            account_id: row.account_id,
            public_key: row.public_key,
            created_at: row.created_at,
            rolled_at: row.rolled_at,
            expires_at: row.expires_at,
            end_passed: row.end_passed,
            revoked_at: row.revoked_at,
        };
        Ok(Self { pair: pair.try_into()?, account: account.try_into()? })
    }
}

/// Looks for one digest after the other, most likely first. There are as many as master keys, which is one or two.
pub(crate) async fn find_by_digest(pool: &SqlitePool, digests: &[KeyDigest]) -> StoreResult<Option<PairWithAccount>> {
    for digest in digests {
        let bytes = digest.bytes.as_slice();
        let row = sqlx::query_as!(
            PairAndAccountRow,
            "SELECT
                key_pair.id,
                key_pair.account_id,
                key_pair.public_key,
                key_pair.created_at,
                key_pair.rolled_at,
                key_pair.expires_at,
                key_pair.end_passed,
                key_pair.revoked_at,
                account.name AS account_name,
                account.external_id AS account_external_id,
                account.created_at AS account_created_at,
                account.disabled_at AS account_disabled_at
            FROM key_pair
            CROSS JOIN account ON account.id = key_pair.account_id
            WHERE key_pair.digest = ? AND key_pair.digest_master_key_id = ?",
            bytes,
            digest.master_key_id,
        )
        .fetch_optional(pool)
        .await
        .map_err(failed("finding a pair by its digest"))?;
        if let Some(row) = row {
            return Ok(Some(row.try_into()?));
        }
    }
    Ok(None)
}

pub(crate) async fn find(executor: impl SqliteExecutor<'_>, pair_id: &PairId) -> StoreResult<Option<KeyPair>> {
    let pair_id = pair_id.as_str();
    let row = sqlx::query_as!(
        PairRow,
        "SELECT
            id,
            account_id,
            public_key,
            created_at,
            rolled_at,
            expires_at,
            end_passed,
            revoked_at
        FROM key_pair
        WHERE id = ?",
        pair_id,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding a pair"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn find_by_public_key(
    executor: impl SqliteExecutor<'_>,
    public_key: &PublicKey,
) -> StoreResult<Option<KeyPair>> {
    let public_key = public_key.as_str();
    let row = sqlx::query_as!(
        PairRow,
        "SELECT
            id,
            account_id,
            public_key,
            created_at,
            rolled_at,
            expires_at,
            end_passed,
            revoked_at
        FROM key_pair
        WHERE public_key = ?",
        public_key,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding a pair by its public key"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn list(executor: impl SqliteExecutor<'_>, account_id: &AccountId) -> StoreResult<Vec<KeyPair>> {
    let account_id = account_id.as_str();
    let rows = sqlx::query_as!(
        PairRow,
        "SELECT
            id,
            account_id,
            public_key,
            created_at,
            rolled_at,
            expires_at,
            end_passed,
            revoked_at
        FROM key_pair
        WHERE account_id = ?
        ORDER BY number DESC",
        account_id,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing pairs"))?;
    read_all(rows)
}

pub(crate) async fn list_to_settle(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> StoreResult<Vec<KeyPair>> {
    let now = now.as_millis();
    let rows = sqlx::query_as!(
        PairRow,
        "SELECT
            id,
            account_id,
            public_key,
            created_at,
            rolled_at,
            expires_at,
            end_passed,
            revoked_at
        FROM key_pair INDEXED BY key_pair_to_settle
        WHERE expires_at IS NOT NULL AND end_passed = 0 AND expires_at <= ?
        ORDER BY expires_at
        LIMIT ?",
        now,
        limit,
    )
    .fetch_all(connection)
    .await
    .map_err(failed("listing pairs whose end has passed"))?;
    read_all(rows)
}

fn read_all(rows: Vec<PairRow>) -> StoreResult<Vec<KeyPair>> {
    rows.into_iter().map(|row| KeyPair::try_from(row).map_err(StoreError::from)).collect()
}

pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    pair: &KeyPair,
    digest: &KeyDigest,
    sealed: &SealedKey,
) -> StoreResult<()> {
    const DOING: &str = "adding a pair";
    let id = pair.id.as_str();
    let account_id = pair.account_id.as_str();
    let public_key = pair.public_key.as_str();
    let digest_bytes = digest.bytes.as_slice();
    let created_at = pair.created_at.as_millis();
    let end = EndColumns::from(pair.end);
    let result = sqlx::query!(
        "INSERT INTO key_pair (
            id,
            account_id,
            public_key,
            digest,
            digest_master_key_id,
            ciphertext,
            ciphertext_master_key_id,
            created_at,
            rolled_at,
            expires_at,
            end_passed,
            revoked_at
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        account_id,
        public_key,
        digest_bytes,
        digest.master_key_id,
        sealed.bytes,
        sealed.master_key_id,
        created_at,
        end.rolled_at,
        end.expires_at,
        end.end_passed,
        end.revoked_at,
    )
    .execute(connection)
    .await
    .map_err(refused(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn update_end(connection: &mut SqliteConnection, pair: &KeyPair) -> StoreResult<()> {
    const DOING: &str = "storing the end of a pair";
    let id = pair.id.as_str();
    let end = EndColumns::from(pair.end);
    let result = sqlx::query!(
        "UPDATE key_pair SET
            rolled_at = ?,
            expires_at = ?,
            end_passed = ?,
            revoked_at = ?
        WHERE id = ?",
        end.rolled_at,
        end.expires_at,
        end.end_passed,
        end.revoked_at,
        id,
    )
    .execute(connection)
    .await
    .map_err(refused(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn find_sealed(connection: &mut SqliteConnection, pair_id: &PairId) -> StoreResult<Option<SealedKey>> {
    let id = pair_id.as_str();
    let row = sqlx::query!(
        "SELECT
            ciphertext,
            ciphertext_master_key_id
        FROM key_pair
        WHERE id = ?",
        id,
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("reading a sealed key"))?;
    match row.map(|row| (row.ciphertext, row.ciphertext_master_key_id)) {
        None | Some((None, None)) => Ok(None),
        Some((Some(bytes), Some(master_key_id))) => Ok(Some(SealedKey { master_key_id, bytes })),
        Some(_) => Err(Place::new("key_pair", id).impossible("ciphertext").into()),
    }
}

pub(crate) async fn destroy_ended(connection: &mut SqliteConnection) -> StoreResult<u64> {
    let result = sqlx::query!(
        "UPDATE key_pair INDEXED BY key_pair_to_destroy SET
            ciphertext = NULL,
            ciphertext_master_key_id = NULL
        WHERE ciphertext IS NOT NULL AND (end_passed = 1 OR revoked_at IS NOT NULL)"
    )
    .execute(connection)
    .await
    .map_err(failed("destroying the keys of ended pairs"))?;
    Ok(result.rows_affected())
}
