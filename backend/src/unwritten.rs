//! Ends that were seen to pass while they could not be written down: on a full disk, say.
//!
//! Whoever has been told that a pair is expired must never see it accepted again, whatever the clock does. Usually the
//! database remembers that; until it can, the process does. What this does not cover is a process that is started again
//! before the disk has room, on a clock that has stepped back meanwhile.

use domain::key_pair::End;
use domain::{KeyPair, PairId, Timestamp};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// The pairs whose scheduled end has passed unwritten. Empty nearly always; never larger than what expires while the
/// database cannot be written.
#[derive(Debug, Default)]
pub(crate) struct UnwrittenEnds {
    pairs: RwLock<HashSet<PairId>>,
    /// Whether there has ever been one: asked by every request, which must not wait for a lock.
    any: AtomicBool,
}

impl UnwrittenEnds {
    /// Remembers those of `pairs` whose end has passed at `now`.
    pub(crate) fn remember(&self, pairs: &[KeyPair], now: Timestamp) {
        let passed = pairs.iter().filter(|pair| pair.settle(now).is_some()).map(|pair| pair.id.clone());
        self.pairs.write().unwrap_or_else(PoisonError::into_inner).extend(passed);
        self.any.store(true, Ordering::Release);
    }

    /// Whether every end that was seen to pass could be written down so far.
    pub(crate) fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// The pair as it would have been read if its end could have been written.
    pub(crate) fn apply(&self, pair: KeyPair) -> KeyPair {
        let End::Scheduled { expires_at, .. } = pair.end else {
            return pair;
        };
        let known = self.pairs.read().unwrap_or_else(PoisonError::into_inner).contains(&pair.id);
        if known { pair.settle(expires_at).unwrap_or(pair) } else { pair }
    }
}
