//! Every way the server itself says no, each with its status, code and words.
//!
//! A handler answers a [`Problem`]; what it looks like (JSON or a page) is decided once, in [`crate::answer`].

use axum::response::{IntoResponse, Response};
use backend::Fault;
use backend::limits::Wait;
use backend::store::Obstacle;
use http::{HeaderValue, StatusCode, header};

/// What went wrong with a request, in the server's own words. Refusals of the product are `domain`'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No private key.
    KeyMissing,
    /// Nobody's key, or no key at all.
    KeyUnknown,
    /// A public key in the place of a private one.
    KeyIsPublic,
    /// Past its scheduled end.
    KeyExpired,
    /// Ended at once.
    KeyRevoked,
    /// An installation key in the place of a private one.
    KeyIsInstallation,
    /// No installation key.
    InstallationKeyMissing,
    /// Nobody's installation key, or none at all.
    InstallationKeyUnknown,
    /// A private key in the place of an installation key.
    NotThePrivateKey,
    /// A public key in the place of an installation key.
    NotThePublicKey,
    /// An installation key past its scheduled end.
    InstallationKeyExpired,
    /// An installation key ended at once.
    InstallationKeyRevoked,
    /// The scopes of the installation key do not carry it.
    ScopeMissing,
    /// An installation key in the URL.
    InstallationKeyInUrl,
    /// The key works, its account does not.
    AccountDisabled,
    /// A private key that a browser sent.
    KeyFromBrowser,
    /// A private key in the URL.
    KeyInUrl,
    /// Two `Authorization` headers.
    HeaderRepeated,
    /// A key or a signature that does not work, from an address where too much has failed.
    TooManyFailures(Wait),
    /// More requests than the account may make.
    TooManyRequests(Wait),
    /// Nothing at this path.
    NotFound,
    /// A server function of another version of the page.
    PageOutdated,
    /// Not with this method.
    MethodNotAllowed,
    /// The body did not come in time.
    BodyTooSlow,
    /// The body could not be read.
    BodyBroken,
    /// The body is too large.
    BodyTooLarge,
    /// Another site sent it.
    CrossSite,
    /// The person's role does not carry it.
    NotAllowed,
    /// The filter of an export cannot be read.
    FilterInvalid,
    /// Something broke.
    Fault,
    /// The database does not answer.
    Unavailable,
    /// The disk is full.
    StorageFull,
    /// The disk cannot be written.
    StorageUnwritable,
}

/// How a problem is told.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// The status.
    pub status: StatusCode,
    /// The stable code. Programs match on it, so it never changes.
    pub code: &'static str,
    /// What is so.
    pub message: &'static str,
    /// What to do.
    pub help: &'static str,
}

const UNAUTHENTICATED: &str = "Your account cannot be authenticated.";
const UNKNOWN_SYSTEM: &str = "Your system cannot be authenticated.";
const EXPIRED: &str = "Your request contains expired private API key.";

impl Problem {
    /// The one table.
    #[expect(clippy::too_many_lines, reason = "a table, one row after another")]
    pub const fn told(self) -> Told {
        let (status, code, message, help) = match self {
            Self::KeyMissing => (
                StatusCode::UNAUTHORIZED,
                "KEY_MISSING",
                "Your request does not contain private API key.",
                "Send your private key as the user name of HTTP Basic authentication, with any password, or as a bearer token.",
            ),
            Self::KeyUnknown => (
                StatusCode::FORBIDDEN,
                "KEY_UNKNOWN",
                UNAUTHENTICATED,
                "Check that the whole private key was copied and that it belongs to this installation. It is in the developers tab of the dashboard.",
            ),
            Self::KeyIsPublic => (
                StatusCode::FORBIDDEN,
                "KEY_IS_PUBLIC",
                UNAUTHENTICATED,
                "This is the public key. Send the private key of the same pair instead; it is in the developers tab of the dashboard.",
            ),
            Self::KeyExpired => (
                StatusCode::FORBIDDEN,
                "KEY_EXPIRED",
                EXPIRED,
                "This key was rolled and its time has run out. Use the private key of the active pair; it is in the developers tab of the dashboard.",
            ),
            Self::KeyRevoked => (
                StatusCode::FORBIDDEN,
                "KEY_REVOKED",
                EXPIRED,
                "This key was ended at once. Use the private key of the active pair; it is in the developers tab of the dashboard.",
            ),
            Self::KeyIsInstallation => (
                StatusCode::FORBIDDEN,
                "KEY_IS_INSTALLATION",
                UNAUTHENTICATED,
                "This is an installation key, which belongs to no account. Send the private key of an account instead.",
            ),
            Self::InstallationKeyMissing => (
                StatusCode::UNAUTHORIZED,
                "KEY_MISSING",
                "Your request does not contain an installation key.",
                "Send the installation key as the user name of HTTP Basic authentication, with any password, or as a bearer token. The operator makes one with: latchkey installation-key create",
            ),
            Self::InstallationKeyUnknown => (
                StatusCode::FORBIDDEN,
                "KEY_UNKNOWN",
                UNKNOWN_SYSTEM,
                "Check that the whole installation key was copied and that it belongs to this installation.",
            ),
            Self::NotThePrivateKey => (
                StatusCode::FORBIDDEN,
                "KEY_IS_PRIVATE",
                UNKNOWN_SYSTEM,
                "This is the private key of an account, which acts on that account only. Send an installation key instead.",
            ),
            Self::NotThePublicKey => (
                StatusCode::FORBIDDEN,
                "KEY_IS_PUBLIC",
                UNKNOWN_SYSTEM,
                "This is the public key of an account. Send an installation key instead.",
            ),
            Self::InstallationKeyExpired => (
                StatusCode::FORBIDDEN,
                "KEY_EXPIRED",
                "Your request contains an expired installation key.",
                "This key was rolled and its time has run out. Use the key that took its place.",
            ),
            Self::InstallationKeyRevoked => (
                StatusCode::FORBIDDEN,
                "KEY_REVOKED",
                "Your request contains a revoked installation key.",
                "This key was ended at once. Ask the operator for another.",
            ),
            Self::ScopeMissing => (
                StatusCode::FORBIDDEN,
                "SCOPE_MISSING",
                "The scopes of this installation key do not allow this.",
                "Nothing was done. Ask the operator for a key with the scope that does: read looks accounts up, provision makes, disables and enables them, roll rolls their keys.",
            ),
            Self::InstallationKeyInUrl => (
                StatusCode::BAD_REQUEST,
                "KEY_IN_URL",
                "Your request contains an installation key in its URL.",
                "URLs are logged on their way, so treat this key as leaked: the operator rolls it with latchkey installation-key roll. Send keys in the Authorization header only.",
            ),
            Self::AccountDisabled => (
                StatusCode::FORBIDDEN,
                "ACCOUNT_DISABLED",
                "Your account is disabled.",
                "The key is right, but its account has been disabled. Ask whoever runs this service.",
            ),
            Self::KeyFromBrowser => (
                StatusCode::FORBIDDEN,
                "KEY_FROM_BROWSER",
                "Your request contains a private API key and comes from a browser.",
                "Whoever opens this page can read the key, so treat it as leaked: roll it in the dashboard. From a browser, upload with a signature that your server makes.",
            ),
            Self::KeyInUrl => (
                StatusCode::BAD_REQUEST,
                "KEY_IN_URL",
                "Your request contains a private API key in its URL.",
                "URLs are logged on their way, so treat this key as leaked: roll it in the dashboard. Send keys in the Authorization header only.",
            ),
            Self::HeaderRepeated => (
                StatusCode::BAD_REQUEST,
                "HEADER_REPEATED",
                "Your request contains more than one Authorization header.",
                "Send exactly one. Check whether a proxy adds another.",
            ),
            Self::TooManyFailures(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "RATE_LIMITED",
                "Too many requests from your address could not be authenticated.",
                "What you sent does not work; why, is told again after as many seconds as the Retry-After header says. Keys that work are not held up by this.",
            ),
            Self::TooManyRequests(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "RATE_LIMITED",
                "Your account has made too many requests.",
                "Nothing was done. Try again after as many seconds as the Retry-After header says.",
            ),
            Self::PageOutdated => (
                StatusCode::NOT_FOUND,
                "PAGE_OUTDATED",
                "This page is older than the server.",
                "Reload the page and try again.",
            ),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "This address does not answer this method.",
                "The Allow header of this answer lists the methods it does answer.",
            ),
            Self::BodyTooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "BODY_TOO_SLOW",
                "The request did not arrive in time.",
                "Check the connection and send it again.",
            ),
            Self::BodyBroken => (
                StatusCode::BAD_REQUEST,
                "BODY_BROKEN",
                "The request broke off.",
                "Check the connection and send it again.",
            ),
            Self::BodyTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "BODY_TOO_LARGE",
                "The request is too large.",
                "Nothing that belongs here is this large. Send less.",
            ),
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                "CROSS_SITE",
                "This request came from another site.",
                "Open the dashboard at its own address and try again. Behind a proxy, LATCHKEY_PUBLIC_URL must be that address.",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "UNAVAILABLE",
                "The server cannot reach its data just now.",
                "Nothing was changed. Try again in a few seconds.",
            ),
            Self::StorageFull => (
                StatusCode::INSUFFICIENT_STORAGE,
                "STORAGE_FULL",
                "The server's disk is full.",
                "Nothing was changed. Tell whoever runs this service, and try again later.",
            ),
            Self::StorageUnwritable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "STORAGE_UNWRITABLE",
                "The server cannot write to its disk.",
                "Nothing was changed. Tell whoever runs this service, and try again later.",
            ),
            Self::NotAllowed => (
                StatusCode::FORBIDDEN,
                "NOT_ALLOWED",
                "Your role in this account does not allow this.",
                "Nothing was done. Ask an owner of the account.",
            ),
            Self::FilterInvalid => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "FILTER_INVALID",
                "The filter of this export cannot be read.",
                "Nothing was exported. Open the activity page with the same filter: it says what is wrong.",
            ),
            Self::Fault => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "FAULT",
                "Something broke on our side, and it has been written down.",
                "Try again. If it goes on, tell whoever runs this service the request id of this answer.",
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "There is nothing at this address.",
                "Check the address. The API begins at /v1, the dashboard at /dashboard.",
            ),
        };
        Told { status, code, message, help }
    }
}

impl From<&Fault> for Problem {
    /// The database does not answer, or cannot write: nothing was changed, and trying again will do.
    fn from(fault: &Fault) -> Self {
        match fault.obstacle() {
            Some(Obstacle::Full) => Self::StorageFull,
            Some(Obstacle::Unwritable) => Self::StorageUnwritable,
            Some(Obstacle::Busy) | None => Self::Unavailable,
        }
    }
}

impl IntoResponse for Problem {
    /// A bare answer that carries the problem; its form is given to it on the way out.
    fn into_response(self) -> Response {
        let mut response = self.told().status.into_response();
        response.extensions_mut().insert(self);
        match self {
            Self::Unavailable => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            // As long as it may take somebody to make room.
            Self::StorageFull | Self::StorageUnwritable => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            }
            Self::TooManyFailures(wait) | Self::TooManyRequests(wait) => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.seconds()));
            }
            // What is still on its way of this body is not waited for.
            Self::BodyTooLarge | Self::BodyTooSlow | Self::BodyBroken => {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_a_sentence_with_a_help() {
        for problem in [Problem::KeyMissing, Problem::NotFound, Problem::Fault, Problem::PageOutdated] {
            let told = problem.told();
            assert!(told.message.ends_with('.') && told.help.ends_with('.'), "{}", told.code);
        }
    }
}
