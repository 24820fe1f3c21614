//! Password rules and hashing.
//!
//! argon2id with 19 MiB and two passes, the parameters OWASP's password storage cheat sheet names first and the argon2
//! crate's defaults. A flood of sign-ins must leave memory, the database and everybody else alone, so everything about
//! it is bounded: how many attempts are under way ([`Passwords::admit`], asked before the database is), how many of
//! those are hashed at a time, how long one waits for its turn, and the memory, which is taken once for each hash that
//! may run and used again. Strangers fill neither the queue nor the turns of people we know.

use crate::{Error, Fault, OsEntropy, Result};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use domain::{Entropy as _, Password, Refusal};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// NIST SP 800-63B-4, section 3.1.1.2: at least 15 characters where the password is the only factor.
pub const LEAST_CHARACTERS: usize = 15;
/// Longer input is refused before it is hashed. NIST asks for at least 64.
pub const MOST_BYTES: usize = 1_024;

/// 19 MiB each.
const HASHES_AT_A_TIME: usize = 2;
/// One less, so that somebody we know waits behind one hash of a stranger's and not behind all of them; and of two
/// cores, one is left to requests that need no password.
const HASHES_OF_STRANGERS: usize = HASHES_AT_A_TIME - 1;
/// Attempts under way: about as many as get a turn before they have waited too long. Each costs a few kilobytes, and
/// two short writes.
const ATTEMPTS_AT_A_TIME: usize = 48;
const WAIT_FOR_A_TURN: Duration = Duration::from_secs(2);
const HASHING: &str = "hashing a password";

/// For whom a password is hashed. Each side has its own queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Whoever is at the sign-in or sign-up page.
    Strangers,
    /// People in a session of theirs, or in a browser they have signed in with before; and operators.
    Known,
}

/// Leave to have one attempt under way. It ends when this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Hashes and checks passwords, a bounded number at a time.
#[derive(Debug)]
pub struct Passwords {
    places_of_strangers: Arc<Semaphore>,
    places_of_known: Arc<Semaphore>,
    turns_of_strangers: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    /// What argon2 works in, as many as have run at a time. Given back to the allocator instead, it would pile up in one
    /// arena of glibc's after the other: 500 MiB after 75 sign-ins.
    memory: Arc<Mutex<Vec<Vec<Block>>>>,
    checked: Arc<AtomicU64>,
    waiting: AtomicUsize,
    turned_away: AtomicU64,
}

/// How busy the hashing of passwords is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordReadings {
    /// Attempts under way, from being let in to their answer.
    pub attempts: usize,
    /// Those of them that wait for their turn to be hashed.
    pub waiting: usize,
    /// Hashes being computed.
    pub hashing: usize,
    /// Passwords compared since the process began.
    pub checked: u64,
    /// Attempts turned away since then, because there were too many or their turn did not come.
    pub turned_away: u64,
}

/// Somebody who waits for their turn.
struct InQueue<'a>(&'a AtomicUsize);

impl<'a> InQueue<'a> {
    fn join(queue: &'a AtomicUsize) -> Self {
        queue.fetch_add(1, Ordering::Relaxed);
        Self(queue)
    }
}

impl Drop for InQueue<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
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
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self {
            places_of_strangers: semaphore(ATTEMPTS_AT_A_TIME),
            places_of_known: semaphore(ATTEMPTS_AT_A_TIME),
            turns_of_strangers: semaphore(HASHES_OF_STRANGERS),
            turns: semaphore(HASHES_AT_A_TIME),
            memory: Arc::default(),
            checked: Arc::default(),
            waiting: AtomicUsize::default(),
            turned_away: AtomicU64::default(),
        }
    }

    /// Lets one attempt begin, or answers [`Refusal::Busy`] at once. Nothing of the attempt has happened then: it is
    /// not counted, not recorded, and no password was looked at.
    pub fn admit(&self, lane: Lane) -> Result<Place> {
        let places = match lane {
            Lane::Strangers => &self.places_of_strangers,
            Lane::Known => &self.places_of_known,
        };
        match Arc::clone(places).try_acquire_owned() {
            Ok(permit) => Ok(Place { _permit: permit }),
            Err(_) => Err(self.turn_away()),
        }
    }

    fn turn_away(&self) -> Error {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        Error::Refused(Refusal::Busy)
    }

    /// How many passwords were compared with a stored hash, or with the hash nobody can match.
    pub fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }

    /// How busy it is.
    pub fn readings(&self) -> PasswordReadings {
        let places = [&self.places_of_strangers, &self.places_of_known];
        let free: usize = places.iter().map(|places| places.available_permits()).sum();
        PasswordReadings {
            attempts: (places.len() * ATTEMPTS_AT_A_TIME).saturating_sub(free),
            waiting: self.waiting.load(Ordering::Relaxed),
            hashing: HASHES_AT_A_TIME.saturating_sub(self.turns.available_permits()),
            checked: self.checked(),
            turned_away: self.turned_away.load(Ordering::Relaxed),
        }
    }

    /// Checks `password` against the rules and hashes it: a PHC string.
    pub async fn hash(&self, lane: Lane, password: Password, own_words: Vec<String>) -> Result<String> {
        self.blocking(lane, move |memory| {
            let words: Vec<&str> = own_words.iter().map(String::as_str).collect();
            check(&password, &words)?;
            hash_now(password.expose().as_bytes(), memory)
        })
        .await
    }

    /// Whether `password` is the one behind `stored`.
    ///
    /// Without a stored hash (nobody has this address, or they have no password) the same work is done on a hash nobody
    /// can match, so that the time tells nothing.
    pub async fn verify(&self, lane: Lane, password: Password, stored: Option<String>) -> Result<bool> {
        let checked = Arc::clone(&self.checked);
        self.blocking(lane, move |memory| {
            let known = stored.is_some();
            let stored = match stored {
                Some(stored) => stored,
                None => decoy(memory)?.to_owned(),
            };
            checked.fetch_add(1, Ordering::Relaxed);
            // Input too long to be anybody's password is not worth megabytes of hashing; the work stays the same.
            let typed = password.expose().as_bytes();
            let typed = if typed.len() > MOST_BYTES { b"" } else { typed };
            let matches = verify_now(typed, &stored, memory)?;
            Ok(matches && known && !typed.is_empty())
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&mut Vec<Block>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.turn(lane).await?;
        let shared = Arc::clone(&self.memory);
        let (told, done) = oneshot::channel();
        let hashing = move || {
            give_way();
            // The turn ends with the work and not with the request: a caller who hangs up does not free it early.
            let _turn = turn;
            let taken = shared.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut memory = taken.unwrap_or_default();
            let done = work(&mut memory);
            shared.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
            // Nobody listens when the caller has hung up.
            let _ = told.send(done);
        };
        // A thread of its own for each: one that gave way can never ask for its old place again, so that it cannot be one
        // of the runtime's. Making it costs a thousandth of the hash.
        std::thread::Builder::new()
            .name("password".to_owned())
            .spawn(hashing)
            .map_err(|error| Fault::caused_by(HASHING, error))?;
        done.await.map_err(|error| Fault::caused_by(HASHING, error))?
    }

    async fn turn(&self, lane: Lane) -> Result<(Option<OwnedSemaphorePermit>, OwnedSemaphorePermit)> {
        let both = async {
            let of_strangers = match lane {
                Lane::Strangers => Some(Arc::clone(&self.turns_of_strangers).acquire_owned().await?),
                Lane::Known => None,
            };
            Ok::<_, tokio::sync::AcquireError>((of_strangers, Arc::clone(&self.turns).acquire_owned().await?))
        };
        let _in_queue = InQueue::join(&self.waiting);
        match tokio::time::timeout(WAIT_FOR_A_TURN, both).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(self.turn_away()),
        }
    }
}

/// Lets the other threads of this process have a core before this one: who comes with a key waits for no password.
/// A tenth of their weight (`sched(7)`), so that people still get in on a machine with too much to do.
fn give_way() {
    // Elsewhere this would be about the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "hashing with the priority of everything else");
    }
}

fn failed<E: std::fmt::Display>(doing: &'static str) -> impl FnOnce(E) -> Fault {
    move |error| Fault::caused_by(doing, error.to_string())
}

fn hash_now(password: &[u8], memory: &mut Vec<Block>) -> Result<String> {
    let (algorithm, version, params) = (Algorithm::Argon2id, Version::V0x13, Params::default());
    let mut salt = [0_u8; Salt::RECOMMENDED_LENGTH];
    OsEntropy.fill(&mut salt);
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    memory.resize(params.block_count(), Block::new());
    Argon2::new(algorithm, version, params.clone())
        .hash_password_into_with_memory(password, &salt, &mut output, memory)
        .map_err(failed(HASHING))?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params).map_err(failed(HASHING))?,
        salt: Some(Salt::new(&salt).map_err(failed(HASHING))?),
        hash: Some(Output::new(&output).map_err(failed(HASHING))?),
    };
    Ok(hash.to_string())
}

fn verify_now(password: &[u8], stored: &str, memory: &mut Vec<Block>) -> Result<bool> {
    const DOING: &str = "reading a stored password hash";
    let hash = PasswordHash::new(stored).map_err(failed(DOING))?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
        return Err(Fault::new(DOING).into());
    };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(failed(DOING))?;
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).map_err(failed(DOING))?;
    let params = Params::try_from(&hash).map_err(failed(DOING))?;
    let mut output = vec![0_u8; expected.len()];
    memory.resize(params.block_count(), Block::new());
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(password, salt, &mut output, memory)
        .map_err(failed(DOING))?;
    Ok(output.ct_eq(expected.as_bytes()).into())
}

/// A hash with today's parameters that no password matches in practice: of 256 bits thrown away at once.
fn decoy(memory: &mut Vec<Block>) -> Result<&'static str> {
    static DECOY: OnceLock<String> = OnceLock::new();
    if let Some(decoy) = DECOY.get() {
        return Ok(decoy);
    }
    let made = hash_now(crate::Token::mint(&OsEntropy).expose().as_bytes(), memory)?;
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
        let hash =
            Passwords::new().hash(Lane::Known, password("plover sextant umbrella 9"), vec![]).await.expect("hashes");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }

    #[tokio::test]
    async fn only_the_whole_password_matches_and_nobody_matches_nothing() {
        let passwords = Passwords::new();
        let stored = passwords.hash(Lane::Known, password("plover sextant umbrella 9"), vec![]).await.expect("hashes");
        let verify =
            |text: &str, stored: Option<&String>| passwords.verify(Lane::Strangers, password(text), stored.cloned());
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
        for lane in [Lane::Strangers, Lane::Known] {
            let answer = passwords.verify(lane, password("whatever it is"), None).await;
            assert!(matches!(answer, Err(Error::Refused(Refusal::Busy))));
        }
        assert_eq!(passwords.checked(), 0);
    }

    #[tokio::test]
    async fn strangers_take_neither_every_turn_nor_anybody_elses_place() {
        let passwords = Passwords::new();
        let _one = passwords.turn(Lane::Strangers).await.expect("free");
        let places: Vec<_> = (0..ATTEMPTS_AT_A_TIME).map(|_| passwords.admit(Lane::Strangers)).collect();
        assert!(places.iter().all(Result::is_ok));
        assert!(matches!(passwords.admit(Lane::Strangers), Err(Error::Refused(Refusal::Busy))));
        assert!(passwords.admit(Lane::Known).is_ok());
        assert!(!passwords.verify(Lane::Known, password("whatever it is"), None).await.expect("verifies"));
        drop(places);
        assert!(passwords.admit(Lane::Strangers).is_ok());
    }

    #[tokio::test]
    async fn as_much_memory_is_kept_as_hashes_may_run_at_a_time() {
        let passwords = Arc::new(Passwords::new());
        let checks: Vec<_> = (0..12)
            .map(|n| {
                let (passwords, lane) = (passwords.clone(), if n % 2 == 0 { Lane::Strangers } else { Lane::Known });
                tokio::spawn(async move { passwords.verify(lane, password("whatever it is"), None).await })
            })
            .collect();
        for check in checks {
            check.await.expect("joins").expect("in time");
        }
        let kept: usize = passwords.memory.lock().expect("whole").iter().map(|memory| memory.len() * Block::SIZE).sum();
        assert!((1..=HASHES_AT_A_TIME).contains(&(kept / (19 * 1024 * 1024))), "{kept}");
    }

    /// What the argon2 crate's own functions made before, and what they make of ours.
    #[tokio::test]
    async fn hashes_are_those_of_the_crate_itself() {
        use argon2::{PasswordHasher as _, PasswordVerifier as _};
        let theirs = Argon2::default().hash_password(b"plover sextant umbrella 9").expect("hashes").to_string();
        let passwords = Passwords::new();
        let mut right = Vec::new();
        for typed in ["plover sextant umbrella 9", "plover sextant umbrella 8"] {
            right.push(passwords.verify(Lane::Known, password(typed), Some(theirs.clone())).await.expect("verifies"));
        }
        assert_eq!(right, [true, false]);
        let ours = passwords.hash(Lane::Known, password("plover sextant umbrella 9"), vec![]).await.expect("hashes");
        let ours = PasswordHash::new(&ours).expect("reads");
        assert!(Argon2::default().verify_password(b"plover sextant umbrella 9", &ours).is_ok());
        assert!(Argon2::default().verify_password(b"plover sextant umbrella 8", &ours).is_err());
    }
}
