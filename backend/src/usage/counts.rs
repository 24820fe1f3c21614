//! What was counted and not yet written, and whom this process tells apart.
//!
//! An entry is a caller of a pair in an hour with an outcome. It is made once an hour, and then found by a hash of what the
//! request says as it stands: no text is made for a request that has one like it before it. Entries that were written stay,
//! with a count of zero, so that the callers of an hour are known and can be bounded.

use super::{CallerName, Request, UsageRow, words};
use crate::network::Network;
use domain::usage::{Hour, Outcome};
use domain::{Brand, PairId, Timestamp};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::net::Ipv6Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many callers of a pair are told apart in an hour. Who comes after them is one of the others.
pub const MOST_CALLERS: usize = 256;

/// How many callers of all pairs are kept in mind: some 30 megabytes with the longest texts.
pub const MOST_ENTRIES: usize = 65_536;

/// Entries are spread over so many locks, by pair.
const SHARDS: usize = 64;
const MOST_IN_SHARD: usize = MOST_ENTRIES / SHARDS;

/// How many callers of this hour each shard knows to have been told apart, also those that are no entries any more.
const MOST_KNOWN_IN_SHARD: usize = 16_384;

/// How much of a path is looked at. Less of it is kept.
const MOST_OF_PATH: usize = 512;

/// Which pair, without the part that all ids have in common.
type Pair = [u8; 26];

fn pair(id: &PairId) -> Option<Pair> {
    id.as_str().as_bytes().last_chunk().copied()
}

/// What an entry is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    /// Of the whole request, with a secret of this process: nobody outside can make two that agree.
    hash: u64,
    pair: Pair,
    hour: Hour,
    outcome: Outcome,
    named: bool,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Takes the hash that a key has already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[derive(Debug)]
struct Entry {
    pair_id: PairId,
    caller: Arc<CallerName>,
    /// Since it was written last.
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    /// Method and path as they came, a space between them.
    route: Vec<u8>,
}

impl Entry {
    fn new(pair_id: &PairId, caller: CallerName, now: Timestamp) -> Self {
        let caller = Arc::new(caller);
        Self { pair_id: pair_id.clone(), caller, count: 0, first_at: now, last_at: now, route: Vec::new() }
    }

    fn add(&mut self, request: &Request<'_>, now: Timestamp) {
        // A clock may step back within the hour.
        (self.first_at, self.last_at) =
            if self.count == 0 { (now, now) } else { (self.first_at.min(now), self.last_at.max(now)) };
        self.count += 1;
        let (method, path) = (request.method, cut(request.path));
        if self.route.split_at_checked(method.len()).is_none_or(|(known, rest)| {
            known != method || rest.split_first().is_none_or(|(space, known)| *space != b' ' || known != path)
        }) {
            self.route.clear();
            self.route.extend_from_slice(method);
            self.route.push(b' ');
            self.route.extend_from_slice(path);
        }
    }
}

fn cut(path: &[u8]) -> &[u8] {
    path.get(..MOST_OF_PATH).unwrap_or(path)
}

#[derive(Default)]
struct Shard {
    entries: HashMap<Key, Entry, BuildHasherDefault<AsItIs>>,
    /// Those of this hour that were ever entries with a name, by their hash: who comes back is not counted again.
    known: HashSet<u64, BuildHasherDefault<AsItIs>>,
    /// How many of them each pair has.
    known_of: HashMap<Pair, usize>,
    /// The hour that these two are about.
    hour: Option<Hour>,
    /// How many uses were counted since they were taken last.
    untaken: u64,
}

/// What a row is made of once the lock is let go.
struct Taken {
    outcome: Outcome,
    hour: Hour,
    pair_id: PairId,
    caller: Arc<CallerName>,
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    route: Vec<u8>,
}

impl Shard {
    /// Whether a caller that is no entry may be told apart.
    fn admits(&mut self, key: &Key) -> bool {
        // So many callers in an hour: some pairs may have a few more.
        if self.hour != Some(key.hour) || self.known.len() >= MOST_KNOWN_IN_SHARD {
            self.known.clear();
            self.known_of.clear();
            self.hour = Some(key.hour);
        }
        if self.entries.len() >= MOST_IN_SHARD {
            return false;
        }
        if self.known.contains(&key.hash) {
            return true;
        }
        let known = self.known_of.entry(key.pair).or_default();
        if *known >= MOST_CALLERS {
            return false;
        }
        *known += 1;
        self.known.insert(key.hash)
    }

    /// What was counted since. Forgets hours that are over, and, if there is need of room, who was not there lately.
    fn take(&mut self, this_hour: Hour) -> Vec<Taken> {
        self.untaken = 0;
        let crowded = self.entries.len() > MOST_IN_SHARD / 2;
        let mut taken = Vec::new();
        self.entries.retain(|key, entry| {
            let counted = entry.count > 0;
            if counted {
                taken.push(Taken {
                    outcome: key.outcome,
                    hour: key.hour,
                    pair_id: entry.pair_id.clone(),
                    caller: Arc::clone(&entry.caller),
                    count: std::mem::take(&mut entry.count),
                    first_at: entry.first_at,
                    last_at: entry.last_at,
                    route: entry.route.clone(),
                });
            }
            key.hour >= this_hour && (counted || !crowded)
        });
        taken
    }
}

/// What this process has counted.
pub(super) struct Counts {
    shards: Box<[Mutex<Shard>]>,
    hashing: RandomState,
    /// How many uses found no place at all.
    left_out: AtomicU64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hashing: RandomState::new(),
            left_out: AtomicU64::new(0),
        }
    }
}

impl Counts {
    /// Counts one use. Some 100 nanoseconds for a caller that is known.
    pub(super) fn add(&self, brand: &Brand, pair_id: &PairId, outcome: Outcome, request: &Request<'_>, now: Timestamp) {
        let Some(pair) = pair(pair_id) else {
            return;
        };
        // Hours before the epoch are those of a clock that was never set.
        let now = now.max(Timestamp::from_millis(0));
        let hour = Hour::of(now);
        let key = Key { hash: self.hash(pair, hour, outcome, Some(request)), pair, hour, outcome, named: true };
        let mut shard = self.shard_of(pair);
        shard.untaken += 1;
        if let Some(entry) = shard.entries.get_mut(&key) {
            return entry.add(request, now);
        }
        if shard.admits(&key) {
            let caller = name(brand, request);
            shard.entries.entry(key).or_insert_with(|| Entry::new(pair_id, caller, now)).add(request, now);
            return;
        }
        let key = Key { hash: self.hash(pair, hour, outcome, None), named: false, ..key };
        if let Some(entry) = shard.entries.get_mut(&key) {
            entry.add(request, now);
        } else if shard.entries.len() < 2 * MOST_IN_SHARD {
            shard.entries.entry(key).or_insert_with(|| Entry::new(pair_id, CallerName::Others, now)).add(request, now);
        } else {
            shard.untaken -= 1;
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was counted since this was last asked.
    pub(super) fn take(&self, brand: &Brand, now: Timestamp) -> Vec<UsageRow> {
        let this_hour = Hour::of(now.max(Timestamp::from_millis(0)));
        let mut rows = Vec::new();
        for shard in &self.shards {
            // Texts are made after the lock is let go.
            let taken = lock(shard).take(this_hour);
            rows.extend(taken.into_iter().map(|taken| UsageRow {
                pair_id: taken.pair_id,
                caller: CallerName::clone(&taken.caller),
                hour: taken.hour,
                outcome: taken.outcome,
                count: taken.count,
                first_at: taken.first_at,
                last_at: taken.last_at,
                route: words::route(brand, &taken.route),
            }));
        }
        rows
    }

    /// How many uses were counted since they were taken last.
    pub(super) fn untaken(&self) -> u64 {
        self.shards.iter().map(|shard| lock(shard).untaken).sum()
    }

    /// How many uses found no place since this was last asked.
    pub(super) fn take_left_out(&self) -> u64 {
        self.left_out.swap(0, Ordering::Relaxed)
    }

    /// By the pair alone, so that its callers can be counted. Ids end in random characters.
    fn shard_of(&self, pair: Pair) -> MutexGuard<'_, Shard> {
        lock(&self.shards[shard_number(pair) % SHARDS])
    }

    fn hash(&self, pair: Pair, hour: Hour, outcome: Outcome, request: Option<&Request<'_>>) -> u64 {
        let (from, address) = match request.map(|request| request.address.map(Network::from)) {
            None => (0, 0),
            Some(None) => (1, 0),
            Some(Some(Network::V4(address))) => (2, u64::from(u32::from(address))),
            Some(Some(Network::V6(network))) => (3, network),
        };
        // At once: to begin and end a piece of it takes the hasher longer than the piece does.
        let mut known = [0; 44];
        known[..26].copy_from_slice(&pair);
        known[26..34].copy_from_slice(&hour.number().to_le_bytes());
        (known[34], known[35]) = (outcome as u8, from);
        known[36..].copy_from_slice(&address.to_le_bytes());
        let mut hasher = self.hashing.build_hasher();
        hasher.write(&known);
        hasher.write(request.map_or(&[], |request| request.user_agent));
        hasher.finish()
    }
}

fn shard_number(pair: Pair) -> usize {
    let [.., one, other] = pair;
    usize::from((one & 7) << 3 | (other & 7))
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name(brand: &Brand, request: &Request<'_>) -> CallerName {
    let address = match request.address.map(Network::from) {
        Some(Network::V4(address)) => address.to_string(),
        Some(Network::V6(network)) => format!("{}/64", Ipv6Addr::from_bits(u128::from(network) << 64)),
        None => String::new(),
    };
    CallerName::Program { address, user_agent: words::user_agent(brand, request.user_agent) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;
    use domain::Duration;

    /// The beginning of an hour.
    const T: Timestamp = Timestamp::from_millis(1_795_424_400_000);

    fn request<'a>(address: &str, user_agent: &'a str) -> Request<'a> {
        let address = (!address.is_empty()).then(|| address.parse().expect("an address"));
        Request { address, user_agent: user_agent.as_bytes(), method: b"GET", path: b"/v1/account" }
    }

    struct Counting(Counts);

    impl Counting {
        fn new() -> Self {
            Self(Counts::default())
        }

        fn add(&self, pair: &PairId, request: &Request<'_>, now: Timestamp) {
            self.0.add(&Brand::none(), pair, Outcome::Accepted, request, now);
        }

        fn take(&self, now: Timestamp) -> Vec<UsageRow> {
            self.0.take(&Brand::none(), now)
        }

        fn entries(&self) -> usize {
            self.0.shards.iter().map(|shard| lock(shard).entries.len()).sum()
        }
    }

    fn pair_id() -> PairId {
        PairId::mint(T, &OsEntropy)
    }

    fn total(rows: &[UsageRow]) -> u64 {
        rows.iter().map(|row| row.count).sum()
    }

    fn named(rows: &[UsageRow]) -> usize {
        rows.iter().filter(|row| row.caller != CallerName::Others).count()
    }

    fn seconds(n: u32) -> Timestamp {
        T.plus(Duration::seconds(n))
    }

    #[test]
    fn requests_alike_are_one_row_with_their_first_and_last_instant() {
        let (counts, pair) = (Counting::new(), pair_id());
        for at in [3, 1, 2] {
            counts.add(&pair, &request("192.0.2.1", "curl/8"), seconds(at));
        }
        let last = Request { path: b"/v1/files?name=x", method: b"POST", ..request("192.0.2.1", "curl/8") };
        counts.add(&pair, &last, seconds(4));
        let caller = CallerName::Program { address: "192.0.2.1".to_owned(), user_agent: "curl/8".to_owned() };
        let expected = UsageRow {
            pair_id: pair.clone(),
            caller,
            hour: Hour::of(T),
            outcome: Outcome::Accepted,
            count: 4,
            first_at: seconds(1),
            last_at: seconds(4),
            route: "POST /v1/files".to_owned(),
        };
        assert_eq!(counts.take(seconds(5)), std::slice::from_ref(&expected));
        assert_eq!(counts.take(seconds(6)), [], "what was taken is not taken again");
        counts.add(&pair, &last, seconds(7));
        let again = UsageRow { count: 1, first_at: seconds(7), last_at: seconds(7), ..expected };
        assert_eq!(counts.take(seconds(8)), [again]);
    }

    #[test]
    fn callers_are_told_apart_by_address_agent_outcome_and_hour() {
        let (counts, pair) = (Counting::new(), pair_id());
        let one = request("192.0.2.1", "curl/8");
        counts.add(&pair, &one, T);
        counts.add(&pair_id(), &one, T);
        counts.add(&pair, &request("192.0.2.2", "curl/8"), T);
        counts.add(&pair, &request("192.0.2.1", "curl/9"), T);
        counts.add(&pair, &request("", "curl/8"), T);
        counts.0.add(&Brand::none(), &pair, Outcome::Revoked, &one, T);
        counts.add(&pair, &one, T.plus(Duration::hours(1)));
        assert_eq!(counts.take(T).len(), 7);
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let (counts, pair) = (Counting::new(), pair_id());
        for address in ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:3::1", "::ffff:192.0.2.1"] {
            counts.add(&pair, &request(address, "a"), T);
        }
        counts.add(&pair, &request("192.0.2.1", "a"), T);
        let mut seen: Vec<_> = counts.take(T).into_iter().map(|row| (row.caller, row.count)).collect();
        seen.sort();
        let expected = [("192.0.2.1", 2), ("2001:db8:1:2::/64", 2), ("2001:db8:1:3::/64", 1)];
        let name = |address: &str| CallerName::Program { address: address.to_owned(), user_agent: "a".to_owned() };
        assert_eq!(seen, expected.map(|(address, count)| (name(address), count)));
    }

    #[test]
    fn a_flood_of_callers_of_one_pair_is_counted_as_others() {
        let (counts, pair) = (Counting::new(), pair_id());
        let mut rows = Vec::new();
        for n in 0..20_000_u32 {
            counts.add(&pair, &request("192.0.2.1", &format!("agent {n}")), T);
            if n % 3_000 == 0 {
                rows.extend(counts.take(T));
            }
        }
        rows.extend(counts.take(T));
        assert_eq!((total(&rows), named(&rows)), (20_000, MOST_CALLERS));
        assert_eq!(counts.entries(), MOST_CALLERS + 1);
        // Those who were there first are still told apart, and another pair has callers of its own.
        counts.add(&pair, &request("192.0.2.1", "agent 0"), T);
        counts.add(&pair_id(), &request("192.0.2.1", "agent 0"), T);
        assert_eq!(named(&counts.take(T)), 2);
        // In the next hour everybody is.
        let next = T.plus(Duration::hours(1));
        counts.add(&pair, &request("192.0.2.1", "agent 19999"), next);
        assert_eq!(named(&counts.take(next)), 1);
        assert_eq!(counts.entries(), 1, "the hour before is forgotten");
    }

    #[test]
    fn a_flood_of_pairs_takes_no_more_room_than_there_is() {
        let counts = Counting::new();
        let pairs: Vec<_> = (0..200_000).map(|_| pair_id()).collect();
        for pair in &pairs {
            counts.add(pair, &request("192.0.2.1", "a"), T);
        }
        assert!(counts.entries() <= 2 * MOST_ENTRIES, "{}", counts.entries());
        let rows = counts.take(T);
        assert_eq!(total(&rows) + counts.0.take_left_out(), 200_000, "each is counted, or known to be left out");
        assert!(named(&rows) <= MOST_ENTRIES);
        assert_eq!(counts.0.take_left_out(), 0);
        // Who is silent makes room for the others, and is known when they come back.
        counts.take(T);
        for pair in &pairs[..20_000] {
            counts.add(pair, &request("192.0.2.1", "a"), T);
        }
        assert_eq!(named(&counts.take(T)), 20_000);
    }

    #[test]
    fn who_comes_back_is_the_same_caller() {
        let (counts, one) = (Counting::new(), pair_id());
        let shard = |id: &PairId| pair(id).map(shard_number);
        let crowd: Vec<_> =
            std::iter::repeat_with(pair_id).filter(|id| shard(id) == shard(&one)).take(MOST_IN_SHARD / 2 + 1).collect();
        for _ in 0..=MOST_CALLERS {
            counts.add(&one, &request("192.0.2.1", "a"), T);
            for other in &crowd {
                counts.add(other, &request("192.0.2.1", "a"), T);
            }
            assert!(counts.take(T).iter().any(|row| row.pair_id == one && row.caller != CallerName::Others));
            // Nobody was there: the crowd makes room.
            counts.take(T);
            assert_eq!(counts.entries(), 0);
        }
    }

    #[test]
    fn a_clock_before_the_epoch_counts_from_it() {
        let (counts, pair) = (Counting::new(), pair_id());
        counts.add(&pair, &request("192.0.2.1", "a"), Timestamp::from_millis(-5));
        let rows = counts.take(Timestamp::from_millis(-5));
        assert_eq!((rows[0].hour.number(), rows[0].first_at.as_millis()), (0, 0));
    }
}
