//! What is kept of what callers say of themselves: short, printable, and never a key.

use data_encoding::BASE64_NOPAD;
use domain::Brand;
use percent_encoding::percent_decode_str;

/// How much is kept of a user agent, and of a route.
pub const MOST_CHARS: usize = 120;

/// What stands in the place of a text in which somebody wrote a key, or the beginning of one.
const WITH_KEY: &str = "(with a key in it)";

/// The path of a request that was refused for the key in it.
pub(crate) const PATH_WITH_KEY: &str = WITH_KEY;

/// How often a text may have been encoded for a key to be found in it.
const DECODED: usize = 3;

/// Whether there is the beginning of a private or an installation key in the text, however often it is percent-encoded.
pub fn names_a_key(brand: &Brand, text: &str) -> bool {
    let prefixes = [brand.private_prefix(), brand.installation_prefix()];
    let mut decoded = std::borrow::Cow::Borrowed(text);
    for _ in 0..DECODED {
        if prefixes.iter().any(|prefix| decoded.contains(prefix)) {
            return true;
        }
        if !decoded.contains('%') {
            return false;
        }
        decoded = percent_decode_str(&decoded).decode_utf8_lossy().into_owned().into();
    }
    false
}

/// The same, also for a key in base 64, as whoever pastes an `Authorization` header does.
fn holds_a_key(brand: &Brand, text: &str) -> bool {
    let prefixes = [brand.private_prefix(), brand.installation_prefix()];
    let encoded = |prefix: &String| {
        // Of what is around the prefix nothing is known: the characters at its edges are cut off.
        (0..3).any(|before| {
            let bytes = [&b"\0\0"[..before], prefix.as_bytes()].concat();
            let whole = bytes.len() * 8 / 6;
            BASE64_NOPAD.encode(&bytes).get([0, 2, 3][before]..whole).is_some_and(|within| text.contains(within))
        })
    };
    names_a_key(brand, text) || prefixes.iter().any(encoded)
}

/// A user agent as it is kept.
pub(super) fn user_agent(brand: &Brand, bytes: &[u8]) -> String {
    let text = printable(bytes);
    if holds_a_key(brand, &text) { WITH_KEY.to_owned() } else { shortened(&text) }
}

/// A method and a path as they are kept, without a query string.
pub(super) fn route(brand: &Brand, bytes: &[u8]) -> String {
    let text = printable(bytes);
    let text = text.split(['?', '#']).next().unwrap_or_default();
    if !holds_a_key(brand, text) {
        return shortened(text);
    }
    match text.split_once(' ') {
        Some((method, _)) if !holds_a_key(brand, method) => shortened(&format!("{method} {WITH_KEY}")),
        Some(_) | None => WITH_KEY.to_owned(),
    }
}

/// Without what moves the cursor, ends a line, or turns the direction of what stands beside it.
fn printable(bytes: &[u8]) -> String {
    let turns = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}');
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control() && !turns(*c)).collect()
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(MOST_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;
    use domain::{InstallationKey, PrivateKey};

    #[test]
    fn what_a_caller_says_is_kept_short_and_on_one_line() {
        let brand = Brand::none();
        assert_eq!(user_agent(&brand, b"curl/8.5.0"), "curl/8.5.0");
        assert_eq!(user_agent(&brand, b"a\r\nb\tc\x1b[31m\xff"), "abc[31m\u{fffd}");
        assert_eq!(user_agent(&brand, "a\u{202e}b\u{2066}\u{200b}".as_bytes()), "ab");
        assert_eq!(user_agent(&brand, "ü".repeat(300).as_bytes()), "ü".repeat(MOST_CHARS));
        assert_eq!(user_agent(&brand, b""), "");
        let browser =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
        assert_eq!(user_agent(&brand, browser.as_bytes()), browser);
        assert_eq!(route(&brand, b"GET /images/1.png?size=2"), "GET /images/1.png");
        assert_eq!(route(&brand, format!("GET /{}", "a".repeat(500)).as_bytes()).chars().count(), MOST_CHARS);
    }

    #[test]
    fn no_key_is_kept_however_it_is_written() {
        let brand = Brand::parse("acme").expect("a brand");
        let private = PrivateKey::mint(&brand, &OsEntropy);
        let installation = InstallationKey::mint(&brand, &OsEntropy);
        for key in [private.expose(), installation.expose()] {
            let encoded = key.replace('_', "%5F");
            let joined = format!("{}\u{200b}\n{}", &key[..9], &key[9..]);
            for text in [
                key.to_owned(),
                format!("MyClient/1.0 ({key})"),
                encoded.clone(),
                encoded.replace('%', "%25"),
                joined,
                format!("Basic {}", BASE64_NOPAD.encode(format!("{key}:do_not_set").as_bytes())),
                BASE64_NOPAD.encode(format!("x{key}:").as_bytes()),
                BASE64_NOPAD.encode(format!("x:{key}:").as_bytes()),
                // Mistyped, or cut off: most of a key.
                key[..key.len() - 1].to_owned(),
                format!("{}{key}", "x".repeat(MOST_CHARS - 20)),
            ] {
                let body = &key[key.len() - 36..key.len() - 20];
                for kept in [
                    user_agent(&brand, text.as_bytes()),
                    route(&brand, format!("GET /{text}").as_bytes()),
                    route(&brand, format!("{text} /").as_bytes()),
                ] {
                    assert!(kept.contains(WITH_KEY) && !kept.contains(body), "{text}: {kept}");
                }
            }
            assert_eq!(route(&brand, format!("GET /x/{key}").as_bytes()), "GET (with a key in it)");
            assert_eq!(route(&brand, format!("GET /x?key={key}").as_bytes()), "GET /x", "a query is not kept at all");
        }
    }
}
