//! How large a request may be, and how long it may take to arrive.

use crate::accept::Guest;
use crate::problem::Problem;
use crate::routes::Kind;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;
use std::sync::Arc;
use std::time::Duration;

/// For pages and server functions: the largest form is a reason of 500 characters and a password.
const MOST_OF_A_FORM: usize = 16 * 1024;
/// For the API.
const MOST_OF_A_CALL: usize = 64 * 1024;
/// From the end of the headers to the end of the body. With the deadline for headers it makes less than 15 seconds.
const DEADLINE: Duration = Duration::from_secs(5);

/// Reads the whole body before anybody else sees the request: it is small, and afterwards nobody waits for a slow sender
/// while holding something.
pub(super) async fn bound(State(kind): State<Kind>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let most = if kind == Kind::Api { MOST_OF_A_CALL } else { MOST_OF_A_FORM };
    if request.body().size_hint().lower() > most as u64 {
        return Problem::BodyTooLarge.into_response();
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(DEADLINE, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => {
            if let Some(guest) = parts.extensions.get::<Arc<Guest>>() {
                guest.is_served();
            }
            next.run(Request::from_parts(parts, Body::from(body.to_bytes()))).await
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => Problem::BodyTooLarge.into_response(),
        Ok(Err(_)) => Problem::BodyBroken.into_response(),
        Err(_) => Problem::BodyTooSlow.into_response(),
    }
}
