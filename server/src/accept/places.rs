//! Who is connected, and who keeps us waiting.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit};

/// Everybody who keeps us waiting: for a request, for the rest of one, or for an answer to be taken. In the order in
/// which they began to.
#[derive(Default)]
pub(super) struct Places(Mutex<Line>);

#[derive(Default)]
struct Line {
    last: u64,
    waited_for: BTreeMap<u64, Arc<Guest>>,
    /// Whether somebody stands at the door, and everybody was being served when they came.
    full: bool,
}

/// A connection, as the line knows it.
pub struct Guest {
    places: Arc<Places>,
    /// Where in the line; 0 for nowhere. Changed under the line's lock only.
    position: AtomicU64,
    /// Whether it has ever asked for anything.
    asked: AtomicBool,
    sent_away: Notify,
}

/// A connection's place, for as long as it is held.
pub(super) struct Seat {
    pub(super) guest: Arc<Guest>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.guest.is_served();
    }
}

/// Somebody new, who keeps us waiting from the start.
pub(super) fn enter(places: &Arc<Places>, permit: OwnedSemaphorePermit) -> Seat {
    let guest = Arc::new(Guest {
        places: Arc::clone(places),
        position: AtomicU64::new(0),
        asked: AtomicBool::new(false),
        sent_away: Notify::new(),
    });
    guest.keeps_us_waiting();
    Seat { guest, _permit: permit }
}

impl Guest {
    /// From now on we wait for the client, behind all those we wait for already. Answers whether this answer should be
    /// their last one, because somebody else needs the place.
    pub(super) fn keeps_us_waiting(self: &Arc<Self>) -> bool {
        let mut line = self.places.line();
        line.last += 1;
        let position = line.last;
        let before = self.position.swap(position, Ordering::Relaxed);
        line.waited_for.remove(&before);
        line.waited_for.insert(position, Arc::clone(self));
        std::mem::take(&mut line.full)
    }

    /// From now on the client waits for us: its request is here, whole.
    pub fn is_served(&self) {
        let mut line = self.places.line();
        let position = self.position.swap(0, Ordering::Relaxed);
        line.waited_for.remove(&position);
    }

    /// The headers of a request are here.
    pub(super) fn asks(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Completes when the place is needed.
    pub(super) async fn sent_away(&self) {
        self.sent_away.notified().await;
    }
}

impl Places {
    /// Sends away whoever has kept us waiting longest, or else the first whose answer is ready.
    pub(super) fn free_one(&self) {
        let mut line = self.line();
        match line.waited_for.pop_first() {
            Some((_, guest)) => guest.sent_away.notify_one(),
            None => line.full = true,
        }
    }

    /// There is room again.
    pub(super) fn freed(&self) {
        self.line().full = false;
    }

    /// Sends away everybody who has never asked for anything.
    pub(super) fn free_silent(&self) {
        for guest in self.line().waited_for.values().filter(|guest| !guest.asked.load(Ordering::Relaxed)) {
            guest.sent_away.notify_one();
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing here panics between two changes that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
