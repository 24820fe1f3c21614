//! How large a request may be, and how long it may take to arrive.

use crate::accept::Guest;
use crate::problem::Problem;
use crate::routes::Kind;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use backend::RequestContext;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;
use std::sync::Arc;
use std::time::Duration;

/// For pages and server functions: the largest forms are a message of 1,000 characters with a reason and a password, and
/// the selection of a page of accounts.
const MOST_OF_A_FORM: usize = 16 * 1024;
/// For the API.
const MOST_OF_A_CALL: usize = 64 * 1024;
/// For an admin's list: 10,000 lines, each as long as an external id may be.
const MOST_OF_A_LIST: usize = 2 * 1024 * 1024;
/// As long as that takes at half a megabit a second.
const DEADLINE_OF_A_LIST: Duration = Duration::from_secs(35);
/// From the end of the headers to the end of the body. With the deadline for headers it makes less than 15 seconds.
const DEADLINE: Duration = Duration::from_secs(5);

/// Reads the whole body before anybody else sees the request: it is small, and afterwards nobody waits for a slow sender
/// while holding something.
///
/// Not around uploads: those are read while they arrive, and bounded, by `api::uploads`.
pub(super) async fn bound(State(kind): State<Kind>, request: Request, next: Next) -> Response {
    let most = if kind == Kind::Api { MOST_OF_A_CALL } else { MOST_OF_A_FORM };
    read(most, DEADLINE, request, next).await
}

/// The same where an admin may send a long list. Whoever is none may send no more than elsewhere, so that strangers cannot
/// fill the memory with lists.
pub(super) async fn bound_list(request: Request, next: Next) -> Response {
    let context = request.extensions().get::<RequestContext>();
    let admin = context.is_some_and(|context| context.as_admin().is_ok());
    let (most, deadline) = if admin { (MOST_OF_A_LIST, DEADLINE_OF_A_LIST) } else { (MOST_OF_A_FORM, DEADLINE) };
    read(most, deadline, request, next).await
}

/// For what gateways ask: some leave the length of a body in the headers that they do not send.
pub(super) async fn leave_unread(request: Request, next: Next) -> Response {
    if let Some(guest) = request.extensions().get::<Arc<Guest>>() {
        guest.is_served();
    }
    next.run(request).await
}

async fn read(most: usize, deadline: Duration, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    if request.body().size_hint().lower() > most as u64 {
        return Problem::BodyTooLarge.into_response();
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(deadline, Limited::new(body, most).collect()).await {
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
