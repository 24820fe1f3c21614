//! The private key in a request: `Authorization: Basic` (RFC 7617) with the key as user name, or `Bearer` (RFC 6750).

use crate::problem::Problem;
use data_encoding::BASE64;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use std::borrow::Cow;

/// What stands in the place of a private key. Whether it is one is the backend's to say.
pub(super) fn presented_key(headers: &HeaderMap) -> Result<Cow<'_, str>, Problem> {
    let mut found = headers.get_all(AUTHORIZATION).iter();
    let header = found.next().ok_or(Problem::KeyMissing)?;
    if found.next().is_some() {
        // Which of two is meant is a question that proxies and servers answer differently, so it is not answered at all.
        return Err(Problem::HeaderRepeated);
    }
    let key = from_header(header)?;
    if key.is_empty() { Err(Problem::KeyMissing) } else { Ok(key) }
}

fn from_header(header: &HeaderValue) -> Result<Cow<'_, str>, Problem> {
    let text = std::str::from_utf8(header.as_bytes()).map_err(|_| Problem::KeyUnknown)?.trim();
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(Cow::Borrowed(rest))
    } else if scheme.eq_ignore_ascii_case("basic") {
        user_name(rest).map(Cow::Owned)
    } else {
        Err(Problem::KeyMissing)
    }
}

/// The user name; the password, which official clients fill with something of their own, is ignored.
fn user_name(encoded: &str) -> Result<String, Problem> {
    let decoded = BASE64.decode(encoded.as_bytes()).map_err(|_| Problem::KeyUnknown)?;
    let mut decoded = String::from_utf8(decoded).map_err(|_| Problem::KeyUnknown)?;
    match decoded.find(':') {
        Some(end) => {
            decoded.truncate(end);
            Ok(decoded)
        }
        None if decoded.is_empty() => Ok(decoded),
        None => Err(Problem::KeyUnknown),
    }
}

#[cfg(test)]
#[path = "../../../fuzz/oracles/authorization.rs"]
mod oracle;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_of_authorizations_holds() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        crate::api::replay::corpus(root, "authorization", |input| {
            oracle::holds(input, |headers| presented_key(headers).ok().map(Cow::into_owned));
        });
    }

    fn presented(headers: &[&str]) -> Result<String, Problem> {
        let headers = headers.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).expect("a header")));
        presented_key(&headers.collect()).map(Cow::into_owned)
    }

    fn basic(credentials: &str) -> String {
        format!("Basic {}", BASE64.encode(credentials.as_bytes()))
    }

    #[test]
    fn the_key_is_the_user_name_or_the_bearer_token() {
        for header in
            [basic("key:"), basic("key:do_not_set"), basic("key:a:b"), "Bearer key".into(), "bEaReR  key ".into()]
        {
            assert_eq!(presented(&[&header]).as_deref(), Ok("key"), "{header}");
        }
        assert_eq!(presented(&[&basic("key:").replace("Basic", "bASIC")]).as_deref(), Ok("key"));
    }

    #[test]
    fn no_key_and_an_empty_one_are_missing() {
        for header in
            [basic(":"), basic(":password"), "Basic".into(), "Bearer".into(), "Bearer ".into(), "Digest x".into()]
        {
            assert_eq!(presented(&[&header]), Err(Problem::KeyMissing), "{header}");
        }
        assert_eq!(presented(&[]), Err(Problem::KeyMissing));
    }

    #[test]
    fn what_cannot_be_read_is_nobodys_key() {
        for header in ["Basic %%%", "Basic a2V5", "Basic /w==", "Basic a2V5Og"] {
            assert_eq!(presented(&[header]), Err(Problem::KeyUnknown), "{header}");
        }
    }

    #[test]
    fn two_headers_are_refused_even_if_they_agree() {
        assert_eq!(presented(&["Bearer key", "Bearer key"]), Err(Problem::HeaderRepeated));
    }
}
