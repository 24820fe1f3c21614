//! The status of a server function's answer.

use app::error::AppError;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Refusal;
use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};

/// An error is a bare code; nothing longer is one.
const MOST: usize = 256;

/// `server_fn` answers 500 for every error; programs, proxies and logs are told what it was. Redirects of forms without
/// WASM carry their error in the URL and stay as they are.
pub(super) async fn set_status(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status().is_redirection() {
        return without_body(response);
    }
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = Limited::new(body, MOST).collect().await else {
        return crate::problem::Problem::Fault.into_response();
    };
    let bytes = body.to_bytes();
    if let Ok(error) = serde_json::from_slice::<AppError>(&bytes) {
        parts.status = StatusCode::from_u16(error.status()).unwrap_or(parts.status);
        parts
            .headers
            .extend(retry_after(error).map(|seconds| (header::RETRY_AFTER, HeaderValue::from_static(seconds))));
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// `server_fn` sends the answer of a call along with the redirect that a browser gets for it. Nobody reads it there, and
/// what a private key was asked for with would have it in an answer that is no reveal.
fn without_body(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

fn retry_after(error: AppError) -> Option<&'static str> {
    match error {
        AppError::Refused(Refusal::TooManyAttempts) => Some("900"),
        AppError::Refused(Refusal::Busy) | AppError::Unavailable => Some("5"),
        // As long as it may take somebody to make room.
        AppError::StorageFull | AppError::StorageUnwritable => Some("60"),
        AppError::Refused(_) | AppError::Fault | AppError::Unreachable => None,
    }
}
