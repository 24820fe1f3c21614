//! `/v1/auth`: may this request pass? What a gateway asks before it lets a request through to the company's own API.
//!
//! nginx (`auth_request`), Traefik (`ForwardAuth`), Caddy (`forward_auth`) and Envoy (`ext_authz`, over HTTP) all ask in the same
//! way: they send the headers of the request they hold, with a method and a path of their own choice, without its body, and
//! let it pass on 200. docs/GATEWAYS.md writes down what each of them sends.

use super::authentication::{announce_end, authenticate};
use crate::metrics::Endpoint;
use crate::middleware::fill_in;
use crate::problem::Problem;
use crate::router::Serving;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use backend::authenticate::Authenticated;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::sync::Arc;

const ACCOUNT: HeaderName = HeaderName::from_static("x-latchkey-account");
const EXTERNAL_ID: HeaderName = HeaderName::from_static("x-latchkey-external-id");
const PAIR: HeaderName = HeaderName::from_static("x-latchkey-pair");
const PAIR_STATUS: HeaderName = HeaderName::from_static("x-latchkey-pair-status");
const EMPTY: HeaderValue = HeaderValue::from_static("");

/// What is not written as it is: a space (gateways trim values, and some fold several), and `%`, so that decoding answers what
/// was encoded. Everything beyond ASCII is encoded anyway.
const NOT_AS_IT_IS: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// May this request pass?
///
/// For gateways, which send the headers of the request they hold. Any method; no body is read.
#[utoipa::path(
    method(get, put, post, delete, options, head, patch, trace),
    path = "/v1/auth",
    operation_id = "mayPass",
    security(("privateKey" = []), ("privateKeyBearer" = [])),
    responses((status = 200, description = "It may. Whose it is stands in headers.", headers(
            ("X-Latchkey-Account" = String, description = "The account's id."),
            ("X-Latchkey-External-Id" = String, description = "The company's own customer id, percent-encoded; empty without one."),
            ("X-Latchkey-Pair" = String, description = "The pair's id."),
            ("X-Latchkey-Pair-Status" = String, description = "`active` or `expiring`; of an expiring one there are `Deprecation`, `Sunset` and `Link`, too."),
        ))),
)]
pub(crate) async fn show(serving: Serving, request: Request, begun: Arc<HeaderMap>) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let caller = authenticate(&serving, &parts, Endpoint::Auth).await?;
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = HeaderMap::clone(&begun);
    announce_end(&caller, &serving.site.public_url, response.headers_mut());
    describe(caller, response.headers_mut());
    Ok(response)
}

/// What the headers of every answer that lets a request pass begin with: all four, still empty.
pub(crate) fn begin(headers: &mut HeaderMap) {
    headers.extend([ACCOUNT, EXTERNAL_ID, PAIR, PAIR_STATUS].map(|name| (name, EMPTY)));
}

/// All four, always: an account without an external id has an empty one. Gateways overwrite the headers that are in the answer;
/// one that is not there would leave what the client invented (CVE-2026-30851 is that, in Caddy).
fn describe(caller: Authenticated, headers: &mut HeaderMap) {
    let external_id = caller.external_id.map(|id| utf8_percent_encode(&id, NOT_AS_IT_IS).to_string());
    // Ids are ASCII, and so is what is encoded.
    let value = |text: String| HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(EMPTY);
    fill_in(
        headers,
        [
            (&ACCOUNT, value(caller.account_id.into())),
            (&EXTERNAL_ID, value(external_id.unwrap_or_default())),
            (&PAIR, value(caller.pair_id.into())),
            (&PAIR_STATUS, HeaderValue::from_static(caller.state.as_str())),
        ],
    );
}
