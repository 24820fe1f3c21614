//! Accounts, and who is in them.

use crate::error::{failed, one_row, refused};
use crate::row::{ImpossibleRow, Place};
use backend::store::{AccountRecord, MemberRecord, Membership, OwnAccount, StoreResult};
use domain::{AccountId, Role, Timestamp, UserId};
use sqlx::{SqliteConnection, SqliteExecutor};

pub(crate) struct AccountRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) disabled_at: Option<i64>,
}

impl TryFrom<AccountRow> for AccountRecord {
    type Error = ImpossibleRow;

    fn try_from(row: AccountRow) -> Result<Self, ImpossibleRow> {
        Ok(Self {
            id: Place::new("account", &row.id).id("id", &row.id)?,
            name: row.name,
            external_id: row.external_id,
            created_at: Timestamp::from_millis(row.created_at),
            disabled_at: row.disabled_at.map(Timestamp::from_millis),
        })
    }
}

pub(crate) struct MembershipRow {
    pub(crate) account_id: String,
    pub(crate) user_id: String,
    pub(crate) role: String,
}

impl TryFrom<MembershipRow> for Membership {
    type Error = ImpossibleRow;

    fn try_from(row: MembershipRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("membership", &row.user_id);
        Ok(Self {
            account_id: place.id("account_id", &row.account_id)?,
            user_id: place.id("user_id", &row.user_id)?,
            role: Role::parse(&row.role).ok_or_else(|| place.impossible("role"))?,
        })
    }
}

struct MemberRow {
    user_id: String,
    email: String,
    role: String,
    has_password: bool,
    joined_at: i64,
}

struct OwnAccountRow {
    id: String,
    name: String,
    external_id: Option<String>,
    created_at: i64,
    disabled_at: Option<i64>,
    role: String,
}

impl TryFrom<OwnAccountRow> for OwnAccount {
    type Error = ImpossibleRow;

    fn try_from(row: OwnAccountRow) -> Result<Self, ImpossibleRow> {
        let OwnAccountRow { id, name, external_id, created_at, disabled_at, role } = row;
        let role = Role::parse(&role).ok_or_else(|| Place::new("membership", &id).impossible("role"))?;
        Ok(Self { account: AccountRow { id, name, external_id, created_at, disabled_at }.try_into()?, role })
    }
}

impl TryFrom<MemberRow> for MemberRecord {
    type Error = ImpossibleRow;

    fn try_from(row: MemberRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("membership", &row.user_id);
        Ok(Self {
            user_id: place.id("user_id", &row.user_id)?,
            email: Place::new("person", &row.user_id).email("email", &row.email)?,
            role: Role::parse(&row.role).ok_or_else(|| place.impossible("role"))?,
            has_password: row.has_password,
            joined_at: Timestamp::from_millis(row.joined_at),
        })
    }
}

pub(crate) async fn find(
    executor: impl SqliteExecutor<'_>,
    account_id: &AccountId,
) -> StoreResult<Option<AccountRecord>> {
    let account_id = account_id.as_str();
    let row = sqlx::query_as!(
        AccountRow,
        "SELECT
            id,
            name,
            external_id,
            created_at,
            disabled_at
        FROM account
        WHERE id = ?",
        account_id,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding an account"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn find_by_external_id(
    executor: impl SqliteExecutor<'_>,
    external_id: &str,
) -> StoreResult<Option<AccountRecord>> {
    let row = sqlx::query_as!(
        AccountRow,
        "SELECT
            id,
            name,
            external_id,
            created_at,
            disabled_at
        FROM account
        WHERE external_id = ?",
        external_id,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding an account by its external id"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn insert(connection: &mut SqliteConnection, account: &AccountRecord) -> StoreResult<()> {
    const DOING: &str = "adding an account";
    let id = account.id.as_str();
    let created_at = account.created_at.as_millis();
    let disabled_at = account.disabled_at.map(Timestamp::as_millis);
    let result = sqlx::query!(
        "INSERT INTO account (
            id,
            name,
            external_id,
            created_at,
            disabled_at
        ) VALUES (?, ?, ?, ?, ?)",
        id,
        account.name,
        account.external_id,
        created_at,
        disabled_at,
    )
    .execute(connection)
    .await
    .map_err(refused(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn set_disabled(
    connection: &mut SqliteConnection,
    account_id: &AccountId,
    disabled_at: Option<Timestamp>,
) -> StoreResult<()> {
    const DOING: &str = "disabling or enabling an account";
    let account_id = account_id.as_str();
    let disabled_at = disabled_at.map(Timestamp::as_millis);
    let result = sqlx::query!("UPDATE account SET disabled_at = ? WHERE id = ?", disabled_at, account_id)
        .execute(connection)
        .await
        .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn find_membership(
    executor: impl SqliteExecutor<'_>,
    user_id: &UserId,
) -> StoreResult<Option<Membership>> {
    let user_id = user_id.as_str();
    let row = sqlx::query_as!(
        MembershipRow,
        "SELECT
            account_id,
            user_id,
            role
        FROM membership
        WHERE user_id = ?
        ORDER BY number
        LIMIT 1",
        user_id,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding a membership"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

pub(crate) async fn list_members(
    executor: impl SqliteExecutor<'_>,
    account_id: &AccountId,
) -> StoreResult<Vec<MemberRecord>> {
    let account_id = account_id.as_str();
    let rows = sqlx::query_as!(
        MemberRow,
        r#"SELECT
            membership.user_id,
            person.email,
            membership.role,
            person.password_hash IS NOT NULL AS "has_password!: bool",
            membership.joined_at
        FROM membership
        JOIN person ON person.id = membership.user_id
        WHERE membership.account_id = ?
        ORDER BY membership.number"#,
        account_id,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing the members of an account"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

pub(crate) async fn list_own(executor: impl SqliteExecutor<'_>, user_id: &UserId) -> StoreResult<Vec<OwnAccount>> {
    let user_id = user_id.as_str();
    let rows = sqlx::query_as!(
        OwnAccountRow,
        "SELECT
            account.id,
            account.name,
            account.external_id,
            account.created_at,
            account.disabled_at,
            membership.role
        FROM membership
        JOIN account ON account.id = membership.account_id
        WHERE membership.user_id = ?
        ORDER BY membership.number",
        user_id,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing the accounts of a person"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

pub(crate) async fn set_role(connection: &mut SqliteConnection, membership: &Membership) -> StoreResult<()> {
    const DOING: &str = "changing what a member is in an account";
    let account_id = membership.account_id.as_str();
    let user_id = membership.user_id.as_str();
    let role = membership.role.as_str();
    let result =
        sqlx::query!("UPDATE membership SET role = ? WHERE account_id = ? AND user_id = ?", role, account_id, user_id)
            .execute(connection)
            .await
            .map_err(refused(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn delete_membership(
    connection: &mut SqliteConnection,
    account_id: &AccountId,
    user_id: &UserId,
) -> StoreResult<()> {
    const DOING: &str = "taking a member out of an account";
    let account_id = account_id.as_str();
    let user_id = user_id.as_str();
    let result = sqlx::query!("DELETE FROM membership WHERE account_id = ? AND user_id = ?", account_id, user_id)
        .execute(connection)
        .await
        .map_err(refused(DOING))?;
    one_row(&result, DOING)
}

pub(crate) async fn insert_membership(
    connection: &mut SqliteConnection,
    membership: &Membership,
    joined_at: Timestamp,
) -> StoreResult<()> {
    const DOING: &str = "adding a person to an account";
    let account_id = membership.account_id.as_str();
    let user_id = membership.user_id.as_str();
    let role = membership.role.as_str();
    let joined_at = joined_at.as_millis();
    let result = sqlx::query!(
        "INSERT INTO membership (
            account_id,
            user_id,
            role,
            joined_at
        ) VALUES (?, ?, ?, ?)",
        account_id,
        user_id,
        role,
        joined_at,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}
