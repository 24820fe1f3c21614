//! What whoever watches this process wants to know of it: how much there is of something, and of nobody in particular.

use crate::Backend;
use crate::passwords::PasswordReadings;
use std::time::Duration;

/// How this process is just now, and what it has done since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readings {
    /// Working keys in the verification index, whether it may be asked or not.
    pub indexed_keys: usize,
    /// Whether the index may be asked. If not, the database is asked for every key.
    pub index_is_current: bool,
    /// How long ago this process last had everything that was changed by then; `None` before the first time.
    pub followed_ago: Option<Duration>,
    /// Refused keys that are remembered.
    pub refused_keys: usize,
    /// Texts in the place of a private key that are no key by their shape. Nothing was looked up for them.
    pub malformed_keys: u64,
    /// Keys that were looked up in the database to authenticate a request.
    pub key_lookups: u64,
    /// Write transactions that could not be begun or committed.
    pub failed_writes: u64,
    /// Uses of keys that were counted and are not known to be written.
    pub usage_backlog: u64,
    /// Uses of keys that were not counted, or counted and given up.
    pub usage_lost: u64,
    /// About passwords.
    pub passwords: PasswordReadings,
}

impl Backend {
    /// Reads them. Asks nobody, and waits for nothing.
    pub fn readings(&self) -> Readings {
        let keys = self.verification.readings(self.clock.uptime());
        Readings {
            indexed_keys: keys.indexed,
            index_is_current: keys.is_current,
            followed_ago: keys.followed_ago,
            refused_keys: keys.refused,
            malformed_keys: keys.malformed,
            key_lookups: keys.lookups,
            failed_writes: self.store.failed_writes(),
            usage_backlog: self.usage_backlog(),
            usage_lost: self.usage_lost(),
            passwords: self.passwords.readings(),
        }
    }
}
