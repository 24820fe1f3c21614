//! Who is calling: the person behind the cookie, the address they come from, the browser they use.

use super::request_id;
use crate::problem::Problem;
use crate::router::Serving;
use app::server_context::find_cookie;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use backend::context::tidy_user_agent;
use backend::{Caller, Error, RequestContext, Token};
use http::{Extensions, HeaderMap, HeaderName, header};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection. [`crate::accept`] puts it into every request.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub SocketAddr);

/// Puts a [`RequestContext`] into the request.
pub(super) async fn identify(State(serving): State<Serving>, mut request: Request, next: Next) -> Response {
    let caller = match find_caller(&serving, request.headers()).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let headers = request.headers();
    let device = find_cookie(headers, serving.site.cookies.device()).and_then(|text| Token::parse(&text));
    let context = RequestContext { device, ..context_of(&serving, request.extensions(), headers, caller) };
    request.extensions_mut().insert(context);
    next.run(request).await
}

/// The context of a request once it is known whose it is: where it comes from, with what, and what it is called.
pub fn context_of(serving: &Serving, extensions: &Extensions, headers: &HeaderMap, caller: Caller) -> RequestContext {
    let user_agent =
        headers.get(header::USER_AGENT).map(|text| tidy_user_agent(&String::from_utf8_lossy(text.as_bytes())));
    RequestContext {
        caller,
        address: address_of(serving, extensions, headers),
        user_agent,
        request_id: request_id::with_current(str::to_owned).unwrap_or_default(),
        device: None,
    }
}

/// The address that a request comes from; see [`context_of`].
pub(crate) fn address_of(serving: &Serving, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = extensions.get::<PeerAddress>()?.0.ip();
    Some(address(peer, headers, &serving.trusted_proxies))
}

async fn find_caller(serving: &Serving, headers: &HeaderMap) -> Result<Caller, Problem> {
    let cookie = find_cookie(headers, serving.site.cookies.session());
    let Some(token) = cookie.and_then(|text| Token::parse(&text)) else {
        return Ok(Caller::Anonymous);
    };
    match serving.backend.find_signed_in(&token).await {
        Ok(Some(person)) => Ok(Caller::Person(person)),
        Ok(None) | Err(Error::Refused(_)) => Ok(Caller::Anonymous),
        Err(Error::Fault(fault)) => {
            // Not "signed out": that would send somebody to sign in at a server that cannot sign anybody in.
            tracing::error!(fault = fault.chain(), "a session could not be looked up");
            Err(Problem::from(&fault))
        }
    }
}

/// The caller's address. What a trusted proxy says is believed, from the right: each proxy appends whom it saw, and
/// everything left of the first stranger is that stranger's own invention.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let trusts = |ip: &IpAddr| trusted.iter().any(|range| range.contains(&ip.to_canonical()));
    let mut nearest = peer.to_canonical();
    if trusted.is_empty() {
        return nearest;
    }
    let said = headers.get_all(X_FORWARDED_FOR).iter().rev();
    for text in said.flat_map(|value| value.to_str().unwrap_or_default().rsplit(',')) {
        if !trusts(&nearest) {
            break;
        }
        let Some(next) = parse_address(text.trim()) else {
            break;
        };
        nearest = next.to_canonical();
    }
    nearest
}

/// Some proxies add the port.
fn parse_address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let headers = forwarded.iter().map(|value| (X_FORWARDED_FOR, HeaderValue::from_str(value).expect("a header")));
        let range = |text: &&str| text.parse().unwrap_or_else(|_| IpNet::from(ip(text)));
        let trusted: Vec<IpNet> = trusted.iter().map(range).collect();
        address(ip(peer), &headers.collect(), &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_the_address_they_are_counted_by() {
        assert_eq!(seen("198.51.100.7", &["203.0.113.9"], &[]), "198.51.100.7");
        assert_eq!(seen("198.51.100.7", &["203.0.113.9"], &["10.0.0.1"]), "198.51.100.7");
    }

    #[test]
    fn a_trusted_proxy_is_believed_up_to_the_first_stranger() {
        let trusted = ["10.0.0.1", "10.0.0.2"];
        assert_eq!(seen("10.0.0.1", &["203.0.113.9"], &trusted), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["1.2.3.4, 203.0.113.9, 10.0.0.2"], &trusted), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["1.2.3.4", "203.0.113.9:4711"], &trusted), "203.0.113.9");
        assert_eq!(seen("::ffff:10.0.0.1", &["[2001:db8::1]:80"], &trusted), "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &["203.0.113.9, nonsense"], &trusted), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"], &trusted), "10.0.0.2");
        assert_eq!(seen("10.0.0.1", &[], &trusted), "10.0.0.1");
    }

    #[test]
    fn every_proxy_of_a_trusted_range_is_believed_and_nobody_beside_it() {
        let trusted = ["10.1.0.0/16", "2001:db8:1::/48"];
        assert_eq!(seen("10.1.255.255", &["1.2.3.4, 203.0.113.9, 10.1.0.7"], &trusted), "203.0.113.9");
        assert_eq!(seen("10.2.0.0", &["203.0.113.9"], &trusted), "10.2.0.0");
        assert_eq!(seen("::ffff:10.1.2.3", &["203.0.113.9"], &trusted), "203.0.113.9");
        assert_eq!(seen("2001:db8:1:ffff::1", &["::ffff:203.0.113.9"], &trusted), "203.0.113.9");
        assert_eq!(seen("2001:db8:2::1", &["203.0.113.9"], &trusted), "2001:db8:2::1");
        // Whoever is inside and not a proxy is believed too: that is what naming a range says.
        assert_eq!(seen("10.1.0.1", &["10.1.0.2", "10.1.0.3"], &trusted), "10.1.0.2");
    }
}
