//! What Latchkey does: its use cases.
//!
//! A page, the HTTP API and the command line call the same function here, so they cannot differ. Each use case takes a
//! [`RequestContext`] (who acts, from where, under which request id), authorizes first, decides with `domain`, writes
//! through the [`store`] port with its audit record in the same transaction, and only then answers.
//!
//! What deliberately does not live here: HTTP, cookies and headers (`server`, `app`), SQL (`store/*`), rules that need
//! neither clock nor database (`domain`).

pub mod accounts;
pub mod activity;
pub mod admins;
pub mod authenticate;
pub mod bulk_draft;
pub mod bulk_roll;
pub mod clock;
pub mod console;
pub mod context;
pub mod error;
pub mod files;
pub mod installation;
pub mod installation_keys;
pub mod invitations;
pub mod keys;
pub mod limits;
pub mod master_key;
pub mod members;
pub mod passwords;
pub mod people;
pub mod provisioning;
pub mod readings;
pub mod seal;
pub mod sessions;
pub mod sightings;
pub mod sign_in;
pub mod store;
pub mod sweep;
pub mod throttle;
pub mod token;
pub mod uploads;
pub mod usage;
pub mod verification;

mod network;
mod record;
mod signature;
mod signed_token;
mod unwritten;

pub use clock::{Clock, OsEntropy, SystemClock};
pub use context::{Caller, InstallationCaller, RequestContext, Seat, SignedIn};
pub use error::{Error, Fault, Result};
pub use token::Token;

use domain::{Brand, Duration, Entropy};
use files::{FileStore, NoFiles};
use limits::{Failures, Requests};
use passwords::Passwords;
use seal::Sealer;
use std::sync::Arc;
use store::Store;
use tokio::sync::Notify;
use unwritten::UnwrittenEnds;
use uploads::{SeenTokens, Waiting};
use verification::Verification;

/// Who may make an account by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    /// Everybody.
    Open,
    /// Only who was invited.
    Invite,
    /// Nobody; operators make accounts.
    Closed,
}

/// How sizes of files are given: a million bytes.
pub const MEGABYTE: u64 = 1_000_000;

/// What the operator decides about how the installation behaves.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What stands before every key.
    pub brand: Brand,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// How long an old pair may go on working after a roll.
    pub longest_overlap: Duration,
    /// How many bytes an uploaded file may have.
    pub largest_upload_bytes: u64,
    /// How many bytes the files of an account may have together.
    pub account_files_bytes: u64,
    /// How many bytes of uploads may be taken in at once before it is known whose they are.
    pub waiting_uploads_bytes: u64,
    /// How many authentications that fail an address may have a minute, [`limits::MINUTES_AT_ONCE`] minutes' worth at once. 0
    /// for any number.
    pub failed_authentications_per_minute: u32,
    /// How many requests an account's programs may make in an interval. 0 for any number.
    pub account_requests: u32,
    /// The interval. Not zero.
    pub account_requests_interval: std::time::Duration,
    /// For how many days it is kept who used a pair; 0 if that is not counted at all.
    pub usage_days: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            brand: Brand::none(),
            sign_up: SignUp::Open,
            longest_overlap: Duration::days(30),
            largest_upload_bytes: 100 * MEGABYTE,
            account_files_bytes: 10_000 * MEGABYTE,
            waiting_uploads_bytes: 1_000 * MEGABYTE,
            failed_authentications_per_minute: 60,
            account_requests: 0,
            account_requests_interval: std::time::Duration::from_mins(1),
            usage_days: 90,
        }
    }
}

/// Everything a use case needs. Cheap to clone; one per process.
#[derive(Clone)]
pub struct Backend {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    sealer: Arc<Sealer>,
    passwords: Arc<Passwords>,
    policy: Arc<Policy>,
    unwritten_ends: Arc<UnwrittenEnds>,
    /// Wakes whoever goes on with bulk rolls in this process.
    bulk_roll_begun: Arc<Notify>,
    files: Arc<dyn FileStore>,
    waiting: Arc<Waiting>,
    seen_tokens: Arc<SeenTokens>,
    sightings: Arc<sightings::Seen>,
    verification: Arc<Verification>,
    failures: Arc<Failures>,
    requests: Arc<Requests>,
    usage: Arc<usage::Usage>,
}

impl Backend {
    /// Puts the parts together. `sealer` must have been checked against this store's installation row: see
    /// [`installation::open_installation`].
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        sealer: Sealer,
        policy: Policy,
    ) -> Self {
        let requests = Requests::new(policy.account_requests, policy.account_requests_interval, Arc::clone(&clock));
        Self {
            store,
            failures: Arc::new(Failures::new(policy.failed_authentications_per_minute, Arc::clone(&clock))),
            requests: Arc::new(requests),
            clock,
            entropy,
            sealer: Arc::new(sealer),
            passwords: Arc::new(Passwords::new()),
            waiting: Arc::new(Waiting::new(policy.waiting_uploads_bytes)),
            verification: Arc::new(Verification::new(policy.brand.clone())),
            policy: Arc::new(policy),
            unwritten_ends: Arc::default(),
            bulk_roll_begun: Arc::default(),
            files: Arc::new(NoFiles),
            seen_tokens: Arc::default(),
            sightings: Arc::default(),
            usage: Arc::default(),
        }
    }

    /// The same, with a place for the bytes of files. Without one, everything about files fails.
    #[must_use]
    pub fn with_files(self, files: Arc<dyn FileStore>) -> Self {
        Self { files, ..self }
    }

    /// What the operator decided.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The instant it is for this process.
    pub fn now(&self) -> domain::Timestamp {
        self.clock.now()
    }

    /// The instant it was for this process a few milliseconds ago at most: for names; see [`Clock::lately`].
    pub fn lately(&self) -> domain::Timestamp {
        self.clock.lately()
    }

    /// How many passwords this process has compared with a stored hash, or with the hash nobody can match.
    pub fn passwords_checked(&self) -> u64 {
        self.passwords.checked()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.store.ping().await?)
    }

    /// Whether the database is still the one that the master key of this process belongs to. A file that was put in its
    /// place has another one, and none of its keys could be recognised.
    pub async fn has_its_master_key(&self) -> Result<bool> {
        let installation = self.store.find_installation().await?;
        Ok(installation.is_some_and(|installation| self.sealer.belongs_to(&installation)))
    }
}
