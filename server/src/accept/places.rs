//! Who is connected, and who keeps us waiting.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::Instant;

/// How long everybody may keep us waiting, however many stand at the door: what a request takes to get here. Without it, a
/// crowd that arrives at once would push out those who have come to ask before they have asked.
const LEAST_STAY: Duration = Duration::from_millis(250);

/// Everybody who keeps us waiting: for a request, for the rest of one, or for an answer to be taken. In the order in
/// which they began to.
#[derive(Default)]
pub(super) struct Places(Mutex<Line>);

#[derive(Default)]
struct Line {
    last: u64,
    waited_for: BTreeMap<u64, (Instant, Arc<Guest>)>,
    /// Whether somebody stands at the door, and everybody was being served when they came.
    full: bool,
}

/// A connection, as the line knows it.
pub struct Guest {
    places: Arc<Places>,
    /// Where in the line; 0 for nowhere. Changed under the line's lock only.
    position: AtomicU64,
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
    let guest = Arc::new(Guest { places: Arc::clone(places), position: AtomicU64::new(0), sent_away: Notify::new() });
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
        line.waited_for.insert(position, (Instant::now(), Arc::clone(self)));
        std::mem::take(&mut line.full)
    }

    /// From now on the client waits for us: its request is here, whole.
    pub fn is_served(&self) {
        let mut line = self.places.line();
        let position = self.position.swap(0, Ordering::Relaxed);
        line.waited_for.remove(&position);
    }

    /// What the client is still sending keeps coming: others have kept us waiting longer.
    pub fn makes_progress(self: &Arc<Self>) {
        let mut line = self.places.line();
        let before = self.position.load(Ordering::Relaxed);
        // Whoever is being served, or was sent away meanwhile, is not in the line.
        if line.waited_for.remove(&before).is_some() {
            line.last += 1;
            let position = line.last;
            self.position.store(position, Ordering::Relaxed);
            line.waited_for.insert(position, (Instant::now(), Arc::clone(self)));
        }
    }

    /// Completes when the place is needed.
    pub(super) async fn sent_away(&self) {
        self.sent_away.notified().await;
    }
}

impl Places {
    /// Sends away whoever has kept us waiting longest, or else the first whose answer is ready. Answers after how long to
    /// ask again if there is still no room.
    pub(super) fn free_one(&self) -> Duration {
        let mut line = self.line();
        let Some(longest) = line.waited_for.first_entry() else {
            line.full = true;
            return LEAST_STAY;
        };
        let stayed = longest.get().0.elapsed();
        if stayed >= LEAST_STAY {
            longest.remove().1.sent_away.notify_one();
        }
        LEAST_STAY.checked_sub(stayed).unwrap_or(LEAST_STAY)
    }

    /// There is room again.
    pub(super) fn freed(&self) {
        self.line().full = false;
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing here panics between two changes that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
