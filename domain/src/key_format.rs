//! What a key looks like, and what every other text is instead.
//!
//! `public_`, `private_` or `installation_`, 30 characters of `0-9A-Za-z` from the operating system's random source (178 bits) and 6
//! characters of checksum: the CRC-32 (ISO-HDLC) of those 30, in base 62 with the digits `0-9A-Za-z`, left-padded with
//! `0`. It is the layout GitHub and npm use. The checksum lets a scanner tell a key from noise and refuses a typo
//! without asking the database; it proves nothing about who holds the key.

use crate::Entropy;
use serde::Serialize;
use std::fmt;
use zeroize::Zeroizing;

/// Never change: keys that exist would stop being recognised.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// How many characters of a key are random.
pub const RANDOM_LEN: usize = 30;
const CHECKSUM_LEN: usize = 6;
const BODY_LEN: usize = RANDOM_LEN + CHECKSUM_LEN;
const PUBLIC: &str = "public_";
const PRIVATE: &str = "private_";
const INSTALLATION: &str = "installation_";

/// What an installation puts before its keys: `acme` makes `acme_private_…`. Empty by default.
///
/// Fixed for the life of an installation: keys carry it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand(String);

/// A text that cannot be a brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a brand is 1 to 20 characters of a-z and 0-9 and starts with a letter; it is neither public nor private")]
pub struct InvalidBrand;

impl Brand {
    /// No brand: keys start with `public_` and `private_`.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads a brand such as `acme`.
    pub fn parse(text: &str) -> Result<Self, InvalidBrand> {
        let allowed = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let reserved = matches!(text, "public" | "private");
        if allowed && starts && !reserved && text.len() <= 20 {
            Ok(Self(format!("{text}_")))
        } else {
            Err(InvalidBrand)
        }
    }

    /// The start of every private key of this installation: `private_` or `acme_private_`.
    pub fn private_prefix(&self) -> String {
        format!("{}{PRIVATE}", self.0)
    }

    /// The start of every installation key of this installation.
    pub fn installation_prefix(&self) -> String {
        format!("{}{INSTALLATION}", self.0)
    }

    /// What follows the prefix of this brand's keys of one kind; `None` for a text without it.
    fn strip<'a>(&self, kind: &str, text: &'a str) -> Option<&'a str> {
        text.strip_prefix(self.0.as_str())?.strip_prefix(kind)
    }

    /// The start of every public key of this installation.
    pub fn public_prefix(&self) -> String {
        format!("{}{PUBLIC}", self.0)
    }
}

/// The half that identifies the account in client-side uploads. No secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct PublicKey(String);

/// The half that authenticates API requests. Confidential.
///
/// Deliberately not `Clone`, `Display`, `Serialize` or `PartialEq`: its text leaves only through [`PrivateKey::expose`],
/// and equality is a question for the digest. The memory is wiped when it is dropped.
pub struct PrivateKey(Zeroizing<String>);

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

/// What authenticates one of the company's own systems, such as its billing, to the provisioning API. Confidential, and
/// stored only as a digest: it cannot be revealed. Kept from leaking in the same ways as a [`PrivateKey`].
pub struct InstallationKey(Zeroizing<String>);

impl fmt::Debug for InstallationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstallationKey")
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.0
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a text in the place of a key turned out to be.
#[derive(Debug)]
pub enum Presented {
    /// Shaped like a private key of this installation, checksum included. Whether it exists is for the database to say.
    PrivateKey(PrivateKey),
    /// A public key of this installation: the commonest mistake, worth its own answer.
    PublicKey,
    /// Shaped like an installation key of this installation, checksum included.
    InstallationKey(InstallationKey),
    /// Anything else: another prefix, another length, a typo, a key cut off at the end.
    Malformed,
}

impl PublicKey {
    /// A new public key.
    pub fn mint(brand: &Brand, entropy: &dyn Entropy) -> Self {
        Self(mint(&brand.public_prefix(), entropy).to_string())
    }

    /// Reads a public key as this installation makes them; `None` for everything else.
    pub fn parse(brand: &Brand, text: &str) -> Option<Self> {
        has_valid_body(brand.strip(PUBLIC, text)?).then(|| Self(text.to_owned()))
    }

    /// Reads a public key of whichever brand it carries: a stored key says itself which installation made it.
    pub fn parse_stored(text: &str) -> Option<Self> {
        let (before, _) = text.rsplit_once(PUBLIC)?;
        let brand = match before.strip_suffix('_') {
            Some(brand) => Brand::parse(brand).ok()?,
            None => Brand::none(),
        };
        Self::parse(&brand, text)
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What of the key is not the same for every key of this installation and cannot be worked out: for memory in which a
    /// million are kept. `None` for a key of another installation.
    pub fn random_part(&self, brand: &Brand) -> Option<[u8; RANDOM_LEN]> {
        let body = brand.strip(PUBLIC, &self.0)?;
        body.as_bytes().first_chunk().copied()
    }

    /// The key that [`Self::random_part`] was taken from. `None` for bytes that are of no key.
    pub fn from_random_part(brand: &Brand, random: &[u8; RANDOM_LEN]) -> Option<Self> {
        let mut text = String::with_capacity(brand.0.len() + PUBLIC.len() + BODY_LEN);
        text.push_str(&brand.0);
        text.push_str(PUBLIC);
        text.push_str(std::str::from_utf8(random).ok().filter(|text| text.bytes().all(|b| b.is_ascii_alphanumeric()))?);
        text.extend(checksum(random).map(char::from));
        Some(Self(text))
    }
}

impl PrivateKey {
    /// A new private key.
    pub fn mint(brand: &Brand, entropy: &dyn Entropy) -> Self {
        Self(mint(&brand.private_prefix(), entropy))
    }

    /// Reads a private key as this installation makes them; `None` for everything else.
    pub fn parse(brand: &Brand, text: &str) -> Option<Self> {
        has_valid_body(brand.strip(PRIVATE, text)?).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The key itself. Every caller of this is one of the places rule 8 of the contract names, or the sealing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl InstallationKey {
    /// A new installation key.
    pub fn mint(brand: &Brand, entropy: &dyn Entropy) -> Self {
        Self(mint(&brand.installation_prefix(), entropy))
    }

    /// Reads an installation key as this installation makes them; `None` for everything else.
    pub fn parse(brand: &Brand, text: &str) -> Option<Self> {
        has_valid_body(brand.strip(INSTALLATION, text)?).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The key itself: for the answer that made it, and for its digest.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Tells what `text` is, without asking the database.
pub fn recognise(brand: &Brand, text: &str) -> Presented {
    if let Some(key) = PrivateKey::parse(brand, text) {
        return Presented::PrivateKey(key);
    }
    if let Some(key) = InstallationKey::parse(brand, text) {
        return Presented::InstallationKey(key);
    }
    if PublicKey::parse(brand, text).is_some() { Presented::PublicKey } else { Presented::Malformed }
}

/// Whether a private key of this installation stands anywhere in `text` (a query string, a log line).
pub fn contains_private_key(brand: &Brand, text: &str) -> bool {
    private_keys_in(brand, text).next().is_some()
}

/// Whether an installation key of this installation stands anywhere in `text`.
pub fn contains_installation_key(brand: &Brand, text: &str) -> bool {
    installation_keys_in(brand, text).next().is_some()
}

/// Every private key of this installation that stands in `text`: in a line of a log, behind the `=` of an assignment.
pub fn private_keys_in<'a>(brand: &Brand, text: &'a str) -> impl Iterator<Item = PrivateKey> + use<'a> {
    let prefix = brand.private_prefix();
    bodies_in(&prefix, text).map(move |body| PrivateKey(Zeroizing::new(format!("{prefix}{body}"))))
}

/// The same for installation keys.
pub fn installation_keys_in<'a>(brand: &Brand, text: &'a str) -> impl Iterator<Item = InstallationKey> + use<'a> {
    let prefix = brand.installation_prefix();
    bodies_in(&prefix, text).map(move |body| InstallationKey(Zeroizing::new(format!("{prefix}{body}"))))
}

/// What stands behind the prefix of each key in `text`.
fn bodies_in<'a>(prefix: &str, text: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
    let behind: Vec<_> = text.match_indices(prefix).map(|(at, _)| at + prefix.len()).collect();
    behind.into_iter().filter_map(|at| text.get(at..at + BODY_LEN)).filter(|body| has_valid_body(body))
}

/// The text with the body of every private and every installation key in it taken out: `private_…`. For what people
/// write as a reason.
pub fn without_private_keys(brand: &Brand, text: &str) -> String {
    without_bodies(&brand.installation_prefix(), &without_bodies(&brand.private_prefix(), text))
}

fn without_bodies(prefix: &str, text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(prefix) {
        let (before, after) = rest.split_at(at + prefix.len());
        kept.push_str(before);
        rest = match after.get(..BODY_LEN) {
            Some(body) if has_valid_body(body) => {
                kept.push('…');
                &after[BODY_LEN..]
            }
            Some(_) | None => after,
        };
    }
    kept.push_str(rest);
    kept
}

fn mint(prefix: &str, entropy: &dyn Entropy) -> Zeroizing<String> {
    // Reserved up front, so that growing never leaves a copy behind in freed memory.
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + BODY_LEN));
    text.push_str(prefix);
    while text.len() < prefix.len() + RANDOM_LEN {
        let mut byte = [0_u8; 1];
        entropy.fill(&mut byte);
        // Six bits, and the two values beyond 61 thrown away: every character is equally likely.
        if let Some(&digit) = DIGITS.get(usize::from(byte[0] & 63)) {
            text.push(char::from(digit));
        }
    }
    let sum = checksum(&text.as_bytes()[prefix.len()..]);
    for digit in sum {
        text.push(char::from(digit));
    }
    text
}

fn has_valid_body(body: &str) -> bool {
    let bytes = body.as_bytes();
    bytes.len() == BODY_LEN
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && checksum(&bytes[..RANDOM_LEN]) == bytes[RANDOM_LEN..]
}

fn checksum(random: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut rest = crc32fast::hash(random);
    let mut digits = [b'0'; CHECKSUM_LEN];
    for place in digits.iter_mut().rev() {
        *place = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The generator `SplitMix64`: repeatable, and good enough to spread over the alphabet.
    struct Seeded(AtomicU64);

    impl Entropy for Seeded {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                *byte = z.to_le_bytes()[3];
            }
        }
    }

    fn entropy(seed: u64) -> Seeded {
        Seeded(AtomicU64::new(seed))
    }

    #[test]
    fn the_checksum_is_the_one_npm_and_github_use() {
        // Two published example tokens of npm's format, which shares the layout.
        assert_eq!(&checksum(b"qkJaB6MffYVzZXWqmcoF49yrUxP3wf"), b"0LsakP");
        assert_eq!(&checksum(b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"), b"0mLq17");
    }

    #[test]
    fn a_public_key_is_worked_out_from_its_random_part() {
        for brand in [Brand::none(), Brand::parse("acme").expect("a brand")] {
            let key = PublicKey::mint(&brand, &entropy(1));
            let random = key.random_part(&brand).expect("its own brand");
            assert_eq!(PublicKey::from_random_part(&brand, &random), Some(key.clone()));
            assert_eq!(key.random_part(&Brand::parse("other").expect("a brand")), None);
        }
        assert_eq!(PublicKey::from_random_part(&Brand::none(), &[0xff; RANDOM_LEN]), None);
        assert_eq!(PublicKey::from_random_part(&Brand::none(), &[b'_'; RANDOM_LEN]), None);
    }

    #[test]
    fn debug_prints_the_type_and_not_the_key() {
        let key = PrivateKey::mint(&Brand::none(), &entropy(1));
        assert_eq!(format!("{key:?}"), "PrivateKey");
        assert_eq!(format!("{:?}", Presented::PrivateKey(key)), "PrivateKey(PrivateKey)");
        let key = InstallationKey::mint(&Brand::none(), &entropy(1));
        assert_eq!(format!("{:?}", Presented::InstallationKey(key)), "InstallationKey(InstallationKey)");
    }

    #[test]
    fn a_public_key_in_place_of_a_private_one_is_recognised() {
        let brand = Brand::none();
        let public = PublicKey::mint(&brand, &entropy(2));
        assert!(matches!(recognise(&brand, public.as_str()), Presented::PublicKey));
    }

    #[test]
    fn every_character_of_the_alphabet_appears_about_equally_often() {
        let source = entropy(3);
        let mut counts = [0_u32; 128];
        for _ in 0..2_000 {
            let key = PrivateKey::mint(&Brand::none(), &source);
            for byte in &key.expose().as_bytes()[PRIVATE.len()..PRIVATE.len() + RANDOM_LEN] {
                counts[usize::from(*byte)] += 1;
            }
        }
        // 60,000 draws over 62 characters: 968 expected each, one standard deviation is 31.
        for digit in DIGITS {
            let count = counts[usize::from(*digit)];
            assert!((780..1_160).contains(&count), "{} came {count} times", char::from(*digit));
        }
    }

    #[test]
    fn brands_that_could_be_mistaken_for_a_kind_are_refused() {
        for text in ["", "Acme", "1acme", "ac me", "acme_", "public", "private", "aaaaaaaaaaaaaaaaaaaaa"] {
            assert_eq!(Brand::parse(text), Err(InvalidBrand), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_minted_key_is_read_back_and_by_its_own_brand_only(seed: u64, branded: bool) {
            let brand = if branded { Brand::parse("acme").expect("valid") } else { Brand::none() };
            let other = if branded { Brand::none() } else { Brand::parse("acme").expect("valid") };
            let key = PrivateKey::mint(&brand, &entropy(seed));
            prop_assert_eq!(key.expose().len(), brand.private_prefix().len() + 36);
            prop_assert!(PrivateKey::parse(&brand, key.expose()).is_some());
            prop_assert!(PrivateKey::parse(&other, key.expose()).is_none());
            prop_assert!(PublicKey::parse(&brand, key.expose()).is_none());
            prop_assert!(InstallationKey::parse(&brand, key.expose()).is_none());

            let installation = InstallationKey::mint(&brand, &entropy(seed));
            prop_assert!(InstallationKey::parse(&brand, installation.expose()).is_some());
            prop_assert!(InstallationKey::parse(&other, installation.expose()).is_none());
            prop_assert!(PrivateKey::parse(&brand, installation.expose()).is_none());
            prop_assert!(matches!(recognise(&brand, installation.expose()), Presented::InstallationKey(_)));

            let public = PublicKey::mint(&brand, &entropy(seed));
            prop_assert_eq!(PublicKey::parse_stored(public.as_str()), Some(public.clone()));
            prop_assert_eq!(PublicKey::parse_stored(key.expose()), None);
        }

        #[test]
        fn one_wrong_or_swapped_character_is_always_noticed(seed: u64, place in 0..36_usize, shift in 1..62_usize) {
            let key = PrivateKey::mint(&Brand::none(), &entropy(seed));
            let mut bytes = key.expose().as_bytes().to_vec();
            let at = PRIVATE.len() + place;
            let digit = DIGITS.iter().position(|digit| *digit == bytes[at]).expect("in the alphabet");
            bytes[at] = DIGITS[(digit + shift) % 62];
            let typo = String::from_utf8(bytes).expect("ASCII");
            prop_assert!(PrivateKey::parse(&Brand::none(), &typo).is_none());

            let mut swapped = key.expose().as_bytes().to_vec();
            let next = PRIVATE.len() + (place + 1) % 36;
            swapped.swap(at, next);
            let swapped = String::from_utf8(swapped).expect("ASCII");
            if swapped != key.expose() {
                prop_assert!(PrivateKey::parse(&Brand::none(), &swapped).is_none());
            }
        }

        #[test]
        fn no_text_makes_recognition_panic(text in ".{0,80}", cut in 0..60_usize) {
            let brand = Brand::none();
            let _ = recognise(&brand, &text);
            let _ = contains_private_key(&brand, &format!("{text}private_{text}"));
            let key = PrivateKey::mint(&brand, &entropy(cut as u64));
            let cut_off: String = key.expose().chars().take(cut.min(43)).collect();
            prop_assert!(PrivateKey::parse(&brand, &cut_off).is_none());
        }

        #[test]
        fn a_key_hidden_in_other_text_is_found(seed: u64, before in "[a-z=&?é]{0,12}", after in "[^0-9A-Za-z]{0,12}") {
            let key = PrivateKey::mint(&Brand::none(), &entropy(seed));
            let text = format!("{before}{}{after}", key.expose());
            prop_assert!(contains_private_key(&Brand::none(), &text));
            let kept = without_private_keys(&Brand::none(), &format!("{text} and {text}"));
            prop_assert_eq!(kept, format!("{before}private_…{after} and {before}private_…{after}"));

            let key = InstallationKey::mint(&Brand::none(), &entropy(seed));
            let text = format!("{before}{}{after}", key.expose());
            prop_assert!(contains_installation_key(&Brand::none(), &text));
            prop_assert!(!contains_private_key(&Brand::none(), &text));
            let kept = without_private_keys(&Brand::none(), &text);
            prop_assert_eq!(kept, format!("{before}installation_…{after}"));
        }

        #[test]
        fn a_text_without_keys_stays_as_it_is(text in "(private_|installation_|[a-z0-9_ é]){0,9}") {
            prop_assert_eq!(without_private_keys(&Brand::none(), &text), text);
        }
    }
}
