//! `/v1/auth`: may this request pass? What a gateway asks before it lets a request through to the company's own API.
//!
//! nginx (`auth_request`), Traefik (`ForwardAuth`), Caddy (`forward_auth`) and Envoy (`ext_authz`, over HTTP) all ask in the same
//! way: they send the headers of the request they hold, with a method and a path of their own choice, without its body, and
//! let it pass on 200. docs/GATEWAYS.md writes down what each of them sends.

use super::authentication::{announce_end, authenticate};
use crate::metrics::Endpoint;
use crate::problem::Problem;
use crate::router::Serving;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use backend::authenticate::Authenticated;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

const ACCOUNT: HeaderName = HeaderName::from_static("x-latchkey-account");
const EXTERNAL_ID: HeaderName = HeaderName::from_static("x-latchkey-external-id");
const PAIR: HeaderName = HeaderName::from_static("x-latchkey-pair");
const PAIR_STATUS: HeaderName = HeaderName::from_static("x-latchkey-pair-status");

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
pub(crate) async fn show(State(serving): State<Serving>, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let caller = authenticate(&serving, &parts, Endpoint::Auth).await?;
    let mut response = StatusCode::OK.into_response();
    describe(&caller, response.headers_mut());
    announce_end(&caller, &serving.site.public_url, response.headers_mut());
    Ok(response)
}

/// All four, always: an account without an external id has an empty one. Gateways overwrite the headers that are in the answer;
/// one that is not there would leave what the client invented (CVE-2026-30851 is that, in Caddy).
fn describe(caller: &Authenticated, headers: &mut HeaderMap) {
    let external_id = caller.external_id.as_deref().unwrap_or_default();
    let external_id = utf8_percent_encode(external_id, NOT_AS_IT_IS).to_string();
    for (name, value) in [
        (ACCOUNT, caller.account_id.as_str()),
        (EXTERNAL_ID, &external_id),
        (PAIR, caller.pair_id.as_str()),
        (PAIR_STATUS, caller.state.as_str()),
    ] {
        // Ids and states are ASCII, and so is what is encoded.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
}
