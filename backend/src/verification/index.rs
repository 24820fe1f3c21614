//! All working keys in memory, by the digest of the private one.
//!
//! A request costs one look-up without a lock. A million keys have to fit, so an entry holds bits and no texts, and is
//! turned into an answer when it is asked for. Expiry is not decided when an entry is written but when it is read.

use crate::authenticate::Authenticated;
use crate::store::IndexedPair;
use domain::key_format::RANDOM_LEN;
use domain::key_pair::End;
use domain::{AccountId, Brand, PairId, PublicKey, Timestamp};
use smol_str::SmolStr;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::num::NonZeroI64;

/// The first half of a digest: what an entry is found by.
///
/// The digests are HMAC-SHA-256 under a secret of the installation; RFC 2104, section 5, has half of one say as much as is
/// needed. Nobody outside can choose one or find two that agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HalfDigest([u8; 16]);

impl From<&[u8; 32]> for HalfDigest {
    fn from(digest: &[u8; 32]) -> Self {
        let (half, _) = digest.split_at(16);
        Self(half.try_into().unwrap_or_default())
    }
}

impl Hash for HalfDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0[..8]);
    }
}

/// Takes the bytes as they are. They are a keyed digest already, so they spread as evenly as any hash of them would, and
/// nobody outside can aim at one place of the table.
#[derive(Debug, Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }
}

/// How the tables here are made.
pub(crate) type ByDigest = BuildHasherDefault<AsItIs>;

/// A scheduled end, in half the room that two instants with a place for "none" take.
#[derive(Debug, Clone, Copy)]
struct Scheduled {
    rolled_at: i64,
    /// Milliseconds from the roll to the end; never 0, by the constraint `key_pair_expires_after_roll`.
    lasts: NonZeroI64,
}

/// A pair that is not dead by a stored fact.
#[derive(Debug)]
struct Entry {
    account: [u8; 16],
    pair: [u8; 16],
    external_id: Option<SmolStr>,
    end: Option<Scheduled>,
    public_key: [u8; RANDOM_LEN],
    account_disabled: bool,
}

impl Entry {
    /// `None` for a pair that does not fit: one that is dead by a stored fact, and one with ids or a public key that this
    /// installation has not made. The database answers for those.
    fn of(indexed: &IndexedPair, brand: &Brand) -> Option<Self> {
        let pair = &indexed.pair;
        let end = match pair.end {
            End::None => None,
            End::Scheduled { rolled_at, expires_at } => Some(Scheduled {
                rolled_at: rolled_at.as_millis(),
                lasts: NonZeroI64::new(expires_at.as_millis().checked_sub(rolled_at.as_millis())?)?,
            }),
            End::Passed { .. } | End::Revoked { .. } => return None,
        };
        Some(Self {
            account: pair.account_id.to_bits()?.to_be_bytes(),
            pair: pair.id.to_bits()?.to_be_bytes(),
            external_id: indexed.external_id.as_deref().map(SmolStr::new),
            end,
            public_key: pair.public_key.random_part(brand)?,
            account_disabled: indexed.account_disabled,
        })
    }

    fn end(&self) -> End {
        self.end.map_or(End::None, |Scheduled { rolled_at, lasts }| End::Scheduled {
            rolled_at: Timestamp::from_millis(rolled_at),
            expires_at: Timestamp::from_millis(rolled_at.saturating_add(lasts.get())),
        })
    }

    fn look(&self, brand: &Brand, now: Timestamp) -> Option<Looked> {
        let end = self.end();
        let state = end.state(now);
        if !state.works() {
            return Some(Looked::Passed);
        }
        let pair_id = PairId::from_bits(u128::from_be_bytes(self.pair));
        if self.account_disabled {
            return Some(Looked::Disabled(pair_id));
        }
        Some(Looked::Working(Authenticated {
            account_id: AccountId::from_bits(u128::from_be_bytes(self.account)),
            external_id: self.external_id.as_ref().map(ToString::to_string),
            pair_id,
            public_key: PublicKey::from_random_part(brand, &self.public_key)?,
            state,
            rolled_at: match end {
                End::Scheduled { rolled_at, .. } => Some(rolled_at),
                End::None | End::Passed { .. } | End::Revoked { .. } => None,
            },
        }))
    }
}

/// What stands in the index for a digest, at an instant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// A key that works.
    Working(Authenticated),
    /// One that would, were its account not disabled.
    Disabled(PairId),
    /// One whose scheduled end has passed and is to be written down.
    Passed,
}

/// All working keys.
pub(crate) struct KeyIndex {
    brand: Brand,
    entries: papaya::HashMap<HalfDigest, Entry, ByDigest>,
}

impl KeyIndex {
    /// An empty index for the keys of this brand.
    pub(crate) fn new(brand: Brand) -> Self {
        Self { brand, entries: papaya::HashMap::default() }
    }

    /// Makes the index agree with what was read of a pair.
    pub(crate) fn put(&self, indexed: &IndexedPair) {
        let half = HalfDigest::from(&indexed.digest.bytes);
        match Entry::of(indexed, &self.brand) {
            Some(entry) => {
                self.entries.pin().insert(half, entry);
            }
            None => {
                self.entries.pin().remove(&half);
            }
        }
    }

    /// What stands here for the digest. `None` for nothing: the key is unknown, dead, or not one that fits in here.
    pub(crate) fn look(&self, half: HalfDigest, now: Timestamp) -> Option<Looked> {
        self.entries.pin().get(&half)?.look(&self.brand, now)
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.entries.pin().clear();
    }

    /// Makes room for so many more keys at once. Growing by and by leaves holes where the smaller tables were.
    pub(crate) fn make_room(&self, keys: usize) {
        self.entries.pin().reserve(keys);
    }

    /// How many keys are in it.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;
    use crate::store::KeyDigest;
    use domain::{Entropy as _, KeyPair, KeyPairState};
    use std::sync::atomic::{AtomicU64, Ordering};

    const T: i64 = 1_795_424_520_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn indexed(end: End) -> IndexedPair {
        let account = AccountId::mint(at(T), &OsEntropy);
        let public = PublicKey::mint(&Brand::none(), &OsEntropy);
        let mut pair = KeyPair::issue(PairId::mint(at(T), &OsEntropy), account, public, at(T));
        pair.end = end;
        let mut bytes = [0; 32];
        OsEntropy.fill(&mut bytes);
        let digest = KeyDigest { master_key_id: "mk".to_owned(), bytes };
        IndexedPair { pair, digest, external_id: Some("cus_NffrFeUfNV2Hib".to_owned()), account_disabled: false }
    }

    fn look(index: &KeyIndex, indexed: &IndexedPair, now: i64) -> Option<Looked> {
        index.look(HalfDigest::from(&indexed.digest.bytes), at(now))
    }

    fn index_of(indexed: &IndexedPair) -> KeyIndex {
        let index = KeyIndex::new(Brand::none());
        index.put(indexed);
        index
    }

    /// With the allocator's eight bytes it fills a block of 128; docs/PERFORMANCE.md has what a key costs altogether.
    #[test]
    fn an_entry_takes_120_bytes() {
        assert_eq!(size_of::<(HalfDigest, Entry)>(), 120);
    }

    #[test]
    fn a_working_key_is_answered_as_it_was_read() {
        let scheduled = End::Scheduled { rolled_at: at(T), expires_at: at(T + 1_000) };
        for (end, state, rolled_at) in [
            (End::None, KeyPairState::Active, None),
            (scheduled, KeyPairState::Expiring { until: at(T + 1_000) }, Some(at(T))),
        ] {
            let indexed = indexed(end);
            let expected = Authenticated {
                account_id: indexed.pair.account_id.clone(),
                external_id: indexed.external_id.clone(),
                pair_id: indexed.pair.id.clone(),
                public_key: indexed.pair.public_key.clone(),
                state,
                rolled_at,
            };
            assert_eq!(look(&index_of(&indexed), &indexed, T + 999), Some(Looked::Working(expected)));
        }
    }

    #[test]
    fn an_entry_is_over_at_the_very_millisecond_of_its_end() {
        let indexed = indexed(End::Scheduled { rolled_at: at(T), expires_at: at(T + 1_000) });
        let index = index_of(&indexed);
        assert!(matches!(look(&index, &indexed, T + 999), Some(Looked::Working(_))));
        assert_eq!(look(&index, &indexed, T + 1_000), Some(Looked::Passed));
    }

    #[test]
    fn what_is_dead_by_a_stored_fact_is_not_in_it() {
        for dead in [End::Revoked { revoked_at: at(T) }, End::Passed { rolled_at: at(T), expires_at: at(T + 1) }] {
            let mut indexed = indexed(End::None);
            let index = index_of(&indexed);
            assert!(look(&index, &indexed, T).is_some());
            indexed.pair.end = dead;
            index.put(&indexed);
            assert_eq!((look(&index, &indexed, T), index.len()), (None, 0));
        }
    }

    #[test]
    fn a_disabled_account_has_its_own_answer() {
        let mut indexed = indexed(End::None);
        indexed.account_disabled = true;
        assert_eq!(look(&index_of(&indexed), &indexed, T), Some(Looked::Disabled(indexed.pair.id.clone())));
    }

    /// On real threads: from when the writer has said that an account is disabled until it begins to enable it again, no reader
    /// finds its key working, while other keys come and go.
    #[test]
    fn no_thread_finds_what_another_one_has_taken_out() {
        const ROUNDS: u64 = 5_000;
        let enabled = indexed(End::None);
        let disabled = IndexedPair { account_disabled: true, ..enabled.clone() };
        let others = [(); 64].map(|()| indexed(End::None));
        let index = index_of(&enabled);
        // Odd while it is said that the account is disabled.
        let said = AtomicU64::new(0);
        let read = || {
            let mut judged = 0_u64;
            loop {
                let before = said.load(Ordering::SeqCst);
                let found = look(&index, &enabled, T);
                if before >= 2 * ROUNDS {
                    return judged;
                }
                if before % 2 == 1 && said.load(Ordering::SeqCst) == before {
                    judged += 1;
                    assert!(matches!(found, Some(Looked::Disabled(_))), "{found:?}");
                }
            }
        };
        let judged = std::thread::scope(|threads| {
            let readers = [threads.spawn(read), threads.spawn(read)];
            for round in 0..ROUNDS {
                index.put(&disabled);
                said.fetch_add(1, Ordering::SeqCst);
                for other in others.iter().skip(usize::from(round % 2 == 0)) {
                    index.put(&IndexedPair { account_disabled: round % 3 == 0, ..other.clone() });
                }
                said.fetch_add(1, Ordering::SeqCst);
                index.put(&enabled);
            }
            readers.into_iter().map(|reader| reader.join().expect("no dead key")).sum::<u64>()
        });
        assert!(judged > 100, "{judged}");
    }

    #[test]
    fn another_digest_and_a_key_of_another_brand_are_not_found() {
        let (one, other) = (indexed(End::None), indexed(End::None));
        assert_eq!(look(&index_of(&one), &other, T), None);
        let index = KeyIndex::new(Brand::parse("acme").expect("a brand"));
        index.put(&one);
        assert_eq!(look(&index, &one, T), None);
    }
}
