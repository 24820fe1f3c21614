//! The tokens that client-side uploads of the second version are signed with: JSON Web Tokens (RFC 7519), HMAC-SHA-256 and
//! nothing else.
//!
//! The syntax is `jsonwebtoken`'s, and so is the gate that lets one algorithm through. The cryptography is the HMAC and
//! SHA-256 that everything else here uses: what the crate would bring along is RSA and elliptic curves, of which nobody here
//! has a key. When a token may be used is decided in [`domain::upload::payload`]: of the library's own checks and leeways
//! none is on.

use domain::PrivateKey;
use domain::upload::Payload;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use sha2::Sha256;

static ONLY_HS256: CryptoProvider = CryptoProvider {
    // Pages' own servers sign, not we.
    signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    key_utils: KeyUtils::new_unimplemented(),
};

struct Hs256(Hmac<Sha256>);

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if algorithm != Algorithm::HS256 {
        return Err(ErrorKind::UnsupportedAlgorithm.into());
    }
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.try_get_as_bytes()?);
    Ok(Box::new(Hs256(mac.map_err(|_| ErrorKind::InvalidKeyFormat)?)))
}

impl Verifier<Vec<u8>> for Hs256 {
    /// Compares in constant time.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.verify_slice(signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

/// Whose key a token says it is signed with, if it is a token of the one kind that is accepted. Nothing is verified yet.
pub(crate) fn key_id(token: &str) -> Option<String> {
    let header = decode_header(token).ok()?;
    let plain = header.alg == Algorithm::HS256 && header.crit.is_none() && header.typ.is_none_or(|typ| typ == "JWT");
    header.kid.filter(|_| plain)
}

/// What a token says, if it is signed with this private key.
pub(crate) fn verify(private_key: &PrivateKey, token: &str) -> Option<Payload> {
    // Once a process. Whoever comes second finds this very one.
    let _ = ONLY_HS256.install_default();
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.leeway = 0;
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    let key = DecodingKey::from_secret(private_key.expose().as_bytes());
    decode(token, &key, &validation).ok().map(|token| token.claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;
    use data_encoding::BASE64URL_NOPAD;
    use domain::Brand;

    fn mac(key: &[u8], message: &str) -> Vec<u8> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("keyed");
        mac.update(message.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    fn signed(key: &PrivateKey, header: &str, payload: &str) -> String {
        let message = [header, payload].map(|part| BASE64URL_NOPAD.encode(part.as_bytes())).join(".");
        let signature = mac(key.expose().as_bytes(), &message);
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    const HEADER: &str = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"public_k\"}";
    const PAYLOAD: &str = "{\"iat\":1,\"exp\":2}";

    /// The token of RFC 7515, appendix A.1, by what verifies here.
    #[test]
    fn the_published_token_is_verified() {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let key = DecodingKey::from_secret(&BASE64URL_NOPAD.decode(key.as_bytes()).expect("a key"));
        let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = BASE64URL_NOPAD.decode(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").expect("a signature");
        let verifier = verifier(Algorithm::HS256, &key).expect("keyed");
        assert!(verifier.verify(message.as_bytes(), &signature).is_ok());
        assert!(verifier.verify(&message.as_bytes()[1..], &signature).is_err());
        assert!(verifier.verify(message.as_bytes(), &signature[..31].to_vec()).is_err());
    }

    #[test]
    fn nothing_but_a_token_signed_with_the_key_is_accepted() {
        let key = PrivateKey::mint(&Brand::none(), &OsEntropy);
        let other = PrivateKey::mint(&Brand::none(), &OsEntropy);
        let token = signed(&key, HEADER, PAYLOAD);
        assert_eq!(key_id(&token).as_deref(), Some("public_k"));
        assert!(verify(&key, &token).is_some() && verify(&other, &token).is_none());
        // Every character counts, those of the signature down to their last bit.
        for place in 0..token.len() {
            let mut forged = token.clone();
            let character = if &token[place..=place] == "A" { "B" } else { "A" };
            forged.replace_range(place..=place, character);
            assert!(verify(&key, &forged).is_none(), "character {place}");
        }
        for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=".chars() {
            let respelt = format!("{}{last}", &token[..token.len() - 1]);
            assert_eq!(verify(&key, &respelt).is_some(), respelt == token, "one signature, one text");
        }
        for wrong in
            [format!("{token}="), format!(" {token}"), format!("{token}."), token.replace('.', ""), String::new()]
        {
            assert!(verify(&key, &wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_token_of_another_kind_is_refused_before_any_key_is_looked_for() {
        let key = PrivateKey::mint(&Brand::none(), &OsEntropy);
        for header in [
            "{\"alg\":\"none\",\"kid\":\"k\"}",
            "{\"alg\":\"None\",\"kid\":\"k\"}",
            "{\"alg\":\"hs256\",\"kid\":\"k\"}",
            "{\"alg\":\"HS384\",\"kid\":\"k\"}",
            "{\"alg\":\"HS512\",\"kid\":\"k\"}",
            "{\"alg\":\"RS256\",\"kid\":\"k\"}",
            "{\"alg\":\"HS256\",\"alg\":\"HS256\",\"kid\":\"k\"}",
            "{\"alg\":\"HS256\",\"kid\":\"k\",\"kid\":\"k\"}",
            "{\"alg\":\"HS256\",\"kid\":\"k\",\"crit\":[\"exp\"]}",
            "{\"alg\":\"HS256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}",
            "{\"alg\":\"HS256\",\"kid\":7}",
            "{\"alg\":\"HS256\"}",
            "{\"kid\":\"k\"}",
            "[]",
        ] {
            assert_eq!(key_id(&signed(&key, header, PAYLOAD)), None, "{header}");
        }
        // And should one come this far, it is not verified as something else than it says.
        for algorithm in ["none", "HS384", "HS512", "RS256", "ES256", "EdDSA"] {
            let header = format!("{{\"alg\":\"{algorithm}\",\"kid\":\"k\"}}");
            assert!(verify(&key, &signed(&key, &header, PAYLOAD)).is_none(), "{algorithm}");
        }
        assert!(key_id(&signed(&key, "{\"alg\":\"HS256\",\"kid\":\"k\"}", PAYLOAD)).is_some(), "typ may be left out");
    }

    #[test]
    fn the_library_decides_nothing_about_time_and_members() {
        let key = PrivateKey::mint(&Brand::none(), &OsEntropy);
        let payload = "{\"iat\":4000000000,\"exp\":5,\"nbf\":\"x\",\"aud\":\"x\",\"iss\":\"x\",\"sub\":\"x\"}";
        assert!(verify(&key, &signed(&key, HEADER, payload)).is_some());
        assert!(verify(&key, &signed(&key, HEADER, "{\"iat\":1,\"exp\":2,\"exp\":2}")).is_none());
    }
}
