//! A public endpoint: a caller, one use case, an answer.
#![expect(missing_docs, reason = "the macro makes a struct of each function's arguments, which are documented there")]

use super::wire::ActivityView;
use crate::error::AppError;
use leptos::prelude::*;

/// The page of the activity that `query`, the query of the page's own address, asks for.
#[server]
pub async fn load_activity(#[server(default)] query: String) -> Result<ActivityView, AppError> {
    use crate::server_context as context;
    let view = context::activity::view(&context::backend(), &context::context()?, &context::site(), &query).await;
    context::activity::with_status(context::or_sign_in(view.map_err(AppError::from)))
}
