//! Public endpoints, all of them: a caller, one use case, an answer.
#![expect(missing_docs, reason = "the macro makes a struct of each function's arguments, which are documented there")]

use super::beside::DevelopersPageView;
use super::usage::CallersView;
use super::wire::{DevelopersTab, PairView, RevealedKey, RolledPair};
use crate::error::AppError;
use domain::{AccountId, PairId, Password, SubmissionId};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

/// Everything the tab shows. No secret: its value is written into the page.
#[server]
pub async fn load_developers_tab() -> Result<DevelopersTab, AppError> {
    use crate::server_context as context;
    let tab = context::developers::tab(&context::backend(), &context::context()?, &context::site()).await;
    context::or_sign_in(tab.map_err(AppError::from))
}

/// The whole page: the tab, and what stands beside it. No secret.
#[server]
pub async fn load_developers_page() -> Result<DevelopersPageView, AppError> {
    use crate::server_context as context;
    let view = context::developers::page(&context::backend(), &context::context()?, &context::site()).await;
    context::or_sign_in(view.map_err(AppError::from))
}

/// Who uses the pair that `pair` names. No secret: its value is not written into the page, and addresses are for whoever may
/// read the activity.
#[server]
pub async fn load_callers(
    #[server(default)] pair: String,
    #[server(default)] page: String,
) -> Result<CallersView, AppError> {
    use crate::server_context as context;
    let callers =
        context::usage::callers(&context::backend(), &context::context()?, &context::site(), &pair, &page).await;
    context::usage::about_callers(context::or_sign_in(callers.map_err(AppError::from)))
}

/// A private key, for somebody who has just proved who they are. JSON, so that no plain form can ask for it.
#[server(input = Json)]
pub async fn reveal_key(pair: PairId, password: Option<Password>) -> Result<RevealedKey, AppError> {
    use crate::server_context as context;
    let caller = context::context()?;
    let account = caller.person()?.seat()?.account_id.clone();
    let issued = context::backend().reveal(&caller, &account, Some(&pair), password.as_ref()).await?;
    Ok(RevealedKey::new(issued.private_key.expose().to_owned()))
}

/// Rolls a pair. `expire_old` is a preset or an RFC 3339 instant; `custom` with `custom_utc`, a date and time in UTC, is
/// what the plain form sends.
#[server]
pub async fn roll_keys(
    pair: PairId,
    submission: SubmissionId,
    #[server(default)] expire_old: String,
    #[server(default)] custom_utc: String,
    #[server(default)] password: Password,
) -> Result<RolledPair, AppError> {
    use crate::server_context as context;
    let caller = context::context()?;
    let expiry = context::developers::Expiry { expire_old, custom_utc };
    let asked = context::developers::Asked { pair, submission, expiry, password };
    let form = asked.form_again();
    let rolled = context::developers::roll(&context::backend(), &caller, asked).await;
    context::answer_form::<RollKeys, _>(rolled, &form, |rolled| rolled.private_key = None)
}

/// Ends an expiring pair at once.
#[server]
pub async fn expire_now(pair: PairId, #[server(default)] password: Password) -> Result<PairView, AppError> {
    use crate::server_context as context;
    let caller = context::context()?;
    let form = crate::paths::expire(&pair);
    let expired = context::developers::expire(&context::backend(), &caller, &pair, &password).await;
    context::answer_form::<ExpireNow, _>(expired, &form, |_| ())
}

/// Adds an origin, as it was typed, to those whose pages may upload. The account is named because the person may have gone to
/// another one since, in another tab.
#[server]
pub async fn add_origin(account: AccountId, #[server(default)] origin: String) -> Result<(), AppError> {
    use crate::server_context as context;
    let caller = context::context()?;
    let added = context::backend().add_upload_origin(&caller, &account, &origin).await;
    context::developers::origin_added(added, &origin)
}

/// Removes an origin from those whose pages may upload. `emptying` is `meant` if the form has said that it is the last one.
#[server]
pub async fn remove_origin(
    account: AccountId,
    origin: String,
    #[server(default)] emptying: String,
) -> Result<(), AppError> {
    use crate::server_context as context;
    let caller = context::context()?;
    let emptying = context::developers::emptying(&emptying);
    let removed = context::backend().remove_upload_origin(&caller, &account, &origin, emptying).await;
    context::developers::origin_removed(removed, &origin)
}
