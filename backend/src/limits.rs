//! How often: authentications that fail, by address, and requests that an account's programs make.
//!
//! Both are budgets that fill up again evenly, without windows that begin and end (GCRA, by the crate `governor`). They are
//! counted in memory and by each process for itself: no request waits for them. A budget that nobody has spent anything of
//! lately is forgotten when there are too many, and whoever's it was begins with a full one. So no flood, from however many
//! addresses, takes more memory than that, and none makes anybody's budget smaller than their own failures do.
//!
//! # Failed authentications
//!
//! Only what fails costs. A key that works passes, wherever it comes from: otherwise somebody could lock an owner out by
//! failing next to them, behind the same proxy or the same address of a mobile network. What does not work is answered, once
//! the budget of its address is spent, without a look at the database and without a word on whether the key was unknown,
//! expired or revoked. Neither keys nor accounts have such a budget, since anybody could spend it.

use crate::Backend;
use crate::network::Network;
use domain::AccountId;
use domain::upload::UploadRefusal;
use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, EntryAction, EntryResult};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// How many minutes' worth of failures an address may have at once, if it had none for as long: a program whose key has just
/// expired goes on for a while.
pub const MINUTES_AT_ONCE: u32 = 5;

/// How many addresses and how many accounts are counted at a time: some six megabytes each.
const MOST: usize = 65_536;

/// How long to wait, of a budget that is spent, until something is left of it. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(Duration);

impl Wait {
    /// Whole seconds, rounded up: what `Retry-After` says.
    pub fn seconds(self) -> u64 {
        self.0.as_secs() + u64::from(self.0.subsec_nanos() > 0)
    }

    /// Whole milliseconds, rounded up.
    pub fn millis(self) -> u64 {
        u64::try_from(self.0.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// What is left of an account's budget of requests, once one was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How many requests there may be in an interval.
    pub limit: u32,
    /// The interval.
    pub interval: Duration,
    /// How long until there may be another; `None` if there may be one now.
    pub next: Option<Wait>,
}

/// There was no budget left for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// What there may be; its [`Allowance::next`] is the same as [`Self::wait`].
    pub allowance: Allowance,
    /// How long until there may be one.
    pub wait: Wait,
}

/// Failed authentications, by address.
pub(crate) struct Failures(Option<Budgets<Network>>);

impl Failures {
    /// So many a minute from each address; 0 for any number.
    pub(crate) fn new(per_minute: u32, clock: Arc<dyn crate::Clock>) -> Self {
        let budgets = NonZeroU32::new(per_minute).map(|per_minute| {
            let most = per_minute.saturating_mul(NonZeroU32::MIN.saturating_add(MINUTES_AT_ONCE - 1));
            Budgets::new(most, Duration::from_mins(1) / per_minute.get(), clock)
        });
        Self(budgets)
    }

    /// Counts one. `Err` if the address has none left, and then nothing is to be told but this.
    ///
    /// Who has no address came over no network.
    pub(crate) fn count(&self, address: Option<IpAddr>) -> Result<(), Wait> {
        match (&self.0, address) {
            (Some(budgets), Some(address)) => budgets.spend(&Network::from(address)).map(drop),
            (None, _) | (_, None) => Ok(()),
        }
    }
}

/// Requests, by account.
pub(crate) struct Requests(Option<Limited>);

struct Limited {
    limit: u32,
    interval: Duration,
    /// By the bits of an account's id, as bytes, which are packed closer.
    budgets: Budgets<[u8; 16]>,
}

impl Requests {
    /// So many in each interval; 0 for any number.
    pub(crate) fn new(limit: u32, interval: Duration, clock: Arc<dyn crate::Clock>) -> Self {
        let limited = NonZeroU32::new(limit).map(|most| {
            let budgets = Budgets::new(most, interval / limit, clock);
            Limited { limit, interval, budgets }
        });
        Self(limited)
    }
}

impl Limited {
    fn spend(&self, account: u128) -> Result<Allowance, Spent> {
        let Self { limit, interval, .. } = *self;
        match self.budgets.spend(&account.to_be_bytes()) {
            Ok(left) => {
                // At the latest then; it may already be on its way.
                let next = (left == 0).then(|| Wait(interval / limit));
                Ok(Allowance { limit, interval, next })
            }
            Err(wait) => Err(Spent { allowance: Allowance { limit, interval, next: Some(wait) }, wait }),
        }
    }
}

impl Backend {
    /// Whether requests of accounts are limited at all.
    pub fn limits_requests(&self) -> bool {
        self.requests.0.is_some()
    }

    /// Takes one request out of the account's budget, in this process. `None` if there is no limit.
    ///
    /// An id that was made by nobody here is not counted.
    pub fn spend_request(&self, account_id: &AccountId) -> Option<Result<Allowance, Spent>> {
        let limited = self.requests.0.as_ref()?;
        Some(limited.spend(account_id.to_bits()?))
    }
}

/// Whether an upload was refused because nothing proved whose it is. A right signature that is refused for something else, its
/// page's origin for example, is no failure.
pub(crate) fn is_failure(refusal: UploadRefusal) -> bool {
    match refusal {
        UploadRefusal::ExpireInvalid
        | UploadRefusal::TokenUsed
        | UploadRefusal::SignatureInvalid
        | UploadRefusal::TokenInvalid
        | UploadRefusal::TokenExpired
        | UploadRefusal::PublicKeyUnknown
        | UploadRefusal::PublicKeyExpired
        | UploadRefusal::PublicKeyRevoked => true,
        UploadRefusal::Missing(_)
        | UploadRefusal::Invalid(_)
        | UploadRefusal::Repeated(_)
        | UploadRefusal::UnknownParameter
        | UploadRefusal::NotAvailable(_)
        | UploadRefusal::KeyMissing
        | UploadRefusal::BothWays
        | UploadRefusal::KeyAndToken
        | UploadRefusal::PayloadDiffers
        | UploadRefusal::OriginNotAllowed
        | UploadRefusal::PrivateKeyExpired
        | UploadRefusal::PrivateKeyRevoked
        | UploadRefusal::AccountDisabled
        | UploadRefusal::Crowded
        | UploadRefusal::FileIsUrl
        | UploadRefusal::FileUnreadable
        | UploadRefusal::FileTooLarge
        | UploadRefusal::AccountFull
        | UploadRefusal::NameTaken => false,
    }
}

/// Budgets of the same size, one for each key.
struct Budgets<K: Copy + Eq + Hash> {
    limiter: RateLimiter<K, States<K>, Uptime, StateInformationMiddleware>,
}

impl<K: Copy + Eq + Hash> Budgets<K> {
    /// `most` at once, and another one `each` time has passed.
    fn new(most: NonZeroU32, each: Duration, clock: Arc<dyn crate::Clock>) -> Self {
        let each = each.max(Duration::from_nanos(1));
        // Of no length at all there is no quota; this has one.
        let quota = Quota::with_period(each).unwrap_or(Quota::per_second(most)).allow_burst(most);
        let states = States(Cache::with_weighter(MOST, MOST as u64, UnitWeighter));
        Self { limiter: RateLimiter::new(quota, states, Uptime(clock)) }
    }

    /// Takes one; answers how many are left, or how long there will be none.
    fn spend(&self, key: &K) -> Result<u32, Wait> {
        match self.limiter.check_key(key) {
            Ok(left) => Ok(left.remaining_burst_capacity()),
            Err(until) => {
                let wait = until.wait_time_from(self.limiter.clock().now());
                Err(Wait(wait.max(Duration::from_nanos(1))))
            }
        }
    }
}

/// How far each budget is spent, of as many as fit. What is asked for least is forgotten.
#[derive(Debug)]
struct States<K: Eq + Hash>(Cache<K, Nanos>);

impl<K: Copy + Eq + Hash> StateStore for States<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        // Under the lock of the key's part of the cache, so that none of many at once is lost.
        let replaced = self.0.entry(key, None, |_, spent| {
            let measured = measure(Some(*spent));
            EntryAction::<Result<T, E>>::Retain(measured.map(|(told, now)| {
                *spent = now;
                told
            }))
        });
        match replaced {
            EntryResult::Retained(told) => told,
            EntryResult::Vacant(place) => {
                let (told, now) = measure(None)?;
                // Whoever took the place away meanwhile, to make room, has forgotten this one.
                let _ = place.insert(now);
                Ok(told)
            }
            // Nothing is removed or replaced above, and the wait is without end.
            EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => {
                measure(None).map(|(told, _)| told)
            }
        }
    }
}

/// The clock that never steps, as `governor` asks for it.
#[derive(Clone)]
struct Uptime(Arc<dyn crate::Clock>);

impl governor::clock::Clock for Uptime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.uptime()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Default)]
    struct SetClock(AtomicU64);

    impl SetClock {
        fn pass(&self, duration: Duration) {
            self.0.fetch_add(u64::try_from(duration.as_nanos()).expect("short"), Ordering::SeqCst);
        }
    }

    impl crate::Clock for SetClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }

        fn uptime(&self) -> Duration {
            // A machine has been up for a while when a process starts.
            Duration::from_hours(1) + Duration::from_nanos(self.0.load(Ordering::SeqCst))
        }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn failures(per_minute: u32) -> (Arc<SetClock>, Failures) {
        let clock = Arc::new(SetClock::default());
        (Arc::clone(&clock), Failures::new(per_minute, clock))
    }

    /// How many of `tries` are told.
    fn told(failures: &Failures, from: &str, tries: usize) -> usize {
        (0..tries).filter(|_| failures.count(Some(address(from))).is_ok()).count()
    }

    #[test]
    fn an_address_fails_five_minutes_worth_at_once_and_then_so_many_a_minute() {
        let (clock, failures) = failures(60);
        assert_eq!(told(&failures, "192.0.2.1", 1_000), 300);
        assert_eq!(failures.count(Some(address("192.0.2.1"))).map_err(Wait::seconds), Err(1));
        clock.pass(Duration::from_millis(999));
        assert_eq!(
            failures.count(Some(address("192.0.2.1"))).map_err(|wait| (wait.millis(), wait.seconds())),
            Err((1, 1))
        );
        clock.pass(Duration::from_millis(1));
        assert_eq!(told(&failures, "192.0.2.1", 10), 1);
        clock.pass(Duration::from_mins(1));
        assert_eq!(told(&failures, "192.0.2.1", 1_000), 60);
        clock.pass(Duration::from_hours(1));
        assert_eq!(told(&failures, "192.0.2.1", 1_000), 300, "no more than a full budget");
    }

    #[test]
    fn each_of_a_thousand_addresses_has_a_budget_of_its_own_and_a_network_of_ipv6_one() {
        let (_, failures) = failures(1);
        for n in 0..1_000 {
            assert_eq!(told(&failures, &format!("10.0.{}.{}", n / 250, n % 250), 8), 5, "{n}");
        }
        let of_network: usize = (1..=100).map(|n| told(&failures, &format!("2001:db8::{n:x}:1"), 1)).sum();
        assert_eq!(of_network, 5);
        assert_eq!(told(&failures, "2001:db8:0:1::1", 8), 5, "the next network");
        assert_eq!(told(&failures, "::ffff:10.0.0.0", 1), 0, "the same address in other words");
    }

    #[test]
    fn failures_are_counted_exactly_when_many_happen_at_once() {
        let (_, failures) = failures(20);
        let told: usize = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| told(&failures, "192.0.2.1", 200))).collect();
            runs.into_iter().map(|run| run.join().expect("counts")).sum()
        });
        assert_eq!(told, 100);
    }

    #[test]
    fn no_number_and_no_address_mean_no_limit() {
        let (_, unlimited) = failures(0);
        assert_eq!(told(&unlimited, "192.0.2.1", 10_000), 10_000);
        let (_, failures) = failures(1);
        assert!((0..100).all(|_| failures.count(None).is_ok()));
    }

    /// A flood from more addresses than are counted takes no more room, and whoever fails often is not what is forgotten.
    #[test]
    fn a_flood_of_addresses_takes_bounded_memory_and_frees_nobody_who_goes_on() {
        let (clock, failures) = failures(1);
        let budgets = failures.0.as_ref().expect("limited");
        assert_eq!(told(&failures, "192.0.2.1", 100), 5);
        let mut told_meanwhile = 0;
        for n in 0..4 * u64::try_from(MOST).expect("small") {
            let network = Network::V6(n);
            assert!(budgets.spend(&network).is_ok());
            if n % 1_000 == 0 {
                told_meanwhile += told(&failures, "192.0.2.1", 1);
            }
        }
        assert_eq!(told_meanwhile, 0);
        clock.pass(Duration::from_mins(1));
        assert_eq!(told(&failures, "192.0.2.1", 100), 1, "remembered all the time");
        let counted = failures.0.expect("limited").limiter.into_state_store().0;
        assert!(counted.len() <= MOST && counted.len() > MOST / 2, "{}", counted.len());
        assert!(counted.memory_used().total() < 7_000_000, "{}", counted.memory_used().total());
    }

    fn requests(limit: u32, interval: Duration) -> (Arc<SetClock>, Limited) {
        let clock = Arc::new(SetClock::default());
        let requests = Requests::new(limit, interval, Arc::clone(&clock) as Arc<dyn crate::Clock>);
        (clock, requests.0.expect("limited"))
    }

    #[test]
    fn an_account_has_as_many_requests_as_it_may_and_is_told_when_there_are_more() {
        let (clock, requests) = requests(4, Duration::from_secs(10));
        let millis = |allowance: Allowance| allowance.next.map(Wait::millis);
        let told: Vec<_> = (0..4).map(|_| requests.spend(1).map(millis)).collect();
        assert_eq!(told, [Ok(None), Ok(None), Ok(None), Ok(Some(2_500))]);
        let spent = requests.spend(1).expect_err("spent");
        assert_eq!((spent.wait.millis(), spent.wait.seconds()), (2_500, 3));
        assert_eq!((spent.allowance.limit, spent.allowance.interval), (4, Duration::from_secs(10)));
        assert_eq!(requests.spend(2).map(millis), Ok(None), "another account");
        clock.pass(Duration::from_millis(2_499));
        assert_eq!(requests.spend(1).map_err(|spent| spent.wait.millis()), Err(1));
        clock.pass(Duration::from_millis(1));
        assert!(requests.spend(1).is_ok());
        clock.pass(Duration::from_secs(10));
        assert_eq!((0..10).filter(|_| requests.spend(1).is_ok()).count(), 4);
    }

    #[test]
    fn a_flood_of_accounts_takes_bounded_memory() {
        let (_, requests) = requests(1, Duration::from_secs(1));
        for account in 0..4 * MOST as u128 {
            assert!(requests.spend(account).is_ok());
        }
        let counted = requests.budgets.limiter.into_state_store().0;
        assert!(counted.len() <= MOST && counted.memory_used().total() < 7_000_000, "{}", counted.len());
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        assert!(Requests::new(0, Duration::from_secs(1), Arc::new(SetClock::default())).0.is_none());
    }
}
