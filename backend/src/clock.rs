//! The only places that read the clock and the operating system's random source.

use domain::{Entropy, Timestamp};
use std::time::Duration;

/// Tells the time. Tests pass one they can set.
pub trait Clock: Send + Sync {
    /// The instant it is.
    fn now(&self) -> Timestamp;

    /// The instant it was at most some ten milliseconds ago: for names and counts, and for nothing that is decided.
    /// Takes less time to know.
    fn lately(&self) -> Timestamp {
        self.now()
    }

    /// How long something has been going on, the machine for example. Never steps, neither forward nor back, and goes on
    /// while the machine sleeps. Only differences mean something.
    fn uptime(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        // Not by way of a calendar, which takes as long again.
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(since.map_or_else(|before| -millis(before.duration()), millis))
    }

    /// As of the last tick.
    #[cfg(target_os = "linux")]
    fn lately(&self) -> Timestamp {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
        Timestamp::from_millis(time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000))
    }

    /// `CLOCK_BOOTTIME`: the usual monotonic clock stands still while a machine sleeps, and a process that slept past its
    /// lease must notice.
    #[cfg(target_os = "linux")]
    fn uptime(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
    }

    #[cfg(not(target_os = "linux"))]
    fn uptime(&self) -> Duration {
        static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        FIRST.get_or_init(std::time::Instant::now).elapsed()
    }
}

/// The operating system's random source (NIST SP 800-63B-4 asks for an approved generator; ASVS 5.0, 11.5.1).
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// # Panics
    /// When the operating system has no random bytes to give: nothing secret can be made then.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the random source")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}
