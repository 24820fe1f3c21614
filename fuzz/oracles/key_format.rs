//! What must hold of a text in the place of a key. Input: the text.

use domain::key_format::{Presented, contains_installation_key, contains_private_key, recognise, without_private_keys};
use domain::{Brand, PublicKey};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Panics unless it holds of `input`, for an installation without a brand and for one with one.
pub fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for brand in [Brand::none(), Brand::parse("acme").expect("a brand")] {
        match recognise(&brand, text) {
            Presented::PrivateKey(key) => {
                assert_eq!(key.expose(), text);
                is_a_key(text, &brand.private_prefix());
                assert!(contains_private_key(&brand, text));
                assert!(PublicKey::parse(&brand, text).is_none(), "both halves at once");
            }
            Presented::PublicKey => {
                let key = PublicKey::parse(&brand, text).expect("it was recognised");
                assert_eq!(key.as_str(), text);
                assert_eq!(PublicKey::parse_stored(text), Some(key));
                is_a_key(text, &brand.public_prefix());
            }
            Presented::InstallationKey(key) => {
                assert_eq!(key.expose(), text);
                is_a_key(text, &brand.installation_prefix());
                assert!(contains_installation_key(&brand, text));
                assert!(PublicKey::parse(&brand, text).is_none(), "two things at once");
            }
            Presented::Malformed => assert!(PublicKey::parse(&brand, text).is_none()),
        }
        let kept = without_private_keys(&brand, text);
        let holds_key = |text: &str| contains_private_key(&brand, text) || contains_installation_key(&brand, text);
        assert!(!holds_key(&kept), "{kept:?} still holds a key");
        assert_eq!(kept != text, holds_key(text), "taken out, or not found: {text:?}");
    }
    if let Some(key) = PublicKey::parse_stored(text) {
        assert_eq!(key.as_str(), text);
    }
}

/// Length, alphabet and checksum, computed here once more, bit by bit.
fn is_a_key(text: &str, prefix: &str) {
    let body = text.strip_prefix(prefix).expect("its prefix").as_bytes();
    assert_eq!(body.len(), 36);
    assert!(body.iter().all(|byte| DIGITS.contains(byte)));
    let mut sum = 0xffff_ffff_u32;
    for byte in &body[..30] {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    let value = |digit: &u8| DIGITS.iter().position(|known| known == digit).expect("a digit") as u64;
    assert_eq!(body[30..].iter().fold(0, |read, digit| read * 62 + value(digit)), u64::from(!sum), "the checksum");
}
