//! Public endpoints, all of them: a caller, one use case, an answer.
#![expect(missing_docs, reason = "the macro makes a struct of each function's arguments, which are documented there")]

use super::wire::{JoinView, MembersView, OwnAccountsView};
use crate::error::AppError;
use domain::{AccountId, InvitationId, Password, UserId};
use leptos::prelude::*;

/// The members of the account the person acts in. The link of an invitation is in it once, for whoever has just made it.
#[server]
pub async fn load_members() -> Result<MembersView, AppError> {
    use crate::server_context as context;
    let view = context::members::view(&context::backend(), &context::context()?, &context::site()).await;
    context::or_sign_in(view.map_err(AppError::from))
}

/// Invites somebody into the account, and leads to the page that shows the link, once.
#[server]
pub async fn invite_member(
    account: AccountId,
    #[server(default)] email: String,
    #[server(default)] role: String,
    #[server(default)] password: Password,
) -> Result<(), AppError> {
    use crate::server_context as context;
    let asked = context::members::Invited { account, email, role, password };
    context::members::invite(&context::backend(), &context::context()?, asked).await
}

/// Ends an invitation into the account before it is used.
#[server]
pub async fn revoke_member_invitation(account: AccountId, invitation: InvitationId) -> Result<(), AppError> {
    use crate::server_context as context;
    let revoked = context::backend().revoke_invitation_into(&context::context()?, &account, &invitation).await;
    context::members::invitation_revoked(revoked)
}

/// Changes what a member is in the account.
#[server]
pub async fn change_role(
    account: AccountId,
    person: UserId,
    #[server(default)] role: String,
    #[server(default)] password: Password,
) -> Result<(), AppError> {
    use crate::server_context as context;
    let form = crate::paths::member_role(&person);
    let change = context::members::change(account, person, &role, password);
    let changed = match change {
        Ok(change) => context::backend().change_role(&context::context()?, change).await,
        Err(error) => Err(error),
    };
    context::members::role_changed(changed, &form)
}

/// Takes a member out of the account; the person themselves leaves.
#[server]
pub async fn remove_member(
    account: AccountId,
    person: UserId,
    #[server(default)] password: Password,
) -> Result<(), AppError> {
    use crate::server_context as context;
    let caller = context::context()?;
    let removed = context::backend().remove_member(&caller, &account, &person, Some(&password)).await;
    context::members::removed(removed, &caller, &person)
}

/// What the invitation offers that this browser has opened.
#[server]
pub async fn load_join() -> Result<JoinView, AppError> {
    use crate::server_context as context;
    Ok(context::members::offer(&context::backend(), &context::context()?, &context::site()).await?)
}

/// Makes the signed-in person a member by the invitation that this browser has opened.
#[server]
pub async fn join_account() -> Result<(), AppError> {
    use crate::server_context as context;
    let invitation = context::joining().unwrap_or_default();
    let joined = context::backend().join(&context::context()?, &invitation).await;
    context::members::joined(joined)
}

/// Makes a person of whoever has opened the invitation in this browser, in that account, and signs them in.
#[server]
pub async fn join_new(password: Password) -> Result<(), AppError> {
    use crate::server_context as context;
    let invitation = context::joining().unwrap_or_default();
    let opened = context::backend().join_new(&context::context()?, &invitation, password).await;
    context::joined_new(opened)
}

/// The accounts the person is in.
#[server]
pub async fn load_own_accounts() -> Result<OwnAccountsView, AppError> {
    use crate::server_context as context;
    let view = context::members::own_accounts(&context::backend(), &context::context()?, &context::site()).await;
    context::or_sign_in(view.map_err(AppError::from))
}

/// Has the session act in another account of the person's, and leads to its keys.
#[server]
pub async fn switch_account(account: AccountId) -> Result<(), AppError> {
    use crate::server_context as context;
    let switched = context::backend().switch_account(&context::context()?, &account).await;
    context::members::switched(switched)
}
