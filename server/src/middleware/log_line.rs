//! One line for every request.

use super::RequestId;
use crate::router::Serving;
use crate::routes::Kind;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::Brand;
use percent_encoding::percent_decode_str;
use std::time::Instant;

/// Writes the line once the answer is there. Neither headers nor query string nor body are in it.
pub(super) async fn write(
    State(serving): State<Serving>,
    State(kind): State<Kind>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let path = path_to_log(serving.brand(), request.uri().path());
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let ms = began.elapsed().as_millis();
    // An API answers thousands of requests a second; what went well is not news.
    let quiet = matches!(kind, Kind::Api | Kind::Asset);
    if quiet && response.status().is_success() {
        tracing::debug!(%method, path, status, ms, request_id = id, "answered");
    } else {
        tracing::info!(%method, path, status, ms, request_id = id, "answered");
    }
    response
}

/// The path, or a stand-in when somebody put a key into it, however it was encoded.
pub fn path_to_log(brand: &Brand, path: &str) -> String {
    let mut decoded = path.to_owned();
    for _ in 0..3 {
        if decoded.contains(&brand.private_prefix()) {
            return "(a path with a private key in it)".to_owned();
        }
        decoded = percent_decode_str(&decoded).decode_utf8_lossy().into_owned();
    }
    path.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_path_is_not_logged_however_it_is_encoded() {
        for path in ["/v1/private_abc", "/v1/%70rivate_abc", "/v1/%2570rivate%255Fabc", "/x;private_abc/y"] {
            assert_eq!(path_to_log(&Brand::none(), path), "(a path with a private key in it)", "{path}");
        }
        assert_eq!(path_to_log(&Brand::none(), "/dashboard/developers"), "/dashboard/developers");
    }
}
