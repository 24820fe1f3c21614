//! What the verification index is filled from, the changes that are told between processes, and the processes themselves.

use crate::SqliteStore;
use crate::error::{failed, refused};
use crate::pairs::PairRow;
use crate::row::{ImpossibleRow, Place};
use async_trait::async_trait;
use backend::store::{
    ChangeNumber, IndexedPair, InstanceRecord, KeyChange, KeyChanges, KeyDigest, KnownChanges, PairNumber,
    PairsMeasured, StoreError, StoreResult,
};
use data_encoding::HEXUPPER;
use domain::{AccountId, InstanceId, PairId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sqlx::SqliteConnection;
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// In the order of `queries/indexed_pairs.sql`, which has them as arrays.
#[derive(Deserialize)]
struct IndexedRow {
    id: String,
    account_id: String,
    public_key: String,
    #[serde(deserialize_with = "from_hex")]
    digest: Vec<u8>,
    digest_master_key_id: String,
    created_at: i64,
    rolled_at: Option<i64>,
    expires_at: Option<i64>,
    end_passed: i64,
    revoked_at: Option<i64>,
    external_id: Option<String>,
    disabled_at: Option<i64>,
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    HEXUPPER.decode(text.as_bytes()).map_err(D::Error::custom)
}

impl TryFrom<IndexedRow> for IndexedPair {
    type Error = ImpossibleRow;

    fn try_from(row: IndexedRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("key_pair", &row.id);
        let digest = KeyDigest { master_key_id: row.digest_master_key_id, bytes: place.digest("digest", &row.digest)? };
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
        Ok(Self {
            pair: pair.try_into()?,
            digest,
            external_id: row.external_id,
            account_disabled: row.disabled_at.is_some(),
        })
    }
}

struct ChangeRow {
    number: i64,
    account_id: String,
    pair_id: Option<String>,
}

impl TryFrom<ChangeRow> for KeyChange {
    type Error = ImpossibleRow;

    fn try_from(row: ChangeRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("key_change", &row.number.to_string());
        Ok(Self {
            number: counted(&place, "number", row.number)?,
            account_id: place.id("account_id", &row.account_id)?,
            pair_id: row.pair_id.map(|id| place.id("pair_id", &id)).transpose()?,
        })
    }
}

struct InstanceRow {
    id: String,
    acknowledged: i64,
    beat: i64,
}

impl TryFrom<InstanceRow> for InstanceRecord {
    type Error = ImpossibleRow;

    fn try_from(row: InstanceRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("instance", &row.id);
        Ok(Self {
            id: place.id("id", &row.id)?,
            acknowledged: counted(&place, "acknowledged", row.acknowledged)?,
            beat: counted(&place, "beat", row.beat)?,
        })
    }
}

fn counted(place: &Place, column: &'static str, value: i64) -> Result<u64, ImpossibleRow> {
    u64::try_from(value).map_err(|_| place.impossible(column))
}

/// No row has a number beyond what the column can hold.
fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[async_trait]
impl KeyChanges for SqliteStore {
    async fn find_known_changes(&self) -> StoreResult<KnownChanges> {
        let found = sqlx::query!(
            r#"SELECT
                (SELECT min(number) FROM key_change) AS "first: i64",
                (SELECT max(number) FROM key_change) AS "last: i64""#
        )
        .fetch_one(&self.readers)
        .await
        .map_err(failed("looking for changes of keys"))?;
        let place = Place::new("key_change", "first and last");
        let last = counted(&place, "number", found.last.unwrap_or(0))?;
        let first = found.first.map_or(Ok(last + 1), |first| counted(&place, "number", first))?;
        Ok(KnownChanges { first, last })
    }

    async fn list_key_changes(&self, after: ChangeNumber, limit: u32) -> StoreResult<Vec<KeyChange>> {
        let after = column(after);
        let rows = sqlx::query_as!(
            ChangeRow,
            "SELECT
                number,
                account_id,
                pair_id
            FROM key_change
            WHERE number > ?
            ORDER BY number
            LIMIT ?",
            after,
            limit,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed("reading changes of keys"))?;
        Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
    }

    async fn find_indexed_pair(&self, pair_id: &PairId) -> StoreResult<Option<IndexedPair>> {
        let pair_id = pair_id.as_str();
        let row = sqlx::query_file_as!(IndexedRow, "queries/indexed_pair.sql", pair_id)
            .fetch_optional(&self.readers)
            .await
            .map_err(failed("reading a pair for the index"))?;
        Ok(row.map(IndexedPair::try_from).transpose()?)
    }

    async fn list_indexed_pairs_of(&self, account_id: &AccountId) -> StoreResult<Vec<IndexedPair>> {
        let account_id = account_id.as_str();
        let rows = sqlx::query_file_as!(IndexedRow, "queries/indexed_pairs_of_account.sql", account_id)
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading an account's pairs for the index"))?;
        Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
    }

    /// The two indexes have all living pairs between them, and are small beside the table.
    async fn measure_pairs(&self) -> StoreResult<PairsMeasured> {
        let found = sqlx::query!(
            r#"SELECT
                (SELECT max(number) FROM key_pair) AS "last: i64",
                (
                    SELECT count(*) FROM key_pair INDEXED BY key_pair_one_active_per_account
                    WHERE rolled_at IS NULL AND revoked_at IS NULL
                ) AS "active!: i64",
                (
                    SELECT count(*) FROM key_pair INDEXED BY key_pair_to_settle
                    WHERE expires_at IS NOT NULL AND end_passed = 0
                ) AS "expiring!: i64""#
        )
        .fetch_one(&self.readers)
        .await
        .map_err(failed("counting the pairs for the index"))?;
        let place = Place::new("key_pair", "all");
        Ok(PairsMeasured {
            last: counted(&place, "number", found.last.unwrap_or(0))?,
            living: counted(&place, "number", found.active + found.expiring)?,
        })
    }

    /// As one text: a row of its own for each would cost the driver four times as much. It is understood in a thread of its own, where
    /// the allocator of the C library keeps what is let go again apart from what stays: in one place with the index, which grows
    /// meanwhile, the texts of a million keys leave holes as large as the index itself.
    async fn list_indexed_pairs(&self, numbers: RangeInclusive<PairNumber>) -> StoreResult<Vec<IndexedPair>> {
        let doing = "reading pairs for the index";
        let (first, last) = (column(*numbers.start()), column(*numbers.end()));
        let found = sqlx::query_file!("queries/indexed_pairs.sql", first, last)
            .fetch_one(&self.readers)
            .await
            .map_err(failed(doing))?;
        let understood = tokio::task::spawn_blocking(move || {
            let rows: Vec<IndexedRow> = serde_json::from_str(&found.pairs)
                .map_err(|source| StoreError::Failed { doing, source: Box::new(source) })?;
            Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
        });
        understood.await.map_err(|source| StoreError::Failed { doing, source: Box::new(source) })?
    }

    async fn renew_instance(&self, id: &InstanceId, acknowledged: ChangeNumber) -> StoreResult<()> {
        let (id, acknowledged) = (id.as_str(), column(acknowledged));
        sqlx::query!(
            "INSERT INTO instance (
                id,
                acknowledged,
                beat
            ) VALUES (?, ?, 0)
            ON CONFLICT (id) DO UPDATE SET
                acknowledged = excluded.acknowledged,
                beat = beat + 1",
            id,
            acknowledged,
        )
        .execute(&self.beats)
        .await
        .map_err(refused("saying that this process lives"))?;
        Ok(())
    }

    async fn list_instances(&self) -> StoreResult<Vec<InstanceRecord>> {
        let rows = sqlx::query_as!(
            InstanceRow,
            "SELECT
                id,
                acknowledged,
                beat
            FROM instance
            ORDER BY id"
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed("looking for other processes"))?;
        Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
    }

    async fn forget_instance(&self, id: &InstanceId, beat: Option<u64>) -> StoreResult<()> {
        let (id, beat) = (id.as_str(), beat.map(column));
        sqlx::query!("DELETE FROM instance WHERE id = ? AND beat = coalesce(?, beat)", id, beat)
            .execute(&self.beats)
            .await
            .map_err(failed("forgetting a process"))?;
        Ok(())
    }
}

pub(crate) async fn forget(connection: &mut SqliteConnection, kept: u32) -> StoreResult<()> {
    let query = sqlx::query!("DELETE FROM key_change WHERE number <= (SELECT max(number) FROM key_change) - ?", kept);
    query.execute(connection).await.map(|_| ()).map_err(failed("forgetting changes of keys"))
}
