//! What must hold of whatever is read from `Authorization` headers. Input: the headers, one a line.

use data_encoding::BASE64;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

/// Panics unless it holds of `input`. `read` answers what stands in the place of a key, `None` for a refusal.
pub fn holds(input: &[u8], read: impl Fn(&HeaderMap) -> Option<String>) {
    let values: Vec<HeaderValue> =
        input.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let found = read(&values.iter().map(|value| (AUTHORIZATION, value.clone())).collect());
    let Some(key) = found else { return };
    assert_eq!(values.len(), 1, "one of several headers was chosen");
    assert!(!key.is_empty(), "an empty key is none");
    // The same key, written anew, is read again.
    let basic = !key.contains(':');
    let bearer = key.trim() == key && HeaderValue::from_str(&key).is_ok();
    assert!(basic || bearer, "neither a user name nor a token: {key:?}");
    for (possible, text) in [
        (basic, format!("Basic {}", BASE64.encode(format!("{key}:do_not_set").as_bytes()))),
        (bearer, format!("bearer {key}")),
    ] {
        if possible {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(&text).expect("a header"))]);
            assert_eq!(read(&headers).as_deref(), Some(key.as_str()), "{text:?}");
        }
    }
}
