//! For whoever watches the process: does it run, and can it work?

use crate::problem::Problem;
use crate::router::Serving;
use axum::extract::State;

/// Whether the process runs.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Whether it can do what it is there for.
pub(crate) async fn ready(State(serving): State<Serving>) -> Result<&'static str, Problem> {
    match serving.backend.ping().await {
        Ok(()) => Ok("ok\n"),
        Err(error) => {
            tracing::warn!(error = crate::opening::chain(&error), "not ready");
            Err(Problem::Unavailable)
        }
    }
}
