//! The signature of client-side uploads, and the only place where SHA-1 is used.
//!
//! ImageKit's clients, the ones that exist and the ones that are already deployed, sign with HMAC-SHA1 (RFC 2104): that is
//! the wire format, and another hash would be another product. What is broken about SHA-1 is that two texts with the same
//! hash can be made. An HMAC does not rest on that: forging one needs the key, which here is 178 random bits, and no attack
//! on HMAC-SHA1 comes near (RFC 6194, section 3.3; NIST SP 800-107 rev. 1 and SP 800-131A rev. 2 go on allowing it). Nothing
//! else is ever hashed with it: keys are found by HMAC-SHA-256, tokens by SHA-256.

use crate::{Fault, Result};
use data_encoding::HEXLOWER;
use domain::PrivateKey;
use domain::upload::signed_text;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

fn keyed(private_key: &str, token: &str, expire: &str) -> Result<Hmac<Sha1>> {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(private_key.as_bytes())
        .map_err(|_| Fault::new("keying an upload signature"))?;
    mac.update(signed_text(token, expire).as_bytes());
    Ok(mac)
}

/// The signature a client would make with this private key: 40 hexadecimal digits, in lower case.
pub(crate) fn sign(private_key: &PrivateKey, token: &str, expire: &str) -> Result<String> {
    Ok(HEXLOWER.encode(&keyed(private_key.expose(), token, expire)?.finalize().into_bytes()))
}

/// Whether `signature` is the one made with this private key. Compares in constant time.
pub(crate) fn verify(private_key: &PrivateKey, token: &str, expire: &str, signature: &str) -> Result<bool> {
    // Only lower case: one signature, one text.
    let Ok(given) = HEXLOWER.decode(signature.as_bytes()) else {
        return Ok(false);
    };
    Ok(keyed(private_key.expose(), token, expire)?.verify_slice(&given).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;
    use domain::Brand;

    /// The first is what four releases of ImageKit's clients compute alike, the second what their documents show.
    #[test]
    fn a_signature_is_what_the_published_clients_make() {
        for (key, token, expire, signature) in [
            ("private_good=", "tok", "1700000000", "26a4d7d9df669bf846ed74197ee79c6d27e85d27"),
            ("private_key_test", "your_token", "1582269249", "e71bcd6031016b060d349d212e23e85c791decdd"),
        ] {
            let mac = keyed(key, token, expire).expect("keyed");
            assert_eq!(HEXLOWER.encode(&mac.finalize().into_bytes()), signature);
        }
    }

    #[test]
    fn nothing_but_the_signature_itself_is_accepted() {
        let key = PrivateKey::mint(&Brand::none(), &OsEntropy);
        let other = PrivateKey::mint(&Brand::none(), &OsEntropy);
        let signature = sign(&key, "tok", "1700000000").expect("signs");
        let accepts = |key: &PrivateKey, token: &str, expire: &str, signature: &str| {
            verify(key, token, expire, signature).expect("verifies")
        };
        assert!(accepts(&key, "tok", "1700000000", &signature));
        assert!(accepts(&key, "tok1", "700000000", &signature), "the text is one, wherever it is parted");
        assert!(!accepts(&other, "tok", "1700000000", &signature));
        assert!(!accepts(&key, "tok", "1700000001", &signature));
        assert!(!accepts(&key, "Tok", "1700000000", &signature));
        for wrong in ["", "00", &signature[..38], &signature.to_uppercase(), &format!("{signature}00"), "zz"] {
            assert!(!accepts(&key, "tok", "1700000000", wrong), "{wrong}");
        }
        for place in 0..40 {
            let mut forged = signature.clone();
            let digit = if &forged[place..=place] == "0" { "1" } else { "0" };
            forged.replace_range(place..=place, digit);
            assert!(!accepts(&key, "tok", "1700000000", &forged), "digit {place}");
        }
    }
}
