//! Who uses pairs, and how often.

use crate::SqliteStore;
use crate::error::failed;
use crate::row::{ImpossibleRow, Place};
use async_trait::async_trait;
use backend::store::{
    CallerName, CallerRecord, DayUseRecord, PairUseRecord, StoreError, StoreResult, Usage, UsageBatch, UsageRow,
};
use domain::usage::{Day, Outcome};
use domain::{AccountId, PairId, Timestamp};
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

const ADDING: &str = "adding what was counted";
const FORGETTING: &str = "forgetting what was counted";

struct PairUseRow {
    pair_id: String,
    first_accepted_at: Option<i64>,
    last_accepted_at: Option<i64>,
    last_refused_at: Option<i64>,
}

impl TryFrom<PairUseRow> for PairUseRecord {
    type Error = ImpossibleRow;

    fn try_from(row: PairUseRow) -> Result<Self, ImpossibleRow> {
        Ok(Self {
            pair_id: Place::new("use_of_pair", &row.pair_id).id("pair", &row.pair_id)?,
            first_accepted_at: row.first_accepted_at.map(Timestamp::from_millis),
            last_accepted_at: row.last_accepted_at.map(Timestamp::from_millis),
            last_refused_at: row.last_refused_at.map(Timestamp::from_millis),
        })
    }
}

struct DayUseRow {
    pair_id: String,
    day: i64,
    accepted: i64,
    refused: i64,
}

impl TryFrom<DayUseRow> for DayUseRecord {
    type Error = ImpossibleRow;

    fn try_from(row: DayUseRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("use_by_day", &row.pair_id);
        Ok(Self {
            pair_id: place.id("pair", &row.pair_id)?,
            day: Day::from_number(row.day),
            accepted: counted(&place, "accepted", row.accepted)?,
            refused: counted(&place, "refused", row.refused)?,
        })
    }
}

struct CallerRow {
    number: i64,
    others: i64,
    address: String,
    user_agent: String,
    first_at: i64,
    last_at: i64,
    accepted: i64,
    refused: i64,
    last_outcome: String,
    last_route: String,
}

impl TryFrom<CallerRow> for CallerRecord {
    type Error = ImpossibleRow;

    fn try_from(row: CallerRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("caller", &row.number.to_string());
        Ok(Self {
            name: match row.others {
                0 => CallerName::Program { address: row.address, user_agent: row.user_agent },
                _ => CallerName::Others,
            },
            first_at: Timestamp::from_millis(row.first_at),
            last_at: Timestamp::from_millis(row.last_at),
            accepted: counted(&place, "accepted", row.accepted)?,
            refused: counted(&place, "refused", row.refused)?,
            last_outcome: Outcome::parse(&row.last_outcome).ok_or_else(|| place.impossible("outcome"))?,
            last_route: row.last_route,
        })
    }
}

fn counted(place: &Place, column: &'static str, value: i64) -> Result<u64, ImpossibleRow> {
    u64::try_from(value).map_err(|_| place.impossible(column))
}

/// Nothing counts beyond what the column can hold.
fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What the statements read: one text for all rows, so that ten thousand of them cost four statements and not forty thousand.
struct Lists {
    rows: String,
    days: String,
    pairs: String,
}

/// What a batch says about one pair.
#[derive(Default)]
struct OfPair {
    first_accepted: Option<i64>,
    last_accepted: Option<i64>,
    last_refused: Option<i64>,
}

impl Lists {
    fn of(batch: &UsageBatch) -> StoreResult<Self> {
        let mut days: BTreeMap<(&PairId, Day), (u64, u64)> = BTreeMap::new();
        let mut pairs: BTreeMap<&PairId, OfPair> = BTreeMap::new();
        for row in &batch.rows {
            let (accepted, refused) = days.entry((&row.pair_id, row.hour.day())).or_default();
            let pair = pairs.entry(&row.pair_id).or_default();
            let (first, last) = (Some(row.first_at.as_millis()), Some(row.last_at.as_millis()));
            if row.outcome.is_accepted() {
                *accepted += row.count;
                // Nothing is less than everything else there.
                pair.first_accepted = pair.first_accepted.map_or(first, |known| first.min(Some(known)));
                pair.last_accepted = pair.last_accepted.max(last);
            } else {
                *refused += row.count;
                pair.last_refused = pair.last_refused.max(last);
            }
        }
        let rows: Vec<_> = batch.rows.iter().map(listed).collect();
        let days: Vec<_> = days
            .iter()
            .map(|((pair, day), (accepted, refused))| {
                (pair.as_str(), day.number(), column(*accepted), column(*refused))
            })
            .collect();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(pair, of)| (pair.as_str(), of.first_accepted, of.last_accepted, of.last_refused))
            .collect();
        Ok(Self { rows: written(&rows)?, days: written(&days)?, pairs: written(&pairs)? })
    }
}

/// In the order in which the statements read it.
fn listed(row: &UsageRow) -> (&str, u8, &str, &str, i64, &str, i64, i64, i64, &str) {
    let (others, address, user_agent) = match &row.caller {
        CallerName::Program { address, user_agent } => (0, address.as_str(), user_agent.as_str()),
        CallerName::Others => (1, "", ""),
    };
    (
        row.pair_id.as_str(),
        others,
        address,
        user_agent,
        row.hour.number(),
        row.outcome.as_str(),
        column(row.count),
        row.first_at.as_millis(),
        row.last_at.as_millis(),
        &row.route,
    )
}

fn written(list: &impl serde::Serialize) -> StoreResult<String> {
    serde_json::to_string(list).map_err(|source| StoreError::Failed { doing: ADDING, source: Box::new(source) })
}

/// Notes that the batch is there; `false` if it was.
async fn note_batch(connection: &mut SqliteConnection, batch: &UsageBatch) -> StoreResult<bool> {
    let (writer, number, made_at) = (batch.writer.as_str(), column(batch.number), batch.made_at.as_millis());
    let noted = sqlx::query!(
        "INSERT INTO use_batch (
            writer,
            number,
            written_at
        ) VALUES (?, ?, ?)
        ON CONFLICT (writer) DO UPDATE SET
            number = excluded.number,
            written_at = excluded.written_at
        WHERE number < excluded.number",
        writer,
        number,
        made_at,
    )
    .execute(connection)
    .await
    .map_err(failed(ADDING))?;
    Ok(noted.rows_affected() == 1)
}

async fn add_callers(connection: &mut SqliteConnection, rows: &str) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO caller (
            pair,
            others,
            address,
            user_agent,
            first_at,
            last_at
        )
        SELECT
            key_pair.number,
            used.value ->> 1,
            used.value ->> 2,
            used.value ->> 3,
            used.value ->> 7,
            used.value ->> 8
        FROM json_each(?) AS used
        CROSS JOIN key_pair ON key_pair.id = used.value ->> 0
        WHERE true
        ON CONFLICT (pair, others, address, user_agent) DO UPDATE SET
            first_at = min(first_at, excluded.first_at),
            last_at = max(last_at, excluded.last_at)",
        rows,
    )
    .execute(connection)
    .await
    .map(|_| ())
    .map_err(failed(ADDING))
}

async fn add_hours(connection: &mut SqliteConnection, rows: &str) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO use_by_hour (
            caller,
            hour,
            outcome,
            count,
            first_at,
            last_at,
            route
        )
        SELECT
            caller.number,
            used.value ->> 4,
            used.value ->> 5,
            used.value ->> 6,
            used.value ->> 7,
            used.value ->> 8,
            used.value ->> 9
        FROM json_each(?) AS used
        CROSS JOIN key_pair ON key_pair.id = used.value ->> 0
        CROSS JOIN caller ON caller.pair = key_pair.number
            AND caller.others = used.value ->> 1
            AND caller.address = used.value ->> 2
            AND caller.user_agent = used.value ->> 3
        WHERE true
        ON CONFLICT (caller, hour, outcome) DO UPDATE SET
            count = count + excluded.count,
            first_at = min(first_at, excluded.first_at),
            route = CASE WHEN excluded.last_at < last_at THEN route ELSE excluded.route END,
            last_at = max(last_at, excluded.last_at)",
        rows,
    )
    .execute(connection)
    .await
    .map(|_| ())
    .map_err(failed(ADDING))
}

async fn add_days(connection: &mut SqliteConnection, days: &str) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO use_by_day (
            pair,
            day,
            accepted,
            refused
        )
        SELECT
            key_pair.number,
            used.value ->> 1,
            used.value ->> 2,
            used.value ->> 3
        FROM json_each(?) AS used
        CROSS JOIN key_pair ON key_pair.id = used.value ->> 0
        WHERE true
        ON CONFLICT (pair, day) DO UPDATE SET
            accepted = accepted + excluded.accepted,
            refused = refused + excluded.refused",
        days,
    )
    .execute(connection)
    .await
    .map(|_| ())
    .map_err(failed(ADDING))
}

async fn add_pairs(connection: &mut SqliteConnection, pairs: &str) -> StoreResult<()> {
    // The scalar functions answer null if any argument is.
    sqlx::query!(
        "INSERT INTO use_of_pair (
            pair,
            first_accepted_at,
            last_accepted_at,
            last_refused_at
        )
        SELECT
            key_pair.number,
            used.value ->> 1,
            used.value ->> 2,
            used.value ->> 3
        FROM json_each(?) AS used
        CROSS JOIN key_pair ON key_pair.id = used.value ->> 0
        WHERE true
        ON CONFLICT (pair) DO UPDATE SET
            first_accepted_at = coalesce(
                min(first_accepted_at, excluded.first_accepted_at), first_accepted_at, excluded.first_accepted_at),
            last_accepted_at = coalesce(
                max(last_accepted_at, excluded.last_accepted_at), last_accepted_at, excluded.last_accepted_at),
            last_refused_at = coalesce(
                max(last_refused_at, excluded.last_refused_at), last_refused_at, excluded.last_refused_at)",
        pairs,
    )
    .execute(connection)
    .await
    .map(|_| ())
    .map_err(failed(ADDING))
}

/// Callers and days only once their hours are gone: nothing refers to nobody, and no day has less than its hours.
async fn forget_before(connection: &mut SqliteConnection, before: Day, limit: u32) -> StoreResult<bool> {
    let hour = before.first_hour().number();
    let hours = sqlx::query!(
        "DELETE FROM use_by_hour WHERE (caller, hour, outcome) IN (
            SELECT
                caller,
                hour,
                outcome
            FROM use_by_hour
            WHERE hour < ?
            ORDER BY hour
            LIMIT ?
        )",
        hour,
        limit,
    )
    .execute(&mut *connection)
    .await
    .map_err(failed(FORGETTING))?;
    let at = before.start().as_millis();
    let callers = sqlx::query!(
        "DELETE FROM caller WHERE number IN (
            SELECT number
            FROM caller
            WHERE last_at < ? AND NOT EXISTS (SELECT 1 FROM use_by_hour WHERE use_by_hour.caller = caller.number)
            ORDER BY last_at
            LIMIT ?
        )",
        at,
        limit,
    )
    .execute(&mut *connection)
    .await
    .map_err(failed(FORGETTING))?;
    let day = before.number();
    let days = sqlx::query!(
        "DELETE FROM use_by_day WHERE (pair, day) IN (
            SELECT
                pair,
                day
            FROM use_by_day
            WHERE day < ? AND NOT EXISTS (SELECT 1 FROM use_by_hour WHERE hour < ?)
            ORDER BY day
            LIMIT ?
        )",
        day,
        hour,
        limit,
    )
    .execute(&mut *connection)
    .await
    .map_err(failed(FORGETTING))?;
    let most = u64::from(limit);
    Ok([hours, callers, days].iter().any(|gone| gone.rows_affected() >= most))
}

async fn forget_pairs(connection: &mut SqliteConnection, limit: u32) -> StoreResult<bool> {
    let gone = sqlx::query!("DELETE FROM use_of_pair WHERE pair IN (SELECT pair FROM use_of_pair LIMIT ?)", limit)
        .execute(connection)
        .await
        .map_err(failed(FORGETTING))?;
    Ok(gone.rows_affected() >= u64::from(limit))
}

#[async_trait]
impl Usage for SqliteStore {
    async fn add_usage(&self, batch: &UsageBatch) -> StoreResult<bool> {
        // Made before the lock is taken: writers wait for as little as possible.
        let lists = Lists::of(batch)?;
        let mut tx = self.counts.begin_with("BEGIN IMMEDIATE").await.map_err(failed(ADDING))?;
        if !note_batch(&mut tx, batch).await? {
            return Ok(false);
        }
        add_callers(&mut tx, &lists.rows).await?;
        add_hours(&mut tx, &lists.rows).await?;
        add_days(&mut tx, &lists.days).await?;
        add_pairs(&mut tx, &lists.pairs).await?;
        tx.commit().await.map_err(failed(ADDING))?;
        Ok(true)
    }

    async fn list_pair_uses(&self, account_id: &AccountId) -> StoreResult<Vec<PairUseRecord>> {
        let account_id = account_id.as_str();
        let rows = sqlx::query_as!(
            PairUseRow,
            "SELECT
                key_pair.id AS pair_id,
                use_of_pair.first_accepted_at,
                use_of_pair.last_accepted_at,
                use_of_pair.last_refused_at
            FROM key_pair
            JOIN use_of_pair ON use_of_pair.pair = key_pair.number
            WHERE key_pair.account_id = ?",
            account_id,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed("reading when pairs were used"))?;
        Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
    }

    async fn list_day_uses(&self, account_id: &AccountId, from: Day) -> StoreResult<Vec<DayUseRecord>> {
        let (account_id, from) = (account_id.as_str(), from.number());
        let rows = sqlx::query_as!(
            DayUseRow,
            "SELECT
                key_pair.id AS pair_id,
                use_by_day.day,
                use_by_day.accepted,
                use_by_day.refused
            FROM key_pair
            JOIN use_by_day ON use_by_day.pair = key_pair.number
            WHERE key_pair.account_id = ? AND use_by_day.day >= ?
            ORDER BY key_pair.number, use_by_day.day",
            account_id,
            from,
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed("reading how often pairs were used"))?;
        Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
    }

    async fn list_callers(
        &self,
        account_id: &AccountId,
        pair_id: &PairId,
        skip: u32,
        limit: u32,
    ) -> StoreResult<Vec<CallerRecord>> {
        let (account_id, pair_id) = (account_id.as_str(), pair_id.as_str());
        let rows = sqlx::query_file_as!(CallerRow, "queries/callers.sql", account_id, pair_id, limit, skip)
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading a pair's callers"))?;
        Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
    }

    async fn forget_usage(&self, before: Option<Day>, limit: u32) -> StoreResult<bool> {
        let mut tx = self.counts.begin_with("BEGIN IMMEDIATE").await.map_err(failed(FORGETTING))?;
        let mut more = forget_before(&mut tx, before.unwrap_or(Day::END), limit).await?;
        if before.is_none() {
            more |= forget_pairs(&mut tx, limit).await?;
        }
        tx.commit().await.map_err(failed(FORGETTING))?;
        Ok(more)
    }

    async fn forget_usage_writers(&self, before: Timestamp) -> StoreResult<()> {
        let before = before.as_millis();
        sqlx::query!("DELETE FROM use_batch WHERE written_at < ?", before)
            .execute(&self.counts)
            .await
            .map(|_| ())
            .map_err(failed("forgetting processes that counted"))
    }
}
