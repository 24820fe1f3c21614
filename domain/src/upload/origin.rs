//! The origin of a web page: scheme, host and port, as browsers say them (RFC 6454, section 6.2; the HTML standard,
//! "serialization of an origin"). And the origins whose pages an account lets upload.

use crate::Refusal;
use url::Url;

/// How many origins an account may list.
pub const MOST_ORIGINS: usize = 20;

/// How long one may be: the longest host there is has 253 characters.
const MOST_CHARS: usize = 300;

/// The origin of a web page, letter for letter as browsers send it in `Origin`: so two are the same if their texts are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// Reads what somebody typed. What can mean one thing only is written as browsers write it: capitals, a port that is
    /// the scheme's own, a slash at the end, a name in other letters than ASCII. Everything else is refused with what to
    /// enter instead.
    pub fn read(typed: &str) -> Result<Self, Refusal> {
        let text = typed.trim();
        if text.eq_ignore_ascii_case("null") {
            return Err(Refusal::OriginNull);
        }
        if text.contains('*') {
            return Err(Refusal::OriginWildcard);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Refusal::OriginSchemeMissing)?;
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Err(Refusal::OriginSchemeMissing);
        }
        if rest.strip_suffix('/').unwrap_or(rest).contains(['/', '\\', '?', '#', '@']) {
            return Err(Refusal::OriginHasMore);
        }
        // The URL standard drops tabs and line breaks wherever they are.
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Refusal::OriginInvalid);
        }
        let url = Url::parse(text).map_err(|_| Refusal::OriginInvalid)?;
        Self::parse_written(url.origin().ascii_serialization()).ok_or(Refusal::OriginInvalid)
    }

    /// Reads what [`Origin::read`] has made. `None` for any other text.
    pub fn parse_stored(text: &str) -> Option<Self> {
        Self::read(text).ok().filter(|origin| origin.0 == text)
    }

    /// The URL standard lets characters into a host that no name has, such as quotes.
    fn parse_written(text: String) -> Option<Self> {
        let host = text.split_once("://")?.1;
        let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-:[]".contains(c);
        (text.len() <= MOST_CHARS && !host.is_empty() && host.chars().all(named)).then_some(Self(text))
    }

    /// As browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an account with this list lets a page upload that says it is of `origin`: the very text of its request. An
/// account that lists nothing lets every page.
pub fn lets_in<'a>(listed: impl IntoIterator<Item = &'a Origin>, origin: &str) -> bool {
    let mut listed = listed.into_iter().peekable();
    listed.peek().is_none() || listed.any(|known| known.0 == origin)
}

/// The list with one origin more.
pub fn with(listed: &[Origin], origin: &Origin) -> Result<Vec<Origin>, Refusal> {
    if listed.contains(origin) {
        return Err(Refusal::OriginListed);
    }
    if listed.len() >= MOST_ORIGINS {
        return Err(Refusal::TooManyOrigins);
    }
    Ok(listed.iter().chain([origin]).cloned().collect())
}

/// The list without one of its origins. Without the last one every page may upload: that has to be meant.
pub fn without(listed: &[Origin], origin: &Origin, emptying: Emptying) -> Result<Vec<Origin>, Refusal> {
    if !listed.contains(origin) {
        return Err(Refusal::NotFound);
    }
    if listed.len() == 1 && emptying == Emptying::NotMeant {
        return Err(Refusal::OriginLast);
    }
    Ok(listed.iter().filter(|other| *other != origin).cloned().collect())
}

/// Whether whoever removes an origin was told that it is the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emptying {
    /// They were, and remove it.
    Meant,
    /// Others stood beside it when they were asked.
    NotMeant,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_means_one_thing_is_written_as_browsers_write_it() {
        for (typed, written) in [
            ("https://www.example.com", "https://www.example.com"),
            (" https://www.example.com \n", "https://www.example.com"),
            ("HTTPS://WWW.Example.COM", "https://www.example.com"),
            ("https://www.example.com/", "https://www.example.com"),
            ("https://www.example.com:443", "https://www.example.com"),
            ("http://www.example.com:80/", "http://www.example.com"),
            ("https://www.example.com:80", "https://www.example.com:80"),
            ("https://www.example.com:08443", "https://www.example.com:8443"),
            ("https://www.example.com:", "https://www.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://Bücher.example", "https://xn--bcher-kva.example"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("https://example.com.", "https://example.com."),
            ("https://my_shop.example", "https://my_shop.example"),
            ("http://127.1", "http://127.0.0.1"),
            ("http://[0:0:0:0:0:0:0:1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(Origin::read(typed).map(|origin| origin.0), Ok(written.to_owned()), "{typed:?}");
            assert_eq!(Origin::parse_stored(written).map(|origin| origin.0), Some(written.to_owned()));
        }
    }

    #[test]
    fn what_is_no_exact_origin_is_refused_with_what_to_do() {
        let long = format!("https://{}example", format!("{}.", "a".repeat(60)).repeat(5));
        for (typed, refusal) in [
            ("", Refusal::OriginSchemeMissing),
            ("www.example.com", Refusal::OriginSchemeMissing),
            ("//www.example.com", Refusal::OriginSchemeMissing),
            ("https:www.example.com", Refusal::OriginSchemeMissing),
            ("ftp://www.example.com", Refusal::OriginSchemeMissing),
            ("file:///tmp/a.html", Refusal::OriginSchemeMissing),
            ("chrome-extension://abc", Refusal::OriginSchemeMissing),
            ("null", Refusal::OriginNull),
            ("NULL", Refusal::OriginNull),
            ("*", Refusal::OriginWildcard),
            ("https://*.example.com", Refusal::OriginWildcard),
            ("https://www.example.com/app", Refusal::OriginHasMore),
            ("https://www.example.com//", Refusal::OriginHasMore),
            ("https://www.example.com\\app", Refusal::OriginHasMore),
            ("https:///www.example.com", Refusal::OriginHasMore),
            ("https://www.example.com?a", Refusal::OriginHasMore),
            ("https://www.example.com#a", Refusal::OriginHasMore),
            ("https://ada@www.example.com", Refusal::OriginHasMore),
            ("https://ada:secret@www.example.com", Refusal::OriginHasMore),
            ("https://", Refusal::OriginInvalid),
            ("https:///", Refusal::OriginInvalid),
            ("https://a b.example", Refusal::OriginInvalid),
            ("https://exa\tmple.com", Refusal::OriginInvalid),
            ("https://a.example, https://b.example", Refusal::OriginHasMore),
            ("https://www.example.com:99999", Refusal::OriginInvalid),
            ("https://www.example.com:x", Refusal::OriginInvalid),
            ("https://a\"b.example", Refusal::OriginInvalid),
            ("https://a'b.example", Refusal::OriginInvalid),
            ("https://[::1", Refusal::OriginInvalid),
            ("https://1.2.3.4.5", Refusal::OriginInvalid),
            (&long, Refusal::OriginInvalid),
        ] {
            assert_eq!(Origin::read(typed), Err(refusal), "{typed:?}");
        }
        for unwritten in ["https://www.example.com/", "HTTPS://www.example.com", "https://www.example.com:443"] {
            assert_eq!(Origin::parse_stored(unwritten), None, "{unwritten}");
        }
    }

    fn listed(texts: &[&str]) -> Vec<Origin> {
        texts.iter().map(|text| Origin::read(text).expect("an origin")).collect()
    }

    #[test]
    fn a_list_lets_in_what_is_on_it_letter_for_letter_and_no_list_everything() {
        let list = listed(&["https://a.example", "http://b.example:8080"]);
        for (origin, expected) in [
            ("https://a.example", true),
            ("http://b.example:8080", true),
            ("http://a.example", false),
            ("https://a.example:443", false),
            ("https://a.example/", false),
            ("https://a.example.evil.example", false),
            ("https://evil.example", false),
            ("https://www.a.example", false),
            ("http://b.example", false),
            ("https://a.example, https://a.example", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(lets_in(&list, origin), expected, "{origin}");
            assert!(lets_in(&[], origin));
        }
    }

    #[test]
    fn a_list_has_each_origin_once_and_no_more_than_it_may() {
        let mut list = Vec::new();
        for n in 0..MOST_ORIGINS {
            let origin = Origin::read(&format!("https://{n}.example")).expect("an origin");
            list = with(&list, &origin).expect("there is room");
            assert_eq!(with(&list, &origin), Err(Refusal::OriginListed));
        }
        assert_eq!(list.len(), MOST_ORIGINS);
        assert_eq!(with(&list, &listed(&["https://one-more.example"])[0]), Err(Refusal::TooManyOrigins));
    }

    #[test]
    fn the_last_origin_goes_only_if_that_is_meant() {
        let list = listed(&["https://a.example", "https://b.example"]);
        let one = without(&list, &list[0], Emptying::NotMeant).expect("another stays");
        assert_eq!(one, [list[1].clone()]);
        assert_eq!(without(&one, &list[0], Emptying::Meant), Err(Refusal::NotFound));
        assert_eq!(without(&one, &list[1], Emptying::NotMeant), Err(Refusal::OriginLast));
        assert_eq!(without(&one, &list[1], Emptying::Meant), Ok(Vec::new()));
    }

    proptest! {
        /// Whatever is typed becomes nothing, or a text that a browser could send and that reads as itself.
        #[test]
        fn whatever_is_typed_reads_as_itself_once_written(
            typed in prop_oneof![".*", "https?://[a-zA-Zäöü0-9.:@/*%\\-\\[\\]]{0,40}"],
        ) {
            if let Ok(origin) = Origin::read(&typed) {
                prop_assert_eq!(Origin::parse_stored(origin.as_str()), Some(origin.clone()));
                let url = Url::parse(origin.as_str()).expect("a URL");
                prop_assert_eq!(url.origin().ascii_serialization(), origin.as_str());
            }
        }
    }
}
