//! A request that panics is answered like any other fault; the process goes on.

use crate::problem::Problem;
use axum::response::{IntoResponse, Response};
use std::any::Any;

/// The panic has been logged with its place (see [`crate::logging`]); its text never leaves the process.
pub(super) fn answer(_: Box<dyn Any + Send>) -> Response {
    Problem::Fault.into_response()
}
