//! A request that panics is answered like any other fault; the process goes on.

use crate::problem::Problem;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use tower_http::catch_panic::CatchPanicLayer;

type Handler = fn(Box<dyn Any + Send>) -> Response;

pub(super) fn layer() -> CatchPanicLayer<Handler> {
    CatchPanicLayer::custom(answer as Handler)
}

/// The panic's text is not logged here (the standard hook has printed it with its place); it never leaves the process.
fn answer(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    Problem::Fault.into_response()
}
