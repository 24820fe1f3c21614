//! Public endpoints, all of them: a caller, one use case, an answer.
#![expect(missing_docs, reason = "the macro makes a struct of each function's arguments, which are documented there")]

use super::wire::SignInTab;
use crate::error::AppError;
use domain::{Password, SessionId};
use leptos::prelude::*;

/// Everything the page shows. No secret: its value is written into the page.
#[server]
pub async fn load_sessions() -> Result<SignInTab, AppError> {
    use crate::server_context as context;
    let tab = context::sessions::tab(&context::backend(), &context::context()?, &context::site()).await;
    context::or_sign_in(tab.map_err(AppError::from))
}

/// Ends one of the person's own sessions. The one the request comes with is signed out.
#[server]
pub async fn end_session(session: SessionId, #[server(default)] password: Password) -> Result<(), AppError> {
    use crate::server_context as context;
    let ended = context::backend().end_session(&context::context()?, &session, Some(&password)).await;
    context::sessions::ended(ended, &session)
}

/// Ends all of the person's sessions but the one the request comes with.
#[server]
pub async fn end_other_sessions(#[server(default)] password: Password) -> Result<(), AppError> {
    use crate::server_context as context;
    let ended = context::backend().end_other_sessions(&context::context()?, Some(&password)).await;
    context::sessions::others_ended(ended)
}

/// Changes the address the person signs in with.
#[server]
pub async fn change_email(email: String, password: Password) -> Result<(), AppError> {
    use crate::server_context as context;
    let changed = context::backend().change_email(&context::context()?, password, &email).await;
    context::sessions::email_changed(changed, &email)
}

/// Changes the person's password.
#[server]
pub async fn change_password(current_password: Password, new_password: Password) -> Result<(), AppError> {
    use crate::server_context as context;
    let changed = context::backend().change_password(&context::context()?, current_password, new_password).await;
    context::sessions::password_changed(changed)
}
