//! One line for every request.

use super::RequestId;
use crate::router::Serving;
use crate::routes::Kind;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use backend::usage::names_a_key;
use domain::Brand;
use http::StatusCode;
use std::time::Instant;
use tracing::Instrument as _;

/// Writes the line once the answer is there. Neither headers nor query string nor body are in it. Whatever is logged on
/// the way to the answer carries the request's id, too.
pub(super) async fn write(
    State(serving): State<Serving>,
    State(kind): State<Kind>,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    // At the highest level, so that it is there for whatever is logged.
    let span = tracing::error_span!("request", request_id = id);
    answer(serving, kind, request, next).instrument(span).await
}

async fn answer(serving: Serving, kind: Kind, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = short(request.method().as_str(), 20);
    let path = path_to_log(serving.brand(), request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    let went_well = status.is_success() || status == StatusCode::NOT_MODIFIED;
    let quiet = match kind {
        // An API answers thousands of requests a second; what went well is not news.
        Kind::Api | Kind::Upload | Kind::Gateway | Kind::Asset => went_well,
        // Bad news is told by `health`, once.
        Kind::Health => true,
        Kind::Page | Kind::Function | Kind::ListFunction => false,
    };
    let took = began.elapsed();
    serving.metrics.answered(kind, status, took);
    let (status, ms) = (status.as_u16(), took.as_millis());
    if quiet {
        tracing::debug!(method, path, status, ms, "answered");
    } else {
        tracing::info!(method, path, status, ms, "answered");
    }
    response
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The path, or a stand-in when somebody put a key into it, however it was encoded.
pub fn path_to_log(brand: &Brand, path: &str) -> String {
    if names_a_key(brand, path) {
        return "(a path with a key in it)".to_owned();
    }
    short(path, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_path_is_not_logged_however_it_is_encoded() {
        for path in [
            "/v1/private_abc",
            "/v1/%70rivate_abc",
            "/v1/%2570rivate%255Fabc",
            "/x;private_abc/y",
            "/installation%5Fabc",
        ] {
            assert_eq!(path_to_log(&Brand::none(), path), "(a path with a key in it)", "{path}");
        }
        assert_eq!(path_to_log(&Brand::none(), "/dashboard/developers"), "/dashboard/developers");
    }
}
