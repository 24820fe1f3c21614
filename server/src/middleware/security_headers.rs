//! The headers that tell a browser what our answers may do, and the nonce for the few scripts inside a page.

use super::request_id;
use crate::routes::Kind;
use app::server_context::Cookies;
use axum::extract::Request;
use backend::OsEntropy;
use data_encoding::BASE64URL_NOPAD;
use domain::Entropy as _;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use leptos::nonce::Nonce;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Everything our pages use, and nothing else. `clipboard-write` is what the copy buttons need.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "clipboard-write=(self), clipboard-read=(), accelerometer=(), camera=(), display-capture=(), geolocation=(), \
     gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()",
);

/// For answers that are read by programs: shown by a browser, they can do nothing at all.
const FOR_PROGRAMS: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The content security policy of an answer that a person reads. It has a nonce, which the request carries to whoever draws it.
pub(super) fn policy(kind: Kind, request: &mut Request) -> Option<HeaderValue> {
    match kind {
        Kind::Api | Kind::Upload | Kind::Gateway | Kind::Health => None,
        Kind::Page | Kind::Function | Kind::ListFunction | Kind::Asset => {
            let nonce = mint_nonce();
            let policy = HeaderValue::from_str(&content_security_policy(&nonce));
            request.extensions_mut().insert(Nonce::from_value(nonce));
            policy.ok()
        }
    }
}

fn mint_nonce() -> String {
    let mut bytes = [0_u8; 16];
    OsEntropy.fill(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

/// The headers that every answer of this kind has, those with the request's name still empty. Made once: making them takes as long
/// as checking a key does.
pub(super) fn of(kind: Kind, cookies: Cookies) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // `no-referrer` would make forms send `Origin: null`, and forms without WASM could not lead back to their page.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (PERMISSIONS_POLICY, PERMISSIONS),
        (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
        // Pages and answers are about keys; assets say themselves how long they may be kept.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]);
    if matches!(kind, Kind::Api | Kind::Upload | Kind::Gateway | Kind::Health) {
        headers.insert(header::CONTENT_SECURITY_POLICY, FOR_PROGRAMS);
    }
    if cookies == Cookies::Https {
        let hsts = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
        let coop = HeaderName::from_static("cross-origin-opener-policy");
        headers.insert(coop, HeaderValue::from_static("same-origin"));
    }
    request_id::make_room(kind, &mut headers);
    headers
}

/// Adds them to an answer. What it says itself stands: how long it may be kept, and a stricter policy for what people have
/// uploaded.
pub(super) fn set(headers: &mut HeaderMap, of_kind: &HeaderMap, policy: Option<HeaderValue>) {
    // The handler began with them. Where there is a policy for each answer, none does.
    if headers.contains_key(header::X_FRAME_OPTIONS) {
        return;
    }
    let own = std::mem::replace(headers, of_kind.clone());
    if let Some(policy) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.extend(own);
}

/// The one policy of pages. Not `strict-dynamic`: Leptos does not put the nonce where that would need it on its preloads.
fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'; manifest-src 'self'"
    )
}
