//! Numbers for whoever watches this process: a second listener with one page, in the text that Prometheus reads.
//!
//! What requests do is counted in `counting`; how much there is of what, the backend says when it is asked
//! ([`backend::readings`]). Nothing of it is told for each key, account or address: with a million keys nobody could keep that,
//! and it would say who does how much. That is not what this is for; use is counted for the owners of the keys, elsewhere.

mod counting;
mod page;
mod process;

pub use counting::{Endpoint, Metrics, Proof};

use crate::accept::{self, Connections, Limits, Stopping};
use crate::router::Serving;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Where the page is, and the only thing there is at this listener.
pub const PATH: &str = "/metrics";

/// What `page` writes, and Prometheus has read since 2.5.
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// A few scrapers, and an operator who looks.
const CONNECTIONS: usize = 16;

/// Answers at this listener, for ever: ends only by being aborted. Clients are held to the same deadlines as at the other one.
pub async fn serve(listener: TcpListener, serving: Serving) {
    let limits = Limits { connections: CONNECTIONS, ..Limits::default() };
    // Kept, so that nobody asks to stop.
    let (_ask, asked) = mpsc::channel(1);
    accept::serve(listener, router(serving), limits, Stopping::default(), Connections::default(), asked).await;
}

/// What is answered there.
pub fn router(serving: Serving) -> Router {
    Router::new().route(PATH, get(show)).fallback(nothing).with_state(serving)
}

async fn show(State(serving): State<Serving>) -> Response {
    // Beside the requests: some of it is read from files of the operating system.
    let written = tokio::task::spawn_blocking(move || page::write(serving)).await;
    match written {
        Ok(Ok(page)) => {
            let headers = [
                (CONTENT_TYPE, OPEN_METRICS),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            ];
            (headers, page).into_response()
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}
