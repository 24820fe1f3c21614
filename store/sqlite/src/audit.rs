//! Audit records.

use crate::error::{failed, one_row};
use crate::row::{ImpossibleRow, Place};
use backend::store::{StoreError, StoreResult};
use domain::audit::{Act, Actor, ActorKind, Detail, Event, EventFilter, EventPlace, Target};
use domain::{AccountId, EventId, PairId, Timestamp};
use serde_json::Value;
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

struct EventRow {
    id: String,
    at: i64,
    actor_kind: String,
    actor_id: Option<String>,
    actor_name: Option<String>,
    act: String,
    account_id: Option<String>,
    targets: String,
    detail: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    request_id: String,
}

impl TryFrom<EventRow> for Event {
    type Error = ImpossibleRow;

    fn try_from(row: EventRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("audit_event", &row.id);
        let act = Act::parse(&row.act);
        let account_id = row.account_id.map(|id| place.id("account_id", &id)).transpose()?;
        Ok(Self {
            id: place.id("id", &row.id)?,
            at: Timestamp::from_millis(row.at),
            actor: read_actor(&place, &row.actor_kind, row.actor_id, row.actor_name)?,
            act: act.ok_or_else(|| place.impossible("act"))?,
            account_id,
            targets: read_targets(&row.targets).ok_or_else(|| place.impossible("targets"))?,
            detail: row.detail.as_deref().map(Detail::from_text),
            address: row.address,
            user_agent: row.user_agent,
            request_id: row.request_id,
        })
    }
}

fn read_actor(place: &Place, kind: &str, id: Option<String>, name: Option<String>) -> Result<Actor, ImpossibleRow> {
    match (kind, id, name) {
        ("anonymous", None, None) => Ok(Actor::Anonymous),
        ("person", Some(id), Some(name)) => Ok(Actor::Person { id: place.id("actor_id", &id)?, name }),
        ("admin", Some(id), Some(name)) => Ok(Actor::Admin { id: place.id("actor_id", &id)?, name }),
        ("installation", Some(id), Some(name)) => Ok(Actor::Installation { id: place.id("actor_id", &id)?, name }),
        ("operator", None, Some(name)) => Ok(Actor::Operator { name }),
        ("pair", Some(id), None) => Ok(Actor::Pair { id: place.id("actor_id", &id)? }),
        ("system", None, None) => Ok(Actor::System),
        _ => Err(place.impossible("actor_kind")),
    }
}

fn read_targets(json: &str) -> Option<Vec<Target>> {
    serde_json::from_str::<Vec<Value>>(json).ok()?.iter().map(read_target).collect()
}

fn read_target(target: &Value) -> Option<Target> {
    Target::parse(target.get("kind")?.as_str()?, target.get("id")?.as_str()?)
}

pub(crate) async fn list_all(executor: impl SqliteExecutor<'_>, limit: u32) -> StoreResult<Vec<Event>> {
    let rows = sqlx::query_as!(
        EventRow,
        "SELECT
            id,
            at,
            actor_kind,
            actor_id,
            actor_name,
            act,
            account_id,
            targets,
            detail,
            address,
            user_agent,
            request_id
        FROM audit_event
        ORDER BY number DESC
        LIMIT ?",
        limit,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing audit records"))?;
    read_all(rows)
}

pub(crate) async fn list_of(
    executor: impl SqliteExecutor<'_>,
    account_id: &AccountId,
    limit: u32,
) -> StoreResult<Vec<Event>> {
    let account_id = account_id.as_str();
    let rows = sqlx::query_as!(
        EventRow,
        "SELECT
            id,
            at,
            actor_kind,
            actor_id,
            actor_name,
            act,
            account_id,
            targets,
            detail,
            address,
            user_agent,
            request_id
        FROM audit_event
        WHERE account_id = ?
        ORDER BY number DESC
        LIMIT ?",
        account_id,
        limit,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing the audit records of an account"))?;
    read_all(rows)
}

/// The two statements see the same rows, though they are not in one transaction: records never change and never go.
pub(crate) async fn list_activity(
    pool: &SqlitePool,
    account_id: &AccountId,
    filter: &EventFilter,
    place: &EventPlace,
    limit: u32,
) -> StoreResult<Option<Vec<Event>>> {
    const DOING: &str = "listing an account's activity";
    let number = match place {
        EventPlace::Newest => Some(i64::MAX),
        EventPlace::OlderThan(id) | EventPlace::NewerThan(id) => find_number(pool, account_id, id).await?,
    };
    let Some(number) = number else {
        return Ok(None);
    };
    let account_id = account_id.as_str();
    let acts: Vec<&str> = filter.acts.iter().map(|act| act.as_str()).collect();
    let acts = (!acts.is_empty()).then(|| Value::from(acts).to_string());
    let actor_kind = filter.actor_kind.map(ActorKind::as_str);
    let actor = filter.actor.as_deref();
    let from = filter.from.map(Timestamp::as_millis);
    let until = filter.until.map(Timestamp::as_millis);
    let events = match place {
        EventPlace::Newest | EventPlace::OlderThan(_) => {
            let rows = sqlx::query_file_as!(
                EventRow,
                "queries/older_events.sql",
                account_id,
                number,
                acts,
                actor_kind,
                actor,
                from,
                until,
                limit,
            )
            .fetch_all(pool);
            read_all(rows.await.map_err(failed(DOING))?)?
        }
        EventPlace::NewerThan(_) => {
            let rows = sqlx::query_file_as!(
                EventRow,
                "queries/newer_events.sql",
                account_id,
                number,
                acts,
                actor_kind,
                actor,
                from,
                until,
                limit,
            )
            .fetch_all(pool);
            let mut events = read_all(rows.await.map_err(failed(DOING))?)?;
            events.reverse();
            events
        }
    };
    Ok(Some(events))
}

/// The act stands in the statement, because the index of sightings is one of these rows only.
pub(crate) async fn list_sightings(
    executor: impl SqliteExecutor<'_>,
    account_id: &AccountId,
    pair_id: &PairId,
    limit: u32,
) -> StoreResult<Vec<Event>> {
    let (account_id, pair_id) = (account_id.as_str(), pair_id.as_str());
    let rows = sqlx::query_as!(
        EventRow,
        "SELECT
            id,
            at,
            actor_kind,
            actor_id,
            actor_name,
            act,
            account_id,
            targets,
            detail,
            address,
            user_agent,
            request_id
        FROM audit_event
        WHERE account_id = ?
            AND actor_id = ?
            AND act = 'key.sighting'
        ORDER BY number DESC
        LIMIT ?",
        account_id,
        pair_id,
        limit,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing where a private key was seen"))?;
    read_all(rows)
}

/// Where a record lies in the order of writing; `None` if the account has no such record.
async fn find_number(pool: &SqlitePool, account_id: &AccountId, id: &EventId) -> StoreResult<Option<i64>> {
    let (id, account_id) = (id.as_str(), account_id.as_str());
    sqlx::query_scalar!(
        "SELECT number
        FROM audit_event
        WHERE id = ?
            AND account_id = ?",
        id,
        account_id,
    )
    .fetch_optional(pool)
    .await
    .map_err(failed("finding a place in an account's activity"))
}

fn read_all(rows: Vec<EventRow>) -> StoreResult<Vec<Event>> {
    rows.into_iter().map(|row| Event::try_from(row).map_err(StoreError::from)).collect()
}

pub(crate) async fn insert(connection: &mut SqliteConnection, event: &Event) -> StoreResult<()> {
    const DOING: &str = "writing an audit record";
    let unwritable = |error| StoreError::Failed { doing: DOING, source: Box::new(error) };
    let targets = serde_json::to_string(&event.targets).map_err(unwritable)?;
    let detail = event.detail.as_ref().map(Detail::to_text).transpose().map_err(unwritable)?;
    let id = event.id.as_str();
    let at = event.at.as_millis();
    let actor_kind = event.actor.kind().as_str();
    let actor_id = event.actor.id();
    let actor_name = event.actor.name();
    let act = event.act.as_str();
    let account_id = event.account_id.as_ref().map(AccountId::as_str);
    let result = sqlx::query!(
        "INSERT INTO audit_event (
            id,
            at,
            actor_kind,
            actor_id,
            actor_name,
            act,
            account_id,
            targets,
            detail,
            address,
            user_agent,
            request_id
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        at,
        actor_kind,
        actor_id,
        actor_name,
        act,
        account_id,
        targets,
        detail,
        event.address,
        event.user_agent,
        event.request_id,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}
