//! Accounts in a list: all of them, or those that somebody looks for.

use crate::accounts::AccountRow;
use crate::error::failed;
use crate::row::{ImpossibleRow, Place};
use backend::store::{AccountOrder, AccountQuery, AccountSummary, StoreResult};
use domain::AccountId;
use sqlx::SqlitePool;

const DOING: &str = "listing accounts";

/// The queries say of each column whether it may be null. Behind a common table, sqlx would take all of them for never null,
/// and read an empty text where there is none.
struct SummaryRow {
    id: String,
    name: String,
    external_id: Option<String>,
    created_at: i64,
    disabled_at: Option<i64>,
    owner: Option<String>,
}

impl TryFrom<SummaryRow> for AccountSummary {
    type Error = ImpossibleRow;

    fn try_from(row: SummaryRow) -> Result<Self, ImpossibleRow> {
        // The address is a person's, but the account is what the row names.
        let place = Place::new("account", &row.id);
        let owner = row.owner.map(|owner| place.email("owner", &owner)).transpose()?;
        let account = AccountRow {
            id: row.id,
            name: row.name,
            external_id: row.external_id,
            created_at: row.created_at,
            disabled_at: row.disabled_at,
        };
        Ok(Self { account: account.try_into()?, owner })
    }
}

/// The last account of the page before, in either order.
struct After {
    id: String,
    name: String,
}

impl After {
    /// Before every account: no name comes before the empty one, and every id comes before this text.
    fn nothing() -> Self {
        Self { id: "acct~".to_owned(), name: String::new() }
    }
}

/// The texts that begin with another are those from it up to and not including a second one.
struct Beginning {
    from: String,
    before: String,
}

impl Beginning {
    /// No name, external id or address is longer, by the constraints on accounts and by `domain::Email`.
    const LONGEST: usize = 254;

    /// In lower case, as addresses are stored: where names and external ids are compared, the case of ASCII letters does
    /// not matter. The text ends in as many of the last character as no stored one can hold.
    fn new(text: &str) -> Self {
        let from = text.to_ascii_lowercase();
        let before = format!("{from}{}", "\u{10ffff}".repeat(Self::LONGEST + 1));
        Self { from, before }
    }
}

/// The two statements are not in one transaction: ids and names never change, and accounts never go.
pub(crate) async fn list(pool: &SqlitePool, query: &AccountQuery, limit: u32) -> StoreResult<Vec<AccountSummary>> {
    let after = match &query.after {
        None => Some(After::nothing()),
        Some(account_id) => find_place(pool, account_id).await?,
    };
    let Some(After { id, name }) = after else {
        return Ok(Vec::new());
    };
    let disabled = query.disabled;
    let beginning = query.begins_with.as_deref().filter(|text| !text.is_empty()).map(Beginning::new);
    let rows = match (beginning, query.order) {
        (None, AccountOrder::Newest) => {
            sqlx::query_file_as!(SummaryRow, "queries/newest_accounts.sql", id, disabled, limit).fetch_all(pool).await
        }
        (None, AccountOrder::Name) => {
            sqlx::query_file_as!(SummaryRow, "queries/accounts_by_name.sql", name, id, disabled, limit)
                .fetch_all(pool)
                .await
        }
        (Some(Beginning { from, before }), AccountOrder::Newest) => {
            sqlx::query_file_as!(SummaryRow, "queries/newest_accounts_found.sql", from, before, id, disabled, limit,)
                .fetch_all(pool)
                .await
        }
        (Some(Beginning { from, before }), AccountOrder::Name) => {
            sqlx::query_file_as!(
                SummaryRow,
                "queries/accounts_found_by_name.sql",
                from,
                before,
                name,
                id,
                disabled,
                limit,
            )
            .fetch_all(pool)
            .await
        }
    };
    let rows = rows.map_err(failed(DOING))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

async fn find_place(pool: &SqlitePool, account_id: &AccountId) -> StoreResult<Option<After>> {
    let account_id = account_id.as_str();
    sqlx::query_as!(After, "SELECT id, name FROM account WHERE id = ?", account_id)
        .fetch_optional(pool)
        .await
        .map_err(failed("finding a place among accounts"))
}
