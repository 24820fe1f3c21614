//! Whose request is this? The one place where a program's private key is judged, whatever it asks for: its account, files,
//! uploads, or, through a gateway, something of the company's own.

use super::credentials::presented_key;
use crate::metrics::Endpoint;
use crate::middleware::{account_limit, address_of, context_of};
use crate::problem::Problem;
use crate::router::Serving;
use app::paths;
use backend::authenticate::{Authenticated, Checked, Verdict};
use backend::uploads::Sender;
use backend::usage::{Request as Counted, Use};
use backend::{Caller, Error};
use domain::usage::Outcome;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::time::Instant;

static MARKS_OF_BROWSERS: [HeaderName; 3] =
    [header::ORIGIN, HeaderName::from_static("sec-fetch-site"), HeaderName::from_static("sec-fetch-dest")];

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// Where gateways ask, or below.
const GATEWAYS_ASK: &str = "/v1/auth";

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

/// Whose key `presented` is, which came with this request: in a header, or as what the request is about. Counted, if it is
/// somebody's.
pub(super) async fn judge(
    serving: &Serving,
    parts: &Parts,
    presented: &str,
    endpoint: Endpoint,
) -> Result<Authenticated, Problem> {
    let began = Instant::now();
    let from = || match endpoint {
        Endpoint::Account | Endpoint::Auth | Endpoint::Files | Endpoint::Upload => {
            address_of(serving, &parts.extensions, &parts.headers)
        }
        // Whoever asks was sent it by somebody else, and answers for none of it.
        Endpoint::Verify => None,
    };
    let checked = serving.backend.check_key(presented, from).await.map_err(unchecked);
    let problem = match &checked {
        Ok(checked) => weigh(serving, parts, endpoint, &checked.verdict).await,
        Err(problem) => Some(*problem),
    };
    let pair_id = checked.as_ref().ok().and_then(Checked::pair_id);
    if let (Some(pair_id), Some(outcome)) = (pair_id, outcome_of(problem)) {
        serving.backend.count_use(Use { pair_id, outcome, request: request_to_count(serving, parts) });
    }
    serving.metrics.judged(endpoint, problem, began.elapsed());
    match (problem, checked) {
        (None, Ok(Checked { verdict: Verdict::Valid(caller), .. })) => Ok(caller),
        (problem, _) => Err(problem.unwrap_or(Problem::Fault)),
    }
}

/// What is wrong with a request that has this key; `None` if it may be answered.
async fn weigh(serving: &Serving, parts: &Parts, endpoint: Endpoint, verdict: &Verdict) -> Option<Problem> {
    match verdict {
        Verdict::Valid(caller) => match origin_of_browser(&parts.headers) {
            None => account_limit::take(serving, &parts.extensions, &caller.account_id, endpoint).err(),
            Some(origin) => {
                let context = context_of(serving, &parts.extensions, &parts.headers, Caller::Anonymous);
                Box::pin(serving.backend.note_sighting(&context, caller, Some(&origin))).await;
                Some(Problem::KeyFromBrowser)
            }
        },
        Verdict::Unknown => Some(Problem::KeyUnknown),
        Verdict::Public => Some(Problem::KeyIsPublic),
        Verdict::Installation => Some(Problem::KeyIsInstallation),
        Verdict::Expired => Some(Problem::KeyExpired),
        Verdict::Revoked => Some(Problem::KeyRevoked),
        Verdict::AccountDisabled => Some(Problem::AccountDisabled),
        Verdict::TooManyFailures(wait) => Some(Problem::TooManyFailures(*wait)),
    }
}

fn unchecked(error: Error) -> Problem {
    match error {
        Error::Fault(fault) => {
            tracing::error!(fault = fault.chain(), "a key could not be checked");
            Problem::from(&fault)
        }
        Error::Refused(refusal) => {
            tracing::error!(code = refusal.code(), "checking a key was refused");
            Problem::Fault
        }
    }
}

/// What is counted of a pair whose key was judged; `None` for what is said of no pair.
fn outcome_of(problem: Option<Problem>) -> Option<Outcome> {
    match problem {
        None => Some(Outcome::Accepted),
        Some(Problem::KeyFromBrowser) => Some(Outcome::FromBrowser),
        Some(Problem::KeyExpired) => Some(Outcome::Expired),
        Some(Problem::KeyRevoked) => Some(Outcome::Revoked),
        Some(Problem::AccountDisabled) => Some(Outcome::AccountDisabled),
        Some(Problem::TooManyRequests(_) | Problem::TooManyFailures(_)) => Some(Outcome::TooManyRequests),
        Some(_) => None,
    }
}

/// Where gateways say what they were asked for: most of them in the first, nginx in whichever its configuration names.
static ORIGINAL_METHODS: [HeaderName; 2] =
    [HeaderName::from_static("x-forwarded-method"), HeaderName::from_static("x-original-method")];
static ORIGINAL_PATHS: [HeaderName; 3] = [
    HeaderName::from_static("x-forwarded-uri"),
    HeaderName::from_static("x-original-uri"),
    HeaderName::from_static("x-original-url"),
];

/// Who sends a request and what for, to be counted. A gateway asks about a request of somebody else: what counts is where
/// that one comes from, if the gateway is a trusted proxy, and where it goes, as the gateway says.
pub(super) fn request_to_count<'a>(serving: &Serving, parts: &'a Parts) -> Counted<'a> {
    let said = |names: &[HeaderName]| first_of(&parts.headers, names).map(HeaderValue::as_bytes);
    let (mut method, mut path) = (parts.method.as_str().as_bytes(), parts.uri.path().as_bytes());
    if let Some(below) = parts.uri.path().strip_prefix(GATEWAYS_ASK) {
        method = said(&ORIGINAL_METHODS).unwrap_or(method);
        // Envoy says it in the path of its question.
        let asked = Some(below.as_bytes()).filter(|below| below.len() > 1);
        path = asked.or_else(|| said(&ORIGINAL_PATHS)).unwrap_or(path);
    }
    let user_agent = parts.headers.get(header::USER_AGENT).map_or(&b""[..], HeaderValue::as_bytes);
    Counted { address: address_of(serving, &parts.extensions, &parts.headers), user_agent, method, path }
}

/// The first value of the first of these names that there is. Few names, and few headers: comparing takes less than hashing the names.
fn first_of<'a>(headers: &'a HeaderMap, names: &[HeaderName]) -> Option<&'a HeaderValue> {
    let known = headers.iter().filter_map(|(name, value)| Some((names.iter().position(|of| of == name)?, value)));
    // Of those that are alike, the first: `min_by_key` says so.
    known.min_by_key(|(place, _)| *place).map(|(_, value)| value)
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
    let from_browser = headers.keys().any(|name| MARKS_OF_BROWSERS.contains(name));
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
