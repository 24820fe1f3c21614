//! A page that leads elsewhere.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, StatusCode, header};

/// Leptos' own mark for its client, which is not who asked for a page.
const MARK: HeaderName = HeaderName::from_static("serverfnredirect");

/// Leptos makes a page's redirect a real one only for clients that ask for HTML by name; the others (curl, link
/// checkers) would get an empty page with status 200.
pub(super) async fn make_real(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::OK && response.headers().contains_key(header::LOCATION) {
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().remove(MARK);
    }
    response
}
