//! Public endpoints, all of them: a caller, one use case, an answer.
#![expect(missing_docs, reason = "the macro makes a struct of each function's arguments, which are documented there")]

use super::wire::Entrance;
use crate::error::AppError;
use domain::Password;
use leptos::prelude::*;

/// What the entrance pages show. Somebody who is signed in is sent on.
#[server]
pub async fn load_entrance() -> Result<Entrance, AppError> {
    use crate::server_context as context;
    let site = context::site();
    context::leave_entrance_if_signed_in();
    Ok(Entrance {
        product_name: site.product_name.clone(),
        way_in: context::way_in().await?,
        said: context::take_said(crate::features::sessions::Said::parse),
        insecure: site.insecure,
        typed: context::typed(),
    })
}

/// Opens a session and leads to the developers tab.
#[server]
pub async fn sign_in(email: String, password: Password) -> Result<(), AppError> {
    use crate::server_context as context;
    let opened = context::backend().sign_in(&context::context()?, &email, password).await;
    context::enter(opened, &email, "")
}

/// Makes a person, an account and its first pair, and leads to the developers tab. `invited` uses the invitation up that
/// this browser has opened.
#[server]
pub async fn sign_up(
    #[server(default)] email: String,
    #[server(default)] name: String,
    password: Password,
    #[server(default)] invited: bool,
) -> Result<(), AppError> {
    use crate::server_context as context;
    let new = backend::accounts::NewAccount {
        email: email.clone(),
        name: name.clone(),
        external_id: None,
        password: Some(password),
    };
    let caller = context::context()?;
    let opened = if invited {
        let invitation = context::invitation().unwrap_or_default();
        context::backend().sign_up_invited(&caller, &invitation, new).await
    } else {
        context::backend().sign_up(&caller, new).await
    };
    context::enter(opened, &email, &name)
}

/// Opens an invitation, and leads to the sign-up page.
#[server]
pub async fn open_invitation(link: String) -> Result<(), AppError> {
    use crate::server_context as context;
    let opened = context::backend().open_invitation(&context::context()?, link.trim()).await;
    context::invitation_opened(opened, link.trim())
}

/// Ends the session and leads to the sign-in page.
#[server]
pub async fn sign_out() -> Result<(), AppError> {
    use crate::server_context as context;
    let ended = context::backend().sign_out(&context::context()?).await;
    context::leave(ended)
}

/// Sets the password of whoever holds the one-time link, and leads to the sign-in page.
#[server]
pub async fn set_password(link: String, password: Password) -> Result<(), AppError> {
    use crate::server_context as context;
    let set = context::backend().set_password(&context::context()?, link.trim(), password).await;
    context::password_set::<SetPassword>(set, link.trim())
}
