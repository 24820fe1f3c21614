//! How the verification of keys is doing, for [`crate::readings`].

use super::{Verification, millis};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Before the first time.
const NEVER: u64 = u64::MAX;

/// What is counted of keys that are not found in the index. A key that works is not counted here: nothing is shared between
/// the requests of two cores that need not be.
#[derive(Debug)]
pub(crate) struct Counts {
    malformed: AtomicU64,
    lookups: AtomicU64,
    /// The uptime, in milliseconds, at which the last look for changes began that succeeded.
    followed_at: AtomicU64,
}

impl Default for Counts {
    fn default() -> Self {
        Self { malformed: AtomicU64::new(0), lookups: AtomicU64::new(0), followed_at: AtomicU64::new(NEVER) }
    }
}

impl Counts {
    /// A text that is no key by its shape.
    pub(crate) fn malformed(&self) {
        self.malformed.fetch_add(1, Ordering::Relaxed);
    }

    /// A key for which the database is asked.
    pub(crate) fn looked_up(&self) {
        self.lookups.fetch_add(1, Ordering::Relaxed);
    }

    /// Everything that was changed before this uptime is in the index.
    pub(super) fn followed(&self, uptime: Duration) {
        self.followed_at.store(millis(uptime), Ordering::Relaxed);
    }
}

/// How it is just now.
pub(crate) struct KeyReadings {
    pub(crate) indexed: usize,
    pub(crate) is_current: bool,
    pub(crate) followed_ago: Option<Duration>,
    pub(crate) refused: usize,
    pub(crate) malformed: u64,
    pub(crate) lookups: u64,
}

impl Verification {
    pub(crate) fn readings(&self, uptime: Duration) -> KeyReadings {
        let followed_at = self.counts.followed_at.load(Ordering::Relaxed);
        let ago = || Duration::from_millis(millis(uptime).saturating_sub(followed_at));
        KeyReadings {
            indexed: self.index.len(),
            is_current: self.is_current(uptime),
            followed_ago: (followed_at != NEVER).then(ago),
            refused: self.refused.len(),
            malformed: self.counts.malformed.load(Ordering::Relaxed),
            lookups: self.counts.lookups.load(Ordering::Relaxed),
        }
    }
}
