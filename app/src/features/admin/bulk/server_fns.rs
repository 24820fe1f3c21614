//! Public endpoints, all of them: a caller who must be an admin, one use case, an answer. Whoever is none gets the answer
//! of what does not exist.
#![expect(missing_docs, reason = "the macro makes a struct of each function's arguments, which are documented there")]

use super::super::wire::Pasted;
use super::wire::{BulkRollView, BulkRollsView, OpenedDryRun};
use crate::error::AppError;
use domain::{AccountId, BulkRollDraftId, BulkRollId, Password};
use leptos::prelude::*;

/// The latest bulk rolls.
#[server]
pub async fn load_bulk_rolls() -> Result<BulkRollsView, AppError> {
    use crate::server_context::{self as context, admin, bulk_rolls};
    let list = bulk_rolls::list(&context::backend(), &context::context()?, &context::site()).await;
    admin::told(list)
}

/// The page of the dry run that `query`, the query of the page's own address, asks for.
#[server]
pub async fn load_dry_run(#[server(default)] query: String) -> Result<OpenedDryRun, AppError> {
    use crate::server_context::{self as context, admin, bulk_rolls};
    let run = bulk_rolls::dry_run(&context::backend(), &context::context()?, &context::site(), &query).await;
    admin::told(run)
}

/// The bulk roll that `query`, the query of the page's own address, asks for.
#[server]
pub async fn load_bulk_roll(#[server(default)] query: String) -> Result<BulkRollView, AppError> {
    use crate::server_context::{self as context, admin, bulk_rolls};
    let roll = bulk_rolls::progress(&context::backend(), &context::context()?, &context::site(), &query).await;
    admin::told(roll)
}

/// Looks at each line, and leads to the dry run. In the body of a request and nowhere else: leaked private keys are among
/// the lines.
#[server]
pub async fn draft_bulk_roll(#[server(default)] lines: Pasted) -> Result<(), AppError> {
    use crate::server_context::{self as context, admin, bulk_rolls};
    bulk_rolls::draft(&context::backend(), &admin::admin()?, &lines).await
}

/// The same for accounts of a page of the list: those selected, or with `which` as `all` every one that is shown. `list`
/// is the query of that page, where somebody who has selected nothing is led back to.
#[server]
pub async fn draft_selected(
    #[server(default)] accounts: Vec<AccountId>,
    #[server(default)] shown: Vec<AccountId>,
    #[server(default)] which: String,
    #[server(default)] list: String,
) -> Result<(), AppError> {
    use crate::server_context::{self as context, admin, bulk_rolls};
    let named = if which == "all" { shown } else { accounts };
    bulk_rolls::draft_selected(&context::backend(), &admin::admin()?, &named, &list).await
}

/// Confirms a dry run. `expire_old` and `custom_utc` are as in `roll_keys`.
#[server]
pub async fn begin_bulk_roll(
    draft: BulkRollDraftId,
    #[server(default)] reason: String,
    #[server(default)] message: String,
    #[server(default)] expire_old: String,
    #[server(default)] custom_utc: String,
    #[server(default)] password: Password,
) -> Result<(), AppError> {
    use crate::server_context::{self as context, admin, bulk_rolls, developers};
    let expiry = developers::Expiry { expire_old, custom_utc };
    let asked = bulk_rolls::Asked { draft, reason, message, expiry, password };
    bulk_rolls::begin(&context::backend(), admin::admin()?, asked).await
}

/// Stops a bulk roll: accounts that are left keep their keys.
#[server]
pub async fn stop_bulk_roll(bulk: BulkRollId, #[server(default)] password: Password) -> Result<(), AppError> {
    use crate::server_context::{self as context, admin, bulk_rolls};
    bulk_rolls::stop(&context::backend(), admin::admin()?, &bulk, &password).await
}
