//! What a form that was sent without WASM came back with.

use crate::error::AppError;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::error::ServerFnUrlError;

/// The error in the URL, if it belongs to the server function at `path`.
///
/// Anybody can write such a URL. What is not one of our codes is nothing; [`AppError::Unreachable`], which is what an
/// unreadable one decodes to, is never sent this way.
pub fn use_form_error(path: &'static str) -> Option<AppError> {
    let error = use_context::<ServerActionError>().filter(|error| error.path() == path)?;
    match ServerFnUrlError::<AppError>::decode_err(error.err()) {
        AppError::Unreachable => None,
        known => Some(known),
    }
}
