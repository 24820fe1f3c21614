//! What the verification index of each process is made of, and how the processes tell each other what changed.

use super::{KeyDigest, StoreResult};
use async_trait::async_trait;
use domain::{AccountId, InstanceId, KeyPair, PairId};
use std::ops::RangeInclusive;

/// Where a change stands in the order of commits. 0 is before all of them.
pub type ChangeNumber = u64;

/// Where a pair stands among all pairs, in the order of making. 0 is before all of them.
pub type PairNumber = u64;

/// A pair that is not dead by a stored fact, or was until a moment ago, as the verification index knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedPair {
    /// The pair.
    pub pair: KeyPair,
    /// What its private key is found by.
    pub digest: KeyDigest,
    /// The company's own customer id.
    pub external_id: Option<String>,
    /// Whether the account was disabled.
    pub account_disabled: bool,
}

/// Something changed that decides whether a private key works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// Where it stands in the order of commits.
    pub number: ChangeNumber,
    /// Whose keys.
    pub account_id: AccountId,
    /// The pair that was made or given an end; `None` when the account changed.
    pub pair_id: Option<PairId>,
}

/// The numbers of the changes that are still known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownChanges {
    /// The first one; one more than `last` when none is known.
    pub first: ChangeNumber,
    /// The last one that was committed, known or forgotten; 0 for none.
    pub last: ChangeNumber,
}

/// A process that authenticates from memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRecord {
    /// Which.
    pub id: InstanceId,
    /// The last change that its memory holds.
    pub acknowledged: ChangeNumber,
    /// Counts up while it lives.
    pub beat: u64,
}

/// How many pairs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairsMeasured {
    /// The number of the one that was made last; 0 if there is none.
    pub last: PairNumber,
    /// How many are not dead by a stored fact.
    pub living: u64,
}

/// What a verification index is filled from, and how processes hear of each other.
///
/// What is written here is about processes and not about keys: it needs no transaction of a use case, and nothing is lost
/// when a power cut takes it back, since it takes the processes too.
#[async_trait]
pub trait KeyChanges {
    /// Which changes are still known.
    async fn find_known_changes(&self) -> StoreResult<KnownChanges>;

    /// Changes with higher numbers than this, in order, at most `limit`.
    async fn list_key_changes(&self, after: ChangeNumber, limit: u32) -> StoreResult<Vec<KeyChange>>;

    /// The pair with this id, whatever its state.
    async fn find_indexed_pair(&self, pair_id: &PairId) -> StoreResult<Option<IndexedPair>>;

    /// The account's pairs that are not dead by a stored fact.
    async fn list_indexed_pairs_of(&self, account_id: &AccountId) -> StoreResult<Vec<IndexedPair>>;

    /// How many pairs there are to be read, and up to which number.
    async fn measure_pairs(&self) -> StoreResult<PairsMeasured>;

    /// Of the pairs of all accounts with these numbers, those that are not dead by a stored fact.
    async fn list_indexed_pairs(&self, numbers: RangeInclusive<PairNumber>) -> StoreResult<Vec<IndexedPair>>;

    /// Says that the process lives and which change it has heard of last. The first time it is announced by this.
    async fn renew_instance(&self, id: &InstanceId, acknowledged: ChangeNumber) -> StoreResult<()>;

    /// The processes that authenticate from memory.
    async fn list_instances(&self) -> StoreResult<Vec<InstanceRecord>>;

    /// Forgets a process, unless it has shown itself since this beat. `None` for whichever.
    async fn forget_instance(&self, id: &InstanceId, beat: Option<u64>) -> StoreResult<()>;
}
