//! Uploads come from other sites: browsers send them, and let pages read the answers. Never with credentials: there are no
//! cookies here, and a private key has no business in a browser.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

const EXPOSED: HeaderValue = HeaderValue::from_static("x-request-id, x-ik-requestId");

/// What libraries for uploading send besides. Never an asterisk: it should let every header in but `Authorization` (Fetch,
/// section 4.9), and Chromium lets that in, too, so that a page could upload with a private key.
const LET_IN: HeaderValue = HeaderValue::from_static("accept, cache-control, content-type, x-requested-with");

/// Says to browsers, on every answer, errors among them, that any page may read it.
pub(crate) fn allow(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// May a page upload?
///
/// What a browser asks before it sends an upload whose progress a page wants to see, or one with headers of the page's own.
#[utoipa::path(
    options,
    path = "/api/v1/files/upload",
    operation_id = "mayUpload",
    responses((status = 204, description = "It may, from any site, without credentials.")),
)]
pub(crate) async fn preflight() -> Response {
    let headers = HeaderMap::from_iter([
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, LET_IN),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200")),
    ]);
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// May a page upload by the second version?
#[utoipa::path(
    options,
    path = "/api/v2/files/upload",
    operation_id = "mayUploadV2",
    responses((status = 204, description = "It may, from any site, without credentials.")),
)]
pub(crate) async fn preflight_v2() -> Response {
    preflight().await
}
