//! Secrets that are not keys: session cookies, one-time links, device cookies.

use data_encoding::BASE64URL_NOPAD;
use domain::Entropy;
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// 256 random bits, as text for a cookie or a link.
///
/// Only the SHA-256 is stored: with 256 bits of randomness a plain digest is enough (ASVS 5.0, 6.5.2), and a copy of
/// the database opens no session.
#[derive(Clone)]
pub struct Token(Zeroizing<[u8; 32]>);

impl Token {
    /// A new secret.
    pub fn mint(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        entropy.fill(bytes.as_mut());
        Self(bytes)
    }

    /// Reads the text of a cookie or link; `None` for anything that is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// The text for the cookie or link: 43 characters of `A-Za-z0-9-_`.
    pub fn expose(&self) -> String {
        BASE64URL_NOPAD.encode(self.0.as_ref())
    }

    /// What is stored.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_ref()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    #[test]
    fn a_token_is_read_back_and_never_printed() {
        let token = Token::mint(&OsEntropy);
        let again = Token::parse(&token.expose()).expect("its own text");
        assert_eq!(again.digest(), token.digest());
        assert_eq!(format!("{token:?}"), "Token");
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", "abc", &"A".repeat(42), &"A".repeat(44), &"é".repeat(43)] {
            assert!(Token::parse(text).is_none(), "{text:?}");
        }
    }
}
