//! Public endpoints, all of them: a caller who must be an admin, one use case, an answer. Whoever is none gets the answer
//! of what does not exist.
#![expect(clippy::too_many_arguments, reason = "they are the fields of a form")]
#![expect(missing_docs, reason = "the macro makes a struct of each function's arguments, which are documented there")]

use super::wire::{AccountFileView, AccountList, AdminActivity, GatewaysView, Pasted};
use crate::error::AppError;
use domain::{AccountId, PairId, Password, SubmissionId, UserId};
use leptos::prelude::*;

/// The page of the list of accounts that `query`, the query of the page's own address, asks for.
#[server]
pub async fn load_accounts(#[server(default)] query: String) -> Result<AccountList, AppError> {
    use crate::server_context::{self as context, admin};
    let list = admin::list(&context::backend(), &context::context()?, &context::site(), &query).await;
    admin::told(list)
}

/// Finds the account that what was entered names, and leads to it. In the body of a request and never in an address: it
/// may be a private key.
#[server]
pub async fn find_account(#[server(default)] text: Pasted) -> Result<(), AppError> {
    use crate::server_context::{self as context, admin};
    let found = admin::find(&context::backend(), &context::context()?, &text).await;
    admin::found(found)
}

/// An account with its members and pairs.
#[server]
pub async fn load_account_file(#[server(default)] account: String) -> Result<AccountFileView, AppError> {
    use crate::server_context::{self as context, admin};
    let file = admin::file(&context::backend(), &context::context()?, &context::site(), &account).await;
    admin::told(file)
}

/// The page of an account's audit trail that `query`, the query of the page's own address, asks for.
#[server]
pub async fn load_account_activity(#[server(default)] query: String) -> Result<AdminActivity, AppError> {
    use crate::server_context::{self as context, admin};
    let activity = admin::activity(&context::backend(), &context::context()?, &context::site(), &query).await;
    admin::told(activity)
}

/// Where gateways find this installation.
#[server]
pub async fn load_gateways() -> Result<GatewaysView, AppError> {
    use crate::server_context::{self as context, admin};
    admin::told(admin::gateways(&context::context()?, &context::site()))
}

/// Rolls an account's keys for its owner. It answers no private key. `expire_old` and `custom_utc` are as in
/// `roll_keys`.
#[server]
pub async fn roll_for(
    account: AccountId,
    pair: PairId,
    submission: SubmissionId,
    #[server(default)] reason: String,
    #[server(default)] message: String,
    #[server(default)] expire_old: String,
    #[server(default)] custom_utc: String,
    #[server(default)] password: Password,
) -> Result<(), AppError> {
    use crate::server_context::{self as context, admin, developers};
    let expiry = developers::Expiry { expire_old, custom_utc };
    let asked = admin::RollAsked { account, pair, submission, reason, message, expiry, password };
    admin::roll(&context::backend(), admin::admin()?, asked).await
}

/// Ends an account's expiring pair at once.
#[server]
pub async fn expire_for(
    account: AccountId,
    pair: PairId,
    #[server(default)] password: Password,
) -> Result<(), AppError> {
    use crate::server_context::{self as context, admin};
    admin::expire(&context::backend(), admin::admin()?, &account, &pair, &password).await
}

/// Disables an account, or enables it again.
#[server]
pub async fn set_account_disabled(
    account: AccountId,
    disabled: bool,
    #[server(default)] reason: String,
    #[server(default)] password: Password,
) -> Result<(), AppError> {
    use crate::server_context::{self as context, admin};
    admin::set_disabled(&context::backend(), admin::admin()?, &account, disabled, &reason, &password).await
}

/// Ends all sessions of a member of an account.
#[server]
pub async fn end_sessions_for(
    account: AccountId,
    person: UserId,
    #[server(default)] password: Password,
) -> Result<(), AppError> {
    use crate::server_context::{self as context, admin};
    admin::end_sessions(&context::backend(), admin::admin()?, &account, &person, &password).await
}
