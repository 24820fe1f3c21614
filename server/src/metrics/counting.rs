//! What requests do, counted.
//!
//! This is on the way of every request. So all counters are there from the start, in arrays that an outcome is the index of:
//! nothing is looked up by a label, locked or allocated. (`prometheus-client`'s families have a lock around their labels, and its
//! histograms one around their buckets.) Each thread counts in a shard of its own, since cores that add to the same counter take its
//! cache line away from each other, the more of them the longer; whoever reads adds the shards up.

use crate::accept::Connections;
use crate::problem::Problem;
use crate::routes::Kind;
use domain::Timestamp;
use http::StatusCode;
use std::array;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// At least as many as cores on most machines; where there are more, two threads share one, which costs a little time.
const SHARDS: usize = 16;

/// The upper bounds of a histogram's buckets, inclusive.
pub(super) const BOUNDS: [Duration; 17] = [
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2_500),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// What a program wanted when it presented its private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `/v1/account`.
    Account,
    /// `/v1/auth`, for a gateway.
    Auth,
    /// `/v1/keys/verify`: each of the keys in the body.
    Verify,
    /// `/v1/files`, and the bytes of files.
    Files,
    /// `/api/…/files/upload`, with a private key.
    Upload,
}

impl Endpoint {
    pub(super) const ALL: [Self; 5] = [Self::Account, Self::Auth, Self::Verify, Self::Files, Self::Upload];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Auth => "auth",
            Self::Verify => "verify",
            Self::Files => "files",
            Self::Upload => "upload",
        }
    }
}

/// What became of a private key, or of its absence: the codes that programs are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Valid,
    Missing,
    Repeated,
    Unknown,
    Public,
    Installation,
    Expired,
    Revoked,
    Disabled,
    FromBrowser,
    AddressLimited,
    AccountLimited,
    Fault,
}

impl Outcome {
    pub(super) const ALL: [Self; 13] = [
        Self::Valid,
        Self::Missing,
        Self::Repeated,
        Self::Unknown,
        Self::Public,
        Self::Installation,
        Self::Expired,
        Self::Revoked,
        Self::Disabled,
        Self::FromBrowser,
        Self::AddressLimited,
        Self::AccountLimited,
        Self::Fault,
    ];

    /// `None` is a key that is valid.
    const fn of(problem: Option<Problem>) -> Self {
        let Some(problem) = problem else { return Self::Valid };
        match problem {
            Problem::KeyMissing => Self::Missing,
            Problem::HeaderRepeated => Self::Repeated,
            Problem::KeyUnknown => Self::Unknown,
            Problem::KeyIsPublic => Self::Public,
            Problem::KeyIsInstallation => Self::Installation,
            Problem::KeyExpired => Self::Expired,
            Problem::KeyRevoked => Self::Revoked,
            Problem::AccountDisabled => Self::Disabled,
            Problem::KeyFromBrowser => Self::FromBrowser,
            Problem::TooManyFailures(_) => Self::AddressLimited,
            Problem::TooManyRequests(_) => Self::AccountLimited,
            Problem::Fault
            | Problem::Unavailable
            | Problem::StorageFull
            | Problem::StorageUnwritable
            // No private key is answered these.
            | Problem::InstallationKeyMissing
            | Problem::InstallationKeyUnknown
            | Problem::NotThePrivateKey
            | Problem::NotThePublicKey
            | Problem::InstallationKeyExpired
            | Problem::InstallationKeyRevoked
            | Problem::ScopeMissing
            | Problem::InstallationKeyInUrl
            | Problem::KeyInUrl
            | Problem::NotFound
            | Problem::PageOutdated
            | Problem::MethodNotAllowed
            | Problem::BodyTooSlow
            | Problem::BodyBroken
            | Problem::BodyTooLarge
            | Problem::CrossSite
            | Problem::NotAllowed
            | Problem::FilterInvalid => Self::Fault,
        }
    }

    /// The code of the answer; what has none of its own is in small letters.
    pub(super) const fn label(self) -> &'static str {
        let problem = match self {
            Self::Valid => return "valid",
            Self::Fault => return "fault",
            Self::AddressLimited => return "address_limited",
            Self::AccountLimited => return "account_limited",
            Self::Missing => Problem::KeyMissing,
            Self::Repeated => Problem::HeaderRepeated,
            Self::Unknown => Problem::KeyUnknown,
            Self::Public => Problem::KeyIsPublic,
            Self::Installation => Problem::KeyIsInstallation,
            Self::Expired => Problem::KeyExpired,
            Self::Revoked => Problem::KeyRevoked,
            Self::Disabled => Problem::AccountDisabled,
            Self::FromBrowser => Problem::KeyFromBrowser,
        };
        problem.told().code
    }
}

/// The kinds of routes, as they are told: the two kinds of server functions are one.
pub(super) const KINDS: [&str; 7] = ["page", "function", "api", "upload", "gateway", "health", "asset"];

const fn place_of(kind: Kind) -> usize {
    match kind {
        Kind::Page => 0,
        Kind::Function | Kind::ListFunction => 1,
        Kind::Api => 2,
        Kind::Upload => 3,
        Kind::Gateway => 4,
        Kind::Health => 5,
        Kind::Asset => 6,
    }
}

/// The classes of statuses that end a request.
pub(super) const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

fn class_of(status: StatusCode) -> usize {
    usize::from(status.as_u16() / 100).clamp(2, 5) - 2
}

/// A histogram: how many were within each bound and beyond the last, and the sum.
#[derive(Default)]
struct Durations {
    within: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Durations {
    fn add(&self, took: Duration) {
        let bucket = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(BOUNDS.len());
        add(&self.within[bucket], 1);
        add(&self.nanoseconds, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

fn add(counter: &AtomicU64, much: u64) {
    // Nobody draws conclusions from the order in which two of them change.
    counter.fetch_add(much, Ordering::Relaxed);
}

/// A histogram, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Histogram {
    /// How many in each bucket; not cumulative.
    pub(super) within: [u64; BOUNDS.len() + 1],
    pub(super) sum: Duration,
}

/// What became of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It proves whose upload it is.
    Valid,
    /// It does not.
    Refused,
    /// Nobody knows: something broke.
    Fault,
}

impl Proof {
    pub(super) const ALL: [Self; 3] = [Self::Valid, Self::Refused, Self::Fault];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Refused => "refused",
            Self::Fault => "fault",
        }
    }
}

/// The counters of a few threads. Alone on its cache lines, and on those that processors fetch in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Shard {
    authentications: [[AtomicU64; Outcome::ALL.len()]; Endpoint::ALL.len()],
    judging: Durations,
    requests: [[AtomicU64; CLASSES.len()]; KINDS.len()],
    answering: [Durations; KINDS.len()],
}

/// What this process has counted since it began.
pub struct Metrics {
    shards: [Shard; SHARDS],
    keys_in_urls: AtomicU64,
    signatures: [AtomicU64; Proof::ALL.len()],
    connections: Connections,
    started_at: Timestamp,
}

impl Metrics {
    /// Of a process that began at `started_at`.
    pub fn new(started_at: Timestamp) -> Self {
        Self {
            shards: array::from_fn(|_| Shard::default()),
            keys_in_urls: AtomicU64::default(),
            signatures: array::from_fn(|_| AtomicU64::default()),
            connections: Connections::default(),
            started_at,
        }
    }

    /// A private key was judged: to be valid, or what the problem says.
    pub fn judged(&self, endpoint: Endpoint, problem: Option<Problem>, took: Duration) {
        let shard = self.own_shard();
        add(&shard.authentications[endpoint as usize][Outcome::of(problem) as usize], 1);
        shard.judging.add(took);
    }

    /// There was no private key to be judged.
    pub fn not_judged(&self, endpoint: Endpoint, problem: Problem) {
        add(&self.own_shard().authentications[endpoint as usize][Outcome::of(Some(problem)) as usize], 1);
    }

    /// A request was answered.
    pub fn answered(&self, kind: Kind, status: StatusCode, took: Duration) {
        let (shard, kind) = (self.own_shard(), place_of(kind));
        add(&shard.requests[kind][class_of(status)], 1);
        shard.answering[kind].add(took);
    }

    /// A private key stood in a URL.
    pub fn key_in_url(&self) {
        add(&self.keys_in_urls, 1);
    }

    /// The signature of an upload was looked at.
    pub fn signature(&self, proof: Proof) {
        add(&self.signatures[proof as usize], 1);
    }

    /// Who is connected.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    fn own_shard(&self) -> &Shard {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static SHARD: usize = THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS;
        }
        &self.shards[SHARD.with(|shard| *shard)]
    }

    fn sum(&self, counter: impl Fn(&Shard) -> &AtomicU64) -> u64 {
        self.shards.iter().map(|shard| counter(shard).load(Ordering::Relaxed)).sum()
    }

    fn histogram(&self, durations: impl Fn(&Shard) -> &Durations) -> Histogram {
        let nanoseconds = self.sum(|shard| &durations(shard).nanoseconds);
        Histogram {
            within: array::from_fn(|bucket| self.sum(|shard| &durations(shard).within[bucket])),
            sum: Duration::from_nanos(nanoseconds),
        }
    }

    pub(super) fn authentications(&self, endpoint: Endpoint, outcome: Outcome) -> u64 {
        self.sum(|shard| &shard.authentications[endpoint as usize][outcome as usize])
    }

    pub(super) fn judging(&self) -> Histogram {
        self.histogram(|shard| &shard.judging)
    }

    /// By the places in [`KINDS`] and [`CLASSES`].
    pub(super) fn requests(&self, kind: usize, class: usize) -> u64 {
        self.sum(|shard| &shard.requests[kind][class])
    }

    /// By the place in [`KINDS`].
    pub(super) fn answering(&self, kind: usize) -> Histogram {
        self.histogram(|shard| &shard.answering[kind])
    }

    pub(super) fn keys_in_urls(&self) -> u64 {
        self.keys_in_urls.load(Ordering::Relaxed)
    }

    pub(super) fn signatures(&self, proof: Proof) -> u64 {
        self.signatures[proof as usize].load(Ordering::Relaxed)
    }

    pub(super) fn started_at(&self) -> Timestamp {
        self.started_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn metrics() -> Metrics {
        Metrics::new(Timestamp::from_millis(0))
    }

    #[test]
    fn what_many_threads_count_is_added_up() {
        let metrics = metrics();
        thread::scope(|scope| {
            for _ in 0..2 * SHARDS {
                scope.spawn(|| {
                    for _ in 0..100 {
                        metrics.judged(Endpoint::Auth, None, Duration::from_micros(2));
                        metrics.answered(Kind::Gateway, StatusCode::OK, Duration::from_millis(2));
                    }
                });
            }
        });
        let expected = 200 * SHARDS as u64;
        assert_eq!(metrics.authentications(Endpoint::Auth, Outcome::Valid), expected);
        assert_eq!(metrics.judging().within.iter().sum::<u64>(), expected);
        assert_eq!(metrics.judging().sum, Duration::from_micros(2 * expected));
        assert_eq!(metrics.requests(4, 0), expected);
        assert_eq!(metrics.answering(4).within[5], expected);
    }

    #[test]
    fn a_bucket_holds_what_took_exactly_its_bound() {
        let durations = Durations::default();
        for took in
            [Duration::ZERO, BOUNDS[0], BOUNDS[0] + Duration::from_nanos(1), BOUNDS[16], Duration::from_secs(11)]
        {
            durations.add(took);
        }
        let within: Vec<_> = durations.within.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        assert_eq!((within[0], within[1], within[16], within[17]), (2, 1, 1, 1));
        assert!(BOUNDS.is_sorted());
    }

    #[test]
    fn every_outcome_and_kind_is_counted_at_its_own_label() {
        for (place, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
        for (place, endpoint) in Endpoint::ALL.into_iter().enumerate() {
            assert_eq!(endpoint as usize, place);
        }
        for (place, proof) in Proof::ALL.into_iter().enumerate() {
            assert_eq!(proof as usize, place);
        }
        for kind in Kind::ALL {
            let label = KINDS[place_of(kind)];
            let expected =
                if kind == Kind::ListFunction { "function".to_owned() } else { format!("{kind:?}").to_lowercase() };
            assert_eq!(label, expected);
        }
        for problem in [Problem::KeyExpired, Problem::KeyMissing, Problem::KeyFromBrowser, Problem::HeaderRepeated] {
            assert_eq!(Outcome::of(Some(problem)).label(), problem.told().code);
        }
        assert_eq!(CLASSES[class_of(StatusCode::NO_CONTENT)], "2xx");
        assert_eq!(CLASSES[class_of(StatusCode::INSUFFICIENT_STORAGE)], "5xx");
    }
}
