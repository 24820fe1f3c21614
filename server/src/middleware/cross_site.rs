//! No other site changes anything here, whoever's browser it borrows.
//!
//! Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`); `tower-http`'s layer refuses what they say is
//! from elsewhere. It lets requests without either pass, as programs send them; with a session cookie on it such a
//! request is no program's, so that is refused here. Both are around the kinds of route that look at cookies; the API does
//! not.

use crate::problem::Problem;
use crate::router::Serving;
use app::server_context::find_cookie;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, Method, header};
use tower_http::csrf::{CsrfLayer, ProtectionError};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

type Rejection = fn(ProtectionError) -> Response;

pub(super) fn layer(serving: &Serving) -> CsrfLayer<Rejection> {
    let layer = CsrfLayer::new();
    let trusting = layer.clone().add_trusted_origin(&serving.site.public_url);
    // An origin of ours that cannot be one is not trusted; then only requests to the very host they come from pass.
    trusting.unwrap_or(layer).with_rejection_response(reject as Rejection)
}

fn reject(_: ProtectionError) -> Response {
    Problem::CrossSite.into_response()
}

pub(super) async fn refuse_unmarked(State(serving): State<Serving>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    let with_session = find_cookie(headers, serving.site.cookies.session()).is_some();
    if !safe && with_session && !is_marked(headers) {
        return Problem::CrossSite.into_response();
    }
    next.run(request).await
}

/// An empty header says as little as none.
fn is_marked(headers: &HeaderMap) -> bool {
    [SEC_FETCH_SITE, header::ORIGIN].iter().any(|name| headers.get(name).is_some_and(|value| !value.is_empty()))
}
