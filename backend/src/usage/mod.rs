//! Who uses a pair: counting, writing what was counted, and reading it.
//!
//! Each request that names a pair is counted in memory ([`Backend::count_use`]), per pair, caller, hour and outcome. What was
//! counted is written about once a second ([`Backend::flush_usage`]), in batches that are added whole or not at all, and
//! never twice. Counting decides nothing, and nothing about keys waits for it: a database that cannot be written costs
//! counts at most, once there are more than are kept in mind.
//!
//! # What is read
//!
//! - [`Backend::find_usage_of_account`] answers an [`AccountUsage`]: for each of the account's pairs when it was first and last
//!   used, and how often on each of the last days. For whoever sees the pairs.
//! - [`Backend::list_callers_of_pair`] answers [`Callers`]: who used a pair, a page at a time, the last seen first. For whoever
//!   reads the account's activity, since it has addresses.
//!
//! Both know what was written, which is a second old at most.

mod counts;
mod reading;
mod words;

pub use crate::store::{CallerName, CallerRecord};
pub use counts::{MOST_CALLERS, MOST_ENTRIES};
pub use reading::{AccountUsage, CALLERS_ON_A_PAGE, CHART_DAYS, Callers, DayUsage, PairUsage};
pub(crate) use words::PATH_WITH_KEY;
pub use words::{MOST_CHARS, names_a_key};

use crate::store::{StoreError, UsageBatch, UsageRow};
use crate::{Backend, Result};
use counts::Counts;
use domain::usage::{Day, Outcome};
use domain::{Duration, InstanceId, PairId};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// How often what was counted is written. With the time that the writing takes, a crash loses what a second brings.
pub const FLUSH_EVERY: std::time::Duration = std::time::Duration::from_millis(800);

/// How many rows are added in one transaction: other writers wait for that long.
pub const ROWS_AT_A_TIME: usize = 2_000;

/// How long others may write between two transactions. They look for that in steps that become longer the longer they wait.
const BETWEEN: std::time::Duration = std::time::Duration::from_millis(20);

/// How often a batch is tried that fails for no reason that passes.
const TRIES: u32 = 10;

/// How many rows of each kind the sweep forgets in one transaction.
const FORGOTTEN_AT_A_TIME: u32 = 2_000;

/// For how long it is remembered which batch a process has added last. It tries the same one again within seconds.
const WRITER_LIFE: Duration = Duration::days(1);

/// What is counted of a request, as it stands in the request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// What it is sent with; empty for nothing.
    pub user_agent: &'a [u8],
    /// Its method.
    pub method: &'a [u8],
    /// Its path. A query string behind it is dropped.
    pub path: &'a [u8],
}

/// A request that named a pair.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// The pair.
    pub pair_id: &'a PairId,
    /// What came of it.
    pub outcome: Outcome,
    /// Who sent it, and for what.
    pub request: Request<'a>,
}

/// What became of what was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flushed {
    /// How many rows were added.
    pub rows: usize,
    /// How many uses were not counted, because there were too many pairs at once to keep in mind.
    pub left_out: u64,
}

/// What a process knows of the use of pairs.
#[derive(Default)]
pub(crate) struct Usage {
    counts: Counts,
    flusher: Mutex<Flusher>,
    /// How many uses are on their way to the database.
    on_their_way: AtomicU64,
    /// How many were not counted, as far as that was noticed, or given up.
    lost: AtomicU64,
}

/// What is on its way to the database. One task at a time writes.
#[derive(Default)]
struct Flusher {
    /// This process, once it has written.
    writer: Option<InstanceId>,
    /// The number of the last batch that was made.
    number: u64,
    /// Batches that are not known to have been added, in order.
    pending: VecDeque<UsageBatch>,
    /// How often the first of them has failed for no reason that passes.
    failures: u32,
}

fn uses_in(rows: &[UsageRow]) -> u64 {
    rows.iter().map(|row| row.count).sum()
}

impl Backend {
    /// Whether use is counted at all.
    pub fn counts_use(&self) -> bool {
        self.policy.usage_days > 0
    }

    /// Counts a request that named a pair. Quick, and never fails.
    pub fn count_use(&self, used: Use<'_>) {
        if self.counts_use() {
            let Use { pair_id, outcome, request } = used;
            self.usage.counts.add(&self.policy.brand, pair_id, outcome, &request, self.clock.lately());
        }
    }

    /// Writes what was counted since; to be called every [`FLUSH_EVERY`], and when the process ends.
    ///
    /// When it fails, what was to be written is kept and tried again by the next call, before anything else is taken, and
    /// counting goes on within its bounds. What the database refuses again and again for no reason that passes is given up,
    /// and the log says how much that was.
    pub async fn flush_usage(&self) -> Result<Flushed> {
        let mut flusher = self.usage.flusher.lock().await;
        let mut flushed = Flushed::default();
        if flusher.pending.is_empty() {
            self.take_counts(&mut flusher);
        }
        while let Some(batch) = flusher.pending.front() {
            match self.store.add_usage(batch).await {
                // Also one that was there: its commit had not been answered.
                Ok(_) => flushed.rows += batch.rows.len(),
                Err(error) => {
                    let passes = matches!(error, StoreError::Obstructed { .. });
                    if passes || flusher.failures + 1 < TRIES {
                        flusher.failures += u32::from(!passes);
                        return Err(error.into());
                    }
                    let uses = uses_in(&batch.rows);
                    self.usage.lost.fetch_add(uses, Ordering::Relaxed);
                    tracing::error!(uses, %error, "uses of keys were counted and cannot be written down; they are given up");
                }
            }
            flusher.failures = 0;
            if let Some(batch) = flusher.pending.pop_front() {
                self.usage.on_their_way.fetch_sub(uses_in(&batch.rows), Ordering::Relaxed);
            }
            if !flusher.pending.is_empty() {
                tokio::time::sleep(BETWEEN).await;
            }
        }
        flushed.left_out = self.usage.counts.take_left_out();
        self.usage.lost.fetch_add(flushed.left_out, Ordering::Relaxed);
        Ok(flushed)
    }

    fn take_counts(&self, flusher: &mut Flusher) {
        let now = self.clock.now();
        let mut rows = self.usage.counts.take(&self.policy.brand, now);
        self.usage.on_their_way.fetch_add(uses_in(&rows), Ordering::Relaxed);
        if rows.is_empty() {
            return;
        }
        let mint = || InstanceId::mint(now, self.entropy.as_ref());
        let writer = flusher.writer.get_or_insert_with(mint).clone();
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(ROWS_AT_A_TIME));
            flusher.number += 1;
            let batch = UsageBatch { writer: writer.clone(), number: flusher.number, made_at: now, rows };
            flusher.pending.push_back(batch);
            rows = rest;
        }
    }

    /// How many uses this process has not counted, or counted and given up.
    pub(crate) fn usage_lost(&self) -> u64 {
        self.usage.lost.load(Ordering::Relaxed)
    }

    /// How many uses were counted, by this process, and are not known to be written.
    pub(crate) fn usage_backlog(&self) -> u64 {
        self.usage.counts.untaken() + self.usage.on_their_way.load(Ordering::Relaxed)
    }

    /// Forgets what is older than the operator wants it kept; everything, if use is not counted. Others can write between its
    /// steps.
    pub async fn forget_old_usage(&self) -> Result<()> {
        let today = Day::of(self.clock.now());
        let before = self.counts_use().then(|| today.minus(self.policy.usage_days));
        while self.store.forget_usage(before, FORGOTTEN_AT_A_TIME).await? {
            tokio::time::sleep(BETWEEN).await;
        }
        Ok(self.store.forget_usage_writers(self.clock.now().minus(WRITER_LIFE)).await?)
    }
}
