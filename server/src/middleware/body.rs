//! How large a request may be, and how long it may take to arrive.

use crate::accept::Guest;
use crate::problem::Problem;
use crate::routes::Kind;
use axum::body::Body;
use axum::extract::Request;
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

/// Whether nothing of the request has to be waited for before it is answered.
///
/// Uploads are read while they arrive, and bounded, by `api::uploads`; lists once it is known who sends them. Some gateways
/// leave the length of a body in the headers, and do not send the body: nobody waits for that, and their connection is told so.
pub(super) fn is_here(kind: Kind, request: &Request) -> bool {
    match kind {
        Kind::Upload | Kind::ListFunction => true,
        Kind::Gateway => {
            if let Some(guest) = request.extensions().get::<Arc<Guest>>() {
                guest.is_served();
            }
            true
        }
        Kind::Api | Kind::Page | Kind::Function | Kind::Health | Kind::Asset => request.body().is_end_stream(),
    }
}

/// The request with its whole body, which is small: afterwards nobody waits for a slow sender while holding something.
pub(super) async fn take(kind: Kind, request: Request) -> Result<Request, Problem> {
    let most = if kind == Kind::Api { MOST_OF_A_CALL } else { MOST_OF_A_FORM };
    read(most, DEADLINE, request).await
}

/// For what an admin may send a long list to. Whoever is none may send no more than elsewhere, so that strangers cannot
/// fill the memory with lists.
pub(super) async fn bound_list(request: Request, next: Next) -> Response {
    let context = request.extensions().get::<RequestContext>();
    let admin = context.is_some_and(|context| context.as_admin().is_ok());
    let (most, deadline) = if admin { (MOST_OF_A_LIST, DEADLINE_OF_A_LIST) } else { (MOST_OF_A_FORM, DEADLINE) };
    match read(most, deadline, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn read(most: usize, deadline: Duration, request: Request) -> Result<Request, Problem> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    if request.body().size_hint().lower() > most as u64 {
        return Err(Problem::BodyTooLarge);
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(deadline, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => {
            if let Some(guest) = parts.extensions.get::<Arc<Guest>>() {
                guest.is_served();
            }
            Ok(Request::from_parts(parts, Body::from(body.to_bytes())))
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::BodyTooLarge),
        Ok(Err(_)) => Err(Problem::BodyBroken),
        Err(_) => Err(Problem::BodyTooSlow),
    }
}
