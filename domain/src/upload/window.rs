//! When a signature may be used: once, before its expiry, which lies less than an hour ahead.

use crate::upload::{Parameter, UploadRefusal};
use crate::{Duration, Timestamp};

/// How far ahead an expiry may lie, exclusive.
pub const LONGEST: Duration = Duration::hours(1);

/// The longest token. Clients send a UUID of 36 characters.
const TOKEN_BYTES: usize = 255;

/// What is used once: the token beside a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneUse(String);

impl OneUse {
    /// Reads a token: any text, so long as it is one and not longer than 255 bytes.
    pub fn read(text: &str) -> Result<Self, UploadRefusal> {
        if text.is_empty() {
            return Err(UploadRefusal::Missing(Parameter::Token));
        }
        let fits = text.len() <= TOKEN_BYTES && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(UploadRefusal::Invalid(Parameter::Token)) }
    }

    /// The token as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The end of a signature: Unix seconds, as the client wrote them, since that text is what was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expire {
    text: String,
    at: Timestamp,
}

impl Expire {
    /// Reads an expiry, which has to lie ahead, and less than an hour: neither `now` itself nor `now` plus an hour will do.
    pub fn read(text: &str, now: Timestamp) -> Result<Self, UploadRefusal> {
        if text.is_empty() {
            return Err(UploadRefusal::Missing(Parameter::Expire));
        }
        let decimal = text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds: i64 = text.parse().ok().filter(|_| decimal).ok_or(UploadRefusal::ExpireInvalid)?;
        let at = Timestamp::from_millis(seconds.saturating_mul(1_000));
        if now < at && at < now.plus(LONGEST) {
            Ok(Self { text: text.to_owned(), at })
        } else {
            Err(UploadRefusal::ExpireInvalid)
        }
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// From when on no signature with this expiry is accepted, and its token need not be remembered.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_795_424_520_000;

    fn read(text: &str) -> Result<i64, UploadRefusal> {
        Expire::read(text, Timestamp::from_millis(NOW)).map(|expire| expire.at().as_millis())
    }

    #[test]
    fn an_expiry_lies_ahead_and_less_than_an_hour() {
        let seconds = NOW / 1_000;
        for (expire, fits) in [
            (seconds - 1, false),
            (seconds, false),
            (seconds + 1, true),
            (seconds + 3_599, true),
            (seconds + 3_600, false),
            (seconds * 1_000, false),
            // What the README of a client calls "seconds from now".
            (1_800, false),
            (0, false),
        ] {
            let expected = if fits { Ok(expire * 1_000) } else { Err(UploadRefusal::ExpireInvalid) };
            assert_eq!(read(&expire.to_string()), expected, "{expire}");
        }
        assert_eq!(read(""), Err(UploadRefusal::Missing(Parameter::Expire)));
        for text in ["-5", "+1795424530", "1795424530.5", " 1795424530", "1e9", "99999999999999999999", "١٢٣"] {
            assert_eq!(read(text), Err(UploadRefusal::ExpireInvalid), "{text}");
        }
    }

    #[test]
    fn a_token_is_a_text_of_some_length() {
        assert_eq!(OneUse::read("").map(|_| ()), Err(UploadRefusal::Missing(Parameter::Token)));
        for text in ["a".repeat(256).as_str(), "a\nb", "\0"] {
            assert_eq!(OneUse::read(text).map(|_| ()), Err(UploadRefusal::Invalid(Parameter::Token)));
        }
        assert!(OneUse::read(&"a".repeat(255)).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_remembered_for_less_than_an_hour(text in "[0-9]{1,16}|.{0,20}", ahead in -10_i64..3_700) {
            let near = (NOW / 1_000 + ahead).to_string();
            for text in [text, near] {
                if let Ok(expire) = Expire::read(&text, Timestamp::from_millis(NOW)) {
                    let left = expire.at().as_millis() - NOW;
                    prop_assert!(0 < left && left < LONGEST.as_millis());
                    prop_assert_eq!(expire.as_str(), text);
                }
            }
        }
    }
}
