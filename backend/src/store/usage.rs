//! Who uses a pair, and how often: what is counted in memory and added in batches.

use super::StoreResult;
use async_trait::async_trait;
use domain::usage::{Day, Hour, Outcome};
use domain::{AccountId, InstanceId, PairId, Timestamp};

/// A program seen using a pair, as far as it is told apart from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallerName {
    /// By where it comes from and what it calls itself.
    Program {
        /// IPv4, or the /64 network of IPv6; empty where none is known.
        address: String,
        /// Printable, at most [`crate::usage::MOST_CHARS`] characters; empty where it named none.
        user_agent: String,
    },
    /// All those who came when there were too many to be told apart.
    Others,
}

/// What came of requests of one caller with one pair in one hour, since the batch before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The pair.
    pub pair_id: PairId,
    /// Who.
    pub caller: CallerName,
    /// When. Both instants below lie in it.
    pub hour: Hour,
    /// What came of them.
    pub outcome: Outcome,
    /// How many; at least one.
    pub count: u64,
    /// The first of them.
    pub first_at: Timestamp,
    /// The last of them.
    pub last_at: Timestamp,
    /// Method and path of the last of them; at most [`crate::usage::MOST_CHARS`] characters.
    pub route: String,
}

/// What one process has counted, to be added whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageBatch {
    /// The process.
    pub writer: InstanceId,
    /// Counts up, from 1. A batch that is tried again has the same number.
    pub number: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// What was counted. Rows may agree in all that tells them apart: their counts are added.
    pub rows: Vec<UsageRow>,
}

/// When a pair was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairUseRecord {
    /// The pair.
    pub pair_id: PairId,
    /// The first request that was accepted; `None` if none ever was.
    pub first_accepted_at: Option<Timestamp>,
    /// The last one that was accepted.
    pub last_accepted_at: Option<Timestamp>,
    /// The last one that was refused.
    pub last_refused_at: Option<Timestamp>,
}

/// How often a pair was used on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayUseRecord {
    /// The pair.
    pub pair_id: PairId,
    /// The day, in UTC.
    pub day: Day,
    /// How many requests were accepted.
    pub accepted: u64,
    /// How many were refused.
    pub refused: u64,
}

/// A caller of a pair, and what came of its requests in all the hours that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerRecord {
    /// Who.
    pub name: CallerName,
    /// When it was first seen using this pair.
    pub first_at: Timestamp,
    /// When it was last seen.
    pub last_at: Timestamp,
    /// How many of its requests were accepted.
    pub accepted: u64,
    /// How many were refused.
    pub refused: u64,
    /// What came of the last one.
    pub last_outcome: Outcome,
    /// Its method and path.
    pub last_route: String,
}

/// Counts of use.
///
/// What is written here decides nothing about keys. It needs no transaction of a use case, and a power cut may take back
/// the latest of it: a batch that was added survives the end of the process, not that of the machine.
#[async_trait]
pub trait Usage {
    /// Adds a batch, all of it or nothing, and answers whether it was new: `false` for one that this process has added
    /// before, which changes nothing. Rows of pairs that are not there are left out.
    async fn add_usage(&self, batch: &UsageBatch) -> StoreResult<bool>;

    /// When the account's pairs were used, each that ever was, in no order.
    async fn list_pair_uses(&self, account_id: &AccountId) -> StoreResult<Vec<PairUseRecord>>;

    /// How often the account's pairs were used on each day from this one on; days without use are left out.
    async fn list_day_uses(&self, account_id: &AccountId, from: Day) -> StoreResult<Vec<DayUseRecord>>;

    /// The pair's callers, the last seen first, without the first `skip`, at most `limit`. None for a pair of another account.
    async fn list_callers(
        &self,
        account_id: &AccountId,
        pair_id: &PairId,
        skip: u32,
        limit: u32,
    ) -> StoreResult<Vec<CallerRecord>>;

    /// Forgets the hours and days before this one, and who was seen in none of the others; for `None` everything, also
    /// when a pair was used. One step of at most `limit` rows of each kind: answers whether there may be more.
    async fn forget_usage(&self, before: Option<Day>, limit: u32) -> StoreResult<bool>;

    /// Forgets processes that have added nothing since this instant. Whatever they try again later is added again.
    async fn forget_usage_writers(&self, before: Timestamp) -> StoreResult<()>;
}
