//! The only places that read the clock and the operating system's random source.

use domain::{Entropy, Timestamp};
use std::time::Duration;

/// Tells the time. Tests pass one they can set.
pub trait Clock: Send + Sync {
    /// The instant it is.
    fn now(&self) -> Timestamp;

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
        Timestamp::from_millis(chrono::Utc::now().timestamp_millis())
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
