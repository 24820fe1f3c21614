//! Where a form without WASM leads back to.

use crate::router::Serving;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Uri, header};

/// `server_fn` sends such forms back to their `Referer`, whatever that is: one that is not ours would make us the first
/// half of somebody's deceptive link (ASVS 5.0, 1.2.2 and 3.7.2), so it is removed.
pub(super) async fn drop_foreign(State(serving): State<Serving>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let mut all = headers.get_all(header::REFERER).iter();
    let ours = match (all.next(), all.next()) {
        (Some(referer), None) => is_ours(referer, headers, &serving.site.public_url),
        _ => false,
    };
    if !ours {
        request.headers_mut().remove(header::REFERER);
    }
    next.run(request).await
}

fn is_ours(referer: &HeaderValue, headers: &HeaderMap, public_url: &str) -> bool {
    let Some(uri) = referer.to_str().ok().and_then(|text| text.parse::<Uri>().ok()) else {
        return false;
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let named = matches!(scheme, "http" | "https") && host.is_some_and(|host| authority.as_str() == host);
    named || format!("{scheme}://{authority}") == public_url
}
