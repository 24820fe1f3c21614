//! A name for every request.

use crate::router::Serving;
use crate::routes::Kind;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use backend::OsEntropy;
use domain::EventId;
use http::{HeaderName, HeaderValue};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What ImageKit's clients know it by.
const X_IK_REQUEST_ID: HeaderName = HeaderName::from_static("x-ik-requestid");

/// The request's name in logs, answers and audit records.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl RequestId {
    /// A new one: `req_` and what our ids are made of, so that they sort by time.
    pub fn mint(now: domain::Timestamp) -> Self {
        let id = EventId::mint(now, &OsEntropy);
        let body = id.as_str().trim_start_matches(EventId::PREFIX).trim_start_matches('_');
        Self(format!("req_{body}"))
    }
}

/// Names the request. What a client calls it is ignored: a name somebody else chose could repeat one of ours, or forge
/// a line of the log.
pub(super) async fn mint(
    State(serving): State<Serving>,
    State(kind): State<Kind>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::mint(serving.backend.now());
    let header = HeaderValue::from_str(&id.0);
    request.extensions_mut().insert(id);
    let mut response = next.run(request).await;
    if let Ok(header) = header {
        if matches!(kind, Kind::Api | Kind::Upload | Kind::Gateway) {
            response.headers_mut().insert(X_IK_REQUEST_ID, header.clone());
        }
        response.headers_mut().insert(X_REQUEST_ID, header);
    }
    response
}
