//! What must hold of a cookie that is found. Input: `Cookie` headers, one a line.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

const NAME: &str = "__Host-latchkey";

/// Panics unless it holds of `input`. `find` looks a cookie up by its name.
pub fn holds(input: &[u8], find: impl Fn(&HeaderMap, &str) -> Option<String>) {
    let headers = |lines: &[HeaderValue]| lines.iter().map(|line| (COOKIE, line.clone())).collect::<HeaderMap>();
    let lines: Vec<HeaderValue> =
        input.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let found = find(&headers(&lines), NAME);
    if let Some(value) = &found {
        assert!(!value.contains(';'), "{value:?} reaches into the next cookie");
        let pair = format!("{NAME}={value}");
        let stands_there = |line: &HeaderValue| line.to_str().is_ok_and(|line| line.contains(&pair));
        assert!(lines.iter().any(stands_there), "{pair:?} stands in no header");
    }
    // What a browser sends after it changes nothing, and neither does a cookie whose name only ends or begins alike.
    let mut more = lines.clone();
    more.extend(["x__Host-latchkey=1; __Host-latchkeys=2", "__host-latchkey=3"].map(HeaderValue::from_static));
    assert_eq!(find(&headers(&more), NAME), found);
    more.insert(0, HeaderValue::from_static("a=b; __Host-latchkey=first"));
    assert_eq!(find(&headers(&more), NAME).as_deref(), Some("first"));
}
