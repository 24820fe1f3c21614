//! Password rules and hashing.
//!
//! argon2id with 19 MiB and two passes, the parameters OWASP's password storage cheat sheet names first and the argon2
//! crate's defaults. Hashing runs on blocking threads behind a semaphore, so that a flood of sign-ins takes a bounded
//! amount of memory and leaves API authentication alone.

use crate::{Error, Fault, Result};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use domain::{Password, Refusal};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// NIST SP 800-63B-4, section 3.1.1.2: at least 15 characters where the password is the only factor.
pub const LEAST_CHARACTERS: usize = 15;
/// Longer input is refused before it is hashed. NIST asks for at least 64.
pub const MOST_BYTES: usize = 1_024;

const HASHES_AT_A_TIME: usize = 2;
const WAIT_FOR_A_TURN: Duration = Duration::from_secs(2);

/// Hashes and checks passwords, a bounded number at a time.
#[derive(Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

/// Whether `password` may become somebody's password. `own_words` are things an attacker would try first: the person's
/// address, the account's name.
pub fn check(password: &Password, own_words: &[&str]) -> std::result::Result<(), Refusal> {
    let text = password.expose();
    if text.len() > MOST_BYTES {
        return Err(Refusal::PasswordTooLong);
    }
    // Each code point counts as one character, as NIST says.
    if text.chars().count() < LEAST_CHARACTERS {
        return Err(Refusal::PasswordTooShort);
    }
    let parts: Vec<&str> =
        own_words.iter().flat_map(|word| word.split(['@', '.', ' '])).chain(own_words.iter().copied()).collect();
    if zxcvbn::zxcvbn(text, &parts).score() < zxcvbn::Score::Three {
        return Err(Refusal::PasswordCommon);
    }
    Ok(())
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// A hasher with its own queue. One per process.
    pub fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(HASHES_AT_A_TIME)) }
    }

    /// Checks `password` against the rules and hashes it: a PHC string.
    pub async fn hash(&self, password: Password, own_words: Vec<String>) -> Result<String> {
        self.blocking(move || {
            let words: Vec<&str> = own_words.iter().map(String::as_str).collect();
            check(&password, &words)?;
            hash_now(&password)
        })
        .await
    }

    /// Whether `password` is the one behind `stored`.
    ///
    /// Without a stored hash (nobody has this address, or they have no password) the same work is done on a hash nobody
    /// can match, so that the time tells nothing.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool> {
        self.blocking(move || {
            let known = stored.is_some();
            let stored = match stored {
                Some(stored) => stored,
                None => decoy()?.to_owned(),
            };
            let hash = PasswordHash::new(&stored)
                .map_err(|error| Fault::caused_by("reading a stored password hash", error.to_string()))?;
            // Input too long to be anybody's password is not worth megabytes of hashing; the work stays the same.
            let typed = password.expose().as_bytes();
            let typed = if typed.len() > MOST_BYTES { b"" } else { typed };
            let matches = Argon2::default().verify_password(typed, &hash).is_ok();
            Ok(matches && known && !typed.is_empty())
        })
        .await
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let turn = self.turn().await?;
        let done = tokio::task::spawn_blocking(move || {
            // The turn ends with the work and not with the request: a caller who hangs up does not free it early.
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| Fault::caused_by("hashing a password", error))?
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        match tokio::time::timeout(WAIT_FOR_A_TURN, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(Error::Refused(Refusal::Busy)),
        }
    }
}

fn hash_now(password: &Password) -> Result<String> {
    let hash: argon2::password_hash::phc::PasswordHash = Argon2::default()
        .hash_password(password.expose().as_bytes())
        .map_err(|error| Fault::caused_by("hashing a password", error.to_string()))?;
    Ok(hash.to_string())
}

/// A hash with today's parameters that no password matches in practice: of 256 bits thrown away at once.
fn decoy() -> Result<&'static str> {
    static DECOY: OnceLock<String> = OnceLock::new();
    if let Some(decoy) = DECOY.get() {
        return Ok(decoy);
    }
    let made = hash_now(&Password::new(crate::Token::mint(&crate::OsEntropy).expose()))?;
    Ok(DECOY.get_or_init(|| made))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn short_long_and_common_passwords_are_refused_with_their_reason() {
        let verdict = |text: &str| check(&password(text), &["ada.lovelace@example.org", "Analytical Engines"]);
        assert_eq!(verdict("fourteen-chars"), Err(Refusal::PasswordTooShort));
        assert_eq!(verdict(&"ab".repeat(600)), Err(Refusal::PasswordTooLong));
        assert_eq!(verdict("passwordpassword"), Err(Refusal::PasswordCommon));
        assert_eq!(verdict("123456789012345"), Err(Refusal::PasswordCommon));
        assert_eq!(verdict("aaaaaaaaaaaaaaaaaaaa"), Err(Refusal::PasswordCommon));
        assert_eq!(verdict("ada.lovelace@example.org"), Err(Refusal::PasswordCommon));
        assert_eq!(verdict("plover sextant umbrella 9"), Ok(()));
        assert_eq!(verdict("слон карандаш вертолёт"), Ok(()));
    }

    #[test]
    fn exactly_fifteen_characters_are_enough_whatever_the_script() {
        assert_eq!(check(&password("жтырфщкъьэюцбвж"), &[]), Ok(()));
        assert_eq!(check(&password("жтырфщкъьэюцбв"), &[]), Err(Refusal::PasswordTooShort));
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_with_at_least_19_mib_and_two_passes() {
        let hash = Passwords::new().hash(password("plover sextant umbrella 9"), vec![]).await.expect("hashes");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }

    #[tokio::test]
    async fn only_the_whole_password_matches_and_nobody_matches_nothing() {
        let passwords = Passwords::new();
        let stored = passwords.hash(password("plover sextant umbrella 9"), vec![]).await.expect("hashes");
        let verify = |text: &str, stored: Option<&String>| passwords.verify(password(text), stored.cloned());
        assert!(verify("plover sextant umbrella 9", Some(&stored)).await.expect("verifies"));
        assert!(!verify("plover sextant umbrella ", Some(&stored)).await.expect("verifies"));
        assert!(!verify("Plover sextant umbrella 9", Some(&stored)).await.expect("verifies"));
        assert!(!verify("", Some(&stored)).await.expect("verifies"));
        assert!(!verify("", None).await.expect("verifies"));
        assert!(!verify(&"x".repeat(5_000), Some(&stored)).await.expect("verifies"));
    }

    #[tokio::test]
    async fn whoever_waits_too_long_for_a_turn_is_told_the_server_is_busy() {
        tokio::time::pause();
        let passwords = Passwords::new();
        let _taken = Arc::clone(&passwords.turns).acquire_many_owned(2).await.expect("free");
        let answer = passwords.verify(password("whatever it is"), None).await;
        assert!(matches!(answer, Err(Error::Refused(Refusal::Busy))));
    }
}
