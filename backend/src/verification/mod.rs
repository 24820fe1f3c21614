//! Authentication from memory, and how everybody who does it hears of a change before anybody is told of it.
//!
//! Each process that authenticates is an *instance*. It keeps all working keys in a `KeyIndex` and follows the changes
//! that the database numbers in the order of commits. Whoever changes something ends its use case with
//! `Backend::before_telling`: first this process follows, then every other instance is waited for, until it has
//! acknowledged the change or its lease is over. So rule 10 of the contract holds: once somebody has been told that a pair
//! is dead, nobody accepts it.
//!
//! # The lease
//!
//! An index may be asked for [`LEASE`] after the instant at which its process last looked for changes, and after the one at
//! which it last said that it lives; then it counts as outdated, and the database is asked for every key until the process
//! has looked again. So an instance that was stopped, cut off or killed needs no answer: whoever waits for it waits for a
//! lease, measured by their own clock from their own commit. Every look that began before that commit is over by then. No
//! process believes another one's clock. What cannot be read or written here makes requests slower and never wrong.

mod counts;
mod index;

use crate::authenticate::Checked;
use crate::store::{ChangeNumber, InstanceRecord, KeyChange, PairsMeasured};
use crate::{Backend, Result};
use counts::Counts;
use domain::{Brand, InstanceId, PairId, Timestamp};
use futures_util::{StreamExt as _, TryStreamExt as _};
use index::{ByDigest, KeyIndex};
pub(crate) use index::{HalfDigest, Looked};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

/// For how long an index may be asked after its process looked for changes, and how long a silent instance is waited for.
pub const LEASE: Duration = Duration::from_secs(2);

/// How often an instance looks for changes of others.
pub const FOLLOW_EVERY: Duration = Duration::from_millis(50);

/// How often an instance says that it lives.
const RENEW_EVERY: Duration = Duration::from_millis(500);

/// How often whoever waits for others looks whether they have followed.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How many changes are read at a time, and how many pairs when everything is read.
const CHANGES_AT_A_TIME: u32 = 1_000;
const PAIRS_AT_A_TIME: usize = 500;
const PAGES_AT_A_TIME: usize = 4;

/// How many changes are kept for those who follow. Whoever has missed more reads everything anew.
pub(crate) const CHANGES_KEPT: u32 = 100_000;

/// How many refused keys are remembered: some five megabytes.
const REFUSED_KEYS: usize = 65_536;

/// How many keys that are not in the index are looked up in the database at a time.
const LOOKUPS_AT_A_TIME: usize = 2;

/// What a key that no longer works, or never did, was found to be. It stays so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dead {
    /// Nobody's.
    Unknown,
    /// Past its scheduled end, which is written down.
    Expired(PairId),
    /// Ended at once.
    Revoked(PairId),
}

/// What a process knows by heart about keys.
pub(crate) struct Verification {
    index: KeyIndex,
    refused: quick_cache::sync::Cache<HalfDigest, Dead, quick_cache::UnitWeighter, ByDigest>,
    /// The uptime, in milliseconds, up to which the index may be asked. 0 while it must not be.
    current_until: AtomicU64,
    follower: Mutex<Follower>,
    lookups: Semaphore,
    pub(crate) counts: Counts,
}

/// How far this process has followed. One task at a time does.
#[derive(Default)]
struct Follower {
    /// This process among the instances; `None` while it authenticates nobody from memory.
    instance: Option<InstanceId>,
    /// The last change that the index holds; `None` before everything was read once.
    applied: Option<ChangeNumber>,
    /// The last change that the others know this process has.
    acknowledged: ChangeNumber,
    /// The uptime at which it last began to say that it lives.
    renewed_at: Option<Duration>,
    /// The other instances, each with the uptime at which its beat was first seen.
    others: Vec<(InstanceRecord, Duration)>,
}

impl Verification {
    /// Knows nothing, so that the database is asked for everything.
    pub(crate) fn new(brand: Brand) -> Self {
        let refused = quick_cache::sync::Cache::with(
            REFUSED_KEYS,
            REFUSED_KEYS as u64,
            quick_cache::UnitWeighter,
            ByDigest::default(),
            quick_cache::sync::DefaultLifecycle::default(),
        );
        Self {
            index: KeyIndex::new(brand),
            refused,
            current_until: AtomicU64::new(0),
            follower: Mutex::default(),
            lookups: Semaphore::new(LOOKUPS_AT_A_TIME),
            counts: Counts::default(),
        }
    }

    /// Whether the index may be asked.
    pub(crate) fn is_current(&self, uptime: Duration) -> bool {
        millis(uptime) < self.current_until.load(Ordering::Acquire)
    }

    /// What stands in the index.
    pub(crate) fn look(&self, half: HalfDigest, now: Timestamp) -> Option<Looked> {
        self.index.look(half, now)
    }

    /// What the key was found to be when it was refused before.
    pub(crate) fn refused(&self, half: HalfDigest) -> Option<Dead> {
        self.refused.get(&half)
    }

    /// Remembers that a key was refused.
    pub(crate) fn remember_refused(&self, half: HalfDigest, dead: Dead) {
        self.refused.insert(half, dead);
    }

    /// Waits for one's turn to look a key up that is not in the index: made-up keys must not keep the database busy.
    ///
    /// The order is that of coming, and there are no more who wait than connections.
    pub(crate) async fn turn_to_look_up(&self) -> Option<SemaphorePermit<'_>> {
        self.lookups.acquire().await.ok()
    }

    fn distrust(&self) {
        self.current_until.store(0, Ordering::Release);
    }
}

fn millis(uptime: Duration) -> u64 {
    u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX)
}

impl Backend {
    /// Makes this process an instance: from now on it is waited for, and [`Self::follow`] is to be called every
    /// [`FOLLOW_EVERY`]. Without it, the database is asked for every key.
    pub async fn join_instances(&self) {
        let id = InstanceId::mint(self.clock.now(), self.entropy.as_ref());
        self.verification.follower.lock().await.instance = Some(id);
    }

    /// Says that this process lives, and brings its index up to date; the first time, that is everything.
    ///
    /// Does nothing for a process that is no instance. If it fails for as long as a lease lasts, the database is asked for
    /// every key until it succeeds again.
    pub async fn follow(&self) -> Result<()> {
        let mut follower = self.verification.follower.lock().await;
        let Some(instance) = follower.instance.clone() else {
            return Ok(());
        };
        self.look_for_changes(&mut follower, &instance).await?;
        // Reading everything may have taken longer than a lease, and what was read then is as old as that.
        if !self.verification.is_current(self.clock.uptime()) {
            self.look_for_changes(&mut follower, &instance).await?;
        }
        Ok(())
    }

    /// Ends what [`Self::join_instances`] began: nobody waits for this process any more.
    pub async fn leave_instances(&self) -> Result<()> {
        let mut follower = self.verification.follower.lock().await;
        self.verification.distrust();
        if let Some(instance) = follower.instance.take() {
            self.store.forget_instance(&instance, None).await?;
        }
        Ok(())
    }

    /// How many keys this process knows by heart; `None` while it asks the database.
    pub fn indexed_keys(&self) -> Option<usize> {
        let current = self.verification.is_current(self.clock.uptime());
        current.then(|| self.verification.index.len())
    }

    /// Returns once everything that this process can have read from the database, or written to it, is so at every
    /// instance: to be called between a commit, or a read, and the answer that tells somebody of it.
    ///
    /// Takes a few milliseconds beside a running server, and never longer than a lease.
    pub(crate) async fn before_telling(&self) {
        let asked_at = tokio::time::Instant::now();
        let Ok(known) = self.store.find_known_changes().await else {
            return self.wait_for_every_lease(asked_at).await;
        };
        let own = {
            let mut follower = self.verification.follower.lock().await;
            let behind = follower.applied.is_some_and(|applied| applied < known.last);
            if behind && self.catch_up(&mut follower).await.is_err() {
                self.verification.distrust();
            }
            follower.instance.clone()
        };
        let mut first_look: Option<Vec<InstanceRecord>> = None;
        loop {
            let Ok(mut behind) = self.store.list_instances().await else {
                return self.wait_for_every_lease(asked_at).await;
            };
            behind.retain(|instance| Some(&instance.id) != own.as_ref() && instance.acknowledged < known.last);
            if behind.is_empty() {
                return;
            }
            if asked_at.elapsed() > LEASE {
                return self.forget_those_of(&first_look.unwrap_or_default(), &behind).await;
            }
            first_look.get_or_insert(behind);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Whoever cannot be asked has no lease left after this.
    async fn wait_for_every_lease(&self, since: tokio::time::Instant) {
        self.verification.distrust();
        tokio::time::sleep_until(since + LEASE).await;
    }

    /// Forgets those whose beat has stood still for a lease, so that the next one does not wait for them again.
    async fn forget_those_of(&self, first_look: &[InstanceRecord], behind: &[InstanceRecord]) {
        for instance in behind.iter().filter(|instance| first_look.contains(instance)) {
            if let Err(error) = self.store.forget_instance(&instance.id, Some(instance.beat)).await {
                tracing::warn!(%error, "an instance that is silent could not be forgotten; it is waited for again");
            }
        }
    }

    async fn look_for_changes(&self, follower: &mut Follower, instance: &InstanceId) -> Result<()> {
        // Before looking: from here on others wait for this process, and what they had committed before is looked at now.
        let now = self.clock.uptime();
        if follower.renewed_at.is_none_or(|at| now.saturating_sub(at) >= RENEW_EVERY) {
            self.renew(follower, instance).await?;
            self.bury_the_silent(follower, instance).await?;
        }
        self.catch_up(follower).await?;
        if follower.applied.is_some_and(|applied| applied > follower.acknowledged) {
            self.renew(follower, instance).await?;
        }
        Ok(())
    }

    async fn renew(&self, follower: &mut Follower, instance: &InstanceId) -> Result<()> {
        let (began, applied) = (self.clock.uptime(), follower.applied.unwrap_or(0));
        self.store.renew_instance(instance, applied).await?;
        follower.renewed_at = Some(began);
        follower.acknowledged = applied;
        Ok(())
    }

    /// Forgets instances that were killed: otherwise the next one who rolls a pair would have to wait for them.
    async fn bury_the_silent(&self, follower: &mut Follower, own: &InstanceId) -> Result<()> {
        let now = self.clock.uptime();
        let mut others = Vec::new();
        for instance in self.store.list_instances().await?.into_iter().filter(|instance| instance.id != *own) {
            let seen = follower.others.iter().find(|(known, _)| known.id == instance.id && known.beat == instance.beat);
            let since = seen.map_or(now, |(_, since)| *since);
            if now.saturating_sub(since) > LEASE {
                self.store.forget_instance(&instance.id, Some(instance.beat)).await?;
            } else {
                others.push((instance, since));
            }
        }
        follower.others = others;
        Ok(())
    }

    /// Applies what was committed since, and lets the index be asked for another lease.
    async fn catch_up(&self, follower: &mut Follower) -> Result<()> {
        let looked_at = self.clock.uptime();
        let known = self.store.find_known_changes().await?;
        match follower.applied {
            Some(applied) if applied <= known.last && applied + 1 >= known.first => {}
            // Changes were forgotten before this process read them, or it never read anything.
            Some(_) | None => {
                self.read_everything().await?;
                follower.applied = Some(known.last);
            }
        }
        while let Some(applied) = follower.applied.filter(|applied| *applied < known.last) {
            let changes = self.store.list_key_changes(applied, CHANGES_AT_A_TIME).await?;
            let Some(last) = changes.last().map(|change| change.number) else {
                break;
            };
            for change in &changes {
                self.apply(change).await?;
            }
            follower.applied = Some(last);
        }
        let renewed_at = follower.renewed_at.unwrap_or(Duration::ZERO);
        let until = looked_at.min(renewed_at) + LEASE;
        self.verification.current_until.store(millis(until), Ordering::Release);
        self.verification.counts.followed(looked_at);
        Ok(())
    }

    /// What is read is at least as new as the change, so the order within a few of them does not matter.
    async fn apply(&self, change: &KeyChange) -> Result<()> {
        let pairs = match &change.pair_id {
            Some(pair) => self.store.find_indexed_pair(pair).await?.into_iter().collect(),
            None => self.store.list_indexed_pairs_of(&change.account_id).await?,
        };
        for pair in &pairs {
            self.verification.index.put(pair);
            self.verification.refused.remove(&HalfDigest::from(&pair.digest.bytes));
        }
        Ok(())
    }

    /// Fills the index anew. The database is asked meanwhile.
    async fn read_everything(&self) -> Result<()> {
        self.verification.distrust();
        self.verification.index.clear();
        self.verification.refused.clear();
        let PairsMeasured { last, living } = self.store.measure_pairs().await?;
        self.verification.index.make_room(usize::try_from(living).unwrap_or_default());
        let pages = (1..=last).step_by(PAIRS_AT_A_TIME).map(|first| {
            let after_page = first.saturating_add(PAIRS_AT_A_TIME as u64);
            self.store.list_indexed_pairs(first..=after_page - 1)
        });
        // While one is being understood here, the next ones are read by threads of the database.
        let mut pages = futures_util::stream::iter(pages).buffer_unordered(PAGES_AT_A_TIME);
        while let Some(page) = pages.try_next().await? {
            for indexed in &page {
                self.verification.index.put(indexed);
            }
        }
        Ok(())
    }

    /// What of a verdict stays so, for the next request with the same key.
    pub(crate) fn remember_if_refused(&self, half: HalfDigest, checked: &Checked) {
        if let Some(dead) = checked.dead() {
            self.verification.remember_refused(half, dead);
        }
    }
}
