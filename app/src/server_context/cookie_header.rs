//! Reading the `Cookie` header.

use http::HeaderMap;
use http::header::COOKIE;

/// The value of a cookie of this name.
pub fn find_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
#[path = "../../../fuzz/oracles/cookie.rs"]
mod oracle;
#[cfg(test)]
#[path = "../../../fuzz/oracles/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_of_cookies_holds() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        replay::corpus(root, "cookie", |input| oracle::holds(input, find_cookie));
    }
}
