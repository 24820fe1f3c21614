//! The HTTP API for programs. It knows keys and never looks at a cookie.

mod account;
mod credentials;

use crate::router::Serving;
use axum::Router;
use axum::routing::get;

/// The API's routes.
pub fn routes() -> Router<Serving> {
    Router::new().route("/v1/account", get(account::show))
}
