//! Whose request is this? The one place where a program's private key is judged, whatever it asks for: its account, files,
//! uploads, or, through a gateway, something of the company's own.

use super::credentials::presented_key;
use crate::metrics::Endpoint;
use crate::middleware::{account_limit, address_of, context_of};
use crate::problem::Problem;
use crate::router::Serving;
use app::paths;
use backend::authenticate::{Authenticated, Verdict};
use backend::uploads::Sender;
use backend::{Caller, Error};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::time::Instant;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// Whose request it is. A key that works and comes from a browser is known to everybody who opens the page: it is refused,
/// and its owner reads where it was seen.
pub(super) async fn authenticate(
    serving: &Serving,
    parts: &Parts,
    endpoint: Endpoint,
) -> Result<Authenticated, Problem> {
    match presented_key(&parts.headers) {
        Ok(presented) => judge(serving, parts, &presented, endpoint).await,
        // Judged as what it is, no key, so that it is counted as that.
        Err(Problem::KeyUnknown) => judge(serving, parts, "", endpoint).await,
        Err(problem) => {
            serving.metrics.not_judged(endpoint, problem);
            Err(problem)
        }
    }
}

/// Whose key `presented` is, which came with this request: in a header, or as what the request is about.
pub(super) async fn judge(
    serving: &Serving,
    parts: &Parts,
    presented: &str,
    endpoint: Endpoint,
) -> Result<Authenticated, Problem> {
    let began = Instant::now();
    let judged = weigh(serving, parts, presented, endpoint).await.and_then(|caller| {
        account_limit::take(serving, &parts.extensions, &caller.account_id, endpoint)?;
        Ok(caller)
    });
    serving.metrics.judged(endpoint, judged.as_ref().err().copied(), began.elapsed());
    judged
}

async fn weigh(
    serving: &Serving,
    parts: &Parts,
    presented: &str,
    endpoint: Endpoint,
) -> Result<Authenticated, Problem> {
    let from = || match endpoint {
        Endpoint::Account | Endpoint::Auth | Endpoint::Files | Endpoint::Upload => {
            address_of(serving, &parts.extensions, &parts.headers)
        }
        // Whoever asks was sent it by somebody else, and answers for none of it.
        Endpoint::Verify => None,
    };
    match serving.backend.check_key(presented, from).await.map(|checked| checked.verdict) {
        Ok(Verdict::Valid(caller)) => match origin_of_browser(&parts.headers) {
            None => Ok(caller),
            Some(origin) => {
                let context = context_of(serving, &parts.extensions, &parts.headers, Caller::Anonymous);
                serving.backend.note_sighting(&context, &caller, Some(&origin)).await;
                Err(Problem::KeyFromBrowser)
            }
        },
        Ok(Verdict::Unknown) => Err(Problem::KeyUnknown),
        Ok(Verdict::Public) => Err(Problem::KeyIsPublic),
        Ok(Verdict::Installation) => Err(Problem::KeyIsInstallation),
        Ok(Verdict::Expired) => Err(Problem::KeyExpired),
        Ok(Verdict::Revoked) => Err(Problem::KeyRevoked),
        Ok(Verdict::AccountDisabled) => Err(Problem::AccountDisabled),
        Ok(Verdict::TooManyFailures(wait)) => Err(Problem::TooManyFailures(wait)),
        Err(Error::Fault(fault)) => {
            tracing::error!(fault = fault.chain(), "a key could not be checked");
            Err(Problem::from(&fault))
        }
        Err(Error::Refused(refusal)) => {
            tracing::error!(code = refusal.code(), "checking a key was refused");
            Err(Problem::Fault)
        }
    }
}

/// Whose request it is, if it comes with anything in the place of a key.
pub(super) async fn authenticate_if_asked(
    serving: &Serving,
    parts: &Parts,
    endpoint: Endpoint,
) -> Result<Option<Authenticated>, Problem> {
    let asked = parts.headers.contains_key(header::AUTHORIZATION);
    if asked { authenticate(serving, parts, endpoint).await.map(Some) } else { Ok(None) }
}

/// What a browser says about where a request comes from; `None` if no browser sent it. Browsers send one of these with
/// everything a page asks for, and pages cannot leave them out (Fetch, sections 2.2.2 and 4.4). `Sec-Fetch-Mode` says nothing:
/// Node's own `fetch` sends it.
fn origin_of_browser(headers: &HeaderMap) -> Option<String> {
    let marks = [header::ORIGIN, HeaderName::from_static("sec-fetch-site"), HeaderName::from_static("sec-fetch-dest")];
    let from_browser = marks.iter().any(|mark| headers.contains_key(mark));
    let named = [header::ORIGIN, header::REFERER].into_iter().find_map(|name| headers.get(name));
    from_browser.then(|| named.map_or_else(String::new, origin_in))
}

/// Who sends an upload. Browsers name the origin of the page that posts, and write `null` where there is none to name; one that
/// leaves that out, and is known by another mark, is a page all the same. What comes without any mark is a program.
pub(super) fn sender_of(headers: &HeaderMap, public_url: &str) -> Sender {
    let named: Vec<_> =
        headers.get_all(header::ORIGIN).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    // Of several none can be believed, and together they are no origin.
    let origin = named.join(", ");
    if named.is_empty() && origin_of_browser(headers).is_none() {
        Sender::Program
    } else if origin == public_url {
        Sender::Dashboard
    } else {
        Sender::Page(origin)
    }
}

/// Scheme and host, without the path that a `Referer` has.
fn origin_in(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    let uri = text.parse::<http::Uri>().ok();
    let parts = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.authority()?.host(), uri.port_u16())));
    match parts {
        Some((scheme, host, Some(port))) => format!("{scheme}://{host}:{port}"),
        Some((scheme, host, None)) => format!("{scheme}://{host}"),
        // `null`, as sandboxed pages send it.
        None => text.split(['?', '#', '/']).next().unwrap_or_default().to_owned(),
    }
}

/// Tells the holder of an expiring pair, in headers that monitoring understands, since when (`Deprecation`, RFC 9745),
/// until when (`Sunset`, RFC 8594) and where to act.
pub(super) fn announce_end(caller: &Authenticated, public_url: &str, headers: &mut HeaderMap) {
    let (Some(rolled_at), Some(expires_at)) = (caller.rolled_at, caller.state.expires_at()) else {
        return;
    };
    let page = format!("<{public_url}{}>; rel=\"deprecation\"; type=\"text/html\"", paths::DEVELOPERS);
    let values = [
        (DEPRECATION, format!("@{}", rolled_at.as_unix_seconds())),
        (SUNSET, expires_at.to_http_date()),
        (header::LINK, page),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}
